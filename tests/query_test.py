#!/usr/bin/env python3
"""Queries of a bare guest's recording, every answer to which is known: query_test.py RECOUNT GUESTS."""
import json
import pathlib
import shutil
import subprocess
import sys

from recorder_process import Recorder, expect, temporary_folder

BAD_USAGE, UNAVAILABLE = 2, 69


def symbols_of(guest):
    lines = subprocess.run(["riscv64-linux-gnu-nm", "--no-sort", guest], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[2]: int(line.split()[0], 16) for line in lines if len(line.split()) == 3}


class Questions:
    def __init__(self, recorder, evidence):
        self.recorder, self.evidence = recorder, evidence

    def ask(self, *words):
        done = self.recorder.run("query", self.evidence, *words, "--json")
        expect(done.returncode == 0 and not done.stderr, f"query {words}: exit {done.returncode}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refused(self, code, *words):
        done = self.recorder.run("query", self.evidence, *words)
        expect(done.returncode == code and not done.stdout and done.stderr.count("\n") == 1,
               f"query {words}: exit {done.returncode}, not {code}: {done.stdout}{done.stderr}")


def check_writes(q, symbols):
    sums = [0]
    for i in range(1, 6):
        sums.append(sums[-1] + 10 * i * i)
    for options in [], ["--physical"]:
        writes = q.ask("writes", "--addr", hex(symbols["g_sum"]), *options)
        expect([(int(w["old"], 16), int(w["new"], 16)) for w in writes] == list(zip(sums, sums[1:])), f"the sums: {writes}")
        expect(all(w["size"] == 8 and int(w["address"], 16) == symbols["g_sum"] for w in writes), f"where they are: {writes}")
        expect(len({w["pc"] for w in writes}) == 1 and 0 <= int(writes[0]["pc"], 16) - symbols["add_product"] < 32, f"who wrote: {writes}")
    # Of much memory, what changed: from 10 to 50 it is one byte.
    around = q.ask("writes", "--addr", hex(symbols["g_sum"] - 16), "--size", "32")
    expect((around[1]["old"], around[1]["new"], int(around[1]["address"], 16)) == ("0x0a", "0x32", symbols["g_sum"]), f"the byte: {around}")
    end = writes[2]["position"]
    expect(len(q.ask("writes", "--addr", hex(symbols["g_sum"]), "--to", end)) == 2, "--to ends before its step")
    expect(len(q.ask("writes", "--addr", hex(symbols["g_sum"]), "--from", end)) == 3, "--from begins with its step")
    return writes


def check_calls(q, symbols):
    calls = q.ask("calls", "--function", hex(symbols["add_product"]))
    expect([(int(c["a0"], 16), int(c["a1"], 16)) for c in calls] == [(i, 10 * i) for i in range(1, 6)], f"the calls: {calls}")
    expect(len({c["ra"] for c in calls}) == 1 and symbols["main"] < int(calls[0]["ra"], 16) < symbols["main"] + 128, f"from main: {calls}")
    return calls


def check_trace(q, symbols, calls, writes):
    first, second = calls[0]["position"], calls[1]["position"]
    trace = q.ask("trace", "--from", first, "--to", second)
    expect([t["position"] for t in trace] == list(range(first, second)), f"each step is a line: {trace}")
    expect(int(trace[0]["pc"], 16) == symbols["add_product"] and trace[0]["mode"] == "M", f"it begins with the call: {trace}")
    expect(any(t["instruction"].startswith("mul\t") for t in trace), f"it multiplies: {trace}")
    store = trace[writes[0]["position"] - first]
    expect(store["pc"] == writes[0]["pc"] and store["instruction"].startswith("sd\t"), f"the write is a store: {store}")
    expect(trace[-1]["instruction"].startswith(("jal\tra", "jalr\tra")), f"before the next call there is one: {trace}")


def check_counts(q, info):
    profile, coverage = q.ask("profile"), q.ask("coverage")
    steps = sum(f["steps"] for f in profile)
    expect(steps == info["steps"] - 2, f"all steps but two system calls are instructions: {steps} of {info['steps']}")
    expect({f["function"] for f in profile} == {f["function"] for f in coverage}, "a profile has the functions of the coverage")
    expect(all(c["pcs"] > 0 for c in coverage), f"coverage: {coverage}")
    folded = q.ask("profile", "--folded")
    expect(sum(f["steps"] for f in folded) == steps, f"stacks have all steps: {folded}")
    part = q.ask("profile", "--to", 20)
    expect(sum(f["steps"] for f in part) == 20, f"twenty steps: {part}")


def check_system_calls(q):
    calls = q.ask("syscalls")
    expect([(c["name"], c.get("result"), c["end"]) for c in calls] == [("write", 5, "returned"), ("getpid", 2, "returned")], f"the system calls: {calls}")
    expect(calls[0]["arguments"][:3] == ["0x1", "0x1234", "0x5"] and calls[0]["task"] == "0x8000beef0", f"write's arguments: {calls}")
    expect(calls[0]["position"] < calls[0]["return_position"] < calls[1]["position"], f"positions: {calls}")
    handler = q.ask("trace", "--from", calls[0]["position"] - 1, "--to", calls[0]["position"])
    expect(handler[0]["trap"] == 8 and handler[0]["mode"] == "U" and handler[0]["pc"] == calls[0]["pc"], f"the step before is the ecall: {handler}")
    unfinished = q.ask("syscalls", "--to", calls[0]["return_position"])
    expect([c["end"] for c in unfinished] == ["unfinished"], f"cut off in the middle: {unfinished}")


def check_index(recorder, evidence, symbols, calls):
    """The first question made one; a damaged one is made again, and without any the answers are the same."""
    ask = ["query", evidence, "calls", "--function", hex(symbols["add_product"]), "--json"]
    (index,) = (recorder.folder / "cache/index").iterdir()
    whole = index.read_bytes()
    for damaged in whole[:-1] + bytes([whole[-1] ^ 1]), whole[:1000], b"":
        index.write_bytes(damaged)
        done = recorder.run(*ask)
        expect([json.loads(line) for line in done.stdout.splitlines()] == calls and not done.stderr, f"after damage: {done.stdout}{done.stderr}")
        expect(index.read_bytes() == whole, "the damaged index was not replaced")
    index.unlink()
    done = recorder.run(*ask, "--no-index")
    expect([json.loads(line) for line in done.stdout.splitlines()] == calls and not list(index.parent.iterdir()), "with no index: " + done.stderr)
    shutil.rmtree(index.parent.parent)
    index.parent.parent.write_text("in the way")
    done = recorder.run(*ask)
    expect([json.loads(line) for line in done.stdout.splitlines()] == calls and "recount: no index is kept: " in done.stderr
           and done.stderr.count("\n") == 1, "where none can be written: " + done.stderr)


def main():
    recount, guests = sys.argv[1], pathlib.Path(sys.argv[2])
    folder, symbols = temporary_folder(), symbols_of(guests / "questions")
    try:
        with Recorder(recount, ["--bios", guests / "questions", "-m", "16M"], folder) as recorder:
            recorder.wait(60)
            (evidence,) = recorder.evidence()
            before = evidence.read_bytes()
            q = Questions(recorder, evidence)
            writes, calls = check_writes(q, symbols), check_calls(q, symbols)
            check_trace(q, symbols, calls, writes)
            check_counts(q, recorder.info(evidence))
            check_system_calls(q)
            q.refused(BAD_USAGE, "writes")
            q.refused(BAD_USAGE, "writes", "--addr", "no_such_symbol")
            q.refused(BAD_USAGE, "writes", "--addr", "0x10")
            q.refused(BAD_USAGE, "writes", "--addr", "0x80000000", "--size", "0")
            q.refused(BAD_USAGE, "writes", "--addr", "0x80000000", "--size", "65537")
            q.refused(BAD_USAGE, "calls", "--function", "0xzz")
            q.refused(BAD_USAGE, "trace", "--to", "5")
            q.refused(BAD_USAGE, "profile", "--from", "5", "--to", "4")
            q.refused(BAD_USAGE, "profile", "--to", "999999999")
            q.refused(BAD_USAGE, "gossip")
            q.refused(UNAVAILABLE, "sched")
            check_index(recorder, evidence, symbols, calls)
            expect(evidence.read_bytes() == before, "a query changed the evidence")
    finally:
        shutil.rmtree(folder)


main()
