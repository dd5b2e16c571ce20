#!/usr/bin/env python3
"""Leaving a recording to run on live: divert_test.py RECOUNT GUESTS."""
import pathlib
import shutil
import struct
import subprocess
import sys

from recorder_process import Recorder, expect, temporary_folder

FAILED, BAD_USAGE = 1, 2


def address_of(guest, text):
    """Where the program's segment that has text puts it."""
    elf = guest.read_bytes()
    where = elf.index(text)
    headers, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for n in range(count):
        kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", elf, headers + n * size)
        if kind == 1 and offset <= where < offset + length:
            return address + where - offset
    raise LookupError(text)


def main():
    recount, guests = sys.argv[1], pathlib.Path(sys.argv[2])
    folder = temporary_folder()
    try:
        with Recorder(recount, ["--bios", guests / "commands", "-m", "16M"], folder) as recorder:
            recorder.wait_for("commands: ready")
            recorder.type(b"a")
            recorder.wait_for("heard a")
            recorder.ctl("mark", "before")
            recorder.wait_for("tick 0000000000000001")
            recorder.type(b"f")
            recorder.wait(60)
            (evidence,) = recorder.evidence()
            before = evidence.read_bytes()

            def divert(typed, *options):
                done = subprocess.run([recount, "replay", evidence, "--divert", *options], input=typed, capture_output=True, timeout=60, check=False)
                return done.returncode, done.stdout.decode(), done.stderr.decode().strip().splitlines()

            code, said, notes = divert(b"yp", "--at", "before")
            expect(code == 0 and "heard y" in said and "heard a" not in said, f"it hears what is typed now: {code} {said} {notes}")
            expect("NOT evidence" in notes[0] and "diverted at position" in notes[0], f"the first line says what it is: {notes}")
            expect("NOT evidence" in notes[-1] and "the guest powered off" in notes[-1], f"and the last: {notes}")
            code, said, notes = divert(b"f", "--at", "before")
            expect(code == FAILED and "the guest reported failure" in notes[-1], f"it may fail: {code} {said} {notes}")
            code, said, notes = divert(b"y\x01x", "--at", "before")
            expect(code == 0 and "left" in notes[-1], f"Ctrl-A x leaves: {code} {said} {notes}")
            code, said, notes = divert(b"", "--at", "end")
            expect(code == FAILED and "the guest reported failure" in notes[-1], f"at the end it has failed: {code} {said} {notes}")

            heard = hex(address_of(guests / "commands", b"heard ") + 1)  # the first letter may stand in the code
            code, said, notes = divert(b"yp", "--at", "before", "--patch-memory", heard + "=454152")
            expect(code == 0 and "hEARd y" in said, f"what if it said something else: {code} {said} {notes}")
            for patch in "", "=", "0x80000000", "0x80000000=", "0x80000000=0", "0x80000000=0g", "80000000=00", "0x10=00", "0xffffffffffffffff=0000", "0x80ffffff=0000":
                code, said, notes = divert(b"", "--patch-memory", patch)
                expect(code == BAD_USAGE and not said and len(notes) == 1, f"{patch!r} is no patch: {code} {said} {notes}")
            refused = recorder.run("replay", evidence, "--patch-memory", "0x80000000=00")
            expect(refused.returncode == BAD_USAGE, "a replay that is none is refused")
            expect(evidence.read_bytes() == before, "a divert changed the evidence")
    finally:
        shutil.rmtree(folder)


main()
