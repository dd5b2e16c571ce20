#!/usr/bin/env python3
"""Queries of a Debian kernel's panic: query_linux_test.py RECOUNT. Exact answers: query_test.py."""
import json
import shutil
import subprocess
import sys

from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder

# No other write has its length.
LINE = "a line of 33 bytes for the tracer"


def check(recorder, evidence):
    def ask(*words):
        done = recorder.run("query", evidence, *words, "--json")
        expect(done.returncode == 0, f"query {words}: exit {done.returncode}: {done.stderr}")
        answer = [json.loads(line) for line in done.stdout.splitlines()]
        expect(answer, f"query {words}: nothing")
        return answer

    info = recorder.info(evidence)
    crash = ask("calls", "--function", "sysrq_handle_crash")
    expect(len(crash) == 1 and crash[0]["a0"] == hex(ord("c")) and crash[0]["caller"].startswith("__handle_sysrq+"), f"the crash: {crash}")
    at = crash[0]["position"]

    calls = ask("syscalls")
    written = [c for c in calls if c["name"] == "write" and c.get("result") == len(LINE) + 1 and c["arguments"][2] == hex(len(LINE) + 1)]
    expect(len(written) == 1, f"one write of the line's length: {written}")
    fatal = [c for c in calls if c["name"] == "write" and c["end"] == "unfinished" and c["position"] < at]
    expect(len(fatal) == 1 and fatal[0]["process"] == written[0]["process"] == "sh", f"the same shell's write never returns: {fatal} {written}")
    programs = [c for c in calls if c["name"] == "execve" and c["end"] == "elsewhere"]
    expect(programs, "programs were started")
    ended = {c["end"] for c in calls if c["name"] == "exit_group"}
    expect(ended == {"unfinished"}, f"nobody comes back from his exit: {ended}")
    expect(all(info["position_begin"] <= c["position"] < info["position_end"] for c in calls), "all in the evidence")

    switches = ask("sched")
    names = {s["next_name"] for s in switches}
    expect("sh" in names and any(n.startswith("swapper") for n in names), f"who ran: {names}")
    for before, after in zip(switches, switches[1:]):
        expect(before["next"] == after["previous"], f"who ran is who is left: {before} {after}")

    trace = ask("trace", "--from", at, "--to", at + 200)
    expect(trace[0]["symbol"] == "sysrq_handle_crash" and trace[0]["mode"] == "S" and len(trace) == 200, f"the crash's steps: {trace[0]}")
    called = ask("coverage", "--from", at)
    expect({"panic", "sysrq_handle_crash"} <= {f["function"] for f in called}, "from the crash the panic is reached")
    profile = ask("profile", "--from", at, "--to", at + 200)
    counted = sum(f["steps"] for f in profile)
    expect(counted == sum("trap" not in t and "interrupt" not in t for t in trace), f"a profile counts what a trace shows: {profile}")

    stacks = {f["stack"]: f["steps"] for f in ask("profile", "--folded", "--from", at - 1, "--to", at + 50000)}
    expect(any(";sysrq_handle_crash;" in stack and ";panic" in stack for stack in stacks), f"the panic was called by the crash: {stacks}")

    # A byte of the kernel's counter of clock ticks goes on from where it was.
    ticks = ask("writes", "--addr", "jiffies", "--size", "1", "--from", "50%")
    expect(len(ticks) > 5 and all(t["symbol"].startswith("tick_do_update_jiffies64+") for t in ticks), f"who counts ticks: {ticks[:5]}")
    expect(all(before["new"] == after["old"] for before, after in zip(ticks, ticks[1:])), f"each change is told: {ticks}")
    return crash[0]


def survives(recount, evidence, crash):
    """What if the handler that crashes had returned at once? Bytes 82 80 are ret."""
    ret = crash["pc"] + "=8280"
    with subprocess.Popen([recount, "replay", evidence, "--divert", "--at", str(crash["position"]), "--patch-memory", ret],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as live:
        try:
            said, notes = live.communicate(b"echo alive $((6 * 7)); poweroff -f\n", timeout=200)
        finally:
            live.kill()
    expect(live.returncode == 0 and b"alive 42" in said and b"panic" not in said, f"it would have lived: {live.returncode} {said} {notes}")
    expect(notes.count(b"NOT evidence") == 2, f"and says that it did not: {notes}")


def main():
    recount = sys.argv[1]
    linux, folder = Linux(), temporary_folder()
    try:
        with Recorder(recount, [*linux.arguments(folder, "", disk=False), "--window", "2s"], folder) as recorder:
            recorder.wait_for("# ", 240)
            recorder.type(b"for i in 1 2 3; do ls / >/dev/null; done; echo %s >/dev/null; echo c > /proc/sysrq-trigger\n" % LINE.encode())
            expect(recorder.wait() == CAPTURED, "no evidence", recorder)
            (evidence,) = recorder.evidence()
            crash = check(recorder, evidence)
            survives(recount, evidence, crash)
            verified = recorder.run("verify", evidence)
            expect(verified.returncode == 0, "after queries, verify: " + verified.stderr)
    finally:
        shutil.rmtree(folder)


main()
