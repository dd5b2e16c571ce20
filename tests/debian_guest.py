"""The whole Debian of scripts/debian as a guest, under Recount or QEMU, and its root shell over ssh."""
import os
import pathlib
import subprocess

from guest_process import free_ports, made_by
from recorder_process import Recorder, Unexpected, wait_until

PASSWORD = "recount"  # scripts/debian
HTTP, REDIS = 80, 6379


class DebianGuest:
    """What is the same under Recount and QEMU: files, forwarded ports, and ssh. The disk is a copy in folder."""

    def __init__(self, folder, memory="1G", harts=1, append=""):
        self.folder, self.memory, self.harts = pathlib.Path(folder), memory, harts
        made = made_by("debian", "disk.img")
        self.disk = self.folder / "debian.img"
        # A copy that shares blocks, where the file system has such: the image has 3 GB.
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", made / "disk.img", self.disk], check=True)
        self.boot = ["-kernel", str(made / "Image"), "-initrd", str(made / "initramfs.cpio.gz"), "-append",
                     "console=ttyS0 recount.root=/sbin/init " + append]
        self.ssh_port, self.http_port, self.redis_port = free_ports(3)
        self.forwards = ",".join(f"hostfwd=tcp:127.0.0.1:{host}-:{guest}"
                                 for host, guest in ((self.ssh_port, 22), (self.http_port, HTTP), (self.redis_port, REDIS)))
        askpass = self.folder / "askpass"
        askpass.write_text(f"#!/bin/sh\necho {PASSWORD}\n")
        askpass.chmod(0o700)

    def recount_arguments(self):
        return ["-" + word if word.startswith("-") else word for word in self.boot] + [
            "-m", self.memory, "--smp", str(self.harts), "--drive", str(self.disk), "--net", "user," + self.forwards]

    def qemu_command(self, qemu):
        return [qemu, "-M", "virt", "-nographic", *self.boot, "-m", self.memory, "-smp", str(self.harts),
                "-drive", f"file={self.disk},format=raw,if=none,id=disk", "-device", "virtio-blk-device,drive=disk",
                "-netdev", "user,id=net," + self.forwards, "-device", "virtio-net-device,netdev=net"]

    def ssh_command(self, command):
        options = ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no", "LogLevel=ERROR", "ConnectTimeout=20", "PubkeyAuthentication=no",
                   "NumberOfPasswordPrompts=1", "ControlMaster=auto", f"ControlPath={self.folder}/ssh", "ControlPersist=yes"]
        return ["ssh", *(word for option in options for word in ("-o", option)), "-p", str(self.ssh_port), "root@127.0.0.1", command]

    def ssh(self, command, timeout_s=600):
        """What the command prints in the guest. Unexpected if it fails."""
        done = self._run(command, timeout_s)
        if done.returncode != 0:
            raise Unexpected(f"in the guest: {command}: exit {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout

    def start(self, command):
        """Begins it in the guest and does not wait for it."""
        self.ssh(f"setsid sh -c '{command}' < /dev/null > /dev/null 2>&1 &")

    def put(self, path, name):
        """A file of the host, under this name in the guest."""
        with open(path, "rb") as data:
            subprocess.run(self.ssh_command(f"cat > {name}"), stdin=data, check=True, timeout=120)

    def wait_for_ssh(self, timeout_s=600):
        wait_until(lambda: self._run("systemctl is-system-running --wait", 120).stdout.strip() in ("running", "degraded"), timeout_s,
                   "a guest that is up and answers by ssh", poll_s=0.5)

    def _run(self, command, timeout_s):
        environment = dict(os.environ, SSH_ASKPASS=str(self.folder / "askpass"), SSH_ASKPASS_REQUIRE="force", DISPLAY=":none")
        try:
            return subprocess.run(self.ssh_command(command), env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(late.cmd, 255, "", f"nothing within {timeout_s} s")

    def start_servers(self):
        """nginx, redis and PostgreSQL, with a database for pgbench; the first two for the host, too."""
        self.ssh("systemctl start nginx redis-server postgresql; redis-cli config set save '' > /dev/null; "
                 "redis-cli config set protected-mode no > /dev/null; redis-cli config set bind '* -::*' > /dev/null; "
                 "su postgres -c 'createdb bench; pgbench -q -i -s 1 bench' > /dev/null 2>&1")

    def hang_up(self):
        """Ends the connection that ssh keeps."""
        subprocess.run(["ssh", "-o", f"ControlPath={self.folder}/ssh", "-O", "exit", "root@127.0.0.1"], capture_output=True, check=False)


class DebianRecorder(Recorder):
    def __init__(self, recount, guest, options=(), name="t"):
        self.guest = guest
        super().__init__(recount, [*guest.recount_arguments(), *options], guest.folder, name=name, stdin=subprocess.DEVNULL)

    def __exit__(self, *what):
        self.guest.hang_up()
        super().__exit__(*what)
