"""The gate is opened and closed again and again under load: every request is answered properly or turned away, never
both; every file is there once; nothing that was acknowledged is lost.

The long form is `make flips`: BLUEBONNET_FLIPS=500.
"""

import datetime
import json
import os
import time

import doors
from doors import Doors, losses
from file_server import FileServer

FLIPS = int(os.environ.get("BLUEBONNET_FLIPS", 3))
#: Files come in faster than a gate that is often closed lets them be processed; the list shows so many.
PATIENCE_SECONDS = 120 + 2 * FLIPS
FILES_MAXIMUM = "10000"
#: Between two knocks of one client, so that a long run has no more files than that.
PAUSE_SECONDS = 0.02 if FLIPS < 50 else 0.2
SENDERS = 8
#: What a window does to the file door, in turn.
FILE_MODES = [[], ["--mode", "file=closed"]]


def order(server, what, *more):
    return json.loads(server.command("maintenance", what, *more, "--json"))


def begin_window(server, *modes):
    end = datetime.datetime.now() + datetime.timedelta(hours=30)
    number = order(server, "plan", "--start", "now", "--end", f"{end:%Y-%m-%d %H:%M}", "--by", "IT", *modes)["number"]
    order(server, "announce", number)
    return number


def received(server):
    """Every file received, once nothing waits any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        listed = json.loads(server.command("file", "list", "--only", "file", "--limit", FILES_MAXIMUM, "--json"))
        if listed and all(entry["finished_at"] for entry in listed) or time.monotonic() > deadline:
            return listed
        time.sleep(0.5)


def logged(server):
    return json.loads(server.command("doctor", "--json"))["database"]["rows"]["message"]


def test_a_flipping_gate_answers_each_request_once():
    server = FileServer(roles="web,webservice,sftp,jobs")
    server.serving += ["--quota-files", FILES_MAXIMUM]
    try:
        server.start()
        with Doors(server, soap_clients=SENDERS, file_clients=2, pause=PAUSE_SECONDS) as knocking:
            for flip in range(FLIPS):
                window = begin_window(server, *FILE_MODES[flip % len(FILE_MODES)])
                since = doors.utc_now()
                closed = lambda now: [knock for knock in now.all("soap", True) if knock.asked_at > since]
                knocking.wait_for("senders are turned away", closed)
                order(server, "complete", window)
                since = doors.utc_now()
                served = lambda now: [knock for knock in now.all("soap", False) if knock.asked_at > since]
                knocking.wait_for("senders are served", served)
            knocking.wait_for("files are taken", lambda now: now.taken_files())
        assert knocking.cut == []
        assert knocking.faults() == []
        taken, files = knocking.taken_files(), received(server)
        assert losses(knocking.acknowledged(), logged(server), taken, files) == []
        assert {entry["name"] for entry in files} == taken, "what was refused is not there"
        refused = len(knocking.all(refused=True))
        print(f"\n{FLIPS} flips: {len(knocking.all())} requests, {refused} turned away, {len(taken)} files taken")
        assert server.stop() == 0
        server.command("doctor")
    finally:
        server.close()


def test_the_instrument_sees_what_is_lost_and_what_is_there_twice():
    """The control: what the test above looks for is found when it is there."""
    entry = lambda name, count=1: {
        "name": name,
        "counts": {"accepted": count, "warned": 0, "rejected": 0},
        "finished_at": "now",
        "state": "complete",
    }
    assert losses(5, 7, {"a", "b"}, [entry("a"), entry("b")]) == []
    assert losses(5, 6, {"a", "b"}, [entry("a")])
    assert losses(5, 6, {"a", "b"}, [entry("a"), entry("b")])
    assert losses(5, 8, {"a", "b"}, [entry("a"), entry("b")])
    assert losses(5, 7, {"a", "b"}, [entry("a"), entry("a"), entry("b")])
    assert losses(5, 7, {"a", "b"}, [entry("a"), entry("b", 2)])
