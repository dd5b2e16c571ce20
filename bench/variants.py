"""The ways to run the suite's guest that are compared."""
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from recorder_process import Unexpected  # noqa: E402
from timed_process import TimedQemu, TimedRecorder  # noqa: E402

# What each adds to `recount run`, and what of its status is worth a figure. The first that a run has is what others are
# compared with.
RECOUNT = {
    "recount-record-backup": (["--window", "{window}"], ["journal_bytes", "lag_s"]),
    "recount-record": (["--no-backup"], ["journal_bytes"]),
    "recount-no-record": (["--no-record"], []),
}
# QEMU's manual, "Record/replay". Each QEMU that is given makes variants of its own, named by its version.
RR = "shift=auto,rr={mode},rrfile={journal}"
QEMU = {"qemu": None, "qemu-rr": "record"}
ALL = [*RECOUNT, *QEMU]
DEFAULT = ["recount-record-backup", "recount-no-record", "qemu"]


class RecountVariant:
    def __init__(self, name, recount, engine, window):
        options, self.keys = RECOUNT[name]
        self.name, self.recount = name, recount
        self.options = [word.format(window=window) for word in options]
        if engine:
            self.options += ["--engine", engine]

    def start(self, folder, arguments):
        return TimedRecorder(self.recount, arguments + self.options, folder, self.keys)


class QemuVariant:
    def __init__(self, kind, qemu):
        self.qemu, self.mode = qemu, QEMU[kind]
        self.name = f"{kind}-{version_of(qemu)}"

    def start(self, folder, arguments):
        return start_qemu(self.qemu, self.mode, folder, arguments)


def start_qemu(qemu, mode, folder, arguments):
    """mode: record or replay, with the journal in folder; None: neither."""
    journal = folder / "qemu.rr" if mode else None
    options = ["-icount", RR.format(mode=mode, journal=journal)] if mode else []
    return TimedQemu([qemu, "-M", "virt", "-nographic", "-nic", "none", *options, *arguments], journal)


def version_of(qemu):
    if shutil.which(qemu) is None:
        raise Unexpected(f"{qemu} is not there")
    text = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"version (\d+\.\d+)", text).group(1)


def variants(names, recount, engine, window, qemus):
    made = [RecountVariant(name, recount, engine, window) for name in RECOUNT if name in names]
    made += [QemuVariant(kind, qemu) for kind in QEMU if kind in names for qemu in qemus]
    if len({variant.name for variant in made}) < len(made):
        raise Unexpected("two of the QEMUs are of one version")
    return made
