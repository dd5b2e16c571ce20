#!/usr/bin/env python3
"""A Debian guest's disk over several recordings: linux_disk_test.py RECOUNT. Slow."""
import hashlib
import json
import shutil
import subprocess
import sys

from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder

BOOT_S = 240


class Shell:
    """A recorded guest with a shell on its console."""

    def __init__(self, recount, linux, folder, *options):
        arguments = linux.arguments(folder, "", disk=not (folder / "disk.img").exists())
        if "--drive" not in arguments:
            arguments += ["--drive", folder / "disk.img"]
        self.recorder = Recorder(recount, [*arguments, "--window", "3s", *options], folder)
        self.count = 0

    def __enter__(self):
        self.recorder.__enter__()
        self.recorder.wait_for("recount-guest: ready", BOOT_S)
        self.recorder.wait_for("# ", BOOT_S)
        return self

    def __exit__(self, *how):
        self.recorder.__exit__(*how)

    def do(self, command):
        """What a command prints."""
        self.count += 1
        # The echo of what is typed has the quotes, the answer has not.
        self.recorder.type(f"{command}; echo 'do''ne' {self.count}\n".encode())
        self.recorder.wait_for(f"done {self.count}\n".replace("\n", "\r\n"), 120)
        return self.recorder.console().rpartition(f"done {self.count}\n")[0].rpartition(f"echo 'do''ne' {self.count}\n")[2]

    def end(self, command, code):
        self.recorder.type(command + b"\n")
        got = self.recorder.wait(300)
        expect(got == code, f"exit code {got}, not {code}\n" + self.recorder.tail())


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else hashlib.sha256(file.read()).hexdigest()


def disk(recount, folder, action, *options):
    done = subprocess.run([recount, "disk", action, folder / "disk.img", *options], capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if options else None


def main():
    recount, linux, folder = sys.argv[1], Linux(), temporary_folder()
    with Shell(recount, linux, folder) as shell:
        image = digest(folder / "disk.img")
        sums = shell.do("dd if=/dev/urandom of=/mnt/big bs=64k count=100 2>/dev/null; echo first > /mnt/note; sync; md5sum /mnt/big")
        shell.end(b"umount /mnt; poweroff -f", 0)
    expect(digest(folder / "disk.img") == image, "the base image was written")
    expect(disk(recount, folder, "status", "--json")["written_bytes"] > 6_000_000, "nothing was written beside it")

    # Ends without an unmount: what was synced is there, the journal of ext4 mends the rest.
    with Shell(recount, linux, folder) as shell:
        expect(shell.do("md5sum /mnt/big") == sums, "the next recording sees other bytes")
        expect("first" in shell.do("cat /mnt/note"), "the next recording does not see the note")
        shell.do("echo second > /mnt/note; sync")
        shell.end(b"echo c > /proc/sysrq-trigger", CAPTURED)
        evidence = shell.recorder.evidence()
        expect(len(evidence) == 1 and shell.recorder.info(evidence[0])["certified"], "certified evidence")
        verified = shell.recorder.run("verify", evidence[0])
        expect(verified.returncode == 0, f"verify: {verified.stderr}")
    expect(digest(folder / "disk.img") == image, "the base image was written")

    # A killed primary loses nothing that was synced.
    with Shell(recount, linux, folder) as shell:
        expect("second" in shell.do("cat /mnt/note"), "what was synced before the panic is lost")
        shell.do("echo third > /mnt/note; sync")
        pid = shell.recorder.status()["primary_pid"]
        subprocess.run(["kill", "-9", str(pid)], check=True)
        code = shell.recorder.wait(300)
        expect(code == CAPTURED, f"exit code {code}\n" + shell.recorder.tail())
        evidence = [p for p in shell.recorder.evidence() if "lost" in p.name]
        expect(len(evidence) == 1 and shell.recorder.info(evidence[0])["certified"], "certified evidence of the lost primary")

    disk(recount, folder, "commit")
    expect(digest(folder / "disk.img") != image, "commit did not write the image")
    status = disk(recount, folder, "status", "--json")
    expect(status["layers"] == 0 and not status["half_committed"], f"after commit: {status}")
    checked = subprocess.run(["e2fsck", "-f", "-y", folder / "disk.img"], capture_output=True, text=True, check=False) if shutil.which("e2fsck") else None
    expect(checked is None or checked.returncode in (0, 1), f"e2fsck: {checked and checked.stdout}")
    with Shell(recount, linux, folder) as shell:
        expect("third" in shell.do("cat /mnt/note") and shell.do("md5sum /mnt/big") == sums, "committed files differ")
        shell.end(b"umount /mnt; poweroff -f", 0)

    # An image made of a folder is what the guest mounts.
    (folder / "files").mkdir()
    (folder / "files/note").write_text("from the host\n")
    (folder / "disk.img").unlink()
    shutil.rmtree(folder / "disk.img.recount")
    subprocess.run([recount, "disk", "make", "--from", folder / "files", "--size", "16M", "-o", folder / "disk.img"], check=True)
    with Shell(recount, linux, folder) as shell:
        expect("from the host" in shell.do("cat /mnt/note"), "the guest does not see the folder's file")
        shell.end(b"umount /mnt; poweroff -f", 0)
    shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
