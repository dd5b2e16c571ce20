"""Runs the libFuzzer targets of build-fuzz: see scripts/fuzz, which makes that folder."""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent
BUILD = SOURCE.parent / "build-fuzz"

# Of a file in the tree, and how many of them a target has at most. Regressions (crash-NAME) do not count.
MOST_BYTES = 4095
MOST_FILES = 40

# The longest input, where 4 KiB is not what shows most.
LONGEST = {"control": 70_000, "pattern": 10_000, "state": 8192, "evidence": 8192, "sbi": 1024, "engine": 512, "translate": 512,
           "decoder": 256}


def targets():
    return sorted(path.name.removesuffix("_fuzz.cc") for path in SOURCE.glob("*_fuzz.cc"))


def binary(target):
    return BUILD / "fuzz" / f"{target}_fuzz"


def seeds(target):
    """The target's own seeds, as files."""
    folder = BUILD / "seeds" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run([binary(target), "--write-seeds", folder], check=True)
    return folder


def common_options(target):
    options = [f"-max_len={LONGEST.get(target, 4096)}", "-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-timeout=25"]
    dictionary = SOURCE / "dict" / f"{target}.dict"
    return options + ([f"-dict={dictionary}"] if dictionary.exists() else [])


def environment():
    symbolizer = shutil.which("llvm-symbolizer-19")
    return os.environ | ({"ASAN_SYMBOLIZER_PATH": symbolizer} if symbolizer else {})


def number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run(target, seconds):
    """Fuzzes one target; what it showed, as a row of the table."""
    kept = BUILD / "corpus" / target
    findings = BUILD / "findings" / target
    for folder in (kept, findings):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    command = [binary(target), kept, SOURCE / "corpus" / target, seeds(target), f"-max_total_time={seconds}",
               f"-artifact_prefix={findings}/", "-print_final_stats=1", *common_options(target)]
    log = BUILD / f"{target}.log"
    with open(log, "w") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, env=environment(), check=False)
    text = log.read_text(errors="replace")
    found = sorted(set(findings.iterdir()) - before)
    for path in found:
        print(f"{target}: {path}\n{target}: again with: {binary(target)} {path}", flush=True)
    if done.returncode != 0 and not found:
        print(f"{target}: exit code {done.returncode}, see {log}", flush=True)
    return {
        "target": target,
        "runs": number(r"stat::number_of_executed_units: +(\d+)", text),
        "runs/s": number(r"stat::average_exec_per_sec: +(\d+)", text),
        "edges": number(r"cov: (\d+)", text),
        "features": number(r"ft: (\d+)", text),
        "corpus": number(r"corp: (\d+)", text),
        "MiB": number(r"stat::peak_rss_mb: +(\d+)", text),
        "findings": len(found) or int(done.returncode != 0),
    }


def cover(control):
    """The inputs, in the order in which each adds the most that those before it do not show: from libFuzzer's control
    file, which lists the features of every input."""
    lines = control.read_text().splitlines()
    names = lines[2:2 + int(lines[0])]
    features = {}
    for line in lines[2 + len(names):]:
        kind, *numbers = line.split()
        if kind == "FT":
            features[pathlib.Path(names[int(numbers[0])])] = set(numbers[1:])
    seen = set()
    while features:
        # Of two that show as much, the smaller.
        best = max(features, key=lambda path: (len(features[path] - seen), -path.stat().st_size, path.name))
        fresh = features.pop(best) - seen
        if not fresh:
            return
        seen |= fresh
        yield best


def minimize(target):
    """Puts the most telling small inputs that there are into the tree."""
    tree = SOURCE / "corpus" / target
    tree.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        candidates, merged, control = scratch / "candidates", scratch / "merged", scratch / "control"
        candidates.mkdir()
        merged.mkdir()
        for folder in (tree, seeds(target), BUILD / "corpus" / target):
            for path in sorted(folder.iterdir()) if folder.exists() else []:
                if path.stat().st_size <= MOST_BYTES and not path.name.startswith("crash-"):
                    shutil.copy(path, candidates / path.name)
        subprocess.run([binary(target), "-set_cover_merge=1", f"-merge_control_file={control}", *common_options(target),
                        merged, candidates], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), check=True)
        chosen = [path for path, _ in zip(cover(control), range(MOST_FILES))]
        for path in tree.iterdir():
            if not path.name.startswith("crash-"):
                path.unlink()
        for path in chosen:
            shutil.copy(path, tree / hashlib.sha256(path.read_bytes()).hexdigest()[:16])
    print(f"{target}: {len(list(tree.iterdir()))} files in {tree}", flush=True)


def print_table(rows):
    if not rows:
        return
    widths = {key: max(len(key), *(len(f"{row[key]}") for row in rows)) for key in rows[0]}
    for row in [dict.fromkeys(widths) | {key: key for key in widths}, *rows]:
        print("  ".join(f"{row[key]:<{width}}" if key == "target" else f"{row[key]:>{width}}" for key, width in widths.items()))


def main():
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description="Fuzzes with libFuzzer. Exit code 1: a finding.")
    parser.add_argument("target", nargs="*", help="of: " + " ".join(targets()))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (1)")
    parser.add_argument("--minimize", action="store_true", help="then make fuzz/corpus of what is worth keeping")
    arguments = parser.parse_args()
    chosen = arguments.target or targets()
    if unknown := set(chosen) - set(targets()):
        parser.error(f"no such target: {' '.join(sorted(unknown))}")
    subprocess.run(["ninja", "-C", BUILD, *(f"{target}_fuzz" for target in chosen)], check=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(lambda target: run(target, arguments.seconds), chosen)) if arguments.seconds > 0 else []
        if arguments.minimize:
            list(pool.map(minimize, chosen))
    print_table(rows)
    return int(any(row["findings"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
