#!/usr/bin/env python3
"""Four compilers at once in a whole Debian of 1, 2 and 4 harts, recorded with a live backup, in turns: what they get done in all."""
import argparse
import json
import pathlib
import shutil
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from debian_guest import DebianGuest, DebianRecorder  # noqa: E402
from recorder_process import Unexpected, temporary_folder  # noqa: E402
from workloads import Watch  # noqa: E402

COMPILERS = 4
SOURCE = """for n in $(seq 200); do
  echo "int f$n(int a, int b) { for (int i = 0; i < b; i++) a = a * 31 + (i ^ $n); return a % 7 ? a : f$n(b, a); }"
done > /tmp/t.c"""
COMPILE = """begin=$(date +%s%N); end=$((begin + {seconds}000000000))
for c in {compilers}; do
  (n=0; while [ $(date +%s%N) -lt $end ]; do gcc -O2 -c /tmp/t.c -o /tmp/$c.o || exit 1; n=$((n + 1)); done; echo $n $(($(date +%s%N) - begin))) &
done
wait"""


def run(options, harts):
    folder = temporary_folder()
    guest = DebianGuest(folder, harts=harts)
    with DebianRecorder(options.recount, guest, ["--window", options.window]) as recorder:
        guest.wait_for_ssh()
        guest.ssh(SOURCE + "; gcc -O2 -c /tmp/t.c -o /tmp/t.o")
        watch = Watch(recorder)
        lines = guest.ssh(COMPILE.format(seconds=options.seconds, compilers=" ".join(map(str, range(COMPILERS))))).splitlines()
        figures = watch.end()
        # Each counts to its own end: the time is longer than what was asked for by less than one compilation.
        figures["per_hour"] = sum(int(count) / (int(ns) / 1e9) * 3600 for count, ns in map(str.split, lines))
        complaints = guest.ssh("dmesg | grep -cE 'stall|soft lockup|hung' || :").strip()
        if complaints != "0":
            raise Unexpected(f"{harts} harts: the kernel complains {complaints} times")
    shutil.rmtree(folder)
    return figures


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench harts", description=__doc__)
    parser.add_argument("--recount", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--window", default="5s")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure there")
    options = parser.parse_args()
    runs = []
    for number in range(options.rounds):
        for harts in (1, 2, 4) if number % 2 == 0 else (4, 2, 1):
            runs.append({"harts": harts, **run(options, harts)})
            print(", ".join(f"{key} {value:.1f}" for key, value in runs[-1].items()), file=sys.stderr, flush=True)
            if options.json:
                options.json.write_text(json.dumps(runs, indent=1) + "\n")
    print("| harts | compilations/h, all together | most lag, s | journal, B/s |\n|---|---|---|---|")
    for harts in 1, 2, 4:
        per_hour, lag, journal = (statistics.median(r[key] for r in runs if r["harts"] == harts)
                                  for key in ("per_hour", "most_lag_s", "journal_bytes_per_s"))
        print(f"| {harts} | {per_hour:.0f} | {lag:.1f} | {journal:,.0f} |")


if __name__ == "__main__":
    try:
        main()
    except Unexpected as error:
        sys.exit(f"harts: {error}")
