#!/usr/bin/env python3
"""docs/ir.md against src/engine/ir/opcodes.inc: every opcode has one row there, with the signature of its kind, and
whether it may leave; and no row is of an opcode that is not.

  ir_doc_test.py ROOT
"""
import pathlib
import re
import sys

SIGNATURES = {
    "kImmediate": "imm → int", "kGet": "slot → int", "kSet": "slot, a", "kUnary": "a → int", "kBinary": "a, b → int",
    "kLoad": "a, imm → int", "kStore": "a, imm, b", "kAmo": "a, b → int", "kFGet": "slot → float", "kFSet": "slot, a",
    "kFLoad": "a, imm → float", "kFStore": "a, imm, b", "kFUnary": "a → float", "kFBinary": "a, b → float",
    "kFTernary": "a, b, c → float", "kFCompare": "a, b → int", "kFToInt": "a → int", "kFFromInt": "a → float",
    "kSysGuard": "guard", "kSysGet": "slot → int", "kSysSet": "slot, a", "kStep": "step", "kFGuard": "guard", "kExitIf": "a, b, imm", "kExit": "imm", "kExitTo": "a",
}


def kinds_that_may_leave(source):
    body = source[source.index("bool may_leave(Kind kind)"):]
    return set(re.findall(r"case Kind::(\w+):", body[:body.index("return true;")]))


def check(root):
    folder = root / "src/engine/ir"
    opcodes = re.findall(r'^IR\(\w+,\s*"([\w.]+)",\s*(\w+)\)$', (folder / "opcodes.inc").read_text(), re.M)
    leaving = kinds_that_may_leave((folder / "ir.cc").read_text())
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]*) \|([^|]*)\| (.*) \|$", (root / "docs/ir.md").read_text(), re.M)
    if len(opcodes) < 50 or len(leaving) < 5:
        return ["opcodes.inc or ir.cc cannot be read"]
    problems = []
    described = {}
    for mnemonic, signature, leaves, meaning in rows:
        if mnemonic in described:
            problems.append(f"docs/ir.md: {mnemonic} has two rows")
        described[mnemonic] = (signature.strip(), leaves.strip() == "yes", meaning)
    for mnemonic, kind in opcodes:
        if mnemonic not in described:
            problems.append(f"docs/ir.md: {mnemonic} has no row")
            continue
        signature, leaves, _ = described.pop(mnemonic)
        if signature != SIGNATURES[kind]:
            problems.append(f"docs/ir.md: {mnemonic}: the signature of a {kind} is {SIGNATURES[kind]}")
        if leaves != (kind in leaving):
            problems.append(f"docs/ir.md: {mnemonic}: may_leave() says otherwise of a {kind}")
    problems += [f"docs/ir.md: {mnemonic} is no opcode" for mnemonic in described]
    return problems


def main():
    problems = check(pathlib.Path(sys.argv[1]))
    print("\n".join(problems) or "docs/ir.md describes every opcode")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
