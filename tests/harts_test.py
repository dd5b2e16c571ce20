#!/usr/bin/env python3
"""A Debian kernel on two and on four harts, all of them loaded, crashes: harts_test.py RECOUNT. Slow."""
import re
import shutil
import sys

from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder


def record(recount, linux, harts, folder):
    arguments = linux.arguments(folder, "recount.run=load recount.crash=8")
    with Recorder(recount, arguments + ["--smp", str(harts), "--window", "5s"], folder) as recorder:
        expect(recorder.wait(300) == CAPTURED, "no failure was captured\n" + recorder.tail())
        console = recorder.console()
        expect(f"Brought up 1 node, {harts} CPUs" in console, "not every hart came up\n" + recorder.tail())
        complaint = re.search("stall|soft lockup|hung_task", console)
        expect(complaint is None, f"the kernel complains: {complaint}\n" + recorder.tail())
        expect("the disk lies" not in console, "the disk lies")
        evidence = recorder.evidence()
        expect(len(evidence) == 1, f"evidence: {evidence}")
        info = recorder.info(evidence[0])
        expect(info["cause"] == "panic", f"{info['cause']}: {info['detail']}")
        expect(info["certified"], info["uncertified_reason"])
        expect(info["harts"] == harts, f"harts: {info['harts']}")
        recorder.verify_with_both_engines(evidence[0])


def main():
    recount, linux = sys.argv[1], Linux()
    for harts in 2, 4:
        folder = temporary_folder()
        record(recount, linux, harts, folder)
        shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
