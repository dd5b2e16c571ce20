#!/usr/bin/env python3
"""The replay benchmark, in small: replay_test.py RECOUNT. Each load once, without QEMU."""
import json
import pathlib
import subprocess
import sys
import tempfile

from replay import LOADS, Unexpected

HERE = pathlib.Path(__file__).resolve().parent


def expect(true, what):
    if not true:
        raise Unexpected(what)


def main():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "figures.json"
        command = [sys.executable, HERE / "replay.py", "--recount", sys.argv[1], "--runs", "1", "--window", "1s", "--qemu", "none",
                   "--json", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 77:
            print(done.stdout)
            sys.exit(77)
        expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}")
        figures = json.loads(file.read_text())
    expect({run["load"] for run in figures["runs"]} == set(LOADS), f"loads: {figures['runs']}")
    for run in figures["runs"]:
        expect(run["steps"] > 1_000_000 and run["recorded_s"] > 0.5, f"no evidence of a load: {run}")
        expect(run["replayed_s"] > 0 and run["opening_s"] > 0, f"no time passed: {run}")
        expect(f"{run['load']}, recount" in done.stdout, "the table:\n" + done.stdout)


if __name__ == "__main__":
    main()
