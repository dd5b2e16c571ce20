#!/usr/bin/env python3
"""Many recordings, each ended by a failure at a random moment: scripts/soak."""
import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from recorder_process import CAPTURED, Linux, Recorder, Unexpected, temporary_folder  # noqa: E402

# A run that takes longer than this hangs.
LONGEST_RUN_S = 400
# The reference engine is slow: only short evidence, and not all of it.
REFERENCE_STEPS, REFERENCE_RUNS = 300_000_000, 3
# Which engine verifies what one has recorded.
OTHER = {"jit": "interp", "interp": "jit"}
# How soon after its death there is a new backup.
NEW_BACKUP_S = 10
# What must be on the console at each end that tests/guest/linux/run/load knows. A reset flushes nothing, and a ^S that was
# typed may have held all of it back.
LAST_WORDS = {"crash": "sysrq triggered crash", "init": "Attempted to kill init! exitcode=0x00000100", "reset": ""}

# A busy process ends with the soak, however that ends.
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    for _ in range(1000000): pass"


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--window", help="such as 5s (default: another one each run)")
    parser.add_argument("--load", type=int, choices=(0, 1), default=0, help="1: a busy process on each core of the host")
    parser.add_argument("--seed", type=int, help="of the first run; the next has the next number")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--memory", default="256M")
    parser.add_argument("--longest", type=float, default=12, help="most seconds from boot to the failure")
    parser.add_argument("--append", default="", help="more words for the kernel, such as cryptomgr.notests for a short boot")
    parser.add_argument("--verify-every", type=int, default=5, metavar="K", help="replay each K-th again; 0: none")
    parser.add_argument("--keep-evidence", metavar="FOLDER", type=pathlib.Path)
    parser.add_argument("--engine", choices=("jit", "interp", "turns"), default="jit",
                        help="that records; the other one of the two verifies. turns: now the one, now the other")
    parser.add_argument("--mode", choices=("crash", "kill-primary", "kill-backup"), default="crash")
    parser.add_argument("--recount", required=True, help="the binary")
    return parser.parse_args()


class Typist:
    """Types random bytes and lines at random moments, until the recorder has gone."""

    def __init__(self, recorder, seed):
        self.recorder, self.random, self.over = recorder, random.Random(seed), threading.Event()
        self.thread = threading.Thread(target=self.type, daemon=True)
        self.thread.start()

    def type(self):
        r = self.random
        while not self.over.wait(r.choice((0.003, 0.05, 0.3, 1)) * r.random()):
            if r.random() < 0.5:
                data = r.randbytes(r.choice((1, 7, 64, 300)))
            else:
                data = " ".join(r.choice(("ls", "echo", "$((", "\x03", "\x1b[A", "été")) for _ in range(r.randint(1, 9))).encode() + b"\n"
            if not self.recorder.type(data):
                return

    def stop(self):
        self.over.set()
        self.thread.join(10)


class Watcher:
    """Asks for the status every now and then: the last answer before the end, and every state seen."""

    def __init__(self, recorder):
        self.recorder, self.over, self.last = recorder, threading.Event(), {}
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.over.wait(0.7):
            self.last = self.recorder.status() or self.last

    def stop(self):
        self.over.set()
        self.thread.join(10)


class Soak:
    def __init__(self, options):
        self.options, self.linux = options, Linux()
        self.reference_left = REFERENCE_RUNS
        self.lock = threading.Lock()

    def one(self, number, seed):
        """A run's result: a dict; "wrong" says what was wrong with it, empty if nothing."""
        folder = temporary_folder()
        began = time.monotonic()
        result = {"seed": seed, "wrong": "", "steps": 0, "digests": 0, "journal": 0, "cause": "", "certified": False,
                  "verified": "", "diverged": False}
        try:
            self.record(folder, number, random.Random(seed), result)
        except (Unexpected, subprocess.TimeoutExpired) as problem:
            result["wrong"] = str(problem)
        result["seconds"] = time.monotonic() - began
        self.clear(folder, result)
        return result

    def record(self, folder, number, r, result):
        options = self.options
        engine = ("jit", "interp")[number % 2] if options.engine == "turns" else options.engine
        window = options.window or r.choice(("1s", "1500ms", "2s", "4s", "8s", "30s"))
        after = round(r.uniform(0, options.longest), 2)
        end = r.choice(("crash", "crash", "init", "reset"))
        append = "recount.run=load " + self.options.append
        kill_after = round(r.uniform(0, 5 + options.longest / 2), 2)
        if options.mode == "kill-backup":
            # The guest must outlive the wait for the new backup, however fast it boots.
            after = round(kill_after + NEW_BACKUP_S + after, 2)
        if options.mode != "kill-primary":
            append += f" recount.crash={after} recount.end={end}"
        result["setup"] = f"{engine}, window {window}, {end if options.mode != 'kill-primary' else 'kill'} after {after} s"
        command = self.linux.arguments(folder, append, options.memory) + ["--window", window, "--engine", engine]
        with Recorder(options.recount, command, folder) as recorder:
            typist, watcher = Typist(recorder, r.random()), Watcher(recorder)
            try:
                if options.mode == "kill-primary":
                    self.kill_primary(recorder, r)
                elif options.mode == "kill-backup":
                    self.kill_backup(recorder, kill_after)
                code = recorder.wait(LONGEST_RUN_S)
            finally:
                typist.stop()
                watcher.stop()
            result["journal"] = watcher.last.get("journal_bytes", 0)
            expected = {"kill-primary": "lost"}.get(options.mode, "reset" if end == "reset" else "panic")
            self.judge(recorder, code, expected, end, result)
            if options.verify_every > 0 and number % options.verify_every == 0:
                self.verify(recorder, OTHER[engine], result)

    # Anywhere from power-on to far into the load: a boot is as much worth recording.
    def kill_primary(self, recorder, r):
        recorder.wait_protected()
        time.sleep(r.uniform(0, 10 + self.options.longest))
        os.kill(recorder.status()["primary_pid"], 9)

    def kill_backup(self, recorder, kill_after):
        pid = recorder.wait_protected()["backup_pid"]
        time.sleep(kill_after)
        os.kill(pid, 9)
        recorder.wait_protected(other_than=pid, timeout_s=NEW_BACKUP_S)

    def judge(self, recorder, code, expected, end, result):
        files = recorder.evidence()
        if len(files) == 1:
            info = recorder.info(files[0])
            result.update(cause=info["cause"], steps=info["steps"], digests=info["digests_compared"], certified=info["certified"],
                          diverged=code == 4 or info["mismatches"] > 0)
        result["diverged"] |= "DIVERGED" in "".join(recorder.stderr_lines())
        if code != CAPTURED:
            raise Unexpected(f"exit code {code}\n" + recorder.tail())
        if len(files) != 1:
            raise Unexpected(f"{len(files)} evidence files\n" + recorder.tail())
        if info["cause"] != expected:
            raise Unexpected(f"cause {info['cause']} instead of {expected}\n" + recorder.tail())
        if not info["certified"] or info["mismatches"] != 0:
            raise Unexpected(f"not certified: {info['uncertified_reason']}\n" + recorder.tail())
        if self.options.mode != "kill-primary" and LAST_WORDS[end] not in recorder.console():
            raise Unexpected("it failed before its time\n" + recorder.tail())
        if "the disk lies" in recorder.console():
            raise Unexpected("the guest read back other bytes than it had written\n" + recorder.tail())
        leftovers = [str(p) for p in (recorder.folder / "run").iterdir()] + [str(p) for p in (recorder.folder / "evidence").glob("*.part")]
        if leftovers:
            raise Unexpected("left behind: " + " ".join(leftovers))

    def verify(self, recorder, engine, result):
        engines = [engine]
        with self.lock:
            if result["steps"] < REFERENCE_STEPS and self.reference_left > 0:
                self.reference_left -= 1
                engines.append("reference")
        for engine in engines:
            done = recorder.run("verify", recorder.evidence()[0], "--engine", engine, timeout_s=1200)
            if done.returncode != 0:
                result["diverged"] |= done.returncode == 4
                raise Unexpected(f"verify --engine {engine}: exit {done.returncode}: {done.stderr}")
        result["verified"] = "+".join(engines)

    # What went wrong is kept; of the rest, the evidence if it was asked for.
    def clear(self, folder, result):
        keep = self.options.keep_evidence
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            for path in (folder / "evidence").glob("*.recount"):
                shutil.copyfile(path, keep / f"{result['seed']}-{path.name}")
        if result["wrong"]:
            result["wrong"] += f"\nkept: {folder}"
        else:
            shutil.rmtree(folder, ignore_errors=True)


def line_of(number, result):
    verdict = "certified" if result["certified"] else "UNCERTIFIED"
    if result["wrong"]:
        verdict = "WRONG"
    verified = f", verified again by {result['verified']}" if result["verified"] else ""
    return (f"run {number} seed {result['seed']}: {verdict} {result['cause']} ({result.get('setup', '')}): {result['steps']} steps, "
            f"{result['digests']} digests, journal {result['journal']} B, {result['seconds']:.1f} s{verified}")


def table(results):
    rows = {
        "recordings": len(results),
        "certified": sum(r["certified"] for r in results),
        "divergences": sum(r["diverged"] for r in results),
        "uncertified": sum(not r["certified"] for r in results),
        "otherwise wrong": sum(bool(r["wrong"]) and r["certified"] for r in results),
        "verified again": sum(bool(r["verified"]) for r in results),
        "steps": sum(r["steps"] for r in results),
        "digests": sum(r["digests"] for r in results),
        "journal bytes": sum(r["journal"] for r in results),
        "seconds": round(sum(r["seconds"] for r in results)),
    }
    return "\n".join(f"{name:16} {value:>16,}" for name, value in rows.items())


def main():
    options = arguments()
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() if options.load else 0)]
    results = []
    try:
        soak = Soak(options)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for number, result in enumerate(pool.map(soak.one, range(options.runs), range(first, first + options.runs))):
                print(line_of(number, result), flush=True)
                if result["wrong"]:
                    print("  " + result["wrong"].replace("\n", "\n  "), flush=True)
                results.append(result)
    finally:
        for process in busy:
            process.kill()
    print(table(results))
    sys.exit(0 if results and not any(r["wrong"] for r in results) else 1)


if __name__ == "__main__":
    main()
