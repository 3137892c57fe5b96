"""The server is killed (SIGKILL) at random instants while organizations upload files and their files are processed: each
file that was answered OK is processed exactly once, and everything is as after an undisturbed run.

The long form is `make crash`; BLUEBONNET_CRASH_FILE_KILLS and _SEED set the form.
"""

import json
import os
import random
import shutil
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest
from file_senders import Organization, Outcome, Sender, faults
from file_server import FileServer

KILLS = int(os.environ.get("BLUEBONNET_CRASH_FILE_KILLS", 5))
SEED = int(os.environ.get("BLUEBONNET_CRASH_SEED", time.time_ns()))
ORGANIZATIONS = 2
#: A kill comes at most so long after somebody writes again; or somewhere after what it is aimed at.
UP_SECONDS_MAXIMUM = 0.8
AIMING_SECONDS_MAXIMUM = 20
AIMS = ["anywhere", "writes", "closes", "claimed", "archive"]


@pytest.fixture
def new_server(request):
    """Makes registries with sending organizations."""
    made = []

    def make(database):
        url = request.getfixturevalue("cluster").new_database() if database == "postgresql" else None
        server = FileServer(url, roles="webservice,sftp,jobs")
        made.append(server)
        server.organizations = [Organization(server, number, SEED) for number in range(ORGANIZATIONS)]
        return server.start()

    yield make
    for server in made:
        server.close()


class Kills:
    """Kills the server, and tells what that broke off."""

    def __init__(self, server, senders, is_up):
        self.server, self.senders, self.is_up = server, senders, is_up
        self.chance = random.Random(SEED)
        self.aims = []
        self.struck = Counter()

    def strike(self):
        self._aim()
        for step in {sender.step for sender in self.senders}:
            self.struck[step] += 1
        self.is_up.clear()
        self.server.kill()
        self.struck["while a file was being processed"] += bool(records(self.server, "claimed"))
        self.struck["with files waiting"] += bool(records(self.server, "waiting"))
        self.server.start()
        self.is_up.set()

    def _aim(self):
        """The instant within what it is aimed at is left to chance."""
        if not self.aims:
            self.aims = self.chance.sample(AIMS, len(AIMS))
        aim, sender, end = self.aims.pop(), self.chance.choice(self.senders), time.monotonic() + AIMING_SECONDS_MAXIMUM
        sender.wait_for("writes", AIMING_SECONDS_MAXIMUM)
        if aim == "anywhere":
            time.sleep(self.chance.random() * UP_SECONDS_MAXIMUM)
        elif aim == "archive":
            before = records(self.server, aim)
            while time.monotonic() < end and not records(self.server, aim) - before:
                time.sleep(0.002)
            time.sleep(self.chance.random() * 0.01)
        elif aim == "claimed":
            while time.monotonic() < end:
                time.sleep(self.chance.random() * 0.1 if records(self.server, aim) else 0.002)
                if records(self.server, aim):
                    break
        else:
            sender.wait_for(aim, AIMING_SECONDS_MAXIMUM)
            time.sleep(self.chance.random() * 0.02)


def records(server, folder):
    return set(server.spool.glob(f"*/{folder}/*.json"))


def until_processed(server, seconds=180):
    end = time.monotonic() + seconds
    while records(server, "waiting") or records(server, "claimed"):
        assert time.monotonic() < end, "files are not processed"
        time.sleep(0.05)


def send(server, counts):
    """Sends so many files of each organization, undisturbed; gives their names."""
    is_up = threading.Event()
    is_up.set()
    senders = [Sender(server, organization, is_up, SEED, counts[organization.code]) for organization in server.organizations]
    for sender in senders:
        sender.finish()
        assert sender.cut_off == 0
    return {sender.organization.code: sender.sent for sender in senders}


def test_each_file_answered_ok_is_processed_once_whenever_the_server_dies(new_server, database):
    server, is_up = new_server(database), threading.Event()
    is_up.set()
    began = time.monotonic()
    senders = [Sender(server, organization, is_up, SEED) for organization in server.organizations]
    kills = Kills(server, senders, is_up)
    for _ in range(KILLS):
        kills.strike()
    for sender in senders:
        sender.finish()
    until_processed(server)
    sent = {sender.organization.code: sender.sent for sender in senders}
    disturbed = Outcome(server, sent)
    assert server.stop() == 0
    server.command("doctor")  # Fails when the database, or a chain of the audit trail, is not whole.

    undisturbed = new_server(database)
    assert send(undisturbed, {code: len(names) for code, names in sent.items()}) == sent
    until_processed(undisturbed)
    found = faults(sent, disturbed, Outcome(undisturbed, sent))
    files, again = sum(map(len, sent.values())), sum(len(entries) - 1 for entries in disturbed.entries.values())
    print(
        f"\n{database}: {KILLS} kills, {files} files of {disturbed.rows['file_message']} messages, {again} sent again after a lost OK, "
        f"{sum(sender.cut_off for sender in senders)} uploads cut off, {time.monotonic() - began:.0f} s, seed {SEED}; "
        f"senders and files when it died: {dict(kills.struck)}"
    )
    assert not found, f"seed {SEED}\n" + "\n".join(found)
    assert disturbed.rows["vaccination_report"] > disturbed.rows["message"] // 2, "most messages are accepted"
    assert kills.struck["while a file was being processed"], f"no kill hit a file that was being processed; seed {SEED}"
    assert sum(sender.cut_off for sender in senders), f"no kill hit an upload; seed {SEED}"


def test_the_instrument_sees_a_lost_file_a_doubled_one_and_another_result(new_server):
    """The control: a spool that is tampered with, as no crash may leave it."""
    server, undisturbed = new_server("sqlite"), new_server("sqlite")
    server.stop()
    jobs, server.serving[-1] = server.serving[-1], "webservice,sftp"
    server.start()
    counts = {organization.code: 2 for organization in server.organizations}
    send(undisturbed, counts)
    sent = send(server, counts)
    until_processed(undisturbed)
    server.kill()
    first, last = (waiting(server, organization, sent) for organization in server.organizations)
    first[-1].unlink()
    server.serving[-1] = jobs
    server.start()
    until_processed(server)
    process_twice(server, last[0])
    until_processed(server)
    outbox = last[1].parent.parent / "outbox"
    result = next(path for path in outbox.glob(f"o-{json.loads(archived(last[1]).read_text())['name']}.*.summary.txt"))
    result.write_bytes(result.read_bytes()[:-20])

    found = faults(sent, Outcome(server, sent), Outcome(undisturbed, sent))
    (lost, *_), (doubled, changed, *_) = ([name for name in reversed(sent["SENDER0"])], sent["SENDER1"])
    assert f"SENDER0 {lost}: lost" in found
    assert f"SENDER1 {doubled}: processed twice" in found
    assert any(fault.startswith(f"SENDER1 {changed}: results differ") for fault in found)
    assert any(fault.startswith("rows: ") for fault in found) and len(found) == 4, found


def waiting(server, organization, sent):
    """The records of an organization's waiting files, in the order in which they were sent."""
    known = {json.loads(path.read_text())["name"]: path for path in records(server, "waiting") if organization.account["username"] in path.read_text()}
    return [known[name] for name in sent[organization.code]]


def archived(record):
    return record.parent.parent / "archive" / record.name


def process_twice(server, record):
    """Puts a processed file among the waiting once more, under another id, and so that it is not known again."""
    known = json.loads(archived(record).read_text())
    known["id"] = str(uuid.uuid4())
    known["content_hash"] = "0" * 64
    content = record.parent.parent / "content"
    shutil.copy(content / record.stem, content / uuid.UUID(known["id"]).hex)
    (record.parent / f"{uuid.UUID(known['id']).hex}.json").write_text(json.dumps(known))
