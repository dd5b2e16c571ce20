#!/usr/bin/env python3
"""A process of a Debian guest in stock gdb: its functions and arguments by the names in its file, wherever it was loaded.
debug_process_test.py RECOUNT."""
import pathlib
import re
import shutil
import subprocess
import sys

from gdb_session import Gdb
from guest_process import skip
from recorder_process import CAPTURED, Linux, Recorder, cpio, expect, temporary_folder

LIBRARIES = pathlib.Path("/usr/riscv64-linux-gnu/lib")
PROGRAM = r"""
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) int weigh(int load) { __asm__ volatile("" : "+r"(load)); return 3 * load + 1; }
int main(void) {
  int sum = 0;
  for (int i = 1; i <= 5; ++i) sum += weigh(i);
  printf("weighed %d\n", sum);
  fflush(stdout);
  for (;;) pause();
}
"""


def main():
    if not shutil.which("gdb-multiarch") or not shutil.which("riscv64-linux-gnu-gcc"):
        skip("no gdb-multiarch, or no riscv64-linux-gnu-gcc")
    linux, folder = Linux(), temporary_folder()
    try:
        root = folder / "guest's files"
        (root / "bin").mkdir(parents=True)
        (root / "lib").mkdir()
        subprocess.run(["riscv64-linux-gnu-gcc", "-g", "-O1", "-pie", "-x", "c", "-", "-o", root / "bin/weigher"], input=PROGRAM.encode(), check=True)
        for name in "ld-linux-riscv64-lp64d.so.1", "libc.so.6":
            shutil.copyfile(LIBRARIES / name, root / "lib" / name)
        files = {str(file.relative_to(root)): file.read_bytes() for file in root.glob("*/*")}
        linux.added += b"\0" * (-len(linux.added) % 4) + cpio({"lib": None, **files})
        with Recorder(sys.argv[1], [*linux.arguments(folder, ""), "--window", "20s"], folder) as recorder:
            recorder.wait_for("# ", 240)
            recorder.type(b"weigher & echo pid=$!\n")
            recorder.wait_for("weighed 50", 60)
            recorder.type(b"echo c > /proc/sysrq-trigger\n")
            expect(recorder.wait() == CAPTURED, "no evidence", recorder)
            (evidence,) = recorder.evidence()
            pid = re.search(r"pid=(\d+)", recorder.text.decode(errors="replace"))[1]
            commands = [f"process {pid}", f"process {pid}", "last weigh", "p load", "bt", "maps", "goto end", "process 1", "ps", "info symbol pause"]
            with Gdb(recorder.recount, evidence, folder, "--sysroot", root) as gdb:
                said = [answer for answer, _ in gdb.session(commands)]
            with Gdb(recorder.recount, evidence, folder) as gdb:
                ((alone, _),) = gdb.session([f"process {pid}"])
            text = "".join(f"(gdb) {command}\n{answer}" for command, answer in zip(commands, said))
            expect(re.fullmatch(r"(?s).*/bin/weigher at 0x[0-9a-f]{6,}\n.*/lib/libc.so.6 at 0x[0-9a-f]{6,}\n.*", said[0]) and said[1] == said[0], "its file is not loaded where it was:\n" + text)
            expect(f"pid {pid} (weigher)" in said[2] and re.search(r"weigh \(load=(load@entry=)?5\)", said[2]), "the last call is not that of the process:\n" + text)
            expect(said[3].endswith("= 5\n") and "main ()" in said[4] and "libc.so.6" in said[9], "arguments and callers are missing:\n" + text)
            expect(re.search(r" r-xp \S+ /bin/weigher\n", said[5]), "the process that runs there is another one:\n" + text)
            expect(said[7].startswith("/bin/busybox: not below "), "a file that is not there:\n" + text)
            expect(re.search(rf"^ +{pid} +1 S +- weigher$", said[8], re.MULTILINE), "at the end it sleeps:\n" + text)
            expect("--sysroot DIR" in alone, "without the guest's files: " + alone)
            missing = recorder.run("debug", evidence, "--no-gdb", "--sysroot", folder / "nowhere")
            expect(missing.returncode == 2 and missing.stderr.count("\n") == 1, f"{missing.returncode}: {missing.stderr}")
    finally:
        shutil.rmtree(folder)


main()
