#!/usr/bin/env python3
"""A Debian guest on the user network, recorded: network_test.py RECOUNT. Slow."""
import hashlib
import http.server
import os
import random
import shutil
import signal
import socket
import sys
import threading

from guest_process import free_ports
from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder, wait_until

BOOT_S = 240
FILE = random.Random(7).randbytes(8 << 20)


class Host:
    """A web server on the host that has one file and counts who asks for it."""

    def __init__(self):
        host = self
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host.asked += 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(FILE)))
                self.end_headers()
                self.wfile.write(FILE)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def say(port, line):
    """What the guest answers; None if nobody did. What is sent is closed first: the guest sees the end of it."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as guest:
            guest.sendall(line.encode() + b"\n")
            return guest.recv(1000).decode() or None
    except OSError:
        return None


def ask(port, line):
    """The same, but until somebody answers: between two connections nobody listens."""
    return wait_until(lambda: say(port, line), 60, f"an answer from the guest to {line}")


def main():
    recount, linux, folder = sys.argv[1], Linux(), temporary_folder()
    host, port = Host(), free_ports(1)[0]
    arguments = linux.arguments(folder, f"recount.run=network recount.fetch={host.port} panic=-1", disk=False)
    arguments += ["--net", f"user,hostfwd=tcp:127.0.0.1:{port}-:7", "--window", "5s"]
    with Recorder(recount, arguments, folder) as recorder:
        recorder.wait_for("network: listening", BOOT_S)
        console = recorder.console()
        expect("network: 10.0.2.15 from 10.0.2.2" in console, "no address by DHCP\n" + recorder.tail())
        expect("network: fetched " + hashlib.md5(FILE).hexdigest() in console, "the guest fetched something else\n" + recorder.tail())
        expect(host.asked == 1, f"the file was asked for {host.asked} times")
        expect(ask(port, "hello") == "guest heard: hello\n", "another answer")

        # The backup's death, and that it holds none of the primary's connections: when the guest closes one, its peer sees that.
        backup = recorder.wait_protected()["backup_pid"]
        os.kill(backup, signal.SIGKILL)
        recorder.wait_protected(other_than=backup)
        expect(ask(port, "again") == "guest heard: again\n", "another answer")

        # A second recorder cannot have the port.
        second = Recorder(recount, arguments, folder, name="second")
        with second:
            expect(second.wait(60) == 69, "the port is taken, and yet it ran")
            lines = second.stderr_lines()
            expect(len(lines) == 1 and "cannot listen on TCP port" in lines[0] and "in use" in lines[0], str(lines))

        ask(port, "crash")
        expect(recorder.wait(300) == CAPTURED, "no failure was captured\n" + recorder.tail())
        evidence = recorder.evidence()
        expect(len(evidence) == 1 and recorder.info(evidence[0])["certified"], "certified evidence")
        # Nothing leaves a replay, and nothing is there any more that it could reach.
        host.server.shutdown()
        recorder.verify_with_both_engines(evidence[0])

    # From power-on: what was fetched comes out of the journal alone.
    host = Host()
    arguments = linux.arguments(folder, f"recount.run=network recount.fetch={host.port} panic=-1", disk=False)
    arguments += ["--net", f"user,hostfwd=tcp:127.0.0.1:{port}-:7", "--no-backup"]
    with Recorder(recount, arguments, folder, name="whole") as recorder:
        recorder.wait_for("network: listening", BOOT_S)
        journal_bytes = recorder.status()["journal_bytes"]
        ask(port, "crash")
        expect(recorder.wait(300) == CAPTURED, "no failure was captured\n" + recorder.tail())
        host.server.shutdown()
        path = [p for p in recorder.evidence() if p.name.startswith("whole")][0]
        replayed = recorder.run("replay", path, "--console", "--engine", "interp")
        expect(replayed.returncode == 0, f"replay: {replayed.stderr}")
        expect("network: fetched " + hashlib.md5(FILE).hexdigest() in replayed.stdout, "the replay fetched something else")
        expect(host.asked == 1, "the replay asked the host")
        # Nearly all of a journal with traffic is frames: 54 bytes of headers and up to 1460 of the file.
        frame_bytes = len(FILE) * 1514 / 1460
        expect(frame_bytes < journal_bytes < 1.05 * frame_bytes, f"a journal of {journal_bytes} bytes for frames of {frame_bytes}")
    shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
