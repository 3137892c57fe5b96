"""Failures made on purpose in the running program, after each step that a file takes: an error is told to the sender and
nothing counts, or the file is taken up again by itself; a death is followed by one processing, or none.

BLUEBONNET_FAILURES=all also has the later passes of each step, and every step on PostgreSQL, as `make crash` does;
otherwise PostgreSQL has the steps that touch it.
"""

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from file_senders import CUT_OFF, close
from file_server import FileServer
from people import Person
from program import BINARY

MESSAGES = 6
CONTENT = "".join(Person(number).report() for number in range(1, MESSAGES + 1)).encode()
NAME = "week.hl7"
#: Of an fsync and a rename, the first is the file's, the second its record's, the third its first result's.
IS_WHOLE = os.environ.get("BLUEBONNET_FAILURES") == "all"
LATER = ["fsync:3", "rename:3", "commit:4", "result:2"] if IS_WHOLE else []
REFUSED_BY_AN_ERROR = ["write", "fsync", "fsync:2", "rename", "rename:2"]
TAKEN_BEFORE_AN_ERROR = ["claim", "commit", "result", *LATER]
LOST_WITH_A_DEATH = ["write", "fsync", "fsync:2", "rename"]
#: The record is in its place: the file is taken, though its sender did not hear so.
UNHEARD_OF_AFTER_A_DEATH = ["rename:2"]
TAKEN_BEFORE_A_DEATH = ["claim", "commit", "result", *LATER]
AT_ONCE = 4


def plan(place, action):
    """`fsync:2` and `error` are planned as `fsync:error:2`."""
    point, _, count = place.partition(":")
    return ":".join([point, action] + ([count] if count else []))


CASES = [plan(place, action) for action, places in [
    ("error", REFUSED_BY_AN_ERROR + TAKEN_BEFORE_AN_ERROR), ("full", ["write", "rename:2", "result"]),
    ("abort", LOST_WITH_A_DEATH + UNHEARD_OF_AFTER_A_DEATH + TAKEN_BEFORE_A_DEATH),
] for place in places]  # fmt: skip
WITHOUT_A_FAILURE = ""
#: Of the failures on SQLite, those that are made on PostgreSQL, too.
ON_POSTGRESQL = [case for case in CASES if IS_WHOLE or case.split(":")[0] in ("claim", "commit", "result")]


def on_each_database(places, action):
    """The steps on SQLite, and those on PostgreSQL."""
    on_postgresql = [place for place in places if plan(place, action) in ON_POSTGRESQL]
    return [("sqlite", place) for place in places] + [("postgresql", place) for place in on_postgresql]


class Story:
    """What a sender saw of a failure, and what became of the file before and after it was sent again."""

    def __init__(self, template, database, failure):
        self.server = FileServer(roles="webservice,sftp,jobs", like=template, database=database)
        try:
            self.server.environment = {"BLUEBONNET_FAILPOINT": failure} if failure else {}
            self.server.start()
            self.heard = self.send()
            self.ended_with = self.server.process.wait(30) if ":abort" in failure else None
            if self.ended_with is not None:
                self.server.environment = {}
                self.server.start()
            self.before = self.state()
            self.waits_unfinished = unfinished(self.server)
            if not self.before["files"]:
                self.heard_again = self.send()
                self.after = self.state()
            self.happened = sum("a failure happens that was planned" in line for line in self.server.log)
            self.stopped_with = self.server.stop()
            self.is_well = self.server.json("doctor", "--json")["is_well"]
        finally:
            self.server.close()

    def send(self):
        """Gives what the sender hears: OK, a refusal in words, or nothing."""
        try:
            with self.server.client() as client:
                file = client.open(f"/inbox/{NAME}", "w")
                file.set_pipelined(False)
                half = len(CONTENT) // 2
                for piece in (CONTENT[:half], CONTENT[half:]):
                    file.write(piece)
                close(client, file)
            return "OK"
        except EOFError:
            return "nothing"
        except OSError as refused:
            # Refusals have words and no error number of the sender's own system.
            return str(refused) if refused.errno is None else "nothing"
        except CUT_OFF:
            return "nothing"

    def state(self):
        """What became of the file, when nothing moves any more."""
        for _ in range(240):
            files = [entry for entry in self.server.json("file", "list", "--only", "file", "--json")]
            spool = self.server.spool
            on_the_way = [*spool.glob("*/waiting/*.json"), *spool.glob("*/claimed/*.json")]
            if not on_the_way and all(entry["finished_at"] for entry in files):
                break
            time.sleep(0.25)
        rows = self.server.json("doctor", "--json")["database"]["rows"]
        with self.server.client() as client:
            outbox = client.listdir("/outbox")
            answers = [client.open(f"/outbox/{name}").read().decode() for name in outbox if name.endswith(".ack.hl7")]
        return {
            "files": [(entry["name"], entry["state"], entry["duplicate_of"]) for entry in files],
            "messages": (rows["message"], rows["file_message"], rows["vaccination_report"]),
            "answered": [answer.count("\rMSA|AA|") for answer in answers],
            "results": len(outbox),
        }


NONE = {"files": [], "messages": (0, 0, 0), "answered": [], "results": 0}
ONCE = {"files": [(NAME, "complete", None)], "messages": (MESSAGES,) * 3, "answered": [MESSAGES], "results": 2}


def unfinished(server):
    return [path.name for path in server.spool.glob("*/partial/*/p-*")]


@pytest.fixture(scope="module")
def stories(cluster):
    """The stories of all failures on each database, several at a time."""
    of_cluster = cluster.new_database()
    templates = {"sqlite": FileServer(), "postgresql": FileServer(database=of_cluster)}
    copies = threading.Lock()

    def tell(database, failure):
        with copies:
            copy = cluster.copy_of(of_cluster) if database == "postgresql" else None
        return Story(templates[database], copy, failure)

    asked = [("sqlite", case) for case in CASES] + [("postgresql", case) for case in ON_POSTGRESQL]
    asked += [(database, WITHOUT_A_FAILURE) for database in templates]
    with ThreadPoolExecutor(AT_ONCE) as tellers:
        told = {case: tellers.submit(tell, *case) for case in asked}
    yield lambda database, failure: told[database, failure].result()
    for template in templates.values():
        template.close()


def test_without_a_failure_the_file_is_taken_and_processed(stories, database):
    """The control of all others."""
    story = stories(database, WITHOUT_A_FAILURE)
    assert (story.heard, story.before, story.happened, story.stopped_with) == ("OK", ONCE, 0, 0)


@pytest.mark.parametrize("on, place", on_each_database(REFUSED_BY_AN_ERROR, "error"))
def test_an_error_is_told_and_nothing_counts_until_the_file_is_sent_again(stories, on, place):
    story = stories(on, plan(place, "error"))
    assert story.happened == 1, "the failure was made"
    assert "send" in story.heard and "again" in story.heard, story.heard
    assert story.before == NONE
    assert (story.heard_again, story.after, story.is_well) == ("OK", ONCE, True)


@pytest.mark.parametrize("on, place", on_each_database(TAKEN_BEFORE_AN_ERROR, "error"))
def test_a_taken_file_is_taken_up_again_by_itself_after_an_error(stories, on, place):
    story = stories(on, plan(place, "error"))
    assert story.happened == 1, "the failure was made"
    assert (story.heard, story.before, story.is_well) == ("OK", ONCE, True)


@pytest.mark.parametrize("on, place", on_each_database(["write", "rename:2"], "full"))
def test_a_full_disk_is_told_and_nothing_counts_until_the_file_is_sent_again(stories, on, place):
    story = stories(on, plan(place, "full"))
    assert story.happened == 1, "the failure was made"
    assert "disk is full" in story.heard and "again" in story.heard, story.heard
    assert story.before == NONE
    assert (story.heard_again, story.after, story.is_well) == ("OK", ONCE, True)


@pytest.mark.parametrize("on, place", on_each_database(["result"], "full"))
def test_results_wait_for_room_on_the_disk(stories, on, place):
    story = stories(on, plan(place, "full"))
    assert (story.happened, story.heard, story.before) == (1, "OK", ONCE)


@pytest.mark.parametrize("on, place", on_each_database(LOST_WITH_A_DEATH, "abort"))
def test_a_death_before_the_file_is_taken_leaves_none(stories, on, place):
    story = stories(on, plan(place, "abort"))
    assert (story.ended_with, story.heard) == (-signal.SIGABRT, "nothing")
    assert story.before == NONE
    assert bool(story.waits_unfinished) == (place in ["write", "fsync"]), "what is not in its place is there to be resumed"
    assert (story.heard_again, story.after, story.is_well) == ("OK", ONCE, True)


@pytest.mark.parametrize("on, place", on_each_database(UNHEARD_OF_AFTER_A_DEATH, "abort"))
def test_a_death_after_the_file_is_taken_and_before_its_ok_leaves_one(stories, on, place):
    story = stories(on, plan(place, "abort"))
    assert (story.ended_with, story.heard) == (-signal.SIGABRT, "nothing")
    assert (story.before, story.is_well) == (ONCE, True)


@pytest.mark.parametrize("on, place", on_each_database(TAKEN_BEFORE_A_DEATH, "abort"))
def test_a_death_while_the_file_is_processed_leaves_one(stories, on, place):
    story = stories(on, plan(place, "abort"))
    assert (story.ended_with, story.heard) == (-signal.SIGABRT, "OK")
    assert (story.before, story.is_well) == (ONCE, True)


def test_a_failure_that_is_none_is_refused_at_the_start():
    server = FileServer()
    try:
        options = ["serve", *server.options, "--http", "127.0.0.1:0", *server.serving]
        ran = subprocess.run([BINARY, *options], env={"BLUEBONNET_FAILPOINT": "sync:error"}, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 2 and "no failure" in ran.stderr
    finally:
        server.close()


def test_the_instrument_sees_a_file_that_is_there_twice():
    """The control of counting: the same messages in another file are counted."""
    server = FileServer(roles="webservice,sftp,jobs")
    try:
        server.start()
        story = Story.__new__(Story)
        story.server = server
        assert story.send() == "OK"
        assert story.state() == ONCE
        with server.client() as client, client.open("/inbox/other.hl7", "w") as other:
            other.write(CONTENT + b"\r")
        state = story.state()
        assert len(state["files"]) == 2 and state["messages"][1] == 2 * MESSAGES and state["answered"] == [MESSAGES] * 2
        assert state != ONCE
    finally:
        server.close()
