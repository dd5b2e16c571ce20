#!/usr/bin/env python3
"""Every way in which a Debian guest can be made to fail is noticed, once, by its name: failures_test.py RECOUNT INJECTOR CASE.

Cases of REAL make the kernel fail, those of SYSTEMD a system that Debian's systemd runs. Those of TEXT, which such a guest cannot be brought
to, only have it print through /dev/kmsg what its kernel would print: what they test is that the text is known.
"""
import re
import shutil
import signal
import sys

sys.path.insert(0, __file__.rpartition("/")[0] + "/faults")

from guest_process import guest_folder, skip
from kernel_module import compiled, modules
from preload import environment
from recorder_process import CAPTURED, Linux, Recorder, Unexpected, cpio, temporary_folder

BOOT_S, FAIL_S = 240, 240
OVER, GOES_ON = True, False

# name: what is typed, how the evidence's cause and detail must be, what is left of the system, and, where needed, more of the kernel's
# command line and of recount's options.
REAL = {
    "panic": ("echo c > /proc/sysrq-trigger", "panic", "Kernel panic - not syncing: sysrq triggered crash", OVER),
    "panic_of_init": ("exec /bad/segfault", "panic", "Kernel panic - not syncing: Attempted to kill init!.*", OVER, "recount.run=../bad/die"),
    "oops": ("insmod /bad/oops.ko", "oops", "Unable to handle kernel access to user memory .* at virtual address 0000000000000000", OVER),
    "oops_that_panics": ("insmod /bad/oops.ko", "panic", "Kernel panic - not syncing: Fatal exception", OVER, "oops=panic"),
    # On RISC-V the handler of a BUG counts as an interrupt's, in which nothing may fail.
    "bug_that_panics": ("insmod /bad/bug.ko", "panic", "Kernel panic - not syncing: Fatal exception in interrupt", OVER),
    "warning": ("insmod /bad/warning.ko", "warning", r"WARNING: CPU: 0 PID: \d+ at warning.c:7 .*", GOES_ON, "", "--save-on", "+warning"),
    "lockup": ("echo 1 > /proc/sys/kernel/watchdog_thresh; insmod /bad/spin.ko", "lockup",
               r"watchdog: BUG: soft lockup - CPU#0 stuck for \d+s! \[insmod:\d+\]", GOES_ON),
    # Processes that end give RCU something to wait for, mostly, when the hart begins to spin; else it spins again.
    "rcustall": ("echo 0 > /proc/sys/kernel/watchdog; (for i in $(seq 3000); do /bin/busybox true; done) & "
                 "for n in 1 2 3 4 5 6 7 8; do dmesg | grep -q 'rcu: INFO' || insmod /bad/spin.ko; done",
                 "rcustall", r"rcu: INFO: \S+ (self-detected stall on CPU|detected stalls on CPUs/tasks:)", GOES_ON, "rcupdate.rcu_cpu_stall_timeout=3"),
    "hungtask": ("echo 2 > /proc/sys/kernel/hung_task_timeout_secs; fsfreeze --freeze /mnt; (echo x > /mnt/x) & sleep 8; fsfreeze --unfreeze /mnt",
                 "hungtask", r"INFO: task sh:\d+ blocked for more than \d+ seconds\.", GOES_ON),
    "oom": ("tail /dev/zero", "oom", r"Out of memory: Killed process \d+ \(tail\) .*", GOES_ON),
    "process": ("/bad/segfault", "process", r"segfault\[\d+\]: unhandled signal 11 \(SIGSEGV\) code 0x1 .*", GOES_ON),
    "process_that_aborts": ("sh -c 'kill -ABRT $$'", "process", r".*sh: potentially unexpected fatal signal 6 \(SIGABRT\)\.", GOES_ON,
                            "print-fatal-signals=1"),
    # The host's own calls fail, from the 20th flush on.
    "disk": ("for i in $(seq 40); do echo $i > /mnt/x; sync; done", "disk", "I/O error, dev vda, sector .*", GOES_ON),
    "disk_of_a_quiet_kernel": ("for i in $(seq 40); do echo $i > /mnt/x; sync; done", "disk", "disk 0 returned an I/O error", GOES_ON, "loglevel=1"),
    "reset": ("echo b > /proc/sysrq-trigger", "reset", "the guest reset itself without announcing a restart", OVER),
    "hang": ("insmod /bad/hang.ko", "hang", r"interrupts are kept waiting for \S+ s, at pc 0xffffffff\w+", OVER, "", "--hang", "2s"),
    "silence": ("sleep 20; echo aw''ake", "silence", r"no output for \S+ s", GOES_ON, "", "--silence", "5s"),
    "own": ("echo my''word", "mine", "myword", OVER, "", "--pattern", "mine=^myword$"),
    "prompt": ("PS1='stand''s: '", "prompt", "stands: ", OVER, "", "--pattern", "prompt=^stands: $"),
}
TEXT = {
    "bug": ("<3>BUG: scheduling while atomic: swapper/0/1/0x00000002", "bug", OVER),
    "hard_lockup": ("<0>watchdog: Watchdog detected hard LOCKUP on cpu 0", "lockup", GOES_ON),
    "thermal": ("<0>reboot: HARDWARE PROTECTION shutdown (Temperature too high)", "emergency", GOES_ON),
    "file_system": ("<2>EXT4-fs error (device vda): ext4_find_entry:1463: inode #2: comm ls: reading directory lblock 0", "disk", GOES_ON),
}

BROKEN = b"[Unit]\nDescription=A service that fails\n[Service]\nType=oneshot\nExecStart=/bin/false\n"
DIES = b'[Unit]\nDescription=A service that dies\n[Service]\nExecStart=/bin/sh -c "sleep 3; kill -SEGV $$$$"\n'

# name: files of the guest, more of the kernel's command line, cause and detail.
SYSTEMD = {
    "unit": ({"etc/systemd/system/broken.service": BROKEN}, "systemd.wants=broken.service", "unit",
             r"\[FAILED\] Failed to start broken\.service - A service that fails\."),
    "unit_in_the_log": ({"etc/systemd/system/dies.service": DIES}, "systemd.wants=dies.service systemd.log_target=kmsg", "unit",
                        r"systemd\[1\]: dies\.service: Failed with result 'signal'\."),
    "emergency": ({"etc/fstab": b"/dev/vdz /data ext4 defaults,x-systemd.device-timeout=2s 0 2\n"}, "", "emergency",
                  r"\[  OK  \] Reached target emergency\.target - Emergency Mode\."),
}


def of_text(text, cause, left):
    # What is typed is echoed: only what printf makes of it is to be the text.
    octal = "".join(f"\\0{ord(c):o}" if c.isalpha() else c for c in text)
    return (f'printf "%b\\n" "{octal}" > /dev/kmsg', cause, re.escape(re.sub(r"^<\d+>", "", text)), left)


TYPED = {**REAL, **{name + "_text": of_text(*case) for name, case in TEXT.items()}}

SEGFAULT = """
    .globl _start
_start: sd zero, 0(zero)
"""


class BadLinux(Linux):
    """The Debian guest, with what makes it fail in /bad."""

    def __init__(self, folder):
        super().__init__()
        bad = {f"bad/{name}.ko": data for name, data in modules(self.made, folder).items()}
        bad["bad/segfault"] = compiled(SEGFAULT, folder, "-nostdlib", "-static")
        bad["bad/die"] = b"exec /bad/segfault\n"
        self.added += cpio({"bad": None, **bad})


def check(recorder, code, cause, detail):
    files = recorder.evidence()
    if code != CAPTURED or len(files) != 1:
        raise Unexpected(f"exit code {code}, evidence {[f.name for f in files]}\n{recorder.tail()}")
    info = recorder.info(files[0])
    if info["cause"] != cause or not re.fullmatch(detail, info["detail"]):
        raise Unexpected(f"{info['cause']}: {info['detail']}, not {cause}: {detail}\n{recorder.tail()}")
    if not info["certified"] or not info["meaning"]:
        raise Unexpected(f"not certified: {info['uncertified_reason']}\n{recorder.tail()}")
    print(f"{info['cause']}: {info['detail']}")


OPTIONS = ("--window", "3s", "--save-interval", "1h")


def run_typed(recount, injector, folder, name):
    typed, cause, detail, left, *more = TYPED[name]
    append, options = (more[0], more[1:]) if more else ("", [])
    how = {"environment": environment(injector, folder / "table", "primary/fdatasync:20+:EIO")} if cause == "disk" and name in REAL else {}
    arguments = BadLinux(folder).arguments(folder, "loglevel=7 " + append, memory="192M")
    with Recorder(recount, [*arguments, *OPTIONS, *options], folder, **how) as recorder:
        if "recount.run" not in append:
            recorder.wait_for("recount-guest: ready", BOOT_S)
            recorder.wait_for("# ", BOOT_S)
            recorder.type(typed.encode() + b"\n")
        if left == GOES_ON:
            recorder.wait_status(lambda s: s["evidence"], f"evidence of {cause}", FAIL_S)
            recorder.type(b"echo ali''ve\n")
            recorder.wait_for("alive", FAIL_S)
            recorder.type(b"poweroff -f\n")
        check(recorder, recorder.wait(FAIL_S), cause, detail)


def run_systemd(recount, folder, name):
    files, append, cause, detail = SYSTEMD[name]
    guest = guest_folder()
    if not (guest / "systemd.cpio.gz").exists():
        skip("there is no systemd for the guest: scripts/systemd-guest makes it")
    made = (guest / "systemd.cpio.gz").read_bytes()
    (folder / "initrd").write_bytes(made + b"\0" * (-len(made) % 4) + cpio(files))
    arguments = ["--kernel", guest / "Image", "--initrd", folder / "initrd", "-m", "512M", "--append",
                 "console=ttyS0 systemd.unit=multi-user.target systemd.mask=ldconfig.service " + append]
    with Recorder(recount, [*arguments, *OPTIONS], folder) as recorder:
        saved = recorder.wait_status(lambda s: s["evidence"], f"evidence of {cause}", FAIL_S)
        recorder.wait_status(lambda s: s["state"] == "recording" and s["position"] > saved["position"], "it goes on")
        recorder.signal(signal.SIGTERM)
        check(recorder, recorder.wait(FAIL_S), cause, detail)


def main():
    recount, injector, name = sys.argv[1:4]
    folder = temporary_folder()
    if name in SYSTEMD:
        run_systemd(recount, folder, name)
    else:
        run_typed(recount, injector, folder, name)
    shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
