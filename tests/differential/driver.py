#!/usr/bin/env python3
"""Random cases, run by recount and by QEMU, and compared: scripts/differential."""
import argparse
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
# The hart that both are: what it lacks is switched off in QEMU.
SHARED = "rv64,zba=on,zbb=on,zbs=on,sstc=on,zbc=off,h=off,v=off,debug=off,svinval=off,svnapot=off,svpbmt=off"
CPU = {
    # Walks set A and D by themselves; it has no Zicbom and Zicboz.
    (7, 2): SHARED + ",pmu-num=0,Zihintpause=on,Zfh=off,Zfhmin=off",
    # "svadu" would leave that to menvcfg.ADUE: with both off, walks set A and D by themselves.
    (10, 0): SHARED + ",pmu-mask=0,zicbom=on,zicboz=on,svade=off,svadu=off,zawrs=off,zfa=off,zfh=off,zfhmin=off,zicond=off,"
                      "zacas=off,zcb=off,zimop=off,zcmop=off,sv57=off,smcntrpmf=off,svvptc=off,zicbop=off,zihpm=on",
}
TIMEOUT_S = 60


def version_of(qemu):
    out = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = map(int, re.search(r"version (\d+)\.(\d+)", out).groups())
    return major, minor


class Sides:
    """The program of ours and a QEMU, over one file that is the RAM of both."""

    def __init__(self, options, folder):
        self.options, self.ram = options, str(pathlib.Path(folder) / "ram")
        self.version = version_of(options.qemu)
        self.tail = ["everything"] if options.everything else []

    def ours(self, verb, *arguments):
        command = [self.options.program, verb, *map(str, arguments), *self.tail]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def name(self):
        return "%d.%d" % self.version

    def qemu(self):
        command = [self.options.qemu, "-cpu", CPU[self.version], "-machine", "virt,memory-backend=ram", "-m", "64M",
                   "-object", f"memory-backend-file,id=ram,size=64M,mem-path={self.ram},share=on", "-bios", "none",
                   "-icount", "shift=0,sleep=off", "-nodefaults", "-display", "none", "-serial", "none"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return  # the image tells which case it was
        if done.returncode != 0 or done.stderr:
            sys.exit(f"differential: QEMU: exit code {done.returncode}: {done.stderr}")

    def batch(self, seed, count, engine):
        """What `compare` printed, and whether all is the same."""
        image = self.ours("image", self.options.harness, self.name(), seed, count, self.ram)
        if image.returncode != 0:
            sys.exit(f"differential: no image: {image.returncode} {image.stderr}")
        self.qemu()
        done = self.ours("compare", self.options.harness, self.name(), seed, count, self.ram, engine)
        if done.returncode not in (0, 1):
            sys.exit(f"differential: seeds {seed} to {seed + count - 1} on {engine}: exit code {done.returncode}\n"
                     f"{done.stdout}{done.stderr}")
        return done.stdout, done.returncode == 0

    def explain(self, seed, engine):
        print(f"\n--seed {seed} --cases 1, engine {engine}, QEMU {self.name()}")
        print(self.ours("show", self.name(), seed).stdout, end="")
        text, same = self.batch(seed, 1, engine)
        print(text if not same else "  alone, it does not differ")


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/differential", description=__doc__)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--harness", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--qemu", default="qemu-system-riscv64", help="the program to compare with")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cases", type=int, help="instead of --seconds")
    parser.add_argument("--batch", type=int, default=1000, help="cases of one QEMU process")
    parser.add_argument("--seed", type=int, help="of the first case; the next has the next number")
    parser.add_argument("--engine", choices=("jit", "interp", "reference", "turns"), default="turns", help="ours")
    parser.add_argument("--explain", type=int, default=3, help="so many differences are shown in full")
    parser.add_argument("--goes-on", action="store_true", help="after a difference")
    parser.add_argument("--everything", action="store_true", help="the known exceptions too")
    return parser.parse_args()


def main():
    options = arguments()
    if shutil.which(options.qemu) is None:
        print(options.qemu + " is not there")
        return SKIPPED
    if version_of(options.qemu) not in CPU:
        print("exceptions.inc does not know this version of QEMU")
        return SKIPPED
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 62)
    print(f"seed: {seed}", flush=True)
    engines = ["jit", "interp", "reference"] if options.engine == "turns" else [options.engine]
    began, cases, traps, endless, one_sided, different, explained = time.monotonic(), 0, 0, 0, 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="recount-differential-", dir="/dev/shm") as folder:
        sides = Sides(options, folder)
        turn = 0
        while (cases < options.cases) if options.cases else time.monotonic() - began < options.seconds:
            engine = engines[turn % len(engines)]
            count = options.batch if engine != "reference" else max(1, options.batch // 10)  # it takes that much longer
            if options.cases:
                count = min(count, options.cases - cases)
            turn += 1
            text, same = sides.batch(seed + cases, count, engine)
            # No side ends M-mode's own loop, with interrupts off: the cases before it once more, and on behind it.
            stuck = [int(number) for number in re.findall(r"^did not end .*: (\d+)", text, re.MULTILINE)]
            if stuck:
                if len(stuck) != 2 or stuck[0] != stuck[1]:
                    print(text)
                    sys.exit("differential: a case did not end")
                text, same = sides.batch(seed + cases, stuck[0] - (seed + cases), engine)
            summary = re.search(r"(\d+) cases, (\d+) traps, (\d+) endless, (\d+) endless on one side, (\d+) different", text)
            first = seed + cases
            cases, traps, endless, one_sided, different = (
                a + int(b) for a, b in zip((cases, traps, endless, one_sided, different), summary.groups()))
            if stuck:
                cases, endless = cases + 1, endless + 1
            for found in re.findall(r"^differs: (\d+)", text, re.MULTILINE):
                if explained < options.explain:
                    sides.explain(int(found), engine)
                else:
                    print(f"differs: --seed {found} --cases 1, engine {engine}, QEMU {sides.name()}")
                explained += 1
            seconds = time.monotonic() - began
            print(f"{cases:,} cases, {traps:,} traps, {endless:,} endless, {one_sided:,} on one side, {different:,} different; "
                  f"seeds {first} to {seed + cases - 1} on "
                  f"{engine}, QEMU {sides.name()}; {seconds:.0f} s, {60 * cases / seconds:,.0f} a minute", flush=True)
            if different and not options.goes_on:
                break
    # A loop that is found on one side only is rare. Many of them hide a side that hangs.
    return 1 if different or one_sided > cases // 2000 else 0


if __name__ == "__main__":
    sys.exit(main())
