"""Stock gdb-multiarch on evidence that `recount debug` serves."""
import os
import re
import shlex
import subprocess

from recorder_process import expect


class Gdb:
    """Stock gdb on evidence, or on what `--live NAME` saves (evidence is None). Each command's answer, and the seconds that it took."""

    def __init__(self, recount, evidence, folder, *options):
        self.folder = folder
        self.server = subprocess.Popen([recount, "debug", *([evidence] if evidence else []), "--no-gdb", *options], stdout=subprocess.PIPE, text=True,
                                       env=dict(os.environ, RECOUNT_DIR=str(folder)))
        self.command = shlex.split(self.server.stdout.readline())
        self.file = next((word for word in self.command if word.startswith("/") and word.endswith("/kallsyms")), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()

    def symbols(self):
        """The kernel's symbols that gdb was given, a line each as /proc/kallsyms has them: address and name."""
        names = subprocess.run(["riscv64-linux-gnu-nm", "--no-sort", self.file], capture_output=True, text=True, check=True).stdout
        return "".join(f"{line[:16]} {line[19:]}\n" for line in names.splitlines()).encode()

    def session(self, commands):
        python = ["import time"]
        for command in commands:
            python += ["begin = time.monotonic()", f"print('<<<')\ntry:\n  gdb.execute({command!r})\nexcept gdb.error as e:\n  print('error:', e)",
                       "print('>>> %.3f' % (time.monotonic() - begin))"]
        script = self.folder / "session.py"
        script.write_text("\n".join(python))
        done = subprocess.run([*self.command, "-nx", "-batch", "-x", script], capture_output=True, text=True, timeout=600, check=False)
        answers = re.findall(r"<<<\n(.*?)>>> ([0-9.]+)\n", done.stdout, re.DOTALL)
        expect(len(answers) == len(commands), f"gdb ended early:\n{done.stdout}\n{done.stderr}")
        return [(text, float(seconds)) for text, seconds in answers]
