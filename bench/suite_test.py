#!/usr/bin/env python3
"""The suite's runner, in small: suite_test.py RECOUNT PROGRAMS. One program, each kind of machine once."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from guest_programs import all_programs
from recorder_process import Unexpected
from summary import ratios_of
from variants import RECOUNT

HERE = pathlib.Path(__file__).resolve().parent
SMALL = "selfmod"


def expect(true, what):
    if not true:
        raise Unexpected(what)


def ratios_are_of_the_first_of_ours():
    medians = {"recount-a": {"x": 1.0, "y": 4.0}, "recount-b": {"x": 0.5, "y": 2.0}, "qemu-7.2": {"x": 2.0, "y": 2.0}}
    qemu, other = ratios_of(medians)
    expect((qemu.slow, qemu.fast, qemu.of) == ("qemu-7.2", "recount-a", {"x": 2.0, "y": 0.5}), f"QEMU's ratio: {qemu}")
    expect((other.slow, other.fast, other.of) == ("recount-a", "recount-b", {"x": 2.0, "y": 2.0}), f"our ratio: {other}")
    expect(abs(qemu.geometric_mean() - 1) < 1e-9 and abs(other.geometric_mean() - 2) < 1e-9, "geometric means")


def runs(recount, programs, *options):
    command = [sys.executable, HERE / "suite.py", "--recount", recount, "--guest-programs", programs, "--runs", "1", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def one_program_under_each(recount, programs, folder):
    variants, chart = ["recount-record-backup", "recount-no-record"], []
    if shutil.which("qemu-system-riscv64"):
        variants, chart = [*variants, "qemu"], ["--svg", folder / "chart.svg"]
    done = runs(recount, programs, "--programs", SMALL, "--variants", ",".join(variants), "--json", folder / "figures.json", *chart)
    if done.returncode == 77:
        print(done.stdout)
        sys.exit(77)
    expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}")
    figures = json.loads((folder / "figures.json").read_text())
    expect(len(figures["runs"]) == len(variants), f"{len(figures['runs'])} runs of {len(variants)} variants")
    results = {run["programs"][SMALL]["result"] for run in figures["runs"]}
    expect(results == {p.result for p in all_programs() if p.name == SMALL}, f"results {results}")
    for run in figures["runs"]:
        expect(all(f["host_s"] > 0 for f in run["programs"].values()), f"no time passed: {run}")
        expect(set(run["programs"]) == {"boot", SMALL}, f"programs: {set(run['programs'])}")
        recorded = run["variant"] in RECOUNT and run["variant"] != "recount-no-record"
        expect(not recorded or run["programs"][SMALL]["journal_bytes"] > 0, f"no journal: {run}")
    expect(len(figures["ratios"]) == len(variants) - 1 and SMALL in done.stdout, "ratios or table:\n" + done.stdout)
    if chart:
        names = [element.text for element in xml.etree.ElementTree.parse(chart[1]).iter()]
        expect(SMALL in names, "the chart does not name the program")


def unknown_program_is_bad_usage(recount, programs):
    done = runs(recount, programs, "--programs", "none_such")
    expect(done.returncode == 2 and "none_such" in done.stderr, f"exit code {done.returncode}: {done.stderr}")


def main():
    recount, programs = sys.argv[1:]
    ratios_are_of_the_first_of_ours()
    unknown_program_is_bad_usage(recount, programs)
    with tempfile.TemporaryDirectory() as folder:
        one_program_under_each(recount, programs, pathlib.Path(folder))


if __name__ == "__main__":
    main()
