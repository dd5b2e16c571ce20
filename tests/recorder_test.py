#!/usr/bin/env python3
"""What a recorder does when things happen to it: recorder_test.py RECOUNT GUESTS CASE. Bare guests, so all is quick."""
import contextlib
import inspect
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time

from gdb_session import Gdb
from guest_process import skip
from recorder_process import CAPTURED, Recorder, Unexpected, expect, temporary_folder, wait_until

STATUS_KEYS = {"state", "primary_pid", "backup_pid", "position", "guest_time_s", "lag_s", "window_s", "journal_bytes",
               "journal_bytes_per_s", "evidence"}
INFO_KEYS = {"cause", "detail", "position_begin", "position_end", "guest_time_s", "utc", "steps", "certified",
             "digests_compared", "mismatches", "engine", "size_bytes"}
READY = "commands: ready"


class Bench:
    """A folder, and recorders of the guest `commands` in it."""

    def __init__(self, recount, guests):
        self.recount, self.guests, self.folder = recount, pathlib.Path(guests), temporary_folder()

    @contextlib.contextmanager
    def recorder(self, *options, guest="commands", memory="16M", ready=True, **how):
        arguments = ["--bios", self.guests / guest, "-m", memory, *options]
        with Recorder(self.recount, arguments, self.folder, **how) as recorder:
            if ready:
                recorder.wait_for(READY)
                if "--no-record" not in options:
                    recorder.wait_protected()
            yield recorder


def expect_equal(got, wanted, what, recorder=None):
    expect(got == wanted, f"{what}: {got!r}, not {wanted!r}", recorder)


# The one evidence file, which must be whole.
def certified(recorder, cause, code=CAPTURED):
    expect_equal(recorder.wait(), code, "exit code", recorder)
    files = recorder.evidence()
    expect_equal(len(files), 1, "evidence files", recorder)
    return checked(recorder, files[0], cause)


def checked(recorder, path, cause):
    info = recorder.info(path)
    expect(INFO_KEYS <= info.keys(), f"info lacks {INFO_KEYS - info.keys()}")
    expect_equal(info["cause"], cause, "cause", recorder)
    expect(info["certified"] and info["mismatches"] == 0, f"not certified: {info['uncertified_reason']}", recorder)
    expect_equal(info["steps"], info["position_end"] - info["position_begin"], "steps")
    expect_equal(info["size_bytes"], pathlib.Path(path).stat().st_size, "size")
    return info


def fail(recorder):
    recorder.type(b"f")
    return certified(recorder, "failure")


def ends_well(recorder, code=0):
    recorder.type(b"p")
    expect_equal(recorder.wait(), code, "exit code", recorder)


def one_error_line(done, code, *words):
    expect_equal(done.returncode, code, f"exit code ({done.stderr!r})")
    lines = done.stderr.splitlines()
    expect(len(lines) == 1 and lines[0].startswith("recount: "), f"not one error line: {done.stderr!r}")
    for word in words:
        expect(word in lines[0], f"{word} is not in {lines[0]!r}")


# --- how a guest ends ---

def failure_code_is_evidence(bench):
    with bench.recorder(guest="failure", ready=False) as recorder:
        info = certified(recorder, "failure")
        expect("42" in info["detail"], info["detail"])
    with bench.recorder() as recorder:
        for path in recorder.evidence():
            path.unlink()
        info = fail(recorder)
        expect("7" in info["detail"], info["detail"])


def poweroff_is_no_failure(bench):
    with bench.recorder() as recorder:
        ends_well(recorder)
        expect_equal(recorder.evidence(), [], "evidence", recorder)
        expect_equal(recorder.stderr_lines(), [], "standard error")
        expect_equal(list((bench.folder / "run").iterdir()), [], "left in the run folder")


def trap_loop_is_a_reset(bench):
    with bench.recorder() as recorder:
        recorder.type(b"t")
        certified(recorder, "reset")


def unannounced_reset_is_evidence(bench):
    with bench.recorder() as recorder:
        recorder.type(b"r")
        certified(recorder, "reset")


def announced_reset_starts_again(bench):
    with bench.recorder() as recorder:
        recorder.type(b"R")
        wait_until(lambda: recorder.console().count(READY) == 2, 30, "the guest is ready a second time")
        recorder.wait_protected()
        recorder.type(b"x")
        recorder.wait_for("heard x")
        info = fail(recorder)
        expect(info["guest_time_s"] < 60, "guest time")


def hang_is_noticed_within_twice_its_limit(bench):
    with bench.recorder("--hang", "2s", "--window", "5s") as recorder:
        recorder.type(b"h")
        info = certified(recorder, "hang")
        since = info["guest_time_s"] - int(recorder.console().partition("hangs at ")[2][:16], 16) / 1e7
        expect(2 <= since < 4, f"noticed after {since} s")
        replayed = json.loads(recorder.run("replay", recorder.evidence()[0], "--json").stdout)
        expect(info["detail"].endswith(f"at pc {replayed['pc']}"), f"it spins at {replayed['pc']}, and {info['detail']}")


def hang_is_nothing_where_nobody_looks(bench):
    with bench.recorder("--hang", "none", "--save-on", "default") as recorder:
        recorder.type(b"h")
        recorder.wait_for("hangs at")
        begun = recorder.status()["guest_time_s"]
        recorder.wait_status(lambda s: s["guest_time_s"] > begun + 12, "it runs on")
        expect_equal(recorder.evidence(), [], "evidence")
        recorder.signal(signal.SIGTERM)
        expect_equal(recorder.wait(), 0, "exit code", recorder)


def busy_guest_does_not_hang(bench):
    with bench.recorder("--hang", "1s") as recorder:
        recorder.type(b"b")
        begun = recorder.status()["guest_time_s"]
        recorder.wait_status(lambda s: s["guest_time_s"] > begun + 4, "it runs on")
        recorder.type(b"b")
        ends_well(recorder)


def watchdog_that_nobody_feeds_is_evidence(bench):
    with bench.recorder() as recorder:
        recorder.type(b"w")
        info = certified(recorder, "watchdog")
        expect_equal(info["detail"], "the guest did not feed its watchdog for 1 s", "detail")


def watchdog_wakes_who_sleeps_for_ever(bench):
    with bench.recorder() as recorder:
        recorder.type(b"wz")
        certified(recorder, "watchdog")


def watchdog_after_an_announced_restart_is_the_restart(bench):
    with bench.recorder() as recorder:
        recorder.type(b"Wwz")
        wait_until(lambda: recorder.console().count(READY) == 2, 30, "the guest is ready a second time")
        ends_well(recorder)
        expect_equal(recorder.evidence(), [], "evidence")


def watchdog_that_is_not_saved_resets(bench):
    with bench.recorder("--save-on", "panic") as recorder:
        recorder.type(b"w")
        wait_until(lambda: recorder.console().count(READY) == 2, 30, "the guest is ready a second time")
        ends_well(recorder)


def panic_keeps_its_last_words(bench):
    with bench.recorder() as recorder:
        recorder.type(b"kx")
        info = certified(recorder, "panic")
        expect("Kernel panic - not syncing: typed" in info["detail"], info["detail"])
        replayed = recorder.run("replay", recorder.evidence()[0], "--console")
        after = replayed.stdout.partition("not syncing: typed")[2]
        expect("heard x" in after and "tick" in after, f"the last words are missing: {replayed.stdout!r}")


def own_pattern_is_a_cause(bench):
    with bench.recorder("--pattern", "seven=heard [7]$", "--pattern", "eight=heard 8") as recorder:
        recorder.type(b"k67")
        info = certified(recorder, "seven")
        expect_equal(info["detail"], "heard 7", "detail")


def poweroff_after_a_panic_is_the_panic(bench):
    with bench.recorder() as recorder:
        recorder.type(b"kp")
        certified(recorder, "panic")


def unfinished_line_is_a_line(bench):
    with bench.recorder() as recorder:
        recorder.type(b"K")
        info = certified(recorder, "panic")
        expect_equal(info["detail"], "Kernel panic - not syncing: a line without an end", "detail")


def silent_console_is_a_failure_once(bench):
    with bench.recorder("--silence", "2s", "--save-interval", "0") as recorder:
        recorder.type(b"q")
        recorder.wait_status(lambda s: len(s["evidence"]) == 1, "the silence is saved")
        time.sleep(4)
        recorder.type(b"qq")
        recorder.type(b"x")
        recorder.wait_for("heard x")
        recorder.wait_status(lambda s: len(s["evidence"]) == 2, "a second silence is saved")
        ends_well(recorder, CAPTURED)
        expect_equal(len(recorder.evidence()), 2, "evidence files", recorder)
        for path in recorder.evidence():
            expect("no output for" in checked(recorder, path, "silence")["detail"], "detail")


def panic_is_one_though_the_operator_stops_it(bench):
    with bench.recorder() as recorder:
        recorder.type(b"k")
        recorder.wait_for("not syncing: typed")
        recorder.signal(signal.SIGTERM)  # within its last words, mostly
        certified(recorder, "panic")


def rtos_assertion_is_evidence(bench):
    with bench.recorder("--pattern", "assert=^ASSERT ", "--window", "1s", guest="rtos", ready=False) as recorder:
        info = certified(recorder, "assert")
        expect("sync.c" in info["detail"] or "main.c" in info["detail"], info["detail"])
        recorder.verify_with_both_engines(recorder.evidence()[0])
        replayed = recorder.run("replay", recorder.evidence()[0], "--console")
        expect("stopped in task add_up" in replayed.stdout, f"the kernel's last words are missing: {replayed.stdout!r}")


def rtos_answers_until_it_fails(bench):
    with bench.recorder("--window", "1s", guest="rtos", ready=False) as recorder:
        recorder.wait_for("rtos: ready")
        recorder.type(b"s")
        recorder.wait_for("received")
        info = certified(recorder, "failure")
        expect("99" in info["detail"], info["detail"])


# --- what is done about it ---

def save_on_none_saves_nothing(bench):
    with bench.recorder("--save-on", "none") as recorder:
        recorder.type(b"k")
        time.sleep(1)
        recorder.type(b"x")
        recorder.wait_for("heard x")
        recorder.type(b"f")
        code = recorder.wait()
        expect(code not in (0, CAPTURED) and code > 0, f"exit code {code}", recorder)
        expect_equal(recorder.evidence(), [], "evidence")


def save_on_takes_the_named_only(bench):
    with bench.recorder("--save-on", "oops,failure") as recorder:
        recorder.type(b"k")
        time.sleep(1)
        recorder.type(b"o")
        certified(recorder, "oops")


def after_failure_continue(bench):
    with bench.recorder("--after-failure", "continue") as recorder:
        recorder.type(b"k")
        recorder.wait_status(lambda s: len(s["evidence"]) == 1, "the panic is saved")
        recorder.type(b"x")
        recorder.wait_for("heard x")
        recorder.type(b"o")
        recorder.wait_status(lambda s: len(s["evidence"]) == 2, "the oops is saved")
        ends_well(recorder, CAPTURED)
        expect_equal(sorted(checked(recorder, f, c)["cause"] for f, c in zip(recorder.evidence(), ("oops", "panic"))),
                     ["oops", "panic"], "causes")


def after_failure_reboot(bench):
    with bench.recorder("--after-failure", "reboot") as recorder:
        for n, (command, cause) in enumerate(((b"f", "failure"), (b"k", "panic"), (b"t", "reset")), 1):
            recorder.type(command)
            wait_until(lambda: recorder.console().count(READY) == n + 1, 30, f"the guest is ready again after {cause}")
            recorder.wait_status(lambda s: len(s["evidence"]) == n, f"{cause} is saved")
            recorder.wait_protected()
        ends_well(recorder, CAPTURED)
        for path in recorder.evidence():
            checked(recorder, path, path.name.split("-")[1])


def said(recorder, words):
    return [line for line in recorder.stderr_lines() if words in line]


def one_of_a_cause_is_saved_in_an_interval(bench):
    with bench.recorder("--after-failure", "continue", "--save-interval", "1h") as recorder:
        for n in range(4):
            recorder.type(b"o")
            time.sleep(1)
        recorder.type(b"k")  # another cause
        recorder.wait_status(lambda s: len(s["evidence"]) == 2, "the panic is saved")
        ends_well(recorder, CAPTURED)
        expect_equal([f.name.split("-")[1] for f in recorder.evidence()], ["oops", "panic"], "evidence", recorder)
        expect_equal(len(said(recorder, "oops: Oops [#1]: not saved, nor what follows")), 1, "lines of what is dropped", recorder)


def evidence_of_one_cause_has_names_of_its_own(bench):
    with bench.recorder("--after-failure", "continue", "--save-interval", "0") as recorder:
        for n in range(1, 4):
            recorder.type(b"o")
            recorder.wait_status(lambda s: len(s["evidence"]) == n, f"oops {n} is saved")
        ends_well(recorder, CAPTURED)
        expect_equal(len(recorder.evidence()), 3, "evidence files", recorder)
        for path in recorder.evidence():
            checked(recorder, path, "oops")


def oldest_evidence_goes_for_new(bench):
    for limit in (("--evidence-keep", "2"), ("--evidence-max-size", "1k")):
        kept = 2 if limit[0] == "--evidence-keep" else 1  # the newest stays though it is larger
        (bench.folder / "evidence").mkdir(exist_ok=True)
        other = bench.folder / "evidence/t-panic-20200101T000000Z.recount"
        other.write_bytes(b"of another run")
        with bench.recorder("--after-failure", "continue", "--save-interval", "0", *limit) as recorder:
            saved = []
            for n in range(4):
                time.sleep(1)  # its name is the second's, and one that is gone would be free again
                recorder.type(b"o")
                newest = recorder.wait_status(lambda s: s["evidence"] and s["evidence"][-1] not in saved, f"oops {n} is saved")
                saved.append(newest["evidence"][-1])
                expect_equal(newest["evidence"], saved[-kept:], "evidence in the status", recorder)
            ends_well(recorder, CAPTURED)
            expect_equal([str(f) for f in recorder.evidence()], sorted([str(other), *saved[-kept:]]), "evidence files", recorder)
            expect_equal(len(said(recorder, f"is removed for it ({limit[0]}")), 4 - kept, "lines of what is removed", recorder)
            checked(recorder, saved[-1], "oops")
            for path in recorder.evidence():
                path.unlink()


# --- operators ---

def status_has_all_keys(bench):
    with bench.recorder("--window", "2s") as recorder:
        first = recorder.status()
        expect(STATUS_KEYS <= first.keys(), f"status lacks {STATUS_KEYS - first.keys()}")
        expect_equal(first["window_s"], 2, "window_s")
        expect_equal(first["evidence"], [], "evidence")
        time.sleep(4)
        second = recorder.status()
        expect_equal(second["state"], "recording", "state")
        for key in ("position", "guest_time_s", "journal_bytes"):
            expect(second[key] > first[key], f"{key} does not grow: {first[key]}, {second[key]}")
        expect(abs(second["guest_time_s"] - first["guest_time_s"] - 4) < 2, "guest time is not the host's")
        expect(1 < second["lag_s"] < 4, f"lag_s {second['lag_s']}")
        listed = json.loads(recorder.run("ls", "--json").stdout)
        expect_equal([r["name"] for r in listed["recorders"]], ["t"], "ls")
        ends_well(recorder)
        one_error_line(recorder.run("ctl", "t", "status"), 69, "t")


def save_answers_and_recording_goes_on(bench):
    with bench.recorder() as recorder:
        answers = [recorder.ctl("save", "it", "looked", "odd") for _ in range(3)]
        expect(all(a and a["certified"] for a in answers), f"answers {answers}", recorder)
        expect_equal(len({a["path"] for a in answers}), 3, "paths")
        info = checked(recorder, answers[0]["path"], "operator")
        expect_equal(info["detail"], "it looked odd", "detail")
        expect_equal(recorder.status()["evidence"], [a["path"] for a in answers], "status")
        recorder.type(b"x")
        recorder.wait_for("heard x")
        ends_well(recorder)


def words_in_evidence_command_no_terminal(bench):
    with bench.recorder() as recorder:
        path = recorder.ctl("save", "red \x1b[31m title \x1b]0;x\x07")["path"]
        for verb in ["info", path], ["replay", path], ["ls"]:
            done = recorder.run(*verb)
            expect("red ?[31m title ?]0;x?" in done.stdout and "\x1b" not in done.stdout + done.stderr, f"{verb}: {done.stdout!r}{done.stderr!r}")
        ends_well(recorder)


def debug_live_looks_back_while_recording_goes_on(bench):
    if not shutil.which("gdb-multiarch"):
        skip("no gdb-multiarch")
    with bench.recorder("--evidence-dir", "here", cwd=bench.folder) as recorder:
        before = recorder.status()["position"]
        with Gdb(bench.recount, None, bench.folder, "--live", "t") as gdb:
            recorder.type(b"x")
            recorder.wait_for("heard x")
            said = [answer for answer, _ in gdb.session(["info recording", "set $end = $pc", "reverse-stepi", "stepi", "p $pc == $end"])]
        expect("operator: to look at (recount debug --live)" in said[0] and said[-1].endswith("= 1\n"), f"gdb: {said}", recorder)
        (evidence,) = recorder.status()["evidence"]
        expect(int(checked(recorder, evidence, "operator")["position_end"]) >= before, "what was looked at ends before it was asked", recorder)
        ends_well(recorder)
    one_error_line(recorder.run("debug", "--live", "t", "--no-gdb"), 69, "recount ls")
    one_error_line(recorder.run("debug", "--live", "t", evidence, "--no-gdb"), 2, "one of them")
    one_error_line(recorder.run("debug", "--no-gdb"), 2, "one of them")


def saves_at_once_are_all_answered(bench):
    with bench.recorder() as recorder:
        command = [bench.recount, "ctl", "t", "save", "--json"]
        asking = [subprocess.Popen(command + [str(n)], env=recorder.environment, stdout=subprocess.PIPE) for n in range(5)]
        answers = [json.loads(a.communicate(timeout=60)[0]) for a in asking]
        for n, answer in enumerate(answers):
            expect_equal(checked(recorder, answer["path"], "operator")["detail"], str(n), "whose evidence")
        ends_well(recorder)


def sigusr1_saves(bench):
    with bench.recorder() as recorder:
        recorder.signal(signal.SIGUSR1)
        status = recorder.wait_status(lambda s: s["evidence"], "SIGUSR1's evidence")
        checked(recorder, status["evidence"][0], "operator")
        ends_well(recorder)


def marks_and_positions_lead_somewhere(bench):
    with bench.recorder() as recorder:
        recorder.wait_for("tick 0000000000000003")
        recorder.ctl("mark", "here")
        recorder.wait_for("tick 0000000000000010")
        info = fail(recorder)
        path = recorder.evidence()[0]
        begin, end = info["position_begin"], info["position_end"]
        expect_equal([m["text"] for m in info["marks"]], ["here"], "marks")

        def until(text, *more):
            done = recorder.run("replay", path, "--until", text, "--json", *more)
            expect_equal(done.returncode, 0, f"--until {text} ({done.stderr})")
            answer = json.loads(done.stdout)
            expect_equal(answer["steps"], answer["position"] - begin, "steps")
            return answer["position"]

        expect_equal(until("end"), end, "end")
        expect_equal(until(str(end - 1)), end - 1, "a step count")
        expect_equal(until("0%"), begin, "0%")
        expect_equal(until("100%"), end, "100%")
        expect(begin < until("50%") < end, "50%")
        expect(begin < until("-1s") < end, "-1s")
        expect(begin < until("-0s") <= end, "-0s")
        expect(until("event:0") <= until("event:1") <= until("event:2"), "events")
        mark = until("here")
        expect_equal(mark, info["marks"][0]["position"], "the mark of recount info")
        expect(begin < mark < end, "the mark")
        expect_equal(until("here", "--engine", "reference"), mark, "the mark by the other engine")
        shown = recorder.run("replay", path, "--until", "here", "--console").stdout
        expect("tick 0000000000000003" in shown and "tick 0000000000000010" not in shown, f"the console at the mark: {shown!r}")
        for wrong in ("nowhere", "-1", "101%", "-s", "nan%", "event:99999999", str(end + 1), "", "-1e400s"):
            one_error_line(recorder.run("replay", path, f"--until={wrong}"), 2)


def window_bounds_the_past(bench):
    with bench.recorder("--window", "1s") as recorder:
        recorder.wait_for("tick 0000000000000020", 60)
        info = fail(recorder)
        span = info["guest_time_s"] - info["guest_time_begin_s"]
        expect(info["position_begin"] > 0 and 0.9 < span < 2.5, f"begins at {info['position_begin']}, spans {span} s")


def saves_that_outrun_the_window_are_all_certified(bench):
    with bench.recorder("--window", "1s") as recorder:
        answers = [recorder.ctl("save") for _ in range(20)]
        expect(all(a and a["certified"] for a in answers), f"answers {answers}", recorder)
        recorder.type(b"f")
        expect_equal(recorder.wait(), CAPTURED, "exit code", recorder)
        checked(recorder, [p for p in recorder.evidence() if "failure" in p.name][-1], "failure")


def stopped_primary_holds_nobody_up(bench):
    with bench.recorder() as recorder:
        primary = recorder.status()["primary_pid"]
        os.kill(primary, signal.SIGSTOP)
        for _ in range(40):
            recorder.type(b"x" * 30_000)  # far more than a socket holds
        expect_equal(recorder.status()["primary_pid"], primary, "primary_pid while it is stopped")
        recorder.child.send_signal(signal.SIGTERM)  # the guest is asked to stop
        time.sleep(1)
        recorder.child.send_signal(signal.SIGTERM)  # and now it is not asked any more
        recorder.wait(30)


def no_backup_begins_at_power_on(bench):
    with bench.recorder("--no-backup", "--window", "1s") as recorder:
        recorder.wait_for("tick 0000000000000020", 60)
        expect_equal(fail(recorder)["position_begin"], 0, "begin")


def unrecorded_saves_nothing(bench):
    with bench.recorder("--no-record") as recorder:
        expect_equal(recorder.status()["state"], "not recording", "state")
        one_error_line(recorder.run("ctl", "t", "save"), 1, "not recorded")
        recorder.type(b"k")
        expect_equal(recorder.wait(), 1, "exit code", recorder)  # a failure, and not captured
        expect_equal(recorder.evidence(), [], "evidence")
    with bench.recorder("--no-record") as recorder:
        ends_well(recorder)


# --- deaths ---

def killed_primary_is_evidence(bench):
    with bench.recorder() as recorder:
        recorder.wait_for("tick 0000000000000005")
        os.kill(recorder.status()["primary_pid"], signal.SIGKILL)
        info = certified(recorder, "lost")
        expect("signal 9" in info["detail"], info["detail"])
        shown = recorder.run("replay", recorder.evidence()[0], "--console").stdout
        expect("tick 0000000000000004" in shown, f"what was printed before it died is missing: {shown!r}")


def killed_backup_is_replaced(bench):
    with bench.recorder() as recorder:
        pid = recorder.status()["backup_pid"]
        for _ in range(5):
            os.kill(pid, signal.SIGKILL)
            pid = recorder.wait_protected(other_than=pid, timeout_s=5)["backup_pid"]
        recorder.type(b"x")
        recorder.wait_for("heard x")
        info = fail(recorder)
        expect(info["position_begin"] > 0, "it cannot begin at power-on")
        expect_equal([g["reason"] for g in info["gaps"]], ["journal lost"], "gaps")


def savers(bench):
    """Parent by pid, of the processes that save."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().strip() == "recount-saver" and str(bench.folder) in (entry / "environ").read_text():
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def killed_replay_keeps_the_evidence(bench):
    with bench.recorder("--no-backup") as recorder:
        recorder.type(b"b")  # busy, so that there is much to replay
        time.sleep(3)
        recorder.signal(signal.SIGUSR1)
        replaying = wait_until(lambda: [pid for pid, parent in savers(bench).items() if parent in savers(bench)], 20, "it is replayed", 0.002)
        os.kill(replaying[0], signal.SIGKILL)
        wait_until(lambda: "NOT CERTIFIED (it could not be replayed: the replay broke off)" in "".join(recorder.stderr_lines()), 20, "it is told")
        [path] = recorder.evidence()
        info = recorder.info(path)
        expect(not info["certified"] and info["guest_time_s"] > 1, f"info: {info}", recorder)
        expect_equal(recorder.run("verify", path).returncode, 0, "verify")
        path.unlink()
        fail(recorder)


def killed_saver_harms_nothing(bench):
    with bench.recorder("--no-backup") as recorder:
        recorder.type(b"b")  # busy, so that there is much to replay
        time.sleep(3)
        recorder.signal(signal.SIGUSR1)

        wait_until(lambda: savers(bench), 20, "a saver is there", 0.002)
        for pid in savers(bench):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "could not be saved" in "".join(recorder.stderr_lines()), 20, "the loss is told")
        recorder.type(b"b")
        info = fail(recorder)
        expect_equal(info["position_begin"], 0, "begin")
        expect_equal(list((bench.folder / "evidence").glob(".*")), [], "left behind")


def killed_supervisor_takes_all_along(bench):
    with bench.recorder() as recorder:
        status = recorder.status()
        recorder.signal(signal.SIGKILL)
        recorder.wait()
        for key in ("primary_pid", "backup_pid"):
            wait_until(lambda: not pathlib.Path(f"/proc/{status[key]}").exists(), 10, f"{key} ends")
    with bench.recorder() as recorder:  # the name is free again
        fail(recorder)


def stopped_backup_catches_up(bench):
    with bench.recorder("--window", "1s") as recorder:
        pid = recorder.status()["backup_pid"]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(5)
        expect_equal(recorder.status()["backup_pid"], pid, "backup")
        expect(recorder.status()["lag_s"] > 3, "lag")
        os.kill(pid, signal.SIGCONT)
        recorder.wait_status(lambda s: s["lag_s"] < 2, "the backup catches up", 20)
        fail(recorder)


def stopped_primary_is_a_gap(bench):
    with bench.recorder() as recorder:
        pid = recorder.status()["primary_pid"]
        recorder.wait_for("tick 0000000000000003")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(4)
        expect_equal(recorder.status()["primary_pid"], pid, "status while it is stopped")
        os.kill(pid, signal.SIGCONT)
        recorder.type(b"x")
        recorder.wait_for("heard x")
        gaps = fail(recorder)["gaps"]
        expect([g["reason"] for g in gaps] == ["suspended"] and "ms" in gaps[0]["text"], f"gaps {gaps}")


# A minute of each at once, with input meanwhile: slow.
def minute_long_stops_harm_nothing(bench):
    minute_s = 60
    benches = {name: Bench(bench.recount, bench.guests) for name in ("primary", "backup", "supervisor")}
    with contextlib.ExitStack() as stack:
        recorders = {name: stack.enter_context(b.recorder("--window", "5s")) for name, b in benches.items()}
        pids = {name: recorders[name].status()[f"{name}_pid"] for name in ("primary", "backup")}
        pids["supervisor"] = recorders["supervisor"].child.pid
        for pid in pids.values():
            os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + minute_s
        while time.monotonic() < end:
            for recorder in recorders.values():
                recorder.type(b"x")
            time.sleep(1)
        expect(recorders["backup"].status()["lag_s"] > minute_s - 10, "the backup's lag")
        for pid in pids.values():
            os.kill(pid, signal.SIGCONT)
        for name, recorder in recorders.items():
            wait_until(lambda: recorder.console().count("heard x") >= minute_s - 10, 30, f"what was typed arrives, {name}")
            recorder.wait_status(lambda s: s["lag_s"] < 7 and s["state"] == "recording", f"the backup catches up, {name}", 30)
            info = fail(recorder)
            expect_equal([g["reason"] for g in info["gaps"]], [], f"gaps in the last 5 s, {name}")
            expect_equal(recorder.run("verify", recorder.evidence()[0]).returncode, 0, f"verify, {name}")
            words = " ".join(recorder.stderr_lines())
            expect("backup" not in words, f"{name}: {words}")
    with bench.recorder("--window", "5m") as recorder:  # with a window that has the stop in it
        pid = recorder.status()["primary_pid"]
        recorder.type(b"b")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(minute_s)
        os.kill(pid, signal.SIGCONT)
        [gap] = fail(recorder)["gaps"]
        expect(gap["reason"] == "suspended" and int(gap["text"].split()[-2]) >= minute_s * 1000, f"{gap}")
    for b in benches.values():
        shutil.rmtree(b.folder)


# --- leaving ---

def sigterm_ends_well(bench):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with bench.recorder() as recorder:
            recorder.signal(number)
            expect_equal(recorder.wait(20), 0, f"exit code after {number}", recorder)
            expect_equal(recorder.evidence(), [], "evidence")
    with bench.recorder() as recorder:
        expect_equal(recorder.ctl("stop"), {"ok": True}, "answer")
        expect_equal(recorder.wait(20), 0, "exit code after stop")


def second_sigterm_waits_for_nothing(bench):
    with bench.recorder() as recorder:
        os.kill(recorder.status()["primary_pid"], signal.SIGSTOP)
        recorder.signal(signal.SIGTERM)
        time.sleep(1)
        expect(recorder.child.poll() is None, "the first waits")
        recorder.signal(signal.SIGTERM)
        recorder.wait(10)


def no_input_is_no_end(bench):
    with bench.recorder(stdin=subprocess.DEVNULL) as recorder:
        recorder.wait_for("tick 000000000000000a")
        recorder.signal(signal.SIGTERM)
        expect_equal(recorder.wait(), 0, "exit code", recorder)
    with bench.recorder() as recorder:
        recorder.type(b"x")
        recorder.child.stdin.close()
        recorder.wait_for("heard x")
        recorder.wait_for("tick 0000000000000014")
        recorder.signal(signal.SIGTERM)
        expect_equal(recorder.wait(), 0, "exit code", recorder)


def much_input_arrives_whole(bench):
    with bench.recorder() as recorder:
        recorder.type(b"x" * 50_000 + b"y")
        recorder.wait_for("heard y", 20)
        expect_equal(recorder.console().count("heard x"), 50_000, "bytes heard")
        fail(recorder)


# --- consoles ---

def console_to_a_file(bench):
    path = bench.folder / "console.txt"
    path.write_text("before\n")
    with bench.recorder("--console", path, ready=False) as recorder:
        wait_until(lambda: "tick 0000000000000005" in path.read_text(), 30, "ticks in the file")
        recorder.signal(signal.SIGTERM)
        expect_equal(recorder.wait(), 0, "exit code", recorder)
        expect(path.read_text().startswith("before\n" + READY), "it appends")
        expect_equal(recorder.console(), "", "standard output")


def console_on_a_socket(bench):
    path = bench.folder / "console"
    with bench.recorder("--console", f"unix:{path}", ready=False) as recorder:
        recorder.wait_protected()
        for _ in range(2):  # a client may go and another one come
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(str(path))
                client.sendall(b"x")
                text = b""
                while b"heard x" not in text or b"tick" not in text:
                    text += client.recv(4096)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"f")
            certified(recorder, "failure")
        expect(not path.exists(), "the socket is left behind")


def terminal_is_left_and_restored(bench):
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    command = [bench.recount, "run", "--bios", str(bench.guests / "commands"), "-m", "16M", "--name", "t"]
    environment = dict(os.environ, RECOUNT_DIR=str(bench.folder))
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
    text = b""

    def read_until(words):
        nonlocal text
        end = time.monotonic() + 30
        while words not in text:
            if time.monotonic() > end:
                raise Unexpected(f"no {words} on the terminal: {text[-2000:]}")
            if select.select([ours], [], [], 0.2)[0]:
                text += os.read(ours, 65536)

    try:
        read_until(READY.encode())
        expect(not termios.tcgetattr(theirs)[3] & termios.ICANON, "the terminal is not raw")
        os.write(ours, b"x\x03")  # Ctrl-C is for the guest
        read_until(b"heard \x03")
        os.write(ours, b"\x01\x01")
        read_until(b"heard \x01")
        os.write(ours, b"\x01y")  # means nothing
        time.sleep(0.5)
        expect_equal(child.poll(), None, "exit code before Ctrl-A x")
        os.write(ours, b"\x01x")
        while child.poll() is None:
            read_until(b"")
            if select.select([ours], [], [], 0.2)[0]:
                text += os.read(ours, 65536)
        expect_equal(child.returncode, 0, "exit code")
        expect_equal(termios.tcgetattr(theirs), before, "the terminal's settings")
        expect(b"heard y" not in text, "what follows Ctrl-A is no input")
    finally:
        child.kill()
        child.wait()
        os.close(ours)
        os.close(theirs)


# --- disks and names ---

def one_recorder_an_image(bench):
    image = bench.folder / "disk.img"
    image.write_bytes(b"\0" * (1 << 20))
    with bench.recorder("--drive", image) as recorder:
        second = recorder.run("run", "--bios", bench.guests / "commands", "-m", "16M", "--drive", image, "--name", "second", timeout_s=30)
        one_error_line(second, 69, str(image))
        ends_well(recorder)


def one_recorder_a_name(bench):
    with bench.recorder() as recorder:
        second = recorder.run("run", "--bios", bench.guests / "commands", "-m", "16M", "--name", "t", timeout_s=30)
        one_error_line(second, 69, "t")
        ends_well(recorder)


def mad_control_clients_harm_nothing(bench):
    with bench.recorder() as recorder:
        clients = []
        for n in range(60):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(bench.folder / "run/t.sock"))
            client.settimeout(5)
            with contextlib.suppress(OSError):
                client.sendall((b"\0\xff\n", b"save", b"x" * 200_000, b"\n\n\n", b"status\n" * 1000, b"mark " + b"m" * (20_000 + n * 900) + b"\n",
                                b"save " + b"s" * 65_520 + b"\n")[n % 7])
            clients.append(client)
        done = recorder.run("ctl", "t", "mark", "m" * 40_000)
        one_error_line(done, 2, "longer")
        expect_equal(recorder.ctl("mark", "m" * 32_000), {"ok": True}, "the longest mark")
        expect_equal(recorder.status()["state"], "recording", "state")
        for client in clients:
            client.close()
        expect(STATUS_KEYS <= recorder.status().keys(), "status")
        fail(recorder)


CASES = {name: f for name, f in list(globals().items())
         if inspect.isfunction(f) and list(inspect.signature(f).parameters) == ["bench"]}


def main():
    recount, guests, name = sys.argv[1:4]
    bench = Bench(recount, guests)
    CASES[name](bench)
    shutil.rmtree(bench.folder)  # kept if the test fails


if __name__ == "__main__":
    main()
