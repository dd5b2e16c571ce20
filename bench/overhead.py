#!/usr/bin/env python3
"""What recording costs: the same CPU work in the Debian guest, recorded with a backup and not recorded, in turns."""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from cpu_time import cpu_s  # noqa: E402
from recorder_process import Linux, Recorder, Unexpected, temporary_folder, wait_until  # noqa: E402

LONGEST_S = 600


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench overhead", description=__doc__)
    parser.add_argument("--recount", required=True)
    parser.add_argument("--runs", type=int, default=5, help="of each kind")
    parser.add_argument("--work", type=int, default=6, help="rounds of work in the guest; 6 are about 8 s")
    parser.add_argument("--window", default="3s")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there too")
    return parser.parse_args()


# The moment at which words came, to some milliseconds.
def moment_of(recorder, words):
    def there():
        if recorder.child.poll() is not None:
            raise Unexpected(f'ended before "{words}"\n' + recorder.tail())
        return words.encode() in recorder.text
    wait_until(there, LONGEST_S, words, 0.002)
    return time.monotonic()


def one(options, linux, recorded):
    folder = temporary_folder()
    command = linux.arguments(folder, f"recount.run=bench recount.work={options.work}", disk=False)
    command += ["--window", options.window] if recorded else ["--no-record"]
    figures = {"recorded": recorded}
    with Recorder(options.recount, command, folder) as recorder:
        begin = moment_of(recorder, "bench: begin")
        before = recorder.status()
        cpu_before = cpu_s(before["primary_pid"])
        end = moment_of(recorder, "bench: end")
        figures["primary_cpu_s"] = cpu_s(before["primary_pid"]) - cpu_before
        after = recorder.status()
        figures["host_s"] = end - begin
        if recorded:
            time.sleep(1.5)  # the backup is still at work behind the window
            first, since = recorder.status(), time.monotonic()
            time.sleep(5)
            last, until = recorder.status(), time.monotonic()
            figures["busy_journal_bytes_per_s"] = (after["journal_bytes"] - before["journal_bytes"]) / (end - begin)
            figures["idle_journal_bytes_per_s"] = (last["journal_bytes"] - first["journal_bytes"]) / (until - since)
            figures["lag_s"] = after["lag_s"]
        if recorder.wait(LONGEST_S) != 0:
            raise Unexpected("the guest did not end well\n" + recorder.tail())
        figures["guest_s"] = float(re.search(r"bench: end after ([0-9.]+) s", recorder.console()).group(1))
    shutil.rmtree(folder)
    return figures


def main():
    options, linux = arguments(), Linux()
    runs = []
    for n in range(options.runs):
        for recorded in (True, False) if n % 2 == 0 else (False, True):
            runs.append(one(options, linux, recorded))
            print("  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in runs[-1].items()), flush=True)
    median = {recorded: statistics.median(r["host_s"] for r in runs if r["recorded"] == recorded) for recorded in (True, False)}
    cpu = {recorded: statistics.median(r["primary_cpu_s"] for r in runs if r["recorded"] == recorded) for recorded in (True, False)}
    kept = [r for r in runs if r["recorded"]]

    def ratio(key):
        return statistics.median(on[key] / off[key] for on, off in zip(kept, (r for r in runs if not r["recorded"])))
    figures = {
        "runs_each": options.runs,
        "recorded_s": median[True],
        "unrecorded_s": median[False],
        "median_ratio": ratio("host_s"),
        "median_cpu_ratio": ratio("primary_cpu_s"),
        "host_load": os.getloadavg()[0],
        "journal_bytes_per_s_busy": statistics.median(r["busy_journal_bytes_per_s"] for r in kept),
        "journal_bytes_per_s_idle": statistics.median(r["idle_journal_bytes_per_s"] for r in kept),
        "runs": runs,
    }
    print(f"\n{'':28}{'recorded':>12}{'unrecorded':>12}{'ratio':>8}")
    print(f"{'CPU work, host seconds':28}{median[True]:12.2f}{median[False]:12.2f}{figures['median_ratio']:8.3f}")
    print(f"{'primary, CPU seconds':28}{cpu[True]:12.2f}{cpu[False]:12.2f}{figures['median_cpu_ratio']:8.3f}")
    print(f"{'journal, busy, B/s':28}{figures['journal_bytes_per_s_busy']:12.0f}")
    print(f"{'journal, idle, B/s':28}{figures['journal_bytes_per_s_idle']:12.0f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    else:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
