#!/usr/bin/env python3
"""A guest that writes at random to all that it can reach: the recorder goes on, and what it recorded is exact."""
import argparse
import pathlib
import shutil
import time

from recorder_process import Recorder, expect, temporary_folder

MEMORY = "16M"  # tests/guest/bare/hostile.c knows it


def attack(recount, guest, harts, seconds, engines, folder):
    for name in "written.img", "read-only.img":
        (folder / name).write_bytes(bytes(1 << 20))
    console = folder / "console"
    # It resets itself, too, by the watchdog or the test finisher: then it begins anew.
    options = ["--bios", guest, "-m", MEMORY, "--smp", str(harts), "--window", "1s", "--save-on", "none", "--after-failure", "reboot",
               "--drive", folder / "written.img", "--drive", f"{folder / 'read-only.img'},ro", "--net", "user", "--console", console]
    with Recorder(recount, options, folder) as recorder:
        recorder.wait_protected()
        over = time.monotonic() + seconds
        heard = [0] * harts
        while time.monotonic() < over:
            time.sleep(min(10, seconds / 2))
            expect(recorder.status() is not None, f"the recorder does not answer, exit code {recorder.child.poll()}", recorder)
            for hart in range(harts):
                before, heard[hart] = heard[hart], console.read_bytes().count(b"hostile: hart %d is alive" % hart)
                expect(heard[hart] > before, f"hart {hart} does nothing any more", recorder)
        position = recorder.wait_protected()["position"]
        saved = recorder.ctl("save", "attacked")
        expect(saved and saved["certified"] and saved["mismatches"] == 0, f"saved: {saved}", recorder)
        for engine in engines:
            verified = recorder.run("verify", saved["path"], "--engine", engine)
            expect(verified.returncode == 0, f"verify with {engine}: {verified.stderr}", recorder)
        complaints = [line for line in recorder.stderr_lines() if "diverge" in line or "lost" in line or "runtime error" in line]
        expect(not complaints, f"complaints: {complaints}", recorder)
    print(f"{harts} harts, {seconds:g} s, {position} steps, {sum(heard) * 512} rounds: certified, {saved['steps']} steps, {saved['digests_compared']} digests")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recount")
    parser.add_argument("guest", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--harts", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--engines", nargs="+", default=["interp", "jit"], help="that verify")
    options = parser.parse_args()
    for harts in options.harts:
        folder = temporary_folder()
        attack(options.recount, options.guest, harts, options.seconds, options.engines, folder)
        shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
