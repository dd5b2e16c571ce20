#!/usr/bin/env python3
"""How fast evidence replays beside how fast it was recorded: CPU work in the Debian guest, and the same with rests."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from cpu_time import cpu_s  # noqa: E402
from recorder_process import Linux, Unexpected, cpio, temporary_folder  # noqa: E402
from timed_process import TimedRecorder  # noqa: E402
from variants import start_qemu, version_of  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
LONGEST_S = 600
LOADS = {"busy": "recount.rest=0", "half idle": "recount.rest=1"}
MARGIN_S = 0.3  # a status is not quite of now
FIGURES = ("cpu_share", "recorded_s", "replayed_s", "ratio", "opening_s")


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench replay", description=__doc__)
    parser.add_argument("--recount", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3, help="of each load under each recorder; figures are medians")
    parser.add_argument("--seconds", type=int, default=12, help="of load under QEMU")
    parser.add_argument("--window", default="20s", help="how much of Recount's load the evidence has, at least")
    parser.add_argument("--engine", help="of Recount, recording and replaying")
    parser.add_argument("--qemu", action="append", metavar="PATH", help="again for each other QEMU; none: without any")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure there")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: at least 1")
    return options


class LoadedGuest(Linux):
    def __init__(self):
        super().__init__()
        self.added += cpio({"scripts/replay_load": (HERE / "guest/replay_load").read_bytes()})

    def loaded(self, folder, load, seconds):
        words = f"quiet cryptomgr.notests recount.run=replay_load recount.seconds={seconds} {LOADS[load]}"
        return self.arguments(folder, words, disk=False)


class Recount:
    """Evidence is saved as soon as the backup is in the load too, and verified when the recorder is gone."""
    name = "recount"

    def __init__(self, options):
        self.options = options
        self.engine = ["--engine", options.engine] if options.engine else []

    def one(self, guest, folder, load):
        command = guest.loaded(folder, load, LONGEST_S) + ["--window", self.options.window] + self.engine
        with TimedRecorder(self.options.recount, command, folder, []) as recorder:
            recorder.wait_protected()
            recorder.watch_cpu()
            begin = recorder.expect("begin", "load", LONGEST_S)
            recorder.wait_status(lambda s: s["lag_s"] < time.monotonic() - begin.at_s - MARGIN_S, "the backup is in the load",
                                 LONGEST_S)
            load_s = time.monotonic() - begin.at_s
            cpu_share = (cpu_s(recorder.marks.pid) - begin.cpu_s) / load_s
            if recorder.ctl("save", timeout_s=LONGEST_S) is None:
                raise Unexpected("no evidence was saved\n" + recorder.tail())
        info = recorder.info(recorder.evidence()[0])
        # While it records, the guest's clock keeps to the host's within a millisecond.
        recorded_s = info["guest_time_s"] - info["guest_time_begin_s"]
        began = time.monotonic()
        done = recorder.run("verify", recorder.evidence()[0], "--json", *self.engine, timeout_s=LONGEST_S)
        took_s = time.monotonic() - began
        if done.returncode != 0:
            raise Unexpected(f"verify: exit code {done.returncode}: {done.stderr}")
        replayed_s = json.loads(done.stdout)["host_seconds"]
        return {"cpu_share": cpu_share, "recorded_s": recorded_s, "replayed_s": replayed_s, "opening_s": took_s - replayed_s,
                "steps": info["steps"]}


class Qemu:
    """It records from power-on; the load is timed between its marks."""

    def __init__(self, qemu, seconds):
        self.qemu, self.seconds, self.name = qemu, seconds, f"qemu-rr-{version_of(qemu)}"

    def one(self, guest, folder, load):
        command = guest.loaded(folder, load, self.seconds)
        recorded_s, cpu_share = self.timed("record", folder, command)
        replayed_s, _ = self.timed("replay", folder, command)
        return {"cpu_share": cpu_share, "recorded_s": recorded_s, "replayed_s": replayed_s}

    def timed(self, mode, folder, command):
        """Host seconds of the load, and how much of them QEMU had the CPU."""
        with start_qemu(self.qemu, mode, folder, command) as machine:
            machine.watch_cpu()
            begin, end = (machine.expect(kind, "load", LONGEST_S) for kind in ("begin", "end"))
            if (code := machine.wait(LONGEST_S)) != 0:
                raise Unexpected(f"{self.name}: {mode}: exit code {code}\n" + machine.tail())
        load_s = end.at_s - begin.at_s
        return load_s, (end.cpu_s - begin.cpu_s) / load_s


def recorders(options):
    qemus = options.qemu or [qemu for qemu in ["qemu-system-riscv64"] if shutil.which(qemu)]
    return [Recount(options)] + [Qemu(qemu, options.seconds) for qemu in qemus if qemu != "none"]


def medians_of(runs):
    """(load, recorder) -> figure -> median."""
    found = {}
    for run in runs:
        found.setdefault((run["load"], run["recorder"]), []).append(run)
    return {key: {figure: statistics.median(run[figure] for run in of) for figure in FIGURES if figure in of[0]}
            for key, of in found.items()}


def table(medians):
    lines = [f"{'host seconds, medians':24}{'CPU share':>10}{'recorded':>10}{'replayed':>10}{'ratio':>10}{'opening':>10}"]
    for (load, name), figures in medians.items():
        lines.append(f"{load + ', ' + name:24}" + "".join(f"{figures[key]:10.2f}" for key in FIGURES if key in figures))
    return "\n".join(lines)


def main():
    options, guest = arguments(), LoadedGuest()
    load_before, found, runs = os.getloadavg()[0], recorders(options), []
    for n in range(options.runs):
        for load in LOADS:
            for i in range(len(found)):
                recorder, folder = found[(n + i) % len(found)], temporary_folder()
                figures = recorder.one(guest, folder, load)
                shutil.rmtree(folder)
                figures["ratio"] = figures["recorded_s"] / figures["replayed_s"]
                runs.append({"load": load, "recorder": recorder.name, **figures})
                print("  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in runs[-1].items()),
                      file=sys.stderr, flush=True)
    medians = medians_of(runs)
    print(table(medians))
    if options.json:
        figures = {"load_before": load_before, "load_after": os.getloadavg()[0], "runs_each": options.runs,
                   "seconds": options.seconds, "window": options.window, "engine": options.engine,
                   "medians": [{"load": load, "recorder": name, **of} for (load, name), of in medians.items()], "runs": runs}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unexpected as error:
        sys.exit(f"bench: {error}")
