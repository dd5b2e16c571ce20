"""What is done while a call fails, and what must hold afterwards."""
import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

import preload
from recorder_process import Recorder, Unexpected, temporary_folder, wait_until
from table import read_table

LONGEST_S = 60  # more is a hang
PATIENCE_S = 8  # with what is typed, where standard input may have failed
IMAGE_BYTES = 1 << 20
MARK_BYTES, SPOOLED_BYTES = 32_000, 9 << 20
MAD = ("terminate called", "AddressSanitizer", "runtime error", "CHECK failed", "DIVERGED", "diverged", "injector:")

# Where one of these fails, what is removed may stay.
OF_REMOVING = ("unlink", "unlinkat", "remove", "openat", "fdopendir", "readdir", "fstat", "stat", "lstat")

Outcome = collections.namedtuple("Outcome", "code wrong injected")


class Setup:
    """What all runs share: the programs, and evidence that was saved without faults."""

    def __init__(self, recount, guests, injector):
        self.recount, self.guests, self.injector = recount, guests, injector
        self.kept = pathlib.Path(tempfile.mkdtemp(prefix="rcfaults"))
        bench = Bench(self)
        outcome = record(bench, "", True)
        if outcome.wrong:
            raise Unexpected(f"recording without faults: {outcome.wrong}")
        self.evidence = self.kept / "sample.recount"
        shutil.copy(bench.evidence()[0], self.evidence)
        shutil.rmtree(bench.folder)


class Bench:
    """A folder in which one thing is done once, with one fault."""

    def __init__(self, setup):
        self.setup, self.folder, self.rows, self.wrong = setup, temporary_folder(), {}, []
        self.image = self.folder / "disk.img"
        self.image.write_bytes(bytes(IMAGE_BYTES))

    def environment(self, fault):
        return {"RECOUNT_DIR": str(self.folder), "TMPDIR": str(self.folder)} | preload.environment(self.setup.injector, self.folder / "table", fault)

    def verb(self, *words, fault=None):
        """A verb of recount, without faults if fault is None."""
        environment = dict(os.environ, RECOUNT_DIR=str(self.folder), TMPDIR=str(self.folder))
        if fault is not None:
            environment.update(self.environment(fault))
        try:
            return subprocess.run([self.setup.recount, *map(str, words)], env=environment, capture_output=True, text=True,
                                  timeout=LONGEST_S, check=False, stdin=subprocess.DEVNULL, errors="replace")
        except subprocess.TimeoutExpired:
            raise Unexpected(f"{words}: a hang") from None

    def evidence(self):
        return sorted((self.folder / "evidence").glob("*.recount"))

    def want(self, true, what):
        if not true:
            self.wrong.append(what)

    def outcome(self, code, stderr):
        """Judges what is to be judged everywhere."""
        self.rows, crashes = read_table(self.folder / "table")
        for crash in crashes:
            self.wrong.append(f"crash of {crash}: {stderr!r}")
        for word in MAD:
            self.want(word not in stderr, f"{word}: {stderr!r}")
        self.want(code is not None and code >= 0, f"ended by a signal: {code}: {stderr!r}")
        here = f"RECOUNT_DIR={self.folder}".encode()
        left = [p for p in pathlib.Path("/proc").glob("[0-9]*/environ") if here in environ_of(p)]
        self.want(not left, f"processes that live on: {left}")
        return Outcome(code, self.wrong, any(injected for _, injected in self.rows.values()))

    def one_line(self, done, codes, what):
        """A verb that says in one line why it could not."""
        self.want(done.returncode in codes, f"{what}: exit code {done.returncode}: {done.stderr!r}")
        lines = done.stderr.splitlines()
        said = len(lines) == 1 and lines[0].startswith("recount: ")
        self.want(done.returncode == 0 and not lines or said,
                  f"{what}: exit code {done.returncode}, not one error line: {done.stderr!r}")


def environ_of(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


# --- recording ---

def record(bench, fault, unseen, *options, spool=False):
    """A guest that uses its disk, evidence that is asked for, and a failure."""
    setup, console, said = bench.setup, "", []
    arguments = ["--bios", setup.guests / "commands", "-m", "16M", "--drive", bench.image, *options]
    with Recorder(setup.recount, arguments, bench.folder, environment=bench.environment(fault)) as recorder:
        def ended():
            return recorder.child.poll() is not None

        def seen(pattern):
            return ended() or re.search(pattern, recorder.console())

        def patient(true, what):
            # What is printed or typed may be lost, and a backup be impossible.
            with contextlib.nullcontext() if unseen else contextlib.suppress(Unexpected):
                wait_until(true, LONGEST_S if unseen else PATIENCE_S, what, 0.01)
        try:
            patient(lambda: seen("commands: ready|tick"), "the guest is there")
            recorder.type(b"d")
            patient(lambda: seen("disk (works|error)"), "the disk is used")
            patient(lambda: ended() or ask(bench, "status").get("state") in ("recording", None), "a backup is there")
            if spool:
                marks(bench)
            saved = ask(bench, "save x") if not ended() else {}
            recorder.type(b"f")
            leave(bench, recorder, unseen)
        except (Unexpected, subprocess.TimeoutExpired) as hang:
            bench.wrong.append(f"a hang: {hang}; {recorder.tail()}")
            recorder.child.kill()
            saved = {}
        for reader in recorder.readers:
            reader.join(5)
        console, said, code = recorder.console(), recorder.stderr_lines(), recorder.child.poll()
    stderr = "\n".join(said)
    judge_recording(bench, code, said, saved, console, unseen)
    time.sleep(0.02)
    return bench.outcome(code, stderr)


def leave(bench, recorder, unseen):
    """Until the recorder has ended. One that cannot hear the guest's user any more can be told to end."""
    for way in (lambda: None, lambda: ask(bench, "stop"), recorder.child.terminate, recorder.child.terminate):
        way()
        try:
            recorder.child.wait(LONGEST_S if unseen else PATIENCE_S)
            return
        except subprocess.TimeoutExpired:
            pass
    raise Unexpected("it does not end")


def ask(bench, line):
    """The answer of the control socket; {} if there is none."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LONGEST_S)
            client.connect(str(bench.folder / "run/t.sock"))
            client.sendall(line.encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = client.recv(65536)
                if not part:
                    return {}
                answer += part
            return json.loads(answer)
    except (OSError, ValueError):
        return {}


def marks(bench):
    """Enough of them that the journal is written to disk."""
    for _ in range(SPOOLED_BYTES // MARK_BYTES):
        ask(bench, "mark " + "m" * MARK_BYTES)


def judge_recording(bench, code, said, saved, console, unseen):
    files = bench.evidence()
    bench.want(code in (1, 3, 66, 69), f"exit code {code}: {said}")
    bench.want(code == 3 or any(line.startswith("recount: ") for line in said), f"exit code {code} without a word")
    if unseen:
        bench.want(code == 3, f"exit code {code}: {said}")
        bench.want(len(files) == 2, f"{len(files)} evidence files: {said}")
        bench.want("disk works" in console, f"the disk: {console!r}")
        bench.want(saved.get("certified") is True, f"saved: {saved}")
        as_always = r"recount: (evidence |certified: |failure: |operator: )"
        said_otherwise = [line for line in said if not re.match(as_always, line)]
        bench.want(not said_otherwise, f"it was noticed: {said_otherwise}")
    named = {pathlib.Path(line.split("recount: evidence ", 1)[1]) for line in said if line.startswith("recount: evidence /")}
    bench.want(all(path.exists() for path in named), f"evidence that was said to be there: {named} {files}")
    bench.want(code != 3 or named, f"exit code 3, and no evidence named: {said}")
    no_evidence = sum("no evidence was saved" in line for line in said)
    bench.want(len(files) - len(named) == 0 or not no_evidence, f"evidence that is said not to be there: {files} {said}")
    for path in files:
        done = bench.verb("verify", path, "--json")
        certified = done.returncode == 0 and json.loads(done.stdout)["certified"]
        reason = json.loads(bench.verb("info", path, "--json").stdout or "{}").get("uncertified_reason", "")
        without = not unseen and reason.startswith("it could not be replayed: ")
        bench.want(done.returncode == 0 and (certified or without), f"verify {path}: {done.stderr!r} {said}")
    parts = [p for p in bench.folder.rglob("*") if p.name.endswith((".part", ".new")) and "disk.img.recount" not in str(p)]
    bench.want(not parts, f"left behind: {parts}")
    judge_disk(bench, console)
    bench.rows, _ = read_table(bench.folder / "table")
    removing = any(injected for (_, call), (_, injected) in bench.rows.items() if call in OF_REMOVING)
    run_folder = list((bench.folder / "run").glob("*")) if (bench.folder / "run").exists() else []
    bench.want(removing or not run_folder, f"left in the run folder: {run_folder}")


def words_of(round_number):
    return struct.pack("<4096Q", *((round_number << 32 ^ i * 0x9e3779b97f4a7c15) & (1 << 64) - 1 for i in range(4096)))


def judge_disk(bench, console):
    """What the guest wrote and flushed is there, whatever happened to its recorder."""
    done = bench.verb("disk", "commit", bench.image)
    bench.want(done.returncode == 0, f"commit afterwards: {done.stderr!r}")
    data = bench.image.read_bytes()
    bench.want(len(data) == IMAGE_BYTES, f"the image has {len(data)} bytes")
    if "disk works" in console:
        bench.want(data[32768:65536] == words_of(1), "what the guest had flushed is not in its disk")


def spool(bench, fault, unseen):
    """Without a backup, and with a journal that does not fit the ring."""
    outcome = record(bench, fault, unseen, "--no-backup", spool=True)
    bench.want(not unseen or bench.rows.get(("main", "rename"), (0, 0))[0] > 0, "no part of the journal went to disk")
    return outcome


# --- verbs ---

def evidence_verb(verb, codes):
    def scenario(bench, fault, unseen):
        done = bench.verb(verb, bench.setup.evidence, *drive(bench, verb), fault=fault)
        bench.one_line(done, codes, verb)
        bench.want(not unseen or done.returncode == 0, f"it was noticed: exit code {done.returncode}: {done.stderr!r}")
        bench.want(done.returncode != 0 or done.stdout, "nothing was said")
        left = {p.name for p in bench.folder.iterdir()} - {"disk.img", "table", "disk.img.recount"}
        bench.want(not left, f"left behind: {left}")
        return bench.outcome(done.returncode, done.stderr)
    return scenario


def drive(bench, verb):
    return [] if verb == "info" else ["--drive", bench.image]


def written_layers(bench):
    """An image with two layers of a guest's."""
    arguments = ["--bios", bench.setup.guests / "commands", "-m", "16M", "--drive", bench.image]
    with Recorder(bench.setup.recount, arguments, bench.folder) as recorder:
        recorder.wait_for("commands: ready")
        recorder.type(b"d")
        recorder.wait_for("disk works")
        recorder.wait_protected()
        os.kill(recorder.status()["backup_pid"], 9)  # the next backup makes a layer
        recorder.type(b"d")
        wait_until(lambda: recorder.console().count("disk works") == 2, LONGEST_S, "the disk is used again", 0.01)
        recorder.type(b"p")
        recorder.wait()


def commit(bench, fault, unseen):
    """Layers that are brought into the image; where that fails, a second time brings them all."""
    layers(bench)
    done = bench.verb("disk", "commit", bench.image, fault=fault)
    bench.one_line(done, (1, 69, 66, 65, 0), "commit")
    bench.want(not unseen or done.returncode == 0, f"it was noticed: exit code {done.returncode}: {done.stderr!r}")
    if done.returncode == 0:
        left = [p.name for p in (bench.folder / "disk.img.recount").iterdir() if p.name.endswith(".layer")]
        bench.want(not left, f"layers that were committed: {left}")
    else:
        again = bench.verb("disk", "commit", bench.image)
        bench.want(again.returncode == 0, f"commit again: {again.stderr!r}")
    data = bench.image.read_bytes()
    written = data[32768:65536] == words_of(1) and data[65536:98304] == words_of(2)
    bench.want(written, "what the guest wrote is not in the image")
    return bench.outcome(done.returncode, done.stderr)


def status(bench, fault, unseen):
    layers(bench)
    done = bench.verb("disk", "status", bench.image, "--json", fault=fault)
    bench.one_line(done, (1, 69, 66, 65, 0), "status")
    bench.want(not unseen or done.returncode == 0, f"it was noticed: exit code {done.returncode}: {done.stderr!r}")
    if done.returncode == 0:
        said = json.loads(done.stdout)
        bench.want(said["layers"] > 0 and said["written_bytes"] == 65536, f"said: {said}")
    judge_disk(bench, "disk works")
    return bench.outcome(done.returncode, done.stderr)


g_layers_lock = threading.Lock()


def layers(bench):
    """A copy of an image with layers that is made once."""
    kept = bench.setup.kept / "layers"
    with g_layers_lock:
        if not kept.exists():
            other = Bench(bench.setup)
            written_layers(other)
            # Copied with the time that the layers know.
            subprocess.run(["cp", "-a", other.folder, kept], check=True)
            shutil.rmtree(other.folder)
    for name in ("disk.img", "disk.img.recount"):
        subprocess.run(["cp", "-a", "--sparse=always", kept / name, bench.folder / ""], check=True)


def again(bench, fault, unseen):
    """A recording of a guest whose disk has layers already: none of them is lost."""
    layers(bench)
    outcome = record(bench, fault, unseen)
    data = bench.image.read_bytes()
    bench.want(data[65536:98304] == words_of(2), "what a guest wrote before is not in its disk")
    return outcome


def ctl(bench, fault, unseen):
    """Somebody who asks a recorder; the recorder itself has no faults."""
    with Recorder(bench.setup.recount, ["--bios", bench.setup.guests / "commands", "-m", "16M"], bench.folder) as recorder:
        recorder.wait_for("commands: ready")
        recorder.wait_protected()
        done = bench.verb("ctl", "t", "save", "why", fault=fault)
        bench.one_line(done, (0, 1, 66, 69), "ctl")
        bench.want(not unseen or done.returncode == 0, f"it was noticed: exit code {done.returncode}: {done.stderr!r}")
        recorder.type(b"p")
        bench.want(recorder.wait(LONGEST_S) == 0, "the recorder did not end well")
    return bench.outcome(done.returncode, done.stderr)


ALL = {"record": record, "spool": spool, "again": again, "verify": evidence_verb("verify", (0, 1, 66, 69)),
       "replay": evidence_verb("replay", (0, 1, 66, 69)), "info": evidence_verb("info", (0, 1, 66, 69)), "commit": commit,
       "status": status, "ctl": ctl}
