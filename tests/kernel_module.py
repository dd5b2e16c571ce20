"""Kernel modules for the Debian guest that do one wrong thing when they are loaded, so that its kernel fails for real.

They are made without the kernel's headers: what a module must look like to its kernel (the size of struct module, and where in it the
init function is) is read from a module of that kernel. They import nothing, so no symbol versions are needed.
"""
import gzip
import re
import shutil
import subprocess

from guest_process import skip

TOOLS = "riscv64-linux-gnu-"

SOURCE = """
    .section .modinfo, "a"
    .asciz "license=GPL"
    .asciz "name={name}"
    .section .gnu.linkonce.this_module, "aw"
    .balign 64
    .zero 24
    .asciz "{name}"
    .org {init_at}
    .quad init_module
    .org {size}
    .text
    .globl init_module
    .type init_module, @function
init_module:
{code}
    li a0, -11  # EAGAIN: nothing is to stay
    ret
"""

# Waits {seconds} in the kernel; the time is the machine's, of 10 MHz.
SPIN = """
    rdtime a1
    li a2, {seconds} * 10000000
    add a2, a1, a2
1:  rdtime a1
    bltu a1, a2, 1b
"""

CODE = {
    "oops": "    sd zero, 0(zero)",
    "bug": "    ebreak",  # in no table of the kernel: it knows no reason to go on
    # struct bug_entry with relative pointers: where, file, line, flags (BUGFLAG_WARNING).
    "warning": """
1:  ebreak
    .section __bug_table, "aw"
2:  .word 1b - 2b
    .word 3f - .
    .half 7, 1
    .section .rodata
3:  .asciz "warning.c"
    .text""",
    # A stray write: where to, the guest fills in.
    "stray": """
    ld a1, 1f
    ld a2, 2f
    sd a2, 0(a1)
    .section .data
1:  .quad 0x1122334455667788
2:  .quad 0xdead00000000beef
    .text""",
    "spin": SPIN.format(seconds=8),
    "hang": "    csrci sstatus, 2  # SIE: no interrupt comes through any more\n1:  j 1b",
}


def unpacked(archive):
    """{name: bytes} of a newc archive."""
    files, at = {}, 0
    while archive[at:at + 6] == b"070701":
        size, name_size = (int(archive[at + 6 + 8 * n:at + 14 + 8 * n], 16) for n in (6, 11))
        name = archive[at + 110:at + 110 + name_size - 1].decode()
        data = (at + 110 + name_size + 3) & ~3
        files[name.removeprefix("./")] = archive[data:data + size]
        at = (data + size + 3) & ~3
    return files


def layout(sample):
    """Size of the kernel's struct module, and the offset of its init function."""
    def readelf(*options):
        return subprocess.run([TOOLS + "readelf", "-W", *options, sample], capture_output=True, text=True, check=True).stdout
    section = re.search(r"\] \.gnu\.linkonce\.this_module\s+PROGBITS\s+\S+ \S+ (\S+)", readelf("-S"))
    relocations = readelf("-r").partition("'.rela.gnu.linkonce.this_module'")[2]
    init = re.search(r"^(\S+) .* init_module \+ 0", relocations, re.MULTILINE)
    return int(section[1], 16), int(init[1], 16)


def modules(guest, folder):
    """{name: bytes} of each module in CODE, for the kernel of the guest in the folder `guest`."""
    if not shutil.which(TOOLS + "gcc"):
        skip("no cross compiler")
    sample = folder / "sample.ko"
    files = unpacked(gzip.decompress((guest / "initramfs.cpio.gz").read_bytes()))
    sample.write_bytes(next(data for name, data in files.items() if name.endswith("virtio_blk.ko")))
    size, init_at = layout(sample)
    return {name: compiled(SOURCE.format(name=name, code=code, size=size, init_at=init_at), folder, "-c", "-mno-relax")
            for name, code in CODE.items()}


def compiled(source, folder, *options):
    """What assembler source becomes."""
    (folder / "source.S").write_text(source)
    subprocess.run([TOOLS + "gcc", "-march=rv64gc", "-mabi=lp64d", *options, "-o", folder / "made", folder / "source.S"], check=True)
    return (folder / "made").read_bytes()
