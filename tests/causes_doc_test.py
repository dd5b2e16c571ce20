#!/usr/bin/env python3
"""docs/interface.md has a row for every cause of evidence, and says of each whether it is on and what is left of the system."""
import pathlib
import re
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    rows = re.findall(r'^ +\{"(\w+)",.*?\b(kOver|kGoesOn), (kOn|kOff),', (root / "src/recorder/failure_cause.cc").read_text(), re.MULTILINE | re.DOTALL)
    known = {name: ("over" if left == "kOver" else "goes on", on == "kOn") for name, left, on in rows}
    section = (root / "docs/interface.md").read_text().partition("## Causes of evidence")[2].partition("\n## ")[0]
    told = {}
    for names, what, then in re.findall(r"^\| (`.*?) \| (.*) \| (over|goes on) \|$", section, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            told[name] = (then, "not by default" not in what)
    wrong = [f"{name}: {known.get(name)} in the code, {told.get(name)} in the document" for name in sorted(known | told)
             if known.get(name) != told.get(name)]
    print("\n".join(wrong) or f"{len(known)} causes as documented")
    sys.exit(1 if wrong or len(known) < 10 else 0)


if __name__ == "__main__":
    main()
