#!/usr/bin/env python3
"""Debian's own firmware images start, unmodified: firmware_test.py RECOUNT [case]."""
import pathlib
import shutil
import sys

from guest_process import console_of, guest_folder, skip
from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder

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


def opensbi_starts_four_harts_and_all_is_certified(recount):
    """Harts are started, interrupted and fenced by firmware here, not by our SBI."""
    linux, folder = Linux(), temporary_folder()
    try:
        arguments = [*linux.arguments(folder, "", disk=False), "--bios", need(OPENSBI / "fw_dynamic.bin", "opensbi"), "--smp", "4"]
        with Recorder(recount, arguments, folder) as recorder:
            recorder.wait_for("# ", TIMEOUT_S)
            recorder.type(b"nproc; for i in 1 2 3 4; do md5sum /bin/busybox > /dev/null & done; wait; grep -c . /proc/interrupts; echo c > /proc/sysrq-trigger\n")
            expect(recorder.wait(TIMEOUT_S) == CAPTURED, "no evidence", recorder)
            text = recorder.text.decode(errors="replace")
            expect("OpenSBI v" in text and "Brought up 1 node, 4 CPUs" in text and "\n4\r\n" in text, "not four harts by OpenSBI", recorder)
            (evidence,) = recorder.evidence()
            info = recorder.info(evidence)
            expect(info["certified"] and info["cause"] == "panic", f"{info}", recorder)
            for engine in "jit", "interp":
                expect(recorder.run("verify", evidence, "--engine", engine).returncode == 0, f"verify by {engine}", recorder)
            print(f"{info['steps']:,} steps, certified and verified by both engines")
    finally:
        shutil.rmtree(folder)


CASES = {f.__name__: f for f in (opensbi_boots_linux, opensbi_starts_uboot, opensbi_jumps_to_uboot, uboot_runs_in_machine_mode,
                                 opensbi_starts_four_harts_and_all_is_certified)}


def main():
    started = CASES[sys.argv[2]](sys.argv[1])
    if started:  # what is to be run, and what it prints then
        print(console_of(*started, TIMEOUT_S)[-2000:])


if __name__ == "__main__":
    main()
