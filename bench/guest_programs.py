"""The suite's programs, and the Debian guest with them in its initramfs."""
import pathlib
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from recorder_process import Linux, cpio  # noqa: E402

# Without cryptomgr.notests Debian's kernel runs its crypto self-tests, over 0.5 G instructions, after init has started.
KERNEL_WORDS = "quiet cryptomgr.notests"


class Program(NamedTuple):
    name: str
    result: str  # what it must come to, on every machine
    what: str


def all_programs():
    lines = (HERE / "guest/programs.txt").read_text().splitlines()
    return [Program(*line.split(" | ")) for line in lines]


class SuiteGuest(Linux):
    """Its first process is the suite's own, which runs these programs (names) in turn."""

    def __init__(self, binary, append=""):
        super().__init__()
        files = {"init": HERE / "guest/init", "bench/programs": pathlib.Path(binary)}
        files |= {f"bench/shell/{f.name}": f for f in sorted((HERE / "guest/shell").iterdir())}
        self.added = cpio({"bench": None, "bench/shell": None} | {name: f.read_bytes() for name, f in files.items()})
        self.append = append

    def suite_arguments(self, folder, names, memory):
        words = [KERNEL_WORDS, self.append, "recount.bench=" + ",".join(names)]
        return self.arguments(folder, " ".join(filter(None, words)), memory=memory, disk=False)
