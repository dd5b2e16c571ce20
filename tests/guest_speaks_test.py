#!/usr/bin/env python3
"""A Debian guest that speaks to its recorder through its port: guest_speaks_test.py RECOUNT. Slow."""
import json
import shutil
import sys

from recorder_process import CAPTURED, Linux, Recorder, expect, temporary_folder


def main():
    recount, linux, folder = sys.argv[1], Linux(), temporary_folder()
    arguments = linux.arguments(folder, "recount.run=speak", disk=False) + ["--save-on", "guest", "--save-interval", "0"]
    with Recorder(recount, arguments, folder) as recorder:
        expect(recorder.wait(300) == CAPTURED, "nothing was saved\n" + recorder.tail())
        expect("speak: a process crashed" in recorder.console(), "it did not go on\n" + recorder.tail())
        infos = sorted((recorder.info(path) | {"path": path} for path in recorder.evidence()), key=lambda i: i["position_end"])
        expect(len(infos) == 2, f"evidence: {infos}\n" + recorder.tail())
        for info in infos:
            expect(info["cause"] == "guest" and info["certified"], f"{info['cause']}: {info['uncertified_reason']}")
        crash, second = infos
        expect(crash["detail"].startswith("process sh (") and crash["detail"].endswith(") was killed by signal 11"), crash["detail"])
        expect(second["detail"] == "the second time", second["detail"])

        def position(mark):
            done = recorder.run("replay", crash["path"], "--until", f"guest: {mark}", "--json")
            expect(done.returncode == 0, f"{mark}: {done.stderr}")
            return json.loads(done.stdout)["position"]

        expect({"guest: the first", "guest: the second"} <= {m["text"] for m in crash["marks"]}, f"marks: {crash['marks']}")
        together = [position(f"together {i}") for i in range(3)]
        expect(crash["position_begin"] < position("the first") < position("the second") < min(together), "the marks' order")
        expect(len(set(together)) == 3, "marks of processes that speak at the same time")
        recorder.verify_with_both_engines(crash["path"])
    shutil.rmtree(folder)  # kept if the test fails


if __name__ == "__main__":
    main()
