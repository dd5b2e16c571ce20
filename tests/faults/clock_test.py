#!/usr/bin/env python3
"""A recorder on a host whose clocks misbehave: clock_test.py RECOUNT GUESTS INJECTOR CASE."""
import inspect
import json
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import preload  # noqa: E402
from recorder_process import wait_until  # noqa: E402
from recorder_test import Bench, expect, expect_equal, fail  # noqa: E402
from table import put_clocks  # noqa: E402

HOUR_S, DAY_S = 3600, 86_400


class Clocks:
    """A recorder that ticks, and its host's clocks."""

    def __init__(self, bench, window="2s", **clocks):
        self.table = bench.folder / "table"
        self.put(**clocks)
        self.context = bench.recorder("--window", window, environment=preload.environment(bench.injector, self.table))
        self.recorder = self.context.__enter__()
        self.wait_for_ticks(3)

    def __enter__(self):
        return self

    def __exit__(self, *how):
        return self.context.__exit__(*how)

    def ticks(self):
        return len(re.findall("^tick", self.recorder.console(), re.MULTILINE))

    def wait_for_ticks(self, more):
        enough = self.ticks() + more
        wait_until(lambda: self.ticks() >= enough, 30, f"{more} more ticks")

    def put(self, **clocks):
        put_clocks(self.table, **clocks)

    def guest_time_s(self):
        return self.recorder.status()["guest_time_s"]

    def gaps(self):
        """Those of the evidence of a failure, after the guest was seen to go on; it must verify."""
        self.wait_for_ticks(5)
        self.recorder.type(b"x")
        self.recorder.wait_for("heard x")
        gaps = fail(self.recorder)["gaps"]
        done = self.recorder.run("verify", self.recorder.evidence()[0], "--engine", "interp", "--json")
        expect_equal(done.returncode, 0, f"verify ({done.stderr!r})")
        expect(json.loads(done.stdout)["certified"], "not certified")
        words = " ".join(self.recorder.stderr_lines())
        expect("backup" not in words, words)
        return [(g["reason"], g["text"]) for g in gaps]


def monotonic_jumps_forwards(bench):
    # Long enough that the jump is still in the window.
    with Clocks(bench, "2h") as clocks:
        clocks.put(monotonic_s=HOUR_S, boottime_s=HOUR_S, realtime_s=HOUR_S)
        wait_until(lambda: clocks.guest_time_s() > HOUR_S, 20, "the guest is taken along")
        expect(clocks.guest_time_s() < HOUR_S + 60, "guest time")
        [(reason, text)] = clocks.gaps()
        expect(reason == "suspended" and re.fullmatch(r"the recorder did not run for 36\d\d\d\d\d ms", text), f"{reason}: {text}")


def jump_out_of_the_window_is_caught_up_with(bench):
    with Clocks(bench, "2s") as clocks:
        clocks.put(monotonic_s=HOUR_S, boottime_s=HOUR_S)
        wait_until(lambda: clocks.guest_time_s() > HOUR_S, 20, "the guest is taken along")
        clocks.recorder.wait_status(lambda s: s["lag_s"] < 10, "the backup is taken along")
        expect_equal(clocks.gaps(), [], "gaps of what lies before the window")


def monotonic_jumps_back(bench):
    with Clocks(bench, monotonic_s=3 * HOUR_S, boottime_s=3 * HOUR_S) as clocks:
        # The second time to before power-on.
        for hours in (2, 0):
            before = clocks.guest_time_s()
            clocks.put(monotonic_s=hours * HOUR_S, boottime_s=hours * HOUR_S)
            clocks.wait_for_ticks(5)
            expect(before < clocks.guest_time_s() < before + 30, f"guest time {before} to {clocks.guest_time_s()}")
        expect_equal(clocks.gaps(), [], "gaps")


def suspended_host_is_a_gap(bench):
    with Clocks(bench) as clocks:
        before = clocks.guest_time_s()
        clocks.put(boottime_s=HOUR_S, realtime_s=HOUR_S)
        clocks.wait_for_ticks(5)
        expect(clocks.guest_time_s() < before + 30, "guest time went on while the host was suspended")
        [(reason, text)] = clocks.gaps()
        expect(reason == "suspended" and re.fullmatch(r"the host was suspended for 3(600\d\d\d|599999) ms", text), f"{reason}: {text}")


def wall_clock_does_not_matter(bench):
    with Clocks(bench) as clocks:
        for days in (1, -2, 365, 0):
            clocks.put(realtime_s=days * DAY_S)
            clocks.wait_for_ticks(2)
        clocks.put(realtime_s=-DAY_S)
        expect_equal(clocks.gaps(), [], "gaps")


CASES = {name: f for name, f in list(globals().items())
         if inspect.isfunction(f) and f.__module__ == __name__ and list(inspect.signature(f).parameters) == ["bench"]}


def main():
    recount, guests, injector, name = sys.argv[1:5]
    bench = Bench(recount, guests)
    bench.injector = injector
    CASES[name](bench)
    shutil.rmtree(bench.folder)  # kept if the test fails


if __name__ == "__main__":
    main()
