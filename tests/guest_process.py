"""Runs a guest (recount or QEMU) as a child process and waits for words on its console."""
import os
import pathlib
import select
import socket
import subprocess
import sys
import time

SKIPPED = 77


def guest_folder():
    """Where scripts/guest puts the Debian guest, or exit as skipped."""
    return made_by("guest", "vmlinuz")


def made_by(script, file):
    """The folder in which scripts/SCRIPT keeps what it made, this file among it; or exit as skipped."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(cache) / "recount" / script
    if not (folder / file).exists():
        skip(f"{folder / file} is not made: scripts/{script} makes it")
    return folder


def free_ports(count):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIPPED)


def console_of(command, until, timeout_s):
    """The console's text up to and with `until`. Raises TimeoutError with the text so far if it does not come."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = b""
    end = time.monotonic() + timeout_s
    try:
        while until.encode() not in text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
                raise TimeoutError(f"no \"{until}\" within {timeout_s} s:\n" + text[-3000:].decode(errors="replace"))
            part = os.read(child.stdout.fileno(), 65536)
            if not part:
                raise TimeoutError(f"the guest ended before \"{until}\":\n" + text[-3000:].decode(errors="replace"))
            text += part
    finally:
        child.kill()
        child.wait()
    return text.decode(errors="replace").replace("\r\n", "\n")
