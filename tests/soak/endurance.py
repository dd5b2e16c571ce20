#!/usr/bin/env python3
"""A web server of a whole Debian is asked without end, recorded with a live backup: the memory of the three processes and the journal
must not grow. Then it crashes, and the evidence must be certified."""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from debian_guest import DebianGuest, DebianRecorder  # noqa: E402
from memory_test import MIB, guest_rss, smaps  # noqa: E402
from recorder_process import CAPTURED, Unexpected, expect, temporary_folder  # noqa: E402

SETTLED = 0.2   # of the time: then the guest's page cache and the code memory are as full as they get
GROWTH = 1.10   # at most, from what it was when things had settled


class Asker:
    """wrk for some seconds, then a pause, until the end."""

    def __init__(self, port, busy_s, idle_s):
        self.command = ["wrk", "-t1", "-c8", f"-d{busy_s}s", f"http://127.0.0.1:{port}/file"]
        self.idle_s, self.over, self.requests = idle_s, threading.Event(), 0
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        while not self.over.wait(self.idle_s):
            text = subprocess.run(self.command, capture_output=True, text=True, check=False).stdout
            self.requests += next((int(line.split()[0]) for line in text.splitlines() if "requests in" in line), 0)

    def stop(self):
        self.over.set()
        self.thread.join(60)


def sample(recorder, ram_mib):
    """Of each process, what is resident beside the guest's memory. That grows as the guest fills its page cache, up to -m, and is told apart."""
    status = recorder.status()
    pids = {"supervisor": recorder.child.pid, "primary": status["primary_pid"], "backup": status["backup_pid"]}
    return {**{key: status[key] for key in ("guest_time_s", "lag_s", "journal_bytes", "journal_bytes_held")},
            **{who: (smaps(pid)["Rss"] - guest_rss(pid, ram_mib)) * MIB for who, pid in pids.items()},
            "guest_memory": guest_rss(pids["primary"], ram_mib) * MIB}


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak endurance", description=__doc__)
    parser.add_argument("--recount", required=True, help="the binary")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--window", default="10s")
    parser.add_argument("--memory", type=int, default=512, help="of the guest, MiB")
    parser.add_argument("--busy", type=int, default=2, help="seconds of requests ...")
    parser.add_argument("--idle", type=float, default=2, help="... and of none, in turns")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every sample there")
    options = parser.parse_args()
    folder = temporary_folder()
    guest = DebianGuest(folder, memory=f"{options.memory}M")
    samples = []
    with DebianRecorder(options.recount, guest, ["--window", options.window]) as recorder:
        guest.wait_for_ssh()
        guest.ssh("systemctl start nginx; head -c 20000 /dev/urandom > /var/www/html/file")
        asker = Asker(guest.http_port, options.busy, options.idle)
        begun = time.monotonic()
        backup = recorder.wait_protected()["backup_pid"]
        while time.monotonic() < begun + options.minutes * 60:
            time.sleep(min(30, options.minutes * 3))
            samples.append({"minute": (time.monotonic() - begun) / 60, "requests": asker.requests, **sample(recorder, options.memory)})
            print("  ".join(f"{key} {value / 1e6:.1f} MB" if value > 1e5 and key != "requests" else f"{key} {value:.1f}"
                            for key, value in samples[-1].items()), flush=True)
            if options.json:
                options.json.write_text(json.dumps(samples, indent=1) + "\n")
        expect(recorder.status()["backup_pid"] == backup, "the backup was replaced", recorder)
        guest.start("sleep 1; echo c > /proc/sysrq-trigger")
        expect(recorder.wait(300) == CAPTURED, "no failure was captured", recorder)
        asker.stop()
        evidence = recorder.evidence()
        info = recorder.info(evidence[0])
        expect(len(evidence) == 1 and info["cause"] == "panic" and info["certified"], f"evidence: {evidence}, {info}", recorder)
        recorder.verify_with_both_engines(evidence[0])
        print(f"certified: {info['steps']} steps, {info['digests_compared']} digests; verified by both engines; {asker.requests} requests served")
    settled = [s for s in samples if s["minute"] >= options.minutes * SETTLED]
    for key in ("supervisor", "primary", "backup", "journal_bytes_held"):
        first, last, most = settled[0][key], settled[-1][key], max(s[key] for s in settled)
        print(f"{key}: {first / 1e6:.1f} MB when settled, {last / 1e6:.1f} MB at the end, {most / 1e6:.1f} MB at most")
        expect(key == "journal_bytes_held" or last <= first * GROWTH, f"{key} grew from {first} to {last} bytes")
    shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        main()
    except Unexpected as problem:
        sys.exit(f"endurance: {problem}")
