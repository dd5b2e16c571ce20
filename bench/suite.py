#!/usr/bin/env python3
"""The same programs in the same Debian guest under Recount and QEMU, variant by variant in turns, timed by the host."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import variants as kinds  # noqa: E402
from bar_chart import speed_chart  # noqa: E402
from guest_programs import SuiteGuest, all_programs  # noqa: E402
from recorder_process import Unexpected, temporary_folder  # noqa: E402
from summary import BOOT, costs_table, medians_of, ratios_of, table  # noqa: E402

LONGEST_S = 600
SETTLE_S = 0.2  # between two programs: what the one has left to do is not the next one's


def arguments(known):
    def names(among):
        def parse(text):
            if unknown := set(text.split(",")) - set(among):
                raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(among)}")
            return [name for name in among if name in text.split(",")]
        return parse

    parser = argparse.ArgumentParser(prog="scripts/bench suite", description=__doc__)
    parser.add_argument("--recount", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--guest-programs", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3, help="boots of each variant; figures are medians")
    parser.add_argument("--programs", type=names(known), default=known, metavar="A,B", help=", ".join(known))
    parser.add_argument("--variants", type=names(kinds.ALL), default=kinds.DEFAULT, metavar="A,B", help=", ".join(kinds.ALL))
    parser.add_argument("--engine", help="of Recount")
    parser.add_argument("--window", default="2s", help="how far the backup trails")
    parser.add_argument("--qemu", action="append", metavar="PATH", help="again for each other QEMU")
    parser.add_argument("--memory", default="512M", help="of the guest")
    parser.add_argument("--append", default="", help="more words for the kernel")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--svg", type=pathlib.Path, metavar="FILE", help="write a chart there")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: at least 1")
    compared = [any(name in names for name in options.variants) for names in (kinds.RECOUNT, kinds.QEMU)]
    if options.svg and not all(compared):
        parser.error("--svg shows Recount against QEMU: --variants must have one of each")
    return options


def boot(variant, guest, programs, memory):
    """One boot with all the programs: program -> figures. They are told on standard error as they come."""
    print(variant.name + ":", end="", file=sys.stderr, flush=True)
    folder, figures = temporary_folder(), {}

    def note(program, **of_it):
        figures[program] = of_it
        print(f" {program} {of_it['host_s']:.2f}", end="", file=sys.stderr, flush=True)

    try:
        with variant.start(folder, guest.suite_arguments(folder, [p.name for p in programs], memory)) as machine:
            note(BOOT, host_s=machine.expect("up", "", LONGEST_S).at_s - machine.begun_s)
            for program in programs:
                note(program.name, **one(machine, variant.name, program))
            machine.expect("done", "", LONGEST_S)
            machine.type(b"\n")
            if (code := machine.wait(LONGEST_S)) != 0:
                raise Unexpected(f"{variant.name}: the guest did not end well: exit code {code}\n" + machine.tail())
    finally:
        print(file=sys.stderr)
        shutil.rmtree(folder)
    return figures


def one(machine, variant, program):
    machine.expect("ready", program.name, LONGEST_S)
    machine.watch_cpu()
    time.sleep(SETTLE_S)
    before = machine.facts()
    machine.type(b"\n")
    begin = machine.expect("begin", program.name, LONGEST_S)
    end = machine.expect("end", program.name, LONGEST_S)
    after = machine.facts()
    if end.result != program.result:
        raise Unexpected(f'{variant}: {program.name} came to "{end.result}", not "{program.result}"\n' + machine.tail())
    figures = {"host_s": end.at_s - begin.at_s, "cpu_s": end.cpu_s - begin.cpu_s, "result": end.result}
    if "journal_bytes" in after:
        figures["journal_bytes"] = after["journal_bytes"] - before["journal_bytes"]
    if "lag_s" in after:
        figures["lag_s"] = after["lag_s"]
    return figures


def host():
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return {"cpu": model[0] if model else platform.machine(), "cpus": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0]}


def main():
    programs = all_programs()
    options = arguments([p.name for p in programs])
    programs = [p for p in programs if p.name in options.programs]
    guest = SuiteGuest(options.guest_programs, options.append)
    variants = kinds.variants(options.variants, options.recount, options.engine, options.window,
                              options.qemu or ["qemu-system-riscv64"])
    started, runs = host(), []
    for n in range(options.runs):
        for i in range(len(variants)):
            variant = variants[(n + i) % len(variants)]
            runs.append({"variant": variant.name, "programs": boot(variant, guest, programs, options.memory)})
    found = medians_of(runs)
    medians = {variant.name: found[variant.name] for variant in variants}
    ratios = ratios_of(medians)
    print(table(medians, ratios))
    print(costs_table(runs))
    if options.json:
        ratio_figures = [{"slow": r.slow, "fast": r.fast, "geometric_mean": r.geometric_mean(), "programs": r.of} for r in ratios]
        figures = {"host": started | {"load_at_end": os.getloadavg()[0]}, "runs_each": options.runs, "memory": options.memory,
                   "engine": options.engine, "window": options.window, "append": options.append,
                   "medians": medians, "ratios": ratio_figures, "runs": runs}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(speed_chart([r for r in ratios if not r.slow.startswith("recount")]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unexpected as error:
        sys.exit(f"bench: {error}")
