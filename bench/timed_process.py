"""A guest as a child process whose marks on the console are timed as they come, and what it costs the host meanwhile."""
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from cpu_time import cpu_s  # noqa: E402
from recorder_process import Recorder, Unexpected  # noqa: E402

MARK = re.compile(rb"^bench: (\w+)(?: (\w+))?(?: (.*))?$")


class Mark(NamedTuple):
    at_s: float  # of the host's monotonic clock
    kind: str    # up, ready, begin, end, done
    program: str
    result: str
    cpu_s: float  # that the guest's process had used by then


class Marks:
    """Finds the marks in what a console prints. Fed by the thread that reads it, so that nothing delays the time."""

    def __init__(self):
        self.pid, self.text, self.found = None, bytearray(), queue.Queue()

    def feed(self, part):
        now = time.monotonic()
        self.text += part
        while b"\n" in self.text:
            line, _, rest = self.text.partition(b"\n")
            self.text = bytearray(rest)
            if mark := MARK.match(line.rstrip(b"\r")):
                words = [(word or b"").decode(errors="replace") for word in mark.groups()]
                self.found.put(Mark(now, *words, cpu_s(self.pid) if self.pid else 0))

    def ended(self):
        self.found.put(None)


class TimedGuest:
    """What TimedRecorder and TimedQemu share."""

    def expect(self, kind, program, timeout_s):
        """The next mark, which must be this one."""
        try:
            mark = self.marks.found.get(timeout=timeout_s)
        except queue.Empty:
            raise Unexpected(f'within {timeout_s} s no "bench: {kind} {program}"\n' + self.tail()) from None
        if mark is None:
            raise Unexpected(f'ended before "bench: {kind} {program}"\n' + self.tail())
        if (mark.kind, mark.program) != (kind, program):
            raise Unexpected(f'"bench: {mark.kind} {mark.program}", not {kind} {program}\n' + self.tail())
        return mark


class TimedRecorder(TimedGuest, Recorder):
    """Its facts are these keys of the recorder's status."""

    def __init__(self, recount, arguments, folder, keys):
        self.marks, self.keys, self.begun_s = Marks(), keys, time.monotonic()
        Recorder.__init__(self, recount, arguments, folder)

    def _read(self, stream, into):
        if into is self.errors:
            return super()._read(stream, into)
        while part := os.read(stream.fileno(), 65536):
            self.marks.feed(part)
            into += part
        return self.marks.ended()

    def watch_cpu(self):
        self.marks.pid = self.status()["primary_pid"]

    def facts(self):
        status = self.status()
        return {key: status[key] for key in self.keys}


class TimedQemu(TimedGuest):
    def __init__(self, command, journal=None):
        self.marks, self.journal, self.console, self.begun_s = Marks(), journal, bytearray(), time.monotonic()
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while part := os.read(self.child.stdout.fileno(), 65536):
            self.marks.feed(part)
            self.console += part
        self.marks.ended()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.reader.join()
        self.child.stdin.close()
        self.child.stdout.close()

    def type(self, data):
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def watch_cpu(self):
        self.marks.pid = self.child.pid

    def facts(self):
        return {"journal_bytes": self.journal.stat().st_size} if self.journal else {}

    def wait(self, timeout_s):
        try:
            return self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise Unexpected(f"QEMU is still running after {timeout_s} s\n" + self.tail()) from None

    def tail(self):
        return self.console[-1500:].decode(errors="replace")
