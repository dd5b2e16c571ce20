#!/usr/bin/env python3
"""Makes calls of the OS fail, one after the other, under everything that recount does, and judges what comes of it: a
clear error, or as if nothing had been; never a crash, a hang, something left behind, or evidence that does not verify.
faults.py --recount RECOUNT --guests FOLDER --injector LIBRARY [--each N] [--most N] [--only REGEX] SCENARIO..."""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import scenarios  # noqa: E402
from errors import OF_CALL, is_unseen, may_last  # noqa: E402

Case = collections.namedtuple("Case", "scenario process call number fault")


def text_of(case):
    return f"{case.process}/{case.call}:{case.number}:{case.fault}"


def numbers(count, each, chance):
    """Which of `count` calls are to fail: all if they are few; else the ends, and some by chance between."""
    if count <= each:
        return list(range(1, count + 1))
    some = {1, count} | {2 + (count - 2) * n // each + chance.randrange(max(1, (count - 2) // each)) for n in range(each - 2)}
    return sorted(min(n, count) for n in some)


def cases_of(name, rows, each, chance):
    for (process, call), (count, _) in sorted(rows.items()):
        for fault in OF_CALL[call]:
            for number in numbers(count, each, chance):
                yield Case(name, process, call, str(number), fault)
            if may_last(call, fault):
                # A disk that stays full, descriptors that stay used up.
                yield Case(name, process, call, f"{1 + chance.randrange(count)}+", fault)


def judged(setup, case):
    bench = scenarios.Bench(setup)
    try:
        outcome = scenarios.ALL[case.scenario](bench, text_of(case), is_unseen(case.call, case.fault) and not case.number.endswith("+"))
    except Exception as error:  # what a scenario cannot judge is as wrong as what it can
        outcome = scenarios.Outcome(None, [f"{type(error).__name__}: {error}"], False)
    if not outcome.wrong:
        shutil.rmtree(bench.folder, ignore_errors=True)
    return case, outcome, bench.folder


class Summary:
    def __init__(self):
        self.rows, self.wrong = collections.defaultdict(collections.Counter), 0

    def add(self, case, outcome, folder):
        row = self.rows[case.scenario, case.call, case.fault]
        row["faults"] += outcome.injected
        row["not reached"] += not outcome.injected
        row[f"exit {outcome.code}"] += outcome.injected
        if outcome.wrong:
            row["wrong"] += 1
            self.wrong += 1
            print(f"WRONG {case.scenario} {text_of(case)} (exit {outcome.code}, {folder}):")
            for what in outcome.wrong:
                print(f"    {what}")
            sys.stdout.flush()

    def show(self):
        total = collections.Counter()
        for (scenario, call, fault), row in sorted(self.rows.items()):
            exits = ", ".join(f"{k[5:]}: {v}" for k, v in sorted(row.items()) if k.startswith("exit ") and v)
            print(f"{scenario:8} {call:14} {fault:10} {row['faults']:5} faults   exit codes {exits}" +
                  (f"   WRONG {row['wrong']}" if row["wrong"] else ""))
            total.update(row)
        print(f"{total['faults']} faults, {total['not reached']} not reached, {self.wrong} wrong")


def main():
    parser = argparse.ArgumentParser()
    for option in ("recount", "guests", "injector"):
        parser.add_argument(f"--{option}", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--each", type=int, default=6, help="of each call of each process, so many fail, one a run")
    parser.add_argument("--most", type=int, help="of all that, so many by chance")
    parser.add_argument("--seconds", type=float, help="and none is begun later than this")
    parser.add_argument("--only", default="", help="cases such as 'record saver/pwrite:3:EIO' that match")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("scenarios", nargs="*", default=list(scenarios.ALL))
    options = parser.parse_args()
    seed = int(os.environ.get("RECOUNT_TEST_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"seed {seed} (RECOUNT_TEST_SEED)")
    chance = random.Random(seed)
    setup = scenarios.Setup(options.recount, options.guests, options.injector)
    cases = []
    for name in options.scenarios:
        bench = scenarios.Bench(setup)
        outcome = scenarios.ALL[name](bench, "", True)
        if outcome.wrong:
            sys.exit(f"{name} without any fault ({bench.folder}): {outcome.wrong}")
        cases += cases_of(name, bench.rows, options.each, chance)
        shutil.rmtree(bench.folder)
    cases = [c for c in cases if re.search(options.only, f"{c.scenario} {text_of(c)}")]
    chance.shuffle(cases)
    cases = cases[:options.most]
    print(f"{len(cases)} cases", flush=True)
    end = time.monotonic() + (options.seconds or 1e9)
    summary = Summary()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(lambda c: judged(setup, c) if time.monotonic() < end else None, c) for c in cases]
        for done in concurrent.futures.as_completed(waiting):
            if done.result():
                summary.add(*done.result())
    summary.show()
    shutil.rmtree(setup.kept)
    if not any(row["faults"] for row in summary.rows.values()):
        sys.exit("no fault was reached: nothing is shown")
    return summary.wrong != 0


if __name__ == "__main__":
    sys.exit(main())
