#!/usr/bin/env python3
"""Debian's own watchdog driver, and a process that feeds it no more: watchdog_test.py RECOUNT. Slow."""
import shutil
import sys

from recorder_process import CAPTURED, Linux, Recorder, Unexpected, temporary_folder


def expect(true, what):
    if not true:
        raise Unexpected(what)


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
        for engine in "interp", "jit":
            verified = recorder.run("verify", evidence[0], "--engine", engine)
            expect(verified.returncode == 0, f"verify with {engine}: {verified.stderr}")
    shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
