#!/usr/bin/env python3
"""The same guest prints the same under recount and under QEMU's virt machine.

  qemu_compare_test.py RECOUNT linux PROGRAM...   static programs, under the Debian kernel
  qemu_compare_test.py RECOUNT bare KERNEL        a bare-metal S-mode kernel that speaks SBI
"""
import difflib
import pathlib
import shutil
import sys
import tempfile

from guest_process import console_of, guest_folder, skip

BEGIN, END = "recount-compare: begin", "recount-compare: end"
QEMU = "qemu-system-riscv64"
TIMEOUT_S = 400


def cpio(files):
    """A newc archive of name -> (mode, bytes)."""
    out = b""
    for inode, (name, (mode, data)) in enumerate([*files.items(), ("TRAILER!!!", (0, b""))], 1):
        path = name.encode() + b"\0"
        fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + path
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return out + b"\0" * (-len(out) % 512)


def overlay(programs):
    script = f'echo "{BEGIN}"\n'
    files = {"programs": (0o040755, b"")}
    for program in programs:
        name = pathlib.Path(program).name
        files["programs/" + name] = (0o100755, pathlib.Path(program).read_bytes())
        script += f'echo "== {name}"\n/programs/{name} || echo "{name} failed"\n'
    files["scripts/compare"] = (0o100755, (script + f'echo "{END}"\npoweroff -f\n').encode())
    return cpio(files)


def commands(recount, arguments):
    """Of recount and of QEMU, the rest being the same."""
    shared = ["-m", "512M", *arguments]
    return ([recount, "run", "--no-record", *shared],
            [QEMU, "-M", "virt", "-cpu", "rv64", "-nographic", "-nic", "none", *shared])


def between_markers(console):
    # The kernel may print between our lines: its lines begin with a timestamp.
    part = console[console.index(BEGIN):console.index(END)]
    return [line.rstrip("\r") for line in part.splitlines() if not line.startswith("[")]


def main():
    recount, kind, *files = sys.argv[1:]
    if shutil.which(QEMU) is None:
        skip(QEMU + " is not there")
    with tempfile.TemporaryDirectory() as scratch:
        arguments = ["--kernel", files[0]]
        if kind == "linux":
            guest = guest_folder()
            initrd = pathlib.Path(scratch) / "initramfs"
            base = (guest / "initramfs.cpio.gz").read_bytes()
            initrd.write_bytes(base + b"\0" * (-len(base) % 4) + overlay(files))
            arguments = ["--kernel", str(guest / "Image"), "--initrd", str(initrd),
                         "--append", "console=ttyS0 quiet recount.run=compare"]
        ours, theirs = [between_markers(console_of(command, END, TIMEOUT_S))
                        for command in commands(recount, arguments)]
    if len(ours) < 5:
        print("too little was printed:", *ours, sep="\n")
        return 1
    if ours != theirs:
        print("\n".join(difflib.unified_diff(theirs, ours, "qemu", "recount", lineterm="", n=0)))
        return 1
    print(f"{len(ours)} lines, the same under both")
    return 0


if __name__ == "__main__":
    sys.exit(main())
