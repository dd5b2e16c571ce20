#!/usr/bin/env python3
"""Evidence that cannot be replayed when it is saved, for lack of room or memory, is kept without a certificate:
uncertified_test.py RECOUNT GUESTS INJECTOR"""
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import preload  # noqa: E402
from recorder_process import CAPTURED  # noqa: E402
from recorder_test import Bench, expect, expect_equal  # noqa: E402


def main():
    recount, guests, injector = sys.argv[1:4]
    for fault, reason in (("fallocate:1+:ENOSPC", "No space left"), ("mmap:1+:ENOMEM", "Cannot allocate memory")):
        bench = Bench(recount, guests)
        image = bench.folder / "disk.img"
        image.write_bytes(bytes(1 << 20))
        environment = preload.environment(injector, bench.folder / "table", "saver/" + fault)
        with bench.recorder("--drive", image, environment=environment) as recorder:
            recorder.type(b"f")
            expect_equal(recorder.wait(), CAPTURED, f"{fault}: exit code", recorder)
            told = [line for line in recorder.stderr_lines() if "NOT CERTIFIED (it could not be replayed: " in line]
            expect(len(told) == 1 and reason in told[0], f"{fault}: what was told", recorder)
            [path] = recorder.evidence()
            info = recorder.info(path)
            expect(not info["certified"] and reason in info["uncertified_reason"], f"{fault}: {info}")
            done = recorder.run("verify", path, "--json")
            expect_equal(done.returncode, 0, f"{fault}: verify ({done.stderr!r})")
            facts = json.loads(done.stdout)
            expect(facts["sealed"] and not facts["certified"] and facts["steps"] == info["steps"], f"{fault}: {facts}")
        shutil.rmtree(bench.folder)


if __name__ == "__main__":
    main()
