#!/usr/bin/env python3
"""Debian's own watchdog driver, and a process that feeds it no more: watchdog_test.py RECOUNT. Slow."""
import shutil
import sys

from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder


def main():
    recount, linux, folder = sys.argv[1], Linux(), temporary_folder()
    with Recorder(recount, linux.arguments(folder, "recount.run=watchdog", disk=False) + ["--window", "5s"], folder) as recorder:
        expect(recorder.wait(300) == CAPTURED, "no failure was captured\n" + recorder.tail())
        console = recorder.console()
        expect("watchdog: sunxi-wdt has been fed for 6 s, timeout 4" in console, "the driver is not bound\n" + recorder.tail())
        expect("nobody feeds it now" in console and "still here" not in console, "it expired at another time\n" + recorder.tail())
        evidence = recorder.evidence()
        expect(len(evidence) == 1, f"evidence: {evidence}")
        info = recorder.info(evidence[0])
        expect(info["cause"] == "watchdog" and info["detail"].endswith("for 4 s"), f"{info['cause']}: {info['detail']}")
        expect(info["certified"], info["uncertified_reason"])
        recorder.verify_with_both_engines(evidence[0])
    shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
