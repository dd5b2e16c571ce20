"""Runs `recount run` in a folder of its own, types at it, asks it, and tells how it ended."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from guest_process import guest_folder

CAPTURED = 3


class Unexpected(Exception):
    """The recorder did something else than it should."""


def wait_until(true, timeout_s, what, poll_s=0.05):
    """What `true` gives once it gives something; Unexpected if it gives nothing for timeout_s."""
    end = time.monotonic() + timeout_s
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > end:
            raise Unexpected(f"within {timeout_s} s not: {what}")
        time.sleep(poll_s)


def cpio(files):
    """A newc archive of {name: bytes, or None for a folder}: an initramfs may be several archives, one behind the other."""
    archive = b""
    for name, data in list(files.items()) + [("TRAILER!!!", b"")]:
        path = name.encode() + b"\0"
        mode, data = (0o040755, b"") if data is None else (0o100755, data)
        fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0]
        header = b"070701" + b"".join(b"%08X" % f for f in fields) + path
        archive += header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4)
    return archive


def expect(true, what, recorder=None):
    if not true:
        raise Unexpected(what + ("\n" + recorder.tail() if recorder else ""))


class Linux:
    """The Debian guest, with the scripts of this checkout whatever the cached initramfs has. A disk per folder."""

    def __init__(self):
        self.made = guest_folder()
        scripts = pathlib.Path(__file__).resolve().parent / "guest/linux/run"
        self.added = cpio({"scripts/" + f.name: f.read_bytes() for f in sorted(scripts.iterdir())})

    def arguments(self, folder, append, memory="256M", disk=True):
        initrd = folder / "initrd"
        made = (self.made / "initramfs.cpio.gz").read_bytes()
        initrd.write_bytes(made + b"\0" * (-len(made) % 4) + self.added)  # the kernel looks for archives at multiples of 4
        arguments = ["--kernel", str(self.made / "Image"), "--initrd", str(initrd), "-m", memory, "--append",
                     "console=ttyS0 " + append]
        if disk:
            shutil.copyfile(self.made / "disk.img", folder / "disk.img")
            arguments += ["--drive", str(folder / "disk.img")]
        return arguments


def work_for(seconds):
    """What keeps the Debian guest's shell busy; then it says "worked"."""
    return (f"end=$(($(date +%s) + {seconds})); while [ $(date +%s) -lt $end ]; do md5sum /bin/busybox > /dev/null; ls -lR /lib > /dev/null; done; "
            "echo worked\n").encode()


def temporary_folder():
    """Short: the control socket's name is limited to 108 bytes."""
    return pathlib.Path(tempfile.mkdtemp(prefix="rc", dir="/tmp"))


class Recorder:
    """A running `recount run`. As a context: nothing of it is left afterwards."""

    def __init__(self, recount, arguments, folder, name="t", stdin=subprocess.PIPE, environment=None, cwd=None):
        self.recount, self.folder, self.name = str(recount), pathlib.Path(folder), name
        self.environment = dict(os.environ, RECOUNT_DIR=str(self.folder))
        self.text, self.errors = bytearray(), bytearray()
        command = [self.recount, "run", "--name", name, *map(str, arguments)]
        self.child = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                                      env=dict(self.environment, **(environment or {})))
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((self.child.stdout, self.text), (self.child.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, into):
        while part := os.read(stream.fileno(), 65536):
            into += part

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            # Its processes end with it: each notices that its channel is closed.
            self.child.kill()
        self.child.wait()
        for reader in self.readers:
            reader.join(5)
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass

    # --- while it runs ---

    def run(self, *arguments, timeout_s=600):
        """Another verb of the same recount, in the same RECOUNT_DIR."""
        return subprocess.run([self.recount, *map(str, arguments)], env=self.environment, capture_output=True,
                              text=True, timeout=timeout_s, check=False)

    def ctl(self, *words, timeout_s=120):
        """The answer to `recount ctl`, or None if there is none."""
        done = self.run("ctl", self.name, *words, "--json", timeout_s=timeout_s)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def status(self):
        return self.ctl("status")

    def type(self, data):
        """False if nobody reads any more."""
        try:
            self.child.stdin.write(data)
            self.child.stdin.flush()
            return True
        except (BrokenPipeError, ValueError):
            return False

    def console(self):
        return self.text.decode(errors="replace").replace("\r\n", "\n")

    def stderr_lines(self):
        return self.errors.decode(errors="replace").splitlines()

    def wait_for(self, words, timeout_s=120):
        """Until the console has words."""
        def there():
            if words.encode() in self.text:
                return True
            if self.child.poll() is not None:
                raise Unexpected(f'ended with {self.child.returncode} before "{words}":\n' + self.tail())
            return False
        wait_until(there, timeout_s, f'"{words}" on the console')

    def wait_status(self, true, what, timeout_s=60):
        """The first status for which `true` holds."""
        def asked():
            status = self.status()
            if status is None and self.child.poll() is not None:
                raise Unexpected(f"ended with {self.child.returncode} before: {what}\n" + self.tail())
            return status if status and true(status) else None
        return wait_until(asked, timeout_s, what)

    def wait_protected(self, other_than=0, timeout_s=60):
        return self.wait_status(lambda s: s["primary_pid"] and s["backup_pid"] not in (0, other_than), "a backup is there",
                                timeout_s)

    def signal(self, number):
        self.child.send_signal(number)

    # --- when it has ended ---

    def wait(self, timeout_s=300):
        """The exit code; negative: a signal."""
        try:
            code = self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.child.send_signal(signal.SIGTERM)
            raise Unexpected(f"still running after {timeout_s} s:\n" + self.tail()) from None
        for reader in self.readers:
            reader.join(10)
        return code

    def evidence(self):
        return sorted((self.folder / "evidence").glob("*.recount"))

    def info(self, path):
        done = self.run("info", path, "--json")
        if done.returncode != 0:
            raise Unexpected(f"info {path}: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def verify_with_both_engines(self, path):
        for engine in "interp", "jit":
            verified = self.run("verify", path, "--engine", engine)
            expect(verified.returncode == 0, f"verify with {engine}: {verified.stderr}")

    def tail(self):
        console = "".join(c if c.isprintable() or c == "\n" else "?" for c in self.console()[-1500:])
        return "--- console ---\n" + console + "\n--- stderr ---\n" + "\n".join(self.stderr_lines()[-20:])
