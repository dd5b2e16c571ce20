#!/usr/bin/env python3
"""Damaged, missing and impossible things: one clear line and the right exit code. damage_test.py RECOUNT GUESTS CASE."""
import contextlib
import gzip
import hashlib
import inspect
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile

from guest_process import skip
from recorder_process import CAPTURED, temporary_folder, wait_until
from recorder_test import Bench, checked, expect, expect_equal, fail, one_error_line

DAMAGED = (4, 5, 65)  # diverged, altered or cut, no evidence
NOBODY = 65534
MARK_BYTES, RING_BYTES = 32_000, 16 << 20


def recount(bench, *words, **how):
    """A verb in the bench's RECOUNT_DIR; must not take long."""
    environment = dict(os.environ, RECOUNT_DIR=str(bench.folder), TMPDIR=str(bench.folder))
    environment.update(how.pop("environment", {}))
    return subprocess.run([bench.recount, *map(str, words)], env=environment, capture_output=True, text=True, timeout=60,
                          check=False, stdin=subprocess.DEVNULL, errors="replace", **how)


def run(bench, *options, **how):
    """A run that must not start; a guest that starts all the same ends at once."""
    return recount(bench, "run", "-m", "16M", "--name", "d", *options, **how)


def evidence_with_a_disk(bench):
    image = bench.folder / "disk.img"
    image.write_bytes(bytes(range(256)) * 4096)
    with bench.recorder("--drive", image) as recorder:
        recorder.wait_for("tick 0000000000000005")
        fail(recorder)
        return recorder.evidence()[0]


# --- evidence files ---

# Each sort of damage to a copy, judged by verify; replay and info may miss it, but must not fall over it.
def judge_damaged(bench, path, what, others):
    one_error_line_of(recount(bench, "verify", path), DAMAGED, what)
    for verb in others:
        done = recount(bench, verb, path)
        if done.returncode != 0:
            one_error_line_of(done, DAMAGED, f"{verb}, {what}")


def one_error_line_of(done, codes, what):
    expect(done.returncode in codes, f"{what}: exit code {done.returncode}: {done.stderr!r}")
    lines = done.stderr.splitlines()
    expect(len(lines) == 1 and lines[0].startswith("recount: "), f"{what}: not one error line: {done.stderr!r}")


def random_here():
    seed = int(os.environ.get("RECOUNT_TEST_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"seed {seed} (RECOUNT_TEST_SEED)")
    return random.Random(seed)


def flipped_evidence_is_refused(bench):
    r, whole = random_here(), evidence_with_a_disk(bench).read_bytes()
    path = bench.folder / "flipped.recount"
    positions = [len(whole) * n // 400 + r.randrange(max(1, len(whole) // 400)) for n in range(400)]
    # Where the zip's and our own records lie.
    positions += list(range(30)) + list(range(len(whole) - 150, len(whole)))
    for n, position in enumerate(min(p, len(whole) - 1) for p in positions):
        bit = 1 << r.randrange(8)
        path.write_bytes(whole[:position] + bytes([whole[position] ^ bit]) + whole[position + 1:])
        judge_damaged(bench, path, f"byte {position} of {len(whole)} ^ {bit:#x}", ("info", "replay") if n % 8 == 0 else ())
    print(f"{len(positions)} flips")


def cut_evidence_is_refused(bench):
    r, whole = random_here(), evidence_with_a_disk(bench).read_bytes()
    path = bench.folder / "cut.recount"
    sizes = [0, 1, 4, 21, 22] + [len(whole) - n for n in range(1, 100)] + [r.randrange(len(whole)) for _ in range(250)]
    for n, size in enumerate(sizes):
        path.write_bytes(whole[:size])
        judge_damaged(bench, path, f"cut to {size} of {len(whole)}", ("info", "replay") if n % 8 == 0 else ())
    for what, damaged in (("a byte more", whole + b"\0"), ("twice", whole + whole), ("a hole", whole[:500] + whole[900:]),
                          ("zeros", bytes(len(whole))), ("shifted", b"\0" + whole)):
        path.write_bytes(damaged)
        judge_damaged(bench, path, what, ("info", "replay"))
    print(f"{len(sizes)} cuts")


def what_is_no_evidence_is_refused(bench):
    for name, data in (("text", b"hello\n"), ("gzip", gzip.compress(b"x" * 999)), ("noise", os.urandom(100_000))):
        path = bench.folder / name
        path.write_bytes(data)
        for verb in ("verify", "info", "replay"):
            one_error_line(recount(bench, verb, path), 65, str(path))
    for path in (bench.folder / "missing", bench.folder, "/dev/null", "/dev/zero"):
        for verb in ("verify", "info", "replay"):
            one_error_line(recount(bench, verb, path), 66, str(path))


def base_image_must_be_the_same(bench):
    path = evidence_with_a_disk(bench)
    image, other = bench.folder / "disk.img", bench.folder / "moved.img"
    expect_equal(recount(bench, "verify", path).returncode, 0, "whole")
    image.rename(other)
    for verb in ("verify", "replay"):
        one_error_line(recount(bench, verb, path), 66, "disk.img")
    expect_equal(recount(bench, "info", path).returncode, 0, "info needs no disk")
    expect_equal(recount(bench, "verify", path, "--drive", other).returncode, 0, "where it is now")
    data = bytearray(other.read_bytes())
    for what, changed in (("a bit", data[:-1] + bytes([data[-1] ^ 1])), ("cut", data[:-512]), ("grown", data + bytes(512)), ("empty", b"")):
        image.write_bytes(changed)
        for verb in ("verify", "replay"):
            done = recount(bench, verb, path)
            expect_equal(done.returncode, 66, f"{verb}, {what} ({done.stderr})")
            one_error_line(done, 66, "disk.img")


# --- what a guest starts from ---

def guest_files_are_checked(bench):
    guest, folder = bench.guests / "commands", bench.folder
    made = {"noise": os.urandom(70_000), "empty": b"", "cut.gz": gzip.compress(guest.read_bytes())[:500], "text": b"#!/bin/sh\n",
            "noise.gz": gzip.compress(os.urandom(70_000)), "elf-cut": guest.read_bytes()[:100],
            "elf-x86": pathlib.Path(bench.recount).read_bytes()[:8192], "bomb.gz": gzip.compress(bytes(64 << 20))}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    for name in ["missing", "", *made]:
        path = folder / name if name else folder
        one_error_line(run(bench, "--kernel", path), 66, str(path))
    for name in ("missing", "empty", "elf-cut", "elf-x86"):
        one_error_line(run(bench, "--bios", folder / name), 66, name)
    for name in ("missing", "empty"):
        one_error_line(run(bench, "--bios", guest, "--initrd", folder / name), 66, name)
    expect_equal(list((folder / "run").iterdir()), [], "left in the run folder")


def qcow2_becomes_raw_once(bench):
    if not shutil.which("qemu-img"):
        skip("qemu-img is not there: package qemu-utils")
    plain, image, raw = (bench.folder / name for name in ("plain", "vm.qcow2", "vm.qcow2.raw"))
    plain.write_bytes(os.urandom(1 << 20))
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", plain, image], check=True)
    drive = ("--drive", f"{image},format=qcow2")
    one_error_line(run(bench, "--bios", bench.guests / "commands", *drive, environment={"PATH": "/nowhere"}), 69, "qemu-utils")
    before = image.read_bytes()
    for n in range(2):  # the second goes on with the raw one, and with what the first wrote
        with bench.recorder(*drive) as recorder:
            recorder.type(b"d")
            recorder.wait_for("disk works")
            if n == 0:
                info = fail(recorder)
                expect_equal([d["path"] for d in info["disks"]], [str(raw)], "disks in the evidence")
                verified = recorder.run("verify", recorder.evidence()[0], "--engine", "interp")
                expect_equal(verified.returncode, 0, f"verify: {verified.stderr}")
            else:
                recorder.type(b"p")
                expect_equal(recorder.wait(), 0, "exit code", recorder)
            expect(any(str(raw) in line for line in recorder.stderr_lines()), "it does not say what it made", recorder)
    expect(image.read_bytes() == before and raw.read_bytes() == plain.read_bytes(), "an image was written")
    os.utime(image, ns=(time.time_ns() + 10**10,) * 2)
    one_error_line(run(bench, "--bios", bench.guests / "commands", *drive), 69, "has changed")
    image.write_bytes(b"no image" * 64)
    raw.unlink()
    one_error_line(run(bench, "--bios", bench.guests / "commands", *drive), 1, "vm.qcow2")


def made_disks_are_whole_or_not_there(bench):
    files, image = bench.folder / "files", bench.folder / "made.img"
    (files / "sub").mkdir(parents=True)
    (files / "sub/note").write_text("from the host\n")

    def make(size, source=files, **how):
        return recount(bench, "disk", "make", "--from", source, "--size", size, "-o", image, **how)

    one_error_line(make("16M", bench.folder / "missing"), 66, "missing")
    one_error_line(make("16M", files / "sub/note"), 66, "note")
    one_error_line(make("1000"), 2, "--size")
    (files / "big").write_bytes(os.urandom(6 << 20))
    one_error_line(make("4M"), 1, "mke2fs")
    (files / "big").unlink()
    expect_equal(sorted(p.name for p in bench.folder.iterdir()), ["files"], "what failures leave")
    expect_equal(make("16M").returncode, 0, "exit code")
    expect_equal(image.stat().st_size, 16 << 20, "size")
    one_error_line(make("16M"), 2, "made.img")
    if shutil.which("debugfs", path=os.environ["PATH"] + ":/usr/sbin"):
        shown = subprocess.run(["debugfs", "-R", "cat sub/note", image], capture_output=True, text=True, check=True,
                               env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin"))
        expect_equal(shown.stdout, "from the host\n", "the file in the image")


def disk_images_are_checked(bench):
    guest, folder = bench.guests / "commands", bench.folder
    (folder / "empty").write_bytes(b"")
    (folder / "odd").write_bytes(b"x" * 1000)
    (folder / "a folder").mkdir()
    for name in ("missing", "empty", "odd", "a folder"):
        for more in ("", ",ro", ",format=raw,ro"):
            one_error_line(run(bench, "--bios", guest, "--drive", f"{folder / name}{more}"), 66, name)
    one_error_line(run(bench, "--bios", guest, "--drive", "/dev/null"), 66, "/dev/null")
    one_error_line(run(bench, "--bios", guest, "--drive", f"{folder / 'odd'},format=vmdk"), 2, "vmdk")
    one_error_line(run(bench, "--bios", guest, "--drive", f"{folder / 'odd'},rw"), 2, "rw")
    for name in ("missing", "empty", "a folder"):
        for action in ("commit", "discard", "status"):
            one_error_line(recount(bench, "disk", action, folder / name), 66, name)


def files_of_others_are_named(bench):
    if os.getuid() != 0:
        skip("needs root, to become nobody")
    guest, folder = bench.guests / "commands", bench.folder
    mine = folder / "mine"
    mine.mkdir(mode=0o755)
    (mine / "disk.img").write_bytes(bytes(1 << 20))
    (mine / "secret").write_bytes(b"x" * 512)
    (mine / "secret").chmod(0o600)
    shutil.copy(bench.recount, folder / "recount")
    shutil.copy(guest, folder / "guest")
    theirs = folder / "theirs"
    theirs.mkdir()
    for path in (folder, theirs):
        os.chmod(path, 0o755)
    os.chown(theirs, NOBODY, NOBODY)
    def as_nobody(*words):
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", folder / "recount", *map(str, words)]
        return subprocess.run(command, env=dict(os.environ, RECOUNT_DIR=str(theirs), HOME=str(theirs)), capture_output=True,
                              text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    begin = ("run", "-m", "16M", "--bios", folder / "guest")
    one_error_line(as_nobody("run", "--kernel", mine / "secret"), 66, "secret")
    one_error_line(as_nobody(*begin, "--drive", mine / "secret"), 66, "secret")
    one_error_line(as_nobody(*begin, "--drive", f"{mine / 'secret'},ro"), 66, "secret")
    one_error_line(as_nobody(*begin, "--drive", mine / "disk.img"), 69, "disk.img")
    one_error_line(as_nobody(*begin, "--console", mine / "console"), 66, "console")
    one_error_line(as_nobody("verify", mine / "secret"), 66, "secret")


# --- usage ---

def bad_usage_is_code_2(bench):
    guest = ("--bios", bench.guests / "commands")
    for words in ((), ("fly",), ("--fly",), ("run",), ("run", "--fly"), ("run", *guest, "extra"), ("verify",), ("info",), ("replay",),
                  ("ctl",), ("ctl", "t"), ("ctl", "t", "fly"), ("ctl", "t", "mark", "two\nlines"), ("disk",), ("disk", "fly", "x"),
                  ("disk", "commit"), ("ls", "extra"), ("verify", "a", "b"), ("verify", "x", "--engine", "steam"),
                  ("version", "extra")):
        one_error_line(recount(bench, *words), 2)
    for options in (("--window", "soon"), ("--window", "0s"), ("--window", "-1s"), ("--window", ""), ("--window", "1e400s"), ("--window", "nan"),
                    ("--window", "10 parsecs"), ("--save-on", "boredom"), ("--save-on", "panic,,oops"), ("--save-on", ""),
                    ("--pattern", "odd=("), ("--pattern", "odd=a{99999}"), ("--pattern", "=x"), ("--pattern", "x"), ("--pattern", "a/b=x"),
                    ("--engine", "steam"), ("--after-failure", "cry"), ("--mmu", "sv57"), ("-m", "much"), ("-m", "-1"),
                    ("--name", "a/b"), ("--name", ".."), ("--name", "x" * 65), ("--name", "a b"), ("--window",)):
        one_error_line(recount(bench, "run", "-m", "16M", *guest, *options), 2)
    expect_equal([p for p in bench.folder.rglob("*") if p.is_file()], [], "files that were made")


def config_files_are_checked(bench):
    guest = ("--bios", bench.guests / "failure")
    one_error_line(run(bench, *guest, "--config", bench.folder / "missing"), 66, "missing")
    file = bench.folder / "machine.toml"
    for text, code in (("speed=3\n", 2), ("window=soon\n", 2), ("mmu=sv57\n", 2), ("engine=steam\n", 2), ("[run]\nname=x\n", 2),
                       ("config=x\n", 2), ("kernel=/missing\n", 66), ("help=true\n", 2), (os.urandom(999).hex() + "\n", 2)):
        file.write_text(text)
        one_error_line(run(bench, *guest, "--config", file), code)
    file.write_bytes(os.urandom(5000))
    expect(recount(bench, "run", *guest, "--config", file).returncode in (2, CAPTURED), "noise")


def printed_config_is_read_again(bench):
    options = ("--append", 'console=ttyS0 a="b c"', "--drive", "a.img", "--drive", "b.img,ro", "-m", "1G", "--no-backup", "--net",
               "user,hostfwd=tcp::2222-:22")
    printed = recount(bench, "run", "--kernel", "K", *options, "--print-config")
    expect_equal(printed.returncode, 0, f"exit code ({printed.stderr})")
    expect("memory=1073741824\n" in printed.stdout and 'window="30s"\n' in printed.stdout, printed.stdout)
    file = bench.folder / "machine.toml"
    file.write_text(printed.stdout)
    expect_equal(recount(bench, "run", "--config", file, "--print-config").stdout, printed.stdout, "printed again")
    for text in ("a # b", "both ' and \"", "a\nmemory=1"):
        one_error_line(run(bench, "--kernel", "K", "--append", text, "--print-config"), 2)
    one_error_line(run(bench, "--print-config"), 2, "--kernel")


def config_of_evidence_records_the_same_again(bench):
    path = evidence_with_a_disk(bench)
    toml = bench.folder / "machine.toml"
    toml.write_bytes(zipfile.ZipFile(path).read("machine.toml"))
    path.unlink()
    done = recount(bench, "run", "--config", toml, "--bios", bench.guests / "failure", "--name", "again")
    expect_equal(done.returncode, CAPTURED, f"exit code ({done.stderr})")
    again = list((bench.folder / "evidence").iterdir())[0]
    expect(again.name.startswith("again-failure"), f"the command line counts more: {again.name}")
    info = json.loads(recount(bench, "info", again, "--json").stdout)
    expect_equal((info["memory_bytes"], [d["path"] for d in info["disks"]]), (16 << 20, [str(bench.folder / "disk.img")]), "machine")


def impossible_memory_is_refused(bench):
    for size in ("0", "1", "4K", "1000001", "1P", "18446744073709551615", "16E"):
        done = recount(bench, "run", "--bios", bench.guests / "commands", "-m", size)
        one_error_line_of(done, (2, 66, 69), f"-m {size}")


def impossible_folders_are_refused(bench):
    guest = ("--bios", bench.guests / "commands")
    (bench.folder / "file").write_bytes(b"")
    one_error_line(run(bench, *guest, environment={"RECOUNT_DIR": "/proc/none"}), 69, "/proc/none")
    one_error_line(run(bench, *guest, environment={"RECOUNT_DIR": str(bench.folder / "file")}), 69, "file")
    long = bench.folder / ("x" * 120)
    one_error_line(run(bench, *guest, environment={"RECOUNT_DIR": str(long)}), 2, "RECOUNT_DIR")
    one_error_line(run(bench, *guest, "--console", bench.folder / "none/console"), 66, "none/console")
    one_error_line(run(bench, *guest, "--console", f"unix:{long}"), 2, "x" * 120)
    one_error_line(run(bench, *guest, "--console", f"unix:{bench.folder}/none/console"), 69, "none/console")
    expect_equal(list((bench.folder / "run").iterdir()), [], "left in the run folder")


# --- a full disk ---

@contextlib.contextmanager
def tmpfs(bench, size):
    """The bench's folder, limited to size."""
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", bench.folder], check=False).returncode != 0:
        skip("cannot mount a tmpfs here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", bench.folder], check=True)


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while file.write(b"\xaa" * 4096):
            pass


def kill_and_wait(pid):
    """Until it holds nothing any more: a zombie, as its stopped parent cannot reap it, or gone."""
    os.kill(pid, signal.SIGKILL)
    status = pathlib.Path(f"/proc/{pid}/status")
    wait_until(lambda: not status.exists() or "State:\tZ" in status.read_text(), 20, "it has died")


@contextlib.contextmanager
def temporary_image():
    """A small image that is not on the bench's file system."""
    folder = temporary_folder()
    image = folder / "d.img"
    image.write_bytes(bytes(1 << 20))
    try:
        yield image
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lines_with(recorder, words):
    return [line for line in recorder.stderr_lines() if words in line]


def full_disk_costs_new_evidence_only(bench):
    with tmpfs(bench, "2m"), bench.recorder() as recorder:
        before = pathlib.Path(recorder.ctl("save")["path"])
        digest = hashlib.sha256(before.read_bytes()).digest()
        fill(bench.folder / "filler")
        done = recorder.run("ctl", "t", "save")
        one_error_line(done, 1, "No space left")
        wait_until(lambda: lines_with(recorder, "No space left"), 10, "a line about it")
        expect_equal(len(lines_with(recorder, "No space left")), 1, "lines about it", recorder)
        expect_equal(os.listdir(bench.folder / "evidence"), [before.name], "evidence folder")
        expect_equal(hashlib.sha256(before.read_bytes()).digest(), digest, "the evidence of before")
        recorder.type(b"x")
        recorder.wait_for("heard x")
        expect_equal(recorder.status()["state"], "recording", "state")
        (bench.folder / "filler").unlink()
        recorder.type(b"f")
        expect_equal(recorder.wait(), CAPTURED, "exit code", recorder)
        for path in recorder.evidence():
            checked(recorder, path, path.name.split("-")[1])
        expect_equal(len(recorder.evidence()), 2, "evidence files")


def full_disk_at_the_failure_is_told(bench):
    with tmpfs(bench, "2m"), bench.recorder() as recorder:
        fill(bench.folder / "filler")
        recorder.type(b"f")
        expect_equal(recorder.wait(), 1, "exit code", recorder)
        expect_equal(len(lines_with(recorder, "could not be saved")), 1, "lines about it", recorder)
        expect_equal(recorder.evidence() + list(bench.folder.glob("evidence/.*")), [], "evidence folder")


def full_disk_at_the_start_is_one_line(bench):
    with tmpfs(bench, "64k"):
        fill(bench.folder / "filler")
        done = run(bench, "--bios", bench.guests / "failure", environment={"TMPDIR": "/tmp"})
        expect(done.returncode in (1, 69) and "No space left" in done.stderr, f"exit code {done.returncode}: {done.stderr!r}")
        (bench.folder / "filler").unlink()


def full_disk_at_a_replay_is_one_line(bench):
    image = bench.folder / "disk.img"
    image.write_bytes(bytes(1 << 20))
    with bench.recorder("--drive", image) as recorder:
        for n in range(1, 4):
            recorder.type(b"d")
            wait_until(lambda: recorder.console().count("disk works") == n, 20, "the disk is used")
        fail(recorder)
        path = recorder.evidence()[0]
    full = Bench(bench.recount, bench.guests)
    codes = set()
    with tmpfs(full, "512k"):
        for room in range(0, 200_000, 16_384):
            fill(full.folder / "filler")
            os.truncate(full.folder / "filler", (full.folder / "filler").stat().st_size - room)
            done = recount(bench, "verify", path, environment={"TMPDIR": str(full.folder)})
            codes.add(done.returncode)
            if done.returncode != 0:
                one_error_line_of(done, (69,), f"{room} bytes of room")
                expect("No space left" in done.stderr, done.stderr)
            expect_equal(os.listdir(full.folder), ["filler"], "left in the folder")
    shutil.rmtree(full.folder)
    expect_equal(codes, {0, 69}, "exit codes, from no room to enough")


def full_standard_output_is_told(bench):
    with bench.recorder() as recorder:
        recorder.type(b"x" * 2000)  # answered with more than a buffer holds
        wait_until(lambda: recorder.console().count("heard x") == 2000, 60, "all is heard")
        fail(recorder)
        path = recorder.evidence()[0]
    environment = dict(os.environ, RECOUNT_DIR=str(bench.folder))
    for words in (["info", path], ["verify", path], ["replay", path, "--console"], ["replay", path, "--json"], ["ls"], ["version"], ["--help"],
                  ["doctor"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([bench.recount, *map(str, words)], env=environment, stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=60, check=False)
        one_error_line_of(done, (69,), " ".join(map(str, words)))
        expect("standard output" in done.stderr and "No space left" in done.stderr, done.stderr)
    # A reader that has seen enough is none of our troubles; but a verb that it stops in the middle has found nothing.
    for n in range(100):
        (path.parent / f"damaged-{n}.recount").write_bytes(b"no evidence")
    for words, code in (["info", path], 0), (["ls"], 1):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([bench.recount, *map(str, words)], env=environment, stdout=writer, stderr=subprocess.PIPE, text=True,
                              timeout=60, check=False)
        os.close(writer)
        expect_equal((done.returncode, done.stderr), (code, ""), f"{words[0]} into a closed pipe")


# Marks of much text fill the ring while the backup is stopped.
def fill_ring(recorder, bytes_wanted):
    os.kill(recorder.status()["backup_pid"], signal.SIGSTOP)
    for _ in range(bytes_wanted // MARK_BYTES + 2):
        recorder.ctl("mark", "m" * MARK_BYTES)


def journal_spills_to_disk(bench):
    with bench.recorder("--window", "1s") as recorder:
        pid = recorder.status()["backup_pid"]
        fill_ring(recorder, RING_BYTES + (4 << 20))
        wait_until(lambda: list(bench.folder.glob("run/t.*/journal-*/*.seg")), 20, "segments on disk")
        os.kill(pid, signal.SIGCONT)
        recorder.wait_status(lambda s: s["lag_s"] < 3, "the backup catches up", 30)
        expect_equal(recorder.status()["backup_pid"], pid, "backup")
        wait_until(lambda: not list(bench.folder.glob("run/t.*/journal-*/*.seg")), 20, "no segments on disk")
        fail(recorder)
    for path in recorder.evidence():
        path.unlink()
    with bench.recorder("--no-backup") as recorder:  # evidence that is read from the spool
        fill_ring_of_no_backup = RING_BYTES // MARK_BYTES + 80
        for _ in range(fill_ring_of_no_backup):
            recorder.ctl("mark", "m" * MARK_BYTES)
        info = fail(recorder)
        expect_equal(info["position_begin"], 0, "begin")
        expect_equal(recorder.run("verify", recorder.evidence()[0]).returncode, 0, "verify")


def full_disk_makes_the_journal_a_gap(bench):
    with tmpfs(bench, "24m"), bench.recorder() as recorder:
        pid = recorder.status()["backup_pid"]
        fill(bench.folder / "filler")
        fill_ring(recorder, RING_BYTES + (1 << 20))
        recorder.wait_protected(other_than=pid)
        expect_equal(len(lines_with(recorder, "make room")), 1, "lines about the spool", recorder)
        expect_equal(len(lines_with(recorder, "ring is full")), 1, "lines about the gap", recorder)
        recorder.type(b"x")
        recorder.wait_for("heard x")
        (bench.folder / "filler").unlink()
        info = fail(recorder)
        expect_equal([g["reason"] for g in info["gaps"]], ["journal lost"], "gaps")


def full_disk_full_ring_and_no_backup_at_once(bench):
    with temporary_image() as image, tmpfs(bench, "24m"), bench.recorder("--drive", image) as recorder:
        pid = recorder.status()["backup_pid"]
        recorder.signal(signal.SIGSTOP)  # it is not to start another before the disk is full
        kill_and_wait(pid)
        fill(bench.folder / "filler")
        recorder.signal(signal.SIGCONT)
        recorder.wait_status(lambda s: s["backup_pid"] == 0, "the backup is gone")
        for _ in range(RING_BYTES // MARK_BYTES + 50):
            recorder.ctl("mark", "m" * MARK_BYTES)
        expect_equal(recorder.status()["backup_pid"], 0, "a backup on a full disk", recorder)
        # Also while a backup is being tried, as one is every two seconds.
        until = time.monotonic() + 3
        while time.monotonic() < until:
            one_error_line(recorder.run("ctl", "t", "save"), 1, "no backup")
        recorder.type(b"x")
        recorder.wait_for("heard x")
        (bench.folder / "filler").unlink()
        recorder.wait_protected(other_than=pid)
        said = [line for line in recorder.stderr_lines() if "could not be saved" not in line]
        expect(len(said) < 11, f"{len(said)} lines besides those of the saves", recorder)
        info = fail(recorder)
        expect_equal([g["reason"] for g in info["gaps"]], ["journal lost"], "gaps")
        expect_equal(recorder.run("verify", recorder.evidence()[0]).returncode, 0, "verify")


def full_disk_gives_the_backup_time(bench):
    with temporary_image() as image, tmpfs(bench, "24m"), bench.recorder("--drive", image) as recorder:
        pid = recorder.status()["backup_pid"]
        # Nobody is to take the room that the dead backup leaves, before it is filled.
        recorder.signal(signal.SIGSTOP)
        kill_and_wait(pid)
        fill(bench.folder / "filler")
        recorder.signal(signal.SIGCONT)
        time.sleep(5)
        # The loss, and then the reason, not again with every try.
        expect_equal(len(lines_with(recorder, "No space left")), 1, "lines that say why there is no backup", recorder)
        expect_equal(len(recorder.stderr_lines()), 2, "lines in 5 s", recorder)
        recorder.type(b"x")
        recorder.wait_for("heard x")
        (bench.folder / "filler").unlink()
        recorder.wait_protected(other_than=pid)
        fail(recorder)


CASES = {name: f for name, f in list(globals().items())
         if inspect.isfunction(f) and f.__module__ == __name__ and list(inspect.signature(f).parameters) == ["bench"] and not name.startswith("evidence_")}


def main():
    recount_binary, guests, name = sys.argv[1:4]
    bench = Bench(recount_binary, guests)
    began = time.monotonic()
    CASES[name](bench)
    print(f"{name}: {time.monotonic() - began:.1f} s")
    shutil.rmtree(bench.folder)  # kept if the test fails


if __name__ == "__main__":
    main()
