#!/usr/bin/env python3
"""Stock gdb-multiarch on the evidence of a bare guest, backwards and forwards: debug_test.py RECOUNT GUESTS."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

from guest_process import skip
from recorder_process import Recorder, expect, temporary_folder

GDB = "gdb-multiarch"

# What gdb is told, in one session: each line's answer is between marks of our own.
SESSION = [
    "info registers pc", "when", "x/2i $pc", "info threads", "p/x $mtvec", "p $priv",
    "set $end = $pc", "set $end_sp = $sp", "reverse-stepi", "reverse-stepi", "reverse-stepi", "stepi", "stepi", "stepi", "p $pc == $end",
    "goto 0%", "p/x $pc", "reverse-stepi", "stepi", "goto end", "p $pc == $end", "p $sp == $end_sp",
    "goto 0%", "stepi 5", "set $there = $pc", "goto end", "hbreak *$there", "reverse-continue", "p $pc == $there", "delete",
    "goto end", "who-wrote $sp 64", "set can-use-hw-watchpoints 1", "watch -l *(char(*)[64])$end_sp", "reverse-continue", "x/i $pc", "p $pc",
    "continue", "p $pc", "delete",
    "goto 0%", "stepi", "set $read = $sp - 2008", "goto end", "rwatch -l *(long *)$read", "reverse-continue", "x/i $pc", "delete",
    "goto end", "awatch -l *(long *)($sp + 8)", "reverse-continue", "x/i $pc", "delete",
    "set var $a0 = 1", "set var *(int *)$end_sp = 1", "events", "info recording", "goto nowhere", "disconnect",
]


def impatient(port):
    """gdb asks for an answer again that takes long, but counts answers: it must not get two."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        def ask(packet, until):
            client.sendall(packet)
            got = b""
            while not got.endswith(until):
                got += client.recv(4096) or b"(end)" + until
            return got
        expect(ask(b"$QStartNoAckMode#b0", b"$OK#9a") == b"+$OK#9a", "no-ack mode is refused")
        ask(b"+---$qC#b4", b"$QC1#c5")
        expect(ask(b"-$qC#b4", b"$QC1#c5") == b"$QC1#c5", "an answer came twice")


def answers(recount, evidence, folder):
    with subprocess.Popen([recount, "debug", evidence, "--no-gdb"], stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, RECOUNT_DIR=str(folder))) as server:
        try:
            line = server.stdout.readline()
            port = re.search(r"127\.0\.0\.1:(\d+)", line)[1]
            script = re.search(r"-x (\S+)", line)[1]
            commands = folder / "session"
            commands.write_text("".join(
                f"echo <<{n}>>\\n\npython\ntry:\n  gdb.execute({c!r})\nexcept gdb.error as e:\n  print('error:', e)\nend\n"
                for n, c in enumerate(SESSION)))
            base = [GDB, "-nx", "-q", "-batch", "-iex", "set architecture riscv:rv64", "-ex", f"target remote 127.0.0.1:{port}"]
            done = subprocess.run([*base, "-x", script, "-x", commands], capture_output=True, text=True, timeout=100, check=False)
            again = subprocess.run([*base, "-ex", "monitor when", "-ex", "detach"], capture_output=True, text=True, timeout=60, check=False)
            with socket.create_connection(("127.0.0.1", int(port))) as raw:  # a client that says nonsense
                raw.sendall(b"$m,#00$zzzz#11\x03+++$#00" + b"$" + b"a" * 100_000)
            impatient(int(port))
            killed = subprocess.run([*base, "-ex", "kill"], capture_output=True, text=True, timeout=60, check=False)
            expect(server.wait(20) == 0, "kill does not end the server: " + killed.stdout + killed.stderr)
        finally:
            server.kill()
    parts = re.split(r"<<\d+>>\n", done.stdout)[1:]
    expect(len(parts) == len(SESSION), f"gdb ended early:\n{done.stdout}\n{done.stderr}")
    return list(zip(SESSION, parts)), again.stdout + again.stderr


def check(recount, evidence, folder):
    said, again = answers(recount, evidence, folder)
    text = "".join(f"(gdb) {command}\n{answer}" for command, answer in said)

    def of(command, nth=0):
        return [answer for c, answer in said if c == command][nth]

    def must(true, what):
        expect(true, f"{what}:\n{text}\n--- again ---\n{again}")

    must("error:" not in of("info registers pc") and "0x80" in of("info registers pc"), "pc is shown")
    must("100.0000 %" in of("when"), "evidence opens at its end")
    must("hart 0, M-mode" in of("info threads"), "harts are threads")
    must(of("p $priv").endswith("= 3\n"), "the privilege is M")
    for nth in range(2):
        must(of("p $pc == $end", nth).endswith("= 1\n"), "there and back is where it was")
    must(of("p $sp == $end_sp").endswith("= 1\n"), "the stack pointer is as it was")
    must(" = 0x80000000\n" in of("p/x $pc"), "the recording begins at the reset")
    must("No more reverse-execution history" in of("reverse-stepi", 3), "before the begin there is nothing")
    must(of("p $pc == $there").endswith("= 1\n"), "a breakpoint stops backwards")
    wrote = re.search(r"by hart 0 at pc (0x[0-9a-f]+)", of("who-wrote $sp 64"))
    must(wrote, "who-wrote names an instruction")
    must(wrote[1] in of("x/i $pc"), "a watchpoint leads backwards to the same instruction")
    must(int(of("p $pc", 1).split("0x")[1].split(")")[0], 16) == int(wrote[1], 16) + 2, "forwards it stops behind the same instruction")
    must("0x80000004:\tld\tsp,-2008(sp)" in of("x/i $pc", 1), "a read watchpoint stops at the load")
    must(wrote[1] in of("x/i $pc", 2), "an access watchpoint stops at the last store, after which nobody loads")
    must("error:" in of("set var $a0 = 1") and "error:" in of("set var *(int *)$end_sp = 1"), "the past cannot be changed")
    must("certified" in of("info recording"), "info recording says what it is")
    must("neither a step count" in of("goto nowhere"), "no such position is an error")
    must("position" in again, "the next client is served")


def main():
    recount, guests = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which(GDB):
        skip("no gdb-multiarch")
    folder = temporary_folder()
    try:
        with Recorder(recount, ["--bios", guests / "commands", "-m", "16M"], folder) as recorder:
            recorder.wait_for("commands: ready")
            recorder.type(b"f")
            recorder.wait(60)
            (evidence,) = recorder.evidence()
            before = evidence.read_bytes()
            check(recount, evidence, folder)
            expect(evidence.read_bytes() == before, "debugging changed the evidence")
            verified = recorder.run("verify", evidence)
            expect(verified.returncode == 0, "after debugging, verify: " + verified.stderr)
    finally:
        shutil.rmtree(folder)


main()
