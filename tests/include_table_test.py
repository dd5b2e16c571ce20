#!/usr/bin/env python3
"""Every #include "folder/..." in src/ against the table in docs/architecture.md, and every DEPS of
src/CMakeLists.txt too. The table is read from the page itself, so page and code cannot drift.

  include_table_test.py ROOT              check the project
  include_table_test.py ROOT --self-test  prove that bad includes are found
"""
import pathlib
import re
import sys
import tempfile

ROW = re.compile(r"^\| `(\w+)/` \|.*\| ([^|]*) \|$")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def read_table(text):
    """Folder -> set of the folders it may include."""
    table = {}
    for line in text.splitlines():
        if row := ROW.match(line):
            folder, allowed = row.groups()
            table[folder] = {word.strip() for word in allowed.split(",")} - {"nothing"}
    for folder, allowed in table.items():
        if allowed == {"all"}:
            table[folder] = set(table) - {folder}
        elif unknown := allowed - set(table):
            raise SystemExit(f"docs/architecture.md: row {folder}: no such folder: {', '.join(sorted(unknown))}")
    return table


def cycles(table):
    """A folder that may, over others, include itself would make the order of the table worthless."""
    for start in table:
        seen, todo = set(), [start]
        while todo:
            for next_folder in table[todo.pop()] - seen:
                if next_folder == start:
                    yield f"docs/architecture.md: {start} may include itself, by way of others"
                seen.add(next_folder)
                todo.append(next_folder)


def bad_includes(source, table):
    for path in sorted(source.rglob("*")):
        if path.suffix not in (".h", ".cc", ".inc"):
            continue
        where = path.relative_to(source)
        folder = where.parts[0]
        if folder not in table:
            yield f"src/{where}: folder {folder} has no row in docs/architecture.md"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if not (include := INCLUDE.match(line)):
                continue
            target = include.group(1)
            to = target.split("/")[0]
            if "/" not in target or not (source / target).exists():
                yield f"src/{where}:{number}: \"{target}\" is not a file of src/ by its full name"
            elif to != folder and to not in table[folder]:
                yield f"src/{where}:{number}: {folder} may not include {to}"


def bad_links(cmake, table):
    for name, arguments in re.findall(r"^recount_folder\((\w+)([^)]*)\)", cmake, re.M):
        words = arguments.split()
        deps = words[words.index("DEPS") + 1:] if "DEPS" in words else []
        for dep in deps:
            if dep in ("LIBS", "TEST_LIBS"):
                break
            if dep not in table.get(name, set()):
                yield f"src/CMakeLists.txt: {name} may not link {dep}"


def check(root):
    table = read_table((root / "docs/architecture.md").read_text())
    if len(table) < 10:
        return ["docs/architecture.md: the table of folders cannot be read"]
    return [*cycles(table), *bad_includes(root / "src", table),
            *bad_links((root / "src/CMakeLists.txt").read_text(), table)]


def self_test(root):
    """A copy of the project with one fault each: it must be found, and named."""
    faults = {
        "hart/bad.h": ('#include "machine/machine.h"\n', "src/hart/bad.h:1: hart may not include machine"),
        "base/bad.cc": ('\n#include "event/event.h"\n', "src/base/bad.cc:2: base may not include event"),
        "device/bad.cc": ('#  include "base/none.h"\n', 'src/device/bad.cc:1: "base/none.h" is not a file'),
        "fresh/bad.h": ("", "src/fresh/bad.h: folder fresh has no row"),
    }
    for name, (text, expected) in faults.items():
        with tempfile.TemporaryDirectory() as scratch:
            copy = pathlib.Path(scratch)
            (copy / "docs").mkdir()
            (copy / "docs/architecture.md").write_text((root / "docs/architecture.md").read_text())
            for source in [p for p in (root / "src").rglob("*") if p.is_file()]:
                to = copy / source.relative_to(root)
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_bytes(source.read_bytes())
            bad = copy / "src" / name
            bad.parent.mkdir(exist_ok=True)
            bad.write_text(text)
            found = check(copy)
            if len(found) != 1 or expected not in found[0]:
                return [f"self-test: {name}: expected \"{expected}\", found {found}"]
    table = read_table((root / "docs/architecture.md").read_text())
    if list(bad_links("recount_folder(base DEPS app LIBS x)", table)) != ["src/CMakeLists.txt: base may not link app"]:
        return ["self-test: a bad link is not found"]
    if not list(cycles({"a": {"b"}, "b": {"a"}})):
        return ["self-test: a cycle is not found"]
    return []


def main():
    root = pathlib.Path(sys.argv[1])
    problems = self_test(root) if "--self-test" in sys.argv else check(root)
    print("\n".join(problems) or "the include table holds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
