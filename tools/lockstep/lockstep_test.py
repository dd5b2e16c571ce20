#!/usr/bin/env python3
"""The lockstep driver runs its programs, and refuses bad usage: lockstep_test.py LOCKSTEP. What it does with a difference:
tests/lockstep_test.cc."""
import subprocess
import sys


def run(*words):
    return subprocess.run([sys.argv[1], *words], capture_output=True, text=True, timeout=300, check=False)


def expect(true, what, done):
    if not true:
        sys.exit(f"{what}: exit code {done.returncode}\n{done.stdout}{done.stderr}")


def main():
    done = run("programs", "--seed", "1", "--count", "200")
    expect(done.returncode == 0 and "no difference" in done.stdout, "random programs", done)
    for words in ((), ("fly",), ("programs", "--engines", "jit"), ("programs", "--engines", "jit,steam"), ("linux", "--kernel", "/none")):
        done = run(*words)
        expect(done.returncode == 2, f"bad usage {words}", done)
    print("the engines agree over 200 programs; bad usage is refused")


if __name__ == "__main__":
    main()
