#!/usr/bin/env python3
"""Stock gdb-multiarch on evidence of a Debian kernel's panic: debug_linux_test.py RECOUNT. Bare guests: debug_test.py."""
import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import threading

from gdb_session import Gdb
from guest_process import skip
from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder

SESSION = ["when", "p $priv", "p/x $pc", "x/2i $pc", "set $end = $pc", "reverse-stepi 3", "stepi 3", "p $pc == $end", "events 4",
           "monitor physical on", "p *(unsigned *)$pc", "monitor physical off", "p *(unsigned *)$pc", "bt", "info symbol $pc",
           "dmesg", "last sysrq_handle_crash", "calls __handle_sysrq", "dmesg 3",
           "console 4", "goto end", "console 1000", "ps", "ps threads", "maps", "maps 2", "maps 99999", "info symbol virtio_queue_rq", "last virtio_queue_rq"]


# Without what comes and goes by itself: kworkers, and what says this.
TOLD_BY_GUEST = (b"for t in /proc/[0-9]*/task/*/stat; do read s < $t; echo \"stat $s\"; done 2> /dev/null; sed 's/^/maps /' /proc/1/maps; dd if=/dev/vda of=/dev/null bs=4k skip=9000 count=16 2> /dev/null; echo to''ld\n")


def tasks_are_the_guests(console, ps, threads, maps, text):
    # Of the kernel's threads /proc knows longer names than what is in task_struct.
    stats = [(int(pid), name[:15], int(parent)) for pid, name, parent in re.findall(r"\nstat (\d+) \((.*?)\) \S (\d+) ", console)]
    expected = {(pid, name, parent) for pid, name, parent in stats if not name.startswith("kworker/")}
    listed = re.findall(r"^ +(\d+) +(\d+) (\S) +(?:\d+|-) \[?(.*?)\]?$", ps, re.MULTILINE)
    seen = {(int(pid), name, int(parent)) for pid, parent, _, name in listed if not name.startswith("kworker/")}
    expect(seen == expected and len(seen) > 20, f"ps lists others than /proc does: {seen ^ expected}\n" + text)
    states = {name: state for _, _, state, name in listed}
    expect((states["sh"], states["kthreadd"], states["rcu_sched"]) == ("R", "S", "I"), f"states: {states}")
    expect(re.search(r"^ +1 +0 R +0 sh$", ps, re.MULTILINE), "the shell runs on hart 0:\n" + ps)
    expect(threads.count("\n") >= ps.count("\n"), "threads are missing:\n" + text)
    told = [(begin, end, flags, offset, path.strip()) for begin, end, flags, offset, path in
            re.findall(r"\nmaps ([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+([^\r\n]*)", console)]
    told = [(*row[:4], "" if row[4] == "[vvar]" else row[4]) for row in told]
    mapped = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) ?(.*)$", maps, re.MULTILINE)
    expect(mapped == told and len(told) > 5, f"maps differ from /proc/1/maps: {mapped}\n{told}")


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


def with_build_id(symbols, build_id, made):
    """The symbols as a file of 2 MiB further down, as one of a kernel under KASLR is, with this build id."""
    note = made.with_suffix(".note")
    note.write_bytes(struct.pack("<III4s", 4, len(build_id), 3, b"GNU") + build_id)
    subprocess.run(["riscv64-linux-gnu-objcopy", "--change-addresses", "-0x200000", "--add-section", f".note.gnu.build-id={note}", symbols, made], check=True)
    return made


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def symbols_of_a_file(recorder, evidence, folder):
    """Of the kernel's own build, at the addresses where this boot has it; another build's are refused."""
    build_id = bytes.fromhex(re.search(rb"\nBUILD-ID=([0-9a-f]{40})\n", (folder / "vmcore").read_bytes())[1].decode())
    own = with_build_id(folder / "syms", build_id, folder / "vm linux")
    other = with_build_id(folder / "syms", build_id[::-1], folder / "other")
    for refused, code in (other, 2), (folder / "vm linux.note", 66), (folder / "nowhere", 66), (sys.executable, 66):
        done = recorder.run("debug", evidence, "--no-gdb", "--symbols", refused)
        expect(done.returncode == code and done.stderr.count("\n") == 1 and not done.stdout, f"{refused}: {done.returncode}: {done.stdout}{done.stderr}")
    served = folder / "served" / "buildid" / build_id.hex()
    served.mkdir(parents=True)
    own.rename(served / "debuginfo")
    own.symlink_to(served / "debuginfo")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=folder / "served")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ.update(DEBUGINFOD_URLS=f"http://127.0.0.1:{server.server_port}/", DEBUGINFOD_CACHE_PATH=str(folder / "debuginfod"))
        for options in ["--symbols", own], ["--debuginfod"]:
            with Gdb(recorder.recount, evidence, folder, *options) as gdb:
                (where, _), (banner, _) = gdb.session(["info symbol $pc", "x/s &linux_banner"])
            expect(where.startswith("udelay") and "Linux version" in banner, f"{options}: {where}{banner}")
        os.environ["DEBUGINFOD_URLS"] = f"http://127.0.0.1:{server.server_port}/elsewhere/"
        os.environ["DEBUGINFOD_CACHE_PATH"] = str(folder / "empty")
        done = subprocess.run([recorder.recount, "debug", evidence, "--no-gdb", "--debuginfod"], env=dict(os.environ, RECOUNT_DIR=str(folder)),
                              capture_output=True, text=True, timeout=60, check=False)
        expect(done.returncode == 69 and done.stderr.count("\n") == 1 and build_id.hex() in done.stderr, f"{done.returncode}: {done.stderr}")
        server.shutdown()


def main():
    recount = sys.argv[1]
    if not shutil.which("gdb-multiarch"):
        skip("no gdb-multiarch")
    linux, folder = Linux(), temporary_folder()
    try:
        with Recorder(recount, [*linux.arguments(folder, ""), "--window", "2s"], folder) as recorder:
            recorder.wait_for("# ", 240)
            recorder.type(b"echo syms $(tr '\\t' ' ' < /proc/kallsyms | cut -d' ' -f1,3 | grep -v ' [$]\\| [.]L' | sort | md5sum)\n")
            recorder.wait_for("\nsyms ", 60)
            recorder.type(TOLD_BY_GUEST)
            recorder.wait_for("\ntold", 60)
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
            symbols = b"".join(sorted(symbols.splitlines(keepends=True)))
            expect(hashlib.md5(symbols).hexdigest() == told, "the symbols are not those of /proc/kallsyms:\n" + symbols[:1000].decode())
            expect("sysrq_handle_crash" in said[13] and "ksys_write" in said[13], "the stack has no names:\n" + text)
            expect("in section .text" in said[14], "pc has no name:\n" + text)
            expect("<sysrq_handle_crash>" in said[16] and "error" not in said[16], "last knows no names:\n" + text)
            expect("1 calls" in said[17] and "<write_sysrq_trigger+" in said[17], "calls knows no names:\n" + text)
            expect("Linux version " in said[15] and "Kernel panic - not syncing: sysrq triggered crash" in said[15], "dmesg is the kernel's log:\n" + text)
            expect(said[18].count("\n") == 3 and "Trigger a crash" in said[18], "dmesg is that of the position:\n" + text)
            tasks_are_the_guests(recorder.text.decode(errors="replace"), said[22], said[23], said[24], text)
            expect("no memory of its own" in said[25] and "no task 99999" in said[26], "maps of who has none:\n" + text)
            expect("virtio_queue_rq in section" in said[27] and "<virtio_queue_rq [virtio_blk]>" in said[28], "a module's function has no name:\n" + text)
            expect(said[19].count("\n") == 4 and "Trigger a crash" in said[19] and "not syncing" not in said[19], "the console is that of the position:\n" + text)
            printed = recorder.text.decode().replace("\r", "").replace("\x1b", "?").splitlines()
            expect(said[21].splitlines() == printed[-len(said[21].splitlines()):] and said[21].count("\n") > 100, "the console at the end is not what was printed:\n" + text)
            calls = [json.loads(line) for line in recorder.run("query", evidence, "calls", "--function", "__handle_sysrq", "--json").stdout.splitlines()]
            expect([(c["symbol"], c["a0"], c["caller"].partition("+")[0]) for c in calls] == [("__handle_sysrq", hex(ord("c")), "write_sysrq_trigger")], f"{calls}")
            traced = recorder.run("query", evidence, "trace", "--from", calls[0]["position"], "--to", calls[0]["position"] + 5, "--json").stdout.splitlines()
            expect(len(traced) == 5 and json.loads(traced[0])["symbol"] == "__handle_sysrq", f"{traced}")
            unknown = recorder.run("query", evidence, "calls", "--function", "no_such_function")
            expect(unknown.returncode == 2 and unknown.stderr.count("\n") == 1, unknown.stderr)
            vmcore_opens_in_gdb(recorder, evidence, folder)
            symbols_of_a_file(recorder, evidence, folder)
            verified = recorder.run("verify", evidence)
            expect(verified.returncode == 0, "after debugging, verify: " + verified.stderr)
    finally:
        shutil.rmtree(folder)


main()
