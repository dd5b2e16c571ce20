#!/usr/bin/env python3
"""Many recordings, each ended by a failure at a random moment: scripts/soak."""
import argparse
import concurrent.futures
import itertools
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
MODES = ("crash", "kill-primary", "kill-backup")
# How a run can end: the cause that evidence must name, and what must be on the console. tests/guest/linux/run/load knows the first
# three. A reset flushes nothing, and a ^S that was typed may have held all of it back.
ENDS = {"crash": ("panic", "sysrq triggered crash"), "init": ("panic", "Attempted to kill init! exitcode=0x00000100"), "reset": ("reset", ""),
        "lost": ("lost", "")}

# A busy process ends with the soak, however that ends.
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    for _ in range(1000000): pass"


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--runs", type=int, default=50)
    length.add_argument("--minutes", type=float, help="begin new runs for so long, instead of a number of runs")
    parser.add_argument("--window", help="such as 5s (default: another one each run)")
    parser.add_argument("--load", type=int, choices=(0, 1), default=0, help="1: a busy process on each core of the host")
    parser.add_argument("--seed", type=int, help="of the first run; the next has the next number")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--memory", default="256M")
    parser.add_argument("--smp", type=int, default=1, help="harts of the guest")
    parser.add_argument("--longest", type=float, default=12, help="most seconds from boot to the failure")
    parser.add_argument("--append", default="", help="more words for the kernel, such as cryptomgr.notests for a short boot")
    parser.add_argument("--verify-every", type=int, default=5, metavar="K", help="replay each K-th again; 0: none")
    parser.add_argument("--keep-evidence", metavar="FOLDER", type=pathlib.Path)
    parser.add_argument("--engine", choices=("jit", "interp", "turns"), default="jit",
                        help="that records; the other one of the two verifies. turns: now the one, now the other")
    parser.add_argument("--mode", choices=(*MODES, "mixed"), default="crash", help="mixed: another one each run, mostly crash")
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
        self.first_seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
        self.numbers = itertools.count() if options.minutes else iter(range(options.runs))
        self.deadline = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
        self.results = []

    def work(self):
        """Run after run, until the last has begun."""
        while time.monotonic() < self.deadline:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                return
            result = self.one(number, self.first_seed + number)
            with self.lock:
                self.results.append(result)
                print(line_of(number, result), flush=True)
                if result["wrong"]:
                    print("  " + result["wrong"].replace("\n", "\n  "), flush=True)

    def one(self, number, seed):
        """A run's result: a dict; "wrong" says what was wrong with it, empty if nothing."""
        folder = temporary_folder()
        began = time.monotonic()
        result = {"seed": seed, "wrong": "", "steps": 0, "digests": 0, "journal": 0, "cause": "", "end": "", "certified": False,
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
        mode = r.choice((*MODES, "crash", "crash")) if options.mode == "mixed" else options.mode
        window = options.window or r.choice(("1s", "1500ms", "2s", "4s", "8s", "30s"))
        after = round(r.uniform(0, options.longest), 2)
        end = result["end"] = "lost" if mode == "kill-primary" else r.choice(("crash", "crash", "init", "reset"))
        append = "recount.run=load " + self.options.append
        kill_after = round(r.uniform(0, 5 + options.longest / 2), 2)
        if mode == "kill-backup":
            # The guest must outlive the wait for the new backup, however fast it boots.
            after = round(kill_after + NEW_BACKUP_S + after, 2)
        if mode != "kill-primary":
            append += f" recount.crash={after} recount.end={end}"
        result["setup"] = f"{engine}, window {window}, {end} after {after} s" + (f", backup killed after {kill_after} s" if mode == "kill-backup" else "")
        command = self.linux.arguments(folder, append, options.memory) + ["--window", window, "--engine", engine, "--smp", str(options.smp)]
        with Recorder(options.recount, command, folder) as recorder:
            typist, watcher = Typist(recorder, r.random()), Watcher(recorder)
            try:
                if mode == "kill-primary":
                    self.kill_primary(recorder, r)
                elif mode == "kill-backup":
                    self.kill_backup(recorder, kill_after)
                code = recorder.wait(LONGEST_RUN_S)
            finally:
                typist.stop()
                watcher.stop()
            result["journal"] = watcher.last.get("journal_bytes", 0)
            self.judge(recorder, code, result)
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

    def judge(self, recorder, code, result):
        cause, last_words = ENDS[result["end"]]
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
        if info["cause"] != cause:
            raise Unexpected(f"cause {info['cause']} instead of {cause}\n" + recorder.tail())
        if not info["certified"] or info["mismatches"] != 0:
            raise Unexpected(f"not certified: {info['uncertified_reason']}\n" + recorder.tail())
        if last_words not in recorder.console():
            raise Unexpected("it failed before its time\n" + recorder.tail())
        if "load: no disk" in recorder.console():
            raise Unexpected("the guest could not mount its disk\n" + recorder.tail())
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


COLUMNS = {
    "recordings": len,
    "certified": lambda results: sum(r["certified"] for r in results),
    "divergences": lambda results: sum(r["diverged"] for r in results),
    "wrong": lambda results: sum(bool(r["wrong"]) for r in results),
    "verified again": lambda results: sum(bool(r["verified"]) for r in results),
    "steps": lambda results: sum(r["steps"] for r in results),
    "digests": lambda results: sum(r["digests"] for r in results),
    "journal bytes": lambda results: sum(r["journal"] for r in results),
    "seconds": lambda results: round(sum(r["seconds"] for r in results)),
}


def table(results):
    """A line for each way to end, and one for all."""
    kinds = {end: [r for r in results if r["end"] == end] for end in ENDS} | {"all": results}
    rows = [["ended by", *COLUMNS]] + [[kind, *(f"{of(found):,}" for of in COLUMNS.values())] for kind, found in kinds.items() if found]
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows)


def main():
    options = arguments()
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() if options.load else 0)]
    soak = Soak(options)
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for worker in [pool.submit(soak.work) for _ in range(options.jobs)]:
                worker.result()
    finally:
        for process in busy:
            process.kill()
        print(table(soak.results))
    sys.exit(0 if soak.results and not any(r["wrong"] for r in soak.results) else 1)


if __name__ == "__main__":
    main()
