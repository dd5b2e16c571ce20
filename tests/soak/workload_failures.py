#!/usr/bin/env python3
"""A whole Debian under the work of servers and builds fails in every way that its kernel and systemd have: each failure must be noticed
by its name, its evidence certified, and replayed by both engines. A boot has some failures that it survives, and one more."""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from debian_guest import DebianGuest, DebianRecorder  # noqa: E402
from guest_process import guest_folder  # noqa: E402
from kernel_module import modules  # noqa: E402
from recorder_process import CAPTURED, Unexpected, expect, temporary_folder, wait_until  # noqa: E402

FAIL_S = 240
SPEAKER = pathlib.Path(__file__).resolve().parents[2] / "guest/recount-guest.c"

# {http} and {redis} are ports of the host.
IN_GUEST = {
    "pgbench": "while :; do su postgres -c \"pgbench -n -c 4 -T 5 bench\"; done",
    "gcc": "while :; do gcc -O2 -c /tmp/t.c -o /tmp/t.o; done",
    "stress-ng": "stress-ng --cpu 1 --vm 1 --vm-bytes 32M --pipe 1 --fork 1 --hdd 1 --hdd-bytes 4M --temp-path /var/tmp",
}
ON_HOST = {
    "nginx": "while wrk -t1 -c8 -d5s http://127.0.0.1:{http}/; do :; done",
    "redis": "while redis-benchmark -p {redis} -c 20 -n 2000 -t set,get -q; do :; done",
}
WORKLOADS = [*ON_HOST, *IN_GUEST]
PREPARE = r"""
for n in $(seq 400); do echo "int f$n(int a, int b) { for (int i = 0; i < b; i++) a = a * 31 + (i ^ $n); return a % 7 ? a : f$n(b, a); }"; done > /tmp/t.c
printf '[Service]\nType=oneshot\nExecStart=/usr/local/bin/recount-guest save unit %%i failed\n' > /etc/systemd/system/recount-save@.service
printf '[Unit]\nOnFailure=recount-save@%%n.service\n[Service]\nType=oneshot\nExecStart=/bin/false\n' > /etc/systemd/system/asks.service
systemctl daemon-reload
"""


class Failure(NamedTuple):
    command: str  # in the guest; empty: the primary is killed
    cause: str
    detail: str = ".*"


SURVIVED = {
    "process": Failure("python3 -c 'import ctypes; ctypes.string_at(0)'", "process", r"python3\[\d+\]: unhandled signal 11 .*"),
    "oom": Failure("tail /dev/zero", "oom", r"Out of memory: Killed process \d+ .*"),
    "hungtask": Failure("echo 2 > /proc/sys/kernel/hung_task_timeout_secs; fsfreeze --freeze /; (touch /x) & sleep 8; "
                        "fsfreeze --unfreeze /", "hungtask", r"INFO: task \S+:\d+ blocked for more than \d+ seconds\."),
    "warning": Failure("insmod /tmp/warning.ko", "warning", "WARNING: CPU: 0 PID: .*"),
    "lockup": Failure("echo 1 > /proc/sys/kernel/watchdog_thresh; insmod /tmp/spin.ko; echo 10 > /proc/sys/kernel/watchdog_thresh", "lockup",
                      "watchdog: BUG: soft lockup .*"),
    # docs/guest.md: a unit's OnFailure=, and the kernel's core-dump handler.
    "on_failure": Failure("systemctl start --no-block asks", "guest", r"unit asks\.service failed"),
    "core": Failure("echo '|/usr/local/bin/recount-guest core %p %s %e' > /proc/sys/kernel/core_pattern; ulimit -c unlimited; "
                    "sh -c 'kill -SEGV $$'; echo core > /proc/sys/kernel/core_pattern", "guest", r"process sh \(\d+\) was killed by signal 11"),
    "unit": Failure("systemd-run --unit=fails$RANDOM sh -c 'exit 3'", "unit", r"systemd\[1\]: fails\d*\.service: Failed with result .*"),
}
FATAL = {
    "panic": Failure("echo c > /proc/sysrq-trigger", "panic", "Kernel panic .*"),
    "oops": Failure("insmod /tmp/oops.ko", "oops", "Unable to handle kernel .*"),
    "bug": Failure("insmod /tmp/bug.ko", "panic", "Kernel panic - not syncing: Fatal exception in interrupt"),
    "reset": Failure("echo b > /proc/sysrq-trigger", "reset"),
    "hang": Failure("insmod /tmp/hang.ko", "hang", "interrupts are kept waiting .*"),
    "lost": Failure("", "lost"),
}


class Load:
    """One workload, until the end of the context."""

    def __init__(self, recorder, name):
        self.recorder, self.guest, self.name, self.child = recorder, recorder.guest, name, None

    def __enter__(self):
        if self.name in IN_GUEST:
            self.guest.ssh(f"systemd-run --unit=load --quiet -p SuccessExitStatus=SIGKILL sh -c '{IN_GUEST[self.name]}'")
        else:
            command = ON_HOST[self.name].format(http=self.guest.http_port, redis=self.guest.redis_port)
            self.child = subprocess.Popen(command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        return self

    def __exit__(self, problem, *_):
        if self.child:
            os.killpg(self.child.pid, 9)
            self.child.wait()
        elif problem is None and self.recorder.child.poll() is None:
            self.guest.ssh("systemctl kill --signal=KILL load; systemctl reset-failed load; :")


class Boot:
    def __init__(self, options, number):
        self.options, self.number, self.folder = options, number, temporary_folder()
        self.random = random.Random(options.seed + number)
        self.rows = []

    def run(self):
        guest = DebianGuest(self.folder, memory="768M", harts=self.options.smp, append="systemd.log_target=kmsg loglevel=7")
        made = modules(guest_folder(), self.folder)
        options = ["--window", self.options.window, "--save-on", "+warning", "--hang", "5s", "--save-interval", "0s"]
        with DebianRecorder(self.options.recount, guest, options) as recorder:
            guest.wait_for_ssh()
            helper = self.folder / "recount-guest"
            subprocess.run(["riscv64-linux-gnu-gcc", "-O2", "-s", "-static", "-o", helper, SPEAKER], check=True)
            guest.put(helper, "/usr/local/bin/recount-guest")
            guest.start_servers()
            guest.ssh("chmod +x /usr/local/bin/recount-guest;" + PREPARE)
            for name, data in made.items():
                path = self.folder / f"{name}.ko"
                path.write_bytes(data)
                guest.put(path, f"/tmp/{name}.ko")
            first = self.number * self.options.survived
            kinds = [list(SURVIVED)[(first + n) % len(SURVIVED)] for n in range(self.options.survived)]
            kinds.append(list(FATAL)[self.number % len(FATAL)])
            for n, kind in enumerate(kinds):
                with Load(recorder, WORKLOADS[(self.number + n) % len(WORKLOADS)]) as load:
                    time.sleep(self.random.uniform(3, 8))
                    self.fail(recorder, guest, load.name, kind)
        shutil.rmtree(self.folder)

    def fail(self, recorder, guest, load, kind):
        failure = SURVIVED.get(kind) or FATAL[kind]
        before = set(recorder.evidence())
        if not failure.command:
            os.kill(recorder.status()["primary_pid"], 9)
        elif kind in SURVIVED:
            guest.ssh(failure.command + "; :")
        else:
            guest.start(failure.command)
        if kind in FATAL:
            expect(recorder.wait(FAIL_S) == CAPTURED, f"{kind}: no failure was captured", recorder)
        found = wait_until(lambda: [f for f in recorder.evidence() if f not in before and re.match(rf"t-{failure.cause}-", f.name)], FAIL_S,
                           f"evidence of {failure.cause}")
        info = recorder.info(found[0])
        expect(re.fullmatch(failure.detail, info["detail"]), f"{kind}: {info['detail']}, not {failure.detail}", recorder)
        expect(info["certified"] and info["mismatches"] == 0, f"{kind}: not certified: {info['uncertified_reason']}", recorder)
        recorder.verify_with_both_engines(found[0])
        self.rows.append((load, kind, info["steps"], info["digests_compared"]))
        print(f"| {self.number} | {load} | {kind} | {info['cause']}: {info['detail'][:70]} | {info['steps']:,} | {info['digests_compared']} |", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak workloads", description=__doc__)
    parser.add_argument("--recount", required=True, help="the binary")
    parser.add_argument("--boots", type=int, default=6)
    parser.add_argument("--survived", type=int, default=4, help="failures of a boot before the one that ends it")
    parser.add_argument("--window", default="4s")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="boot to begin with")
    options = parser.parse_args()
    print("| boot | load | failure | evidence | steps | digests |\n|---|---|---|---|---|---|")
    rows = []
    for number in range(options.first, options.first + options.boots):
        boot = Boot(options, number)
        boot.run()
        rows += boot.rows
    print(f"{len(rows)} failures, each certified and verified by both engines: {sum(row[2] for row in rows):,} steps, {sum(row[3] for row in rows)} digests")


if __name__ == "__main__":
    try:
        main()
    except Unexpected as problem:
        sys.exit(f"soak: {problem}")
