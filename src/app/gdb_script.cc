#include "app/gdb_script.h"

namespace recount {

// Addresses are any expression for gdb, which knows the symbols that were loaded. After a move gdb reads everything anew.
const char* const kGdbScript = R"PY(import os
import re
import shlex

import gdb


def monitor(words):
    return gdb.execute("monitor " + words, to_string=True)


def moved(text):
    """Time is another now: what gdb remembers of registers and memory is not true any more."""
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    print(text, end="")
    hart = re.search(r"hart (\d+) at pc", text)
    if hart:  # whose turn it is there
        gdb.execute("thread %d" % (int(hart.group(1)) + 1), to_string=True)
        gdb.execute("frame")


def named(text):
    """Behind each "pc 0x...", what gdb calls it."""
    def one(match):
        where = gdb.execute("info symbol " + match.group(1), to_string=True)
        return match.group(0) + ("" if where.startswith("No symbol") else " (" + where.split(" in section")[0].strip() + ")")
    return re.sub(r"(?:pc|ra) (0x[0-9a-f]+)(?! <)\b", one, text)


def address(expression):
    value = gdb.parse_and_eval(expression)
    if value.type.strip_typedefs().code in (gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_ARRAY):
        value = value.address
    return "%#x" % (int(value) & (1 << 64) - 1)


class Plain(gdb.Command):
    def invoke(self, argument, from_tty):
        print(named(monitor(self.name + " " + argument)), end="")


class Moving(gdb.Command):
    def invoke(self, argument, from_tty):
        moved(named(monitor(self.name + " " + argument)))


class OfAddress(gdb.Command):
    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError(self.__doc__)
        text = named(monitor(" ".join([self.name, address(words[0]), *words[1:]])))
        if self.name == "last":
            moved(text)
        else:
            print(text, end="")


COMMANDS = [
    (Plain, "when", "Position and guest time here."),
    (Plain, "events", "events [N]: what came into the machine around here."),
    (Moving, "goto", "goto POSITION|end|-3s|50%|event N|mark NAME: goes there."),
    (Moving, "back", "Where one was before the last goto."),
    (Moving, "forward", "Undoes back."),
    (Plain, "dmesg", "dmesg [N]: the kernel's log as it is in its memory here."),
    (Plain, "ps", "ps [threads]: the tasks that Linux has here."),
    (Plain, "maps", "maps [PID]: what a process has mapped, by default the one that runs here."),
    (Plain, "console", "console [N]: what the guest had printed by here."),
    (OfAddress, "who-wrote", "who-wrote ADDRESS [SIZE]: the last change before here. back goes to it."),
    (OfAddress, "last", "last FUNCTION: goes to the last time before here that it was called."),
    (OfAddress, "calls", "calls FUNCTION [MOST]: each call of it, with its arguments."),
]
for kind, name, text in COMMANDS:
    type(name, (kind,), {"__doc__": text, "name": name})(name, gdb.COMMAND_RUNNING)


class Process(gdb.Command):
    """process [PID]: names of what a process runs, by default the one that runs here, from its files below `set sysroot`."""

    loaded = set()

    def invoke(self, argument, from_tty):
        root = gdb.parameter("sysroot")
        if not os.path.isdir(root):
            raise gdb.GdbError("where are the guest's files? recount debug --sysroot DIR, or set sysroot DIR")
        begins, runs = {}, []
        for begin, flags, offset, path in re.findall(r"^([0-9a-f]+)-[0-9a-f]+ (\S+) ([0-9a-f]+) (/.*)$", monitor("maps " + argument), re.MULTILINE):
            if int(offset, 16) == 0:
                begins.setdefault(path, int(begin, 16))
            if "x" in flags and path not in runs:
                runs.append(path)
        for path in runs:
            self.load(os.path.realpath(root), path, begins.get(path, 0))

    def load(self, root, path, begin):
        # The guest names the file: it must not name one elsewhere.
        file = os.path.realpath(os.path.join(root, path.lstrip("/")))
        if not file.startswith(root.rstrip("/") + "/") or not os.path.isfile(file):
            print("%s: not below %s" % (path, root))
            return
        with open(file, "rb") as elf:
            header = elf.read(18)
        if header[:4] != b"\x7fELF" or len(header) < 18:
            print("%s: not an ELF file" % file)
            return
        moved = 0 if header[16] == 2 else begin  # ET_EXEC is where it says
        if (file, moved) not in self.loaded:
            gdb.execute("add-symbol-file %s -o %#x" % (shlex.quote(file), moved), to_string=True)
            self.loaded.add((file, moved))
        print("%s at %#x" % (file, moved))


Process("process", gdb.COMMAND_FILES)


class InfoRecording(gdb.Command):
    """What this evidence is, and where one stands."""

    def invoke(self, argument, from_tty):
        print(named(monitor("info recording")), end="")


InfoRecording("info recording", gdb.COMMAND_STATUS)


class Checkpoint(gdb.Command):
    """Remembers this position, for back."""

    def invoke(self, argument, from_tty):
        print(named(monitor("checkpoint")), end="")


Checkpoint("checkpoint", gdb.COMMAND_RUNNING)
)PY";

}  // namespace recount
