#!/usr/bin/env python3
"""A Debian kernel dies of a pointer that a module overwrote long before: stock gdb goes from the oops back to the instruction that wrote
it, by who-wrote and by a watchpoint. debug_corruption_test.py RECOUNT [--busy SECONDS] [--harts N]: how long the guest works in between."""
import argparse
import json
import re
import shutil
import time

from gdb_session import Gdb
from guest_process import skip
from kernel_module import modules
from recorder_process import CAPTURED, Linux, Recorder, cpio, expect, temporary_folder, work_for

# The stray write hits an entry of the kernel's table of SysRq handlers; the key that uses it is pressed later.
KEY, ENTRY = "m", 10 + ord("m") - ord("a")
CORRUPT = """
table=$(grep ' sysrq_key_table$' /proc/kallsyms | cut -d' ' -f1)
entry=$(printf %016x $((0x$table + 8 * {entry})))
for i in 14 12 10 8 6 4 2 0; do printf "\\\\x$(echo $entry | cut -c$((i + 1))-$((i + 2)))"; done | dd of=/stray.ko bs=1 seek={at} conv=notrunc 2>&1
echo entry=0x$entry
insmod /stray.ko
"""

def crash(recorder, module, seconds):
    """The address of the pointer that is overwritten."""
    marker = bytes.fromhex("8877665544332211")
    recorder.wait_for("# ", 240)
    recorder.type(CORRUPT.format(entry=ENTRY, at=module.index(marker)).encode())
    recorder.wait_for("insmod: ", 60)
    recorder.type(work_for(seconds))
    recorder.wait_for("\nworked", 60 + 4 * seconds)
    recorder.type(f"echo {KEY} > /proc/sysrq-trigger\n".encode())
    expect(recorder.wait() == CAPTURED, "no evidence", recorder)
    return int(re.search(r"entry=(0x[0-9a-f]{16})", recorder.text.decode(errors="replace"))[1], 16)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recount")
    parser.add_argument("--busy", type=int, default=2)
    parser.add_argument("--harts", type=int, default=1)
    options = parser.parse_args()
    if not shutil.which("gdb-multiarch"):
        skip("no gdb-multiarch")
    linux, folder = Linux(), temporary_folder()
    try:
        module = modules(linux.made, folder)["stray"]
        linux.added += b"\0" * (-len(linux.added) % 4) + cpio({"stray.ko": module})
        arguments = [*linux.arguments(folder, ""), "--window", f"{30 + 4 * options.busy}s", "--smp", str(options.harts)]
        with Recorder(options.recount, arguments, folder) as recorder:
            pointer = crash(recorder, module, options.busy)
            (evidence,) = recorder.evidence()
            info = recorder.info(evidence)
            expect("badaddr: dead00000000be" in recorder.text.decode(errors="replace"), "not the oops that was meant", recorder)
            begin = time.monotonic()
            with Gdb(options.recount, evidence, folder) as gdb:
                opened = time.monotonic() - begin
                said = gdb.session([f"who-wrote {pointer:#x}", "back", "x/i $pc", "p/x $a2", "goto end", f"watch *(unsigned long *){pointer:#x}",
                                    "reverse-continue", "x/i $pc"])
            text = "\n".join(f"{answer}({seconds} s)" for answer, seconds in said)
            writer = re.search(r"0xdead00000000beef, in the step from position \d+, by hart \d+ at pc (0x[0-9a-f]+)", said[0][0])
            expect(writer, "who-wrote names no writer:\n" + text)
            expect("(insmod)" in said[0][0], "who-wrote does not name the process:\n" + text)
            expect("sd\ta2,0(a1)" in said[2][0] and "0xdead00000000beef" in said[3][0], "back does not lead to the store:\n" + text)
            expect(said[7][0] == said[2][0], "a watchpoint leads elsewhere:\n" + text)
            begin = time.monotonic()
            asked = recorder.run("query", evidence, "writes", "--addr", hex(pointer), "--json")
            writes = [json.loads(line) for line in asked.stdout.splitlines()]
            expect(writes and writes[-1]["pc"] == writer[1] and writes[-1]["new"] == "0xdead00000000beef", "query writes: " + asked.stdout + asked.stderr)
            queried = time.monotonic() - begin
            verified = recorder.run("verify", evidence)
            expect(verified.returncode == 0, "after debugging, verify: " + verified.stderr)
            print(f"{info['steps']:,} steps; opened in {opened:.1f} s; who-wrote {said[0][1]:.2f} s; by a watchpoint {said[6][1]:.2f} s; "
                  f"query writes, opening included, {queried:.1f} s")
    finally:
        shutil.rmtree(folder)


main()
