#!/usr/bin/env python3
"""What servers and builds of a whole Debian get done under Recount, recording with a live backup, and under plain QEMU, in turns."""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from debian_guest import DebianGuest, DebianRecorder  # noqa: E402
from recorder_process import Unexpected, temporary_folder  # noqa: E402

PREPARE = """
cat > /tmp/t.c << 'END'
#define F(n) int f##n(int a, int b) { for (int i = 0; i < b; i++) a = a * 31 + (i ^ n); return a % 7 ? a : f##n(b, a); }
#define T(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
T(1) T(2) T(3) T(4) T(5) T(6) T(7) T(8) T(9) T(10) T(11) T(12)
END
head -c 20000 /dev/urandom > /var/www/html/file
"""


def number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise Unexpected(f"no {pattern} in: {text[-800:]}")
    return float(found.group(1))


def on_host(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise Unexpected(f"{command[0]}: {done.stderr or done.stdout}")
    return done.stdout


def nginx(guest, seconds):
    return number(r"Requests/sec:\s*([\d.]+)", on_host("wrk", "-t1", "-c8", f"-d{seconds}s", f"http://127.0.0.1:{guest.http_port}/file"))


def redis(guest, seconds, operation):
    # It takes a number of requests: of a short first run.
    def per_second(requests):
        text = on_host("redis-benchmark", "-p", str(guest.redis_port), "-c", "20", "-n", str(requests), "-t", operation, "--csv")
        return number(r'"%s","([\d.]+)"' % operation.upper(), text)
    return per_second(max(200, int(per_second(400) * seconds)))


def pgbench(guest, seconds):
    return number(r"tps = ([\d.]+)", guest.ssh(f"su postgres -c 'pgbench -n -c 4 -T {seconds} bench' 2>&1"))


def gcc(guest, seconds):
    """Compilations an hour: of one file, again and again until the time is over."""
    counted = guest.ssh(f"n=0; begin=$(date +%s%N); end=$((begin + {seconds}000000000)); while [ $(date +%s%N) -lt $end ]; do "
                        "gcc -O2 -c /tmp/t.c -o /tmp/t.o || exit 1; n=$((n + 1)); done; echo $n $(($(date +%s%N) - begin))").split()
    return int(counted[0]) / (int(counted[1]) / 1e9) * 3600


def stress(guest, seconds):
    """Bogo operations a second of a mix of CPU, memory, pipes and processes: the geometric mean of the four."""
    text = guest.ssh(f"stress-ng --cpu 1 --cpu-method int64 --vm 1 --vm-bytes 32M --pipe 1 --fork 1 --timeout {seconds} --metrics 2>&1")
    rates = [number(rf"metrc: \[\d+\] {name} +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+)", text) for name in ("cpu", "vm", "pipe", "fork")]
    return statistics.geometric_mean(rates)


WORKLOADS = {
    "nginx, wrk: requests/s": nginx,
    "redis SET: requests/s": lambda guest, s: redis(guest, s, "set"),
    "redis GET: requests/s": lambda guest, s: redis(guest, s, "get"),
    "pgbench: transactions/s": pgbench,
    "gcc -O2: compilations/h": gcc,
    "stress-ng: bogo ops/s": stress,
}
BOOT = "boot to ssh: s"


class Watch:
    """The most that a recorder lags meanwhile, and what its journal grows by."""

    def __init__(self, recorder):
        self.recorder, self.lags, self.over = recorder, [], threading.Event()
        self.begin = self.status()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def status(self):
        return self.recorder.status()

    def watch(self):
        while not self.over.wait(1):
            self.lags.append(self.status()["lag_s"])

    def end(self):
        self.over.set()
        self.thread.join()
        end = self.status()
        return {"most_lag_s": max([end["lag_s"], *self.lags]),
                "journal_bytes_per_s": (end["journal_bytes"] - self.begin["journal_bytes"]) / (end["guest_time_s"] - self.begin["guest_time_s"])}


class RecountRun(DebianRecorder):
    name = "recount"

    def __init__(self, options, guest):
        super().__init__(options.recount, guest, ["--window", options.window])

    def watch(self):
        return Watch(self)


class QemuRun:
    name = "qemu"

    def __init__(self, options, guest):
        self.guest = guest
        self.child = subprocess.Popen(guest.qemu_command(options.qemu), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.hang_up()
        self.child.kill()
        self.child.wait()

    def watch(self):
        return self

    def end(self):
        return {}


def run(kind, options):
    """One boot with every workload: name -> figures."""
    folder, figures = temporary_folder(), {}
    print(f"{kind.name}:", end=" ", file=sys.stderr, flush=True)
    guest, begun = DebianGuest(folder, harts=options.smp), time.monotonic()
    with kind(options, guest) as machine:
        guest.wait_for_ssh()
        figures[BOOT] = {"value": time.monotonic() - begun}
        guest.start_servers()
        guest.ssh(PREPARE)
        for name, workload in WORKLOADS.items():
            watch = machine.watch()
            figures[name] = {"value": workload(guest, options.seconds), **watch.end()}
            print(f"{name} {figures[name]['value']:.1f},", end=" ", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    shutil.rmtree(folder)
    return figures


def median(runs, kind, name, key="value"):
    return statistics.median(figures[name][key] for ran, figures in runs if ran == kind)


def table(runs):
    lines = [f"| {'':24} | recording | QEMU | ratio | lag, s | journal, B/s |", "|---|---|---|---|---|---|"]
    for name in (BOOT, *WORKLOADS):
        ours, theirs = (median(runs, kind, name) for kind in ("recount", "qemu"))
        lag, journal = ("", "") if name == BOOT else (f"{median(runs, 'recount', name, 'most_lag_s'):.1f}",
                                                      f"{median(runs, 'recount', name, 'journal_bytes_per_s'):,.0f}")
        lines.append(f"| {name} | {ours:.1f} | {theirs:.1f} | {theirs / ours if name == BOOT else ours / theirs:.2f} | {lag} | {journal} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench workloads", description=__doc__)
    parser.add_argument("--recount", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="boots of each; figures are medians")
    parser.add_argument("--seconds", type=int, default=15, help="of each workload")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--window", default="5s", help="how far the backup trails")
    parser.add_argument("--qemu", default="qemu-system-riscv64", metavar="PATH")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every figure there")
    options = parser.parse_args()
    runs = []
    for round_number in range(options.rounds):
        for kind in (RecountRun, QemuRun) if round_number % 2 == 0 else (QemuRun, RecountRun):
            runs.append((kind.name, run(kind, options)))
            if options.json:
                options.json.write_text(json.dumps([{"variant": name, "figures": figures} for name, figures in runs], indent=1) + "\n")
    print(table(runs))


if __name__ == "__main__":
    try:
        main()
    except Unexpected as error:
        sys.exit(f"workloads: {error}")
