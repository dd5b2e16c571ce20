#!/usr/bin/env python3
"""Debian's own firmware images start, unmodified: firmware_test.py RECOUNT [case]."""
import pathlib
import sys

from guest_process import console_of, guest_folder, skip

OPENSBI = pathlib.Path("/usr/lib/riscv64-linux-gnu/opensbi/generic")
UBOOT = pathlib.Path("/usr/lib/u-boot")
TIMEOUT_S = 300


def need(path, package):
    if not path.exists():
        skip(f"{path} is not there: package {package}")
    return str(path)


def opensbi_boots_linux(recount):
    guest = guest_folder()
    return [recount, "run", "--no-record", "--bios", need(OPENSBI / "fw_dynamic.bin", "opensbi"), "--kernel", str(guest / "vmlinuz"), "--initrd",
            str(guest / "initramfs.cpio.gz"), "--append", "console=ttyS0 recount.run=poweroff"], "recount-guest: ready"


def opensbi_starts_uboot(recount):
    return [recount, "run", "--no-record", "--bios", need(OPENSBI / "fw_dynamic.bin", "opensbi"), "--kernel",
            need(UBOOT / "qemu-riscv64_smode/u-boot.bin", "u-boot-qemu")], "\n=> "


# fw_jump puts the device tree at a fixed place, which lies inside the large Debian kernel; U-Boot is small enough.
def opensbi_jumps_to_uboot(recount):
    return [recount, "run", "--no-record", "--bios", need(OPENSBI / "fw_jump.elf", "opensbi"), "--kernel",
            need(UBOOT / "qemu-riscv64_smode/u-boot.bin", "u-boot-qemu")], "\n=> "


def uboot_runs_in_machine_mode(recount):
    return [recount, "run", "--no-record", "--bios", need(UBOOT / "qemu-riscv64/u-boot.bin", "u-boot-qemu")], "\n=> "


CASES = {f.__name__: f for f in (opensbi_boots_linux, opensbi_starts_uboot, opensbi_jumps_to_uboot, uboot_runs_in_machine_mode)}


def main():
    command, until = CASES[sys.argv[2]](sys.argv[1])
    print(console_of(command, until, TIMEOUT_S)[-2000:])


if __name__ == "__main__":
    main()
