#!/usr/bin/env python3
"""Stock gdb-multiarch on evidence of a Debian kernel's panic: debug_linux_test.py RECOUNT. Bare guests: debug_test.py."""
import hashlib
import json
import re
import shutil
import subprocess
import sys

from gdb_session import Gdb
from guest_process import skip
from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder

SESSION = ["when", "p $priv", "p/x $pc", "x/2i $pc", "set $end = $pc", "reverse-stepi 3", "stepi 3", "p $pc == $end", "events 4",
           "monitor physical on", "p *(unsigned *)$pc", "monitor physical off", "p *(unsigned *)$pc", "bt", "info symbol $pc",
           "dmesg", "last sysrq_handle_crash", "calls __handle_sysrq", "dmesg 3"]


def vmcore_opens_in_gdb(recorder, evidence, folder):
    """As any core; and with the note by which crash tools know a kernel's."""
    core, syms = folder / "vmcore", folder / "syms"
    made = recorder.run("export", evidence, "--to", "vmcore", "-o", core)
    expect(made.returncode == 0 and "with the kernel's VMCOREINFO" in made.stdout, "export: " + made.stdout + made.stderr)
    expect(recorder.run("export", evidence, "--to", "vmcore", "-o", core).returncode == 2, "export overwrote a file")
    notes = subprocess.run(["riscv64-linux-gnu-readelf", "-n", core], capture_output=True, text=True, check=True).stdout
    expect("VMCOREINFO" in notes and "NT_PRSTATUS" in notes, notes)
    with Gdb(recorder.recount, evidence, folder) as gdb:
        (end, _), = gdb.session(["p/x $pc"])
        shutil.copyfile(gdb.file, syms)
    said = subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", syms, "-c", core, "-ex", "p/x $pc", "-ex", "x/s &linux_banner"],
                          capture_output=True, text=True, timeout=60, check=False)
    expect(end.split()[-1] in said.stdout and "in udelay" in said.stdout and "Linux version" in said.stdout, said.stdout + said.stderr)


def main():
    recount = sys.argv[1]
    if not shutil.which("gdb-multiarch"):
        skip("no gdb-multiarch")
    linux, folder = Linux(), temporary_folder()
    try:
        with Recorder(recount, [*linux.arguments(folder, ""), "--window", "2s"], folder) as recorder:
            recorder.wait_for("# ", 240)
            recorder.type(b"echo syms $(grep -v '\\[' /proc/kallsyms | cut -d' ' -f1,3 | md5sum)\n")
            recorder.wait_for("\nsyms ", 60)
            recorder.type(b"echo c > /proc/sysrq-trigger\n")
            expect(recorder.wait() == CAPTURED, "no evidence", recorder)
            (evidence,) = recorder.evidence()
            with Gdb(recount, evidence, folder) as gdb:
                symbols = gdb.symbols()
                said = [answer for answer, _ in gdb.session(SESSION)]
            text = "".join(f"(gdb) {command}\n{answer}" for command, answer in zip(SESSION, said))
            expect("100.0000 %" in said[0], "it opens at the end:\n" + text)
            expect(said[1].endswith("= 1\n"), "the kernel runs in S-mode:\n" + text)
            expect("0xffffffff" in said[2], "pc is a kernel's:\n" + text)
            expect("error" not in said[3] and "=>" in said[3], "virtual memory can be read:\n" + text)
            expect(said[7].endswith("= 1\n"), "back and forth is where it was:\n" + text)
            expect("panic: Kernel panic" in said[8] and "bytes typed" in said[8], "events are told:\n" + text)
            expect("Cannot access" in said[10] and "error" not in said[12], "physical memory is another one:\n" + text)
            told = re.search(r"\nsyms ([0-9a-f]{32})", recorder.text.decode(errors="replace"))[1]
            expect(hashlib.md5(symbols).hexdigest() == told, "the symbols are not those of /proc/kallsyms:\n" + symbols[:1000].decode())
            expect("sysrq_handle_crash" in said[13] and "ksys_write" in said[13], "the stack has no names:\n" + text)
            expect("in section .text" in said[14], "pc has no name:\n" + text)
            expect("<sysrq_handle_crash>" in said[16] and "error" not in said[16], "last knows no names:\n" + text)
            expect("1 calls" in said[17] and "<write_sysrq_trigger+" in said[17], "calls knows no names:\n" + text)
            expect("Linux version " in said[15] and "Kernel panic - not syncing: sysrq triggered crash" in said[15], "dmesg is the kernel's log:\n" + text)
            expect(said[18].count("\n") == 3 and "Trigger a crash" in said[18], "dmesg is that of the position:\n" + text)
            calls = [json.loads(line) for line in recorder.run("query", evidence, "calls", "--function", "__handle_sysrq", "--json").stdout.splitlines()]
            expect([(c["symbol"], c["a0"], c["caller"].partition("+")[0]) for c in calls] == [("__handle_sysrq", hex(ord("c")), "write_sysrq_trigger")], f"{calls}")
            traced = recorder.run("query", evidence, "trace", "--from", calls[0]["position"], "--to", calls[0]["position"] + 5, "--json").stdout.splitlines()
            expect(len(traced) == 5 and json.loads(traced[0])["symbol"] == "__handle_sysrq", f"{traced}")
            unknown = recorder.run("query", evidence, "calls", "--function", "no_such_function")
            expect(unknown.returncode == 2 and unknown.stderr.count("\n") == 1, unknown.stderr)
            vmcore_opens_in_gdb(recorder, evidence, folder)
            verified = recorder.run("verify", evidence)
            expect(verified.returncode == 0, "after debugging, verify: " + verified.stderr)
    finally:
        shutil.rmtree(folder)


main()
