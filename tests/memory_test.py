#!/usr/bin/env python3
"""What a recording costs in memory: memory_test.py RECOUNT GUESTS."""
import pathlib
import shutil
import sys
import time

from recorder_process import Unexpected
from recorder_test import Bench, ends_well

MIB = 1 << 20
GUEST_MIB, RING_MIB, OWN_MIB, SUPERVISOR_MIB = 256, 16, 64, 32


def smaps(pid):
    """Rss, Pss and Private in MiB. After a fork pages are shared: Rss counts them in both processes."""
    sums = {"Rss": 0, "Pss": 0, "Private": 0}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, kilobytes = line.split()[0].rstrip(":"), int(line.split()[1])
        name = "Private" if name in ("Private_Clean", "Private_Dirty") else name
        if name in sums:
            sums[name] += kilobytes * 1024 / MIB
    return sums


def guest_rss(pid, ram_mib):
    """MiB of the guest's memory that are resident: it is the one mapping of just that size."""
    size = 0
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if words[0] == "Size:":
            size = int(words[1])
        elif words[0] == "Rss:" and size == ram_mib * 1024:
            return int(words[1]) * 1024 / MIB
    return 0


def main():
    bench = Bench(*sys.argv[1:3])
    for options in (("--window", "1s"), ("--no-backup",)):
        with bench.recorder(*options, memory=f"{GUEST_MIB}M") as recorder:
            most = {}
            for n in range(12):  # dirty all of the guest's memory again and again
                recorder.type(b"m")
                time.sleep(0.25)
                status = recorder.status()
                for who, pid in (("supervisor", recorder.child.pid), ("primary", status["primary_pid"]), ("backup", status["backup_pid"])):
                    now = smaps(pid)
                    most[who] = {k: max(v, most.get(who, now)[k]) for k, v in now.items()}
                if n % 5 == 4 and not recorder.ctl("save")["certified"]:
                    raise Unexpected("a save is not certified")
            if recorder.console().count("filled") < 4:
                raise Unexpected("the guest did not fill its memory\n" + recorder.tail())
            print(" ".join(options), f"(guest {GUEST_MIB} MiB, each the most seen, MiB)")
            for who, sums in most.items():
                print(f"  {who:10} " + "  ".join(f"{k} {v:7.1f}" for k, v in sums.items()))
            limit = GUEST_MIB + OWN_MIB + RING_MIB
            for who in ("primary", "backup"):
                if most[who]["Rss"] > limit:
                    raise Unexpected(f"the {who} has {most[who]['Rss']:.0f} MiB resident, more than {limit}")
            if most["supervisor"]["Private"] > SUPERVISOR_MIB:
                raise Unexpected(f"the supervisor has {most['supervisor']['Private']:.0f} MiB of its own, more than {SUPERVISOR_MIB}")
            ends_well(recorder)
    shutil.rmtree(bench.folder)


if __name__ == "__main__":
    main()
