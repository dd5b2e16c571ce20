#!/usr/bin/env python3
"""Very many random programs, each on the JIT and on the oracle in lockstep: scripts/soak --kind programs."""
import argparse
import os
import random
import re
import subprocess
import sys
import time

DONE = re.compile(r"^(\d+) programs, (\d+) steps, (\d+) ended early$", re.MULTILINE)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/soak --kind programs", description=__doc__)
    parser.add_argument("--test", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=1500, help="of each, at most; compared at each hundred or so")
    parser.add_argument("--engine", choices=("jit", "interp"), default="jit", help="that is compared with the oracle")
    parser.add_argument("--chunk", type=int, default=10_000, help="programs between two lines that tell how far it is")
    parser.add_argument("--seed", type=int, help="of the first program; the next has the next number")
    options = parser.parse_args()
    if min(options.programs, options.steps, options.chunk) < 1:
        parser.error("--programs, --steps, --chunk: at least 1")
    return options


def main():
    options = arguments()
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 62)
    began, programs, steps, ended_early = time.monotonic(), 0, 0, 0
    while programs < options.programs:
        environment = {"RECOUNT_TEST_SEED": str(first + programs), "RECOUNT_TEST_STEPS": str(options.steps),
                       "RECOUNT_TEST_ROUNDS": str(min(options.chunk, options.programs - programs))}
        command = [options.test, f"--gtest_filter=Engines/Equivalence.MatchesTheOracle/{options.engine}"]
        done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
        found = DONE.search(done.stdout)
        if done.returncode != 0 or not found:
            print(done.stdout + done.stderr)
            sys.exit(f"soak: it went wrong in the programs from seed {first + programs} on: exit code {done.returncode}")
        programs, steps, ended_early = (sum(pair) for pair in zip((programs, steps, ended_early), map(int, found.groups())))
        print(f"{programs:,} programs from seed {first} on, {steps:,} steps in lockstep, {ended_early:,} ended early, 0 mismatches, "
              f"{time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
