#!/usr/bin/env python3
"""How fast stock gdb moves through evidence of a Debian kernel's death: back by one instruction, to any position, back to a breakpoint or
a watched write, with each engine; and QEMU's reverse-stepi on its own recording of the same guest."""
import argparse
import json
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from gdb_session import Gdb  # noqa: E402
from guest_process import free_ports  # noqa: E402
from recorder_process import CAPTURED, Linux, Recorder, Unexpected, expect, temporary_folder, wait_until, work_for  # noqa: E402


def record(recount, folder, linux, seconds):
    with Recorder(recount, [*linux.arguments(folder, ""), "--window", f"{20 + 4 * seconds}s"], folder) as recorder:
        recorder.wait_for("# ", 240)
        recorder.type(work_for(seconds))
        recorder.wait_for("\nworked", 60 + 4 * seconds)
        recorder.type(b"echo c > /proc/sysrq-trigger\n")
        expect(recorder.wait() == CAPTURED, "no evidence", recorder)
        (evidence,) = recorder.evidence()
        return evidence, recorder.info(evidence)


def spread(seconds):
    ordered = sorted(seconds)
    return {"median_ms": 1000 * statistics.median(ordered), "p99_ms": 1000 * ordered[int(0.99 * (len(ordered) - 1))],
            "most_ms": 1000 * ordered[-1], "count": len(ordered)}


def measure(recount, evidence, info, folder, engine, moves, seed):
    """Positions are random in the whole of the evidence; the second time they are the same ones in another order."""
    begin, end = int(info["position_begin"]), int(info["position_end"])
    draw = random.Random(seed)
    positions = [draw.randrange(begin + 2, end) for _ in range(moves)]
    again = draw.sample(positions, len(positions))
    opened = time.monotonic()
    with Gdb(recount, evidence, folder, "--engine", engine, "--no-index") as gdb:
        opened = time.monotonic() - opened
        commands = []
        for position in positions + again:
            commands += [f"goto {position}", "reverse-stepi"]
        # The kernel's own first instruction: not executed at that address, and never written. So the scan goes through all of it.
        commands += ["goto end", "hbreak *0xffffffff80000000", "reverse-continue", "delete", "goto end", "watch *(long *)0xffffffff80000000",
                     "reverse-continue"]
        said = gdb.session(commands)
    for n in (2, 6):
        expect("No more reverse-execution history" in said[4 * moves + n][0], "stopped on the way: " + said[4 * moves + n][0])
    moved = said[:4 * moves]
    steps = end - begin
    return {"engine": engine, "steps": steps, "opened_s": opened,
            "goto_first": spread([s for _, s in moved[:2 * moves:2]]), "goto_again": spread([s for _, s in moved[2 * moves::2]]),
            "reverse_stepi": spread([s for _, s in moved[1::2]]),
            "breakpoint_scan_steps_per_s": steps / said[4 * moves + 2][1], "watchpoint_scan_steps_per_s": steps / said[4 * moves + 6][1]}


def measure_index(recount, evidence, info, folder, moves, seed):
    """Opened once, which leaves an index, and once more by it: then positions that nobody was at."""
    seconds = []
    for _ in range(2):
        begin = time.monotonic()
        with Gdb(recount, evidence, folder) as gdb:
            seconds.append(time.monotonic() - begin)
            if len(seconds) == 2:
                draw = random.Random(seed + 1)
                said = gdb.session([f"goto {draw.randrange(int(info['position_begin']), int(info['position_end']))}" for _ in range(moves)])
    (index,) = (folder / "cache/index").iterdir()
    return {"bytes": index.stat().st_size, "first_s": seconds[0], "again_s": seconds[1], "goto": spread([s for _, s in said])}


QEMU = ["qemu-system-riscv64", "-M", "virt", "-m", "256M", "-nographic", "-net", "none", "-monitor", "none"]


def typed(child, text):
    """Slowly: QEMU's UART loses what comes too fast."""
    for letter in text:
        child.stdin.write(letter.encode())
        child.stdin.flush()
        time.sleep(0.1)


def qemu_step(folder, linux, times):
    """QEMU's record/replay of a boot to a panic, and from there gdb's reverse-stepi in its replay; or what went wrong."""
    arguments = linux.arguments(folder, "panic=-1", disk=False)
    kernel, initrd, append = (arguments[arguments.index(option) + 1] for option in ("--kernel", "--initrd", "--append"))
    snapshots, log = folder / "snapshots.qcow2", folder / "qemu.log"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", snapshots, "1G"], check=True)
    command = [*QEMU, "-kernel", kernel, "-initrd", initrd, "-append", append, "-no-reboot", "-drive", f"file={snapshots},if=none,id=rr",
               "-icount", f"shift=0,rrfile={folder / 'rr'},rrsnapshot=init,rr="]
    begin = time.monotonic()
    with open(log, "wb") as out, subprocess.Popen([*command[:-1], command[-1] + "record"], stdin=subprocess.PIPE, stdout=out, stderr=out) as child:
        try:
            wait_until(lambda: b"# " in log.read_bytes()[-200:], 300, "QEMU's prompt")
            typed(child, "grep ' panic$' /proc/kallsyms\n")
            panic = wait_until(lambda: re.search(rb"([0-9a-f]{16}) T panic", log.read_bytes()), 60, "the address of panic()")[1].decode()
            typed(child, "echo c > /proc/sysrq-trigger\n")
            child.wait(120)
        except (OSError, Unexpected, subprocess.TimeoutExpired) as problem:
            return f"recording: {problem}: {log.read_bytes()[-300:].decode(errors='replace')}"
        finally:
            child.kill()
    recorded = time.monotonic() - begin
    steps = "".join("begin = time.monotonic()\ngdb.execute('reverse-stepi')\nprint('>>> %.3f' % (time.monotonic() - begin))\n" for _ in range(times))
    script = folder / "qemu.py"
    script.write_text(f"import time\ngdb.execute('hbreak *0x{panic}')\ngdb.execute('continue')\ngdb.execute('delete')\n" + steps)
    (port,) = free_ports(1)
    with open(log, "wb") as out, subprocess.Popen([*command[:-1], command[-1] + "replay", "-gdb", f"tcp:127.0.0.1:{port}", "-S"],
                                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out) as child:
        try:
            time.sleep(2)
            done = subprocess.run(["gdb-multiarch", "-nx", "-q", "-batch", "-iex", "set architecture riscv:rv64", "-ex",
                                   f"target remote 127.0.0.1:{port}", "-x", script], capture_output=True, text=True, timeout=900, check=False)
        except subprocess.TimeoutExpired:
            return "replay: nothing within 900 s"
        finally:
            child.kill()
    seconds = [float(s) for s in re.findall(r">>> ([0-9.]+)", done.stdout)]
    if len(seconds) < times:
        return f"replay: {done.stdout[-500:]} {done.stderr[-500:]} {log.read_bytes()[-300:].decode(errors='replace')}"
    return {"recorded_s": recorded, **spread(seconds)}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench debug", description=__doc__)
    parser.add_argument("--recount", required=True, help="the binary")
    parser.add_argument("--busy", type=int, default=5, help="seconds that the guest works before it dies")
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--engines", nargs="+", default=["jit", "interp"])
    parser.add_argument("--qemu-steps", type=int, default=5, help="0: leave QEMU out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    linux, folder = Linux(), temporary_folder()
    try:
        evidence, info = record(options.recount, folder, linux, options.busy)
        rows = [measure(options.recount, evidence, info, folder, engine, options.moves if engine == "jit" else options.moves // 10 or 1, options.seed)
                for engine in options.engines]
        index = measure_index(options.recount, evidence, info, folder, options.moves, options.seed)
        qemu = qemu_step(folder, linux, options.qemu_steps) if options.qemu_steps else None
    finally:
        shutil.rmtree(folder)
    print("| engine | steps | opened | goto, first | goto, again | reverse-stepi | to a breakpoint | to a watched write |\n|---|---|---|---|---|---|---|---|")
    for row in rows:
        times = [f"{row[kind]['median_ms']:.0f} / {row[kind]['p99_ms']:.0f} ms" for kind in ("goto_first", "goto_again", "reverse_stepi")]
        print(f"| {row['engine']} | {row['steps']:,} | {row['opened_s']:.1f} s | {' | '.join(times)} | "
              f"{row['breakpoint_scan_steps_per_s'] / 1e6:,.0f} M steps/s | {row['watchpoint_scan_steps_per_s'] / 1e6:,.0f} M steps/s |")
    print("Medians and 99th percentiles, through gdb.")
    print(f"Index: {index['bytes'] / 1e6:,.0f} MB; opened and written in {index['first_s']:.1f} s, opened by it in {index['again_s']:.1f} s; then goto, first: "
          f"{index['goto']['median_ms']:.0f} / {index['goto']['p99_ms']:.0f} ms")
    if isinstance(qemu, dict):
        print(f"QEMU's reverse-stepi, {qemu['count']} times from the panic: {qemu['median_ms']:,.0f} ms, at most {qemu['most_ms']:,.0f} ms")
    elif qemu:
        print(f"QEMU: {qemu}")
    if options.json:
        options.json.write_text(json.dumps({"recount": rows, "qemu": qemu}, indent=1))


main()
