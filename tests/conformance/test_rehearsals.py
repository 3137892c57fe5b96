"""Both founding notices rehearsed against the running program, with clients of every door at once: what they are told,
and when; what becomes of their files; who is mailed what; and whether the report afterwards is true."""

import collections
import datetime
import json
import time

import doors
import pytest
from doors import Doors, Knock
from file_server import FileServer
from mailbox import Mailbox, doubled
from people import Person
from soap import Client

CONSENT = "TXY|20240115"
JITTER_SECONDS = 60
PATIENCE_SECONDS = 60
NOTICES = [
    dict(
        plan=["--start", "Friday 2024-05-31 19:00", "--end", "Saturday 2024-06-01 05:00"],
        starts_at="2024-06-01T00:00:00+00:00",
        ends_at="2024-06-01T10:00:00+00:00",
        until="Maintenance until 5:00 a.m. Saturday, June 1, 2024 (CT).",
        subject="ImmTrac2 Notice – Expected Downtime on Friday, May 31, 2024",
    ),
    dict(
        plan=["--start", "Thursday 2025-02-06 19:00", "--end", "2025-02-06 21:00", "--emergency"],
        starts_at="2025-02-07T01:00:00+00:00",
        ends_at="2025-02-07T03:00:00+00:00",
        until="Maintenance until 9:00 p.m. Thursday, February 6, 2025 (CT).",
        subject="ImmTrac2 Notice – Emergency Downtime on Thursday, February 6, 2025",
    ),
]
SUBSCRIBERS = ["ana@clinic.example", "vendor@ehr.example"]


class Rehearsal:
    """The program under a clock that the test knows, too."""

    def __init__(self, box):
        self.server = FileServer(roles="web,webservice,sftp,jobs", profile="texas")
        self.server.serving += ["--public-url", self.server.address, *box.options]
        self.away = self.server.new_account("BURL3000", "Burleson Clinic")
        self.offset = None

    def show(self, instant):
        """Goes on at this instant."""
        if self.server.process is not None:
            assert self.server.stop() == 0
        self.server.show(instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
        real = self.server.clock["BLUEBONNET_REHEARSAL_CLOCK"].split(",")[1]
        self.offset = instant - datetime.datetime.fromisoformat(real)
        self.server.start()

    def shown(self, real):
        return real + self.offset

    def order(self, what, *more):
        return json.loads(self.server.command("maintenance", what, *more, "--json"))

    def files(self):
        listed = json.loads(self.server.command("file", "list", "--limit", "1000", "--json"))
        return sorted((entry for entry in listed if entry["kind"] == "file"), key=lambda entry: entry["received_at"])

    def rows(self):
        return json.loads(self.server.command("doctor", "--json"))["database"]["rows"]["message"]


def until(what, holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := holds()):
        assert time.monotonic() < deadline, f"{what}, at last"
        time.sleep(0.2)
    return seen


@pytest.fixture
def box():
    box = Mailbox().open()
    yield box
    box.close()


@pytest.mark.parametrize("notice", NOTICES, ids=["scheduled", "emergency"])
def test_a_notice_holds_at_every_door(box, notice):
    rehearsal = Rehearsal(box)
    try:
        rehearse(rehearsal, box, notice)
    finally:
        rehearsal.server.close()


def rehearse(rehearsal, box, notice):
    starts_at = datetime.datetime.fromisoformat(notice["starts_at"])
    ends_at = datetime.datetime.fromisoformat(notice["ends_at"])
    server = rehearsal.server
    for address in SUBSCRIBERS:
        server.command("subscription", "add", address, "--vouched")
    server.show((starts_at - datetime.timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    number = rehearsal.order("plan", *notice["plan"], "--by", "Department IT")["number"]
    rehearsal.order("announce", number)

    # The window begins under the eyes of everybody.
    rehearsal.show(starts_at - datetime.timedelta(seconds=4))
    with Doors(server, consent=CONSENT, pause=0.1, soap_clients=2, accounts=[server.account, rehearsal.away]) as knocking:
        kinds = [*doors.READERS, "soap"]
        knocking.wait_for("all are turned away", lambda now: all(len(now.all(kind, True)) >= 5 for kind in kinds))
        in_window = lambda knock: rehearsal.shown(knock.asked_at) >= starts_at
        knocking.wait_for("files are held", lambda now: sum(map(in_window, now.all("file"))) >= 5)
    assert knocking.cut == [] and knocking.faults() == []
    for knock in knocking.all():
        check_instants(rehearsal, knock, starts_at, ends_at)
    spreads = collections.defaultdict(list)
    for knock in knocking.all("soap", True):
        spreads[knock.client].append(jitter(rehearsal, knock, ends_at))
    for sender, ranges in spreads.items():
        least, most = max(least for least, _ in ranges), min(most for _, most in ranges)
        assert 0 <= most and least <= JITTER_SECONDS and least <= most, f"{sender}: right to the second: {ranges}"

    # What was taken is held, and the outbox says until when.
    taken = [knock for knock in knocking.all("file") if in_window(knock)]
    with server.client() as client, client.open("/outbox/HELD.txt") as held:
        text = held.read().decode()
    assert text.startswith(notice["until"]) and "Nothing needs to be sent again." in text
    assert all(f"-{knock.number}.hl7" in text for knock in taken)
    status = rehearsal.order("status")
    assert (status["modes"]["web_service"], status["modes"]["file"], status["modes"]["jobs"]) == ("closed", "hold", "hold")

    # A quarter of an hour past its end it is closed as before, and says a minute.
    rehearsal.show(ends_at + datetime.timedelta(minutes=16))
    overdue = [submit(server, account) for account in [server.account, rehearsal.away]]
    assert [knock.headers["retry-after"] for knock in overdue] == ["60", "60"]
    assert [fault for knock in overdue for fault in doors.faults(knock)] == []
    until("the update is posted", lambda: len(box.mails) >= 4)
    rehearsal.order("complete", number)

    # It is over: one sender comes back, the other does not.
    back = []

    def is_served():
        back.append(submit(server, server.account))
        return not back[-1].is_refusal

    until("the door opens", is_served)
    uploads = len(knocking.taken_files())
    done = lambda entries: len(entries) == uploads and all(entry["finished_at"] for entry in entries)
    files = until("the files are processed", lambda: (entries := rehearsal.files()) and done(entries) and entries)
    assert {entry["name"] for entry in files} == knocking.taken_files()
    assert all(entry["counts"]["accepted"] + entry["counts"]["warned"] == 1 for entry in files), "each once"
    ended = [entry["finished_at"] for entry in files]
    assert ended == sorted(ended), "in the order of their arrival"
    answered = len(knocking.all("soap", False)) + 1
    assert rehearsal.rows() == answered + uploads, "what was acknowledged is there, and once"
    with server.client() as client:
        assert "HELD.txt" not in client.listdir("/outbox")

    # An upload under way when the window began counts on the one side or the other.
    ended_within = [knock for knock in knocking.all("file") if rehearsal.shown(knock.answered_at) >= starts_at]
    check_report(rehearsal, number, knocking, overdue, back, range(len(taken), len(ended_within) + 1))
    check_mails(box, notice)


def check_instants(rehearsal, knock, starts_at, ends_at):
    """Open before the start, closed from it on; of files, taken always. Retry-After leads to the end, and a little on."""
    asked_at, answered_at = rehearsal.shown(knock.asked_at), rehearsal.shown(knock.answered_at)
    if knock.door == "file":
        assert not knock.is_refusal, knock
    elif knock.is_refusal:
        assert answered_at >= starts_at, knock
        least, most = jitter(rehearsal, knock, ends_at)
        assert 0 <= most and least <= JITTER_SECONDS, knock
    else:
        assert asked_at < starts_at, knock


def jitter(rehearsal, knock, ends_at):
    """What `Retry-After` adds to the seconds that were left: the least and the most, as the instant is not known."""
    told = int(knock.headers["retry-after"])
    left = lambda real: -((rehearsal.shown(real) - ends_at) // datetime.timedelta(seconds=1))
    return told - left(knock.asked_at), told - left(knock.answered_at)


def submit(server, account):
    person = Person(next(doors.NUMBERS))
    client = Client(server.port, account)
    asked_at = doors.utc_now()
    reply = client.submit(person.report(consent=CONSENT))
    client.close()
    body = reply.hl7 if reply.status == 200 else reply.body.decode()
    return Knock("soap", account["facility"], asked_at, doors.utc_now(), reply.status, reply.headers, body)


def check_report(rehearsal, number, knocking, overdue, back, held):
    refused = len(knocking.all("soap", True)) + len(overdue) + sum(knock.is_refusal for knock in back)
    of_web = sum(len(knocking.all(door, True)) for door in doors.READERS)

    def report():
        report = rehearsal.order("report", number)
        return report if report["turned_away"].get("web_service") == refused else None

    report = until("the count of those turned away is kept", report)
    assert report["turned_away"] == {"web": of_web, "web_service": refused}
    count = report["files"]["taken"]
    assert count in held and report["files"] == {"taken": count, "processed": count, "messages": count, "waiting": 0}
    returned = {
        sender["organization"]: sender["returned_at"] for sender in report["senders"] if sender["channel"] == "web_service"
    }
    assert set(returned) == {"CLINIC", "BURL3000"} and returned["CLINIC"] and not returned["BURL3000"]
    of_away = [knock for knock in knocking.all("soap", True) if knock.client.startswith("BURL3000")]
    assert report["still_away"] == {"senders": 1, "calls": len(of_away) + 1}
    assert report["notices"].get("uncertain", 0) == 0 and report["lasted_seconds"] > report["planned_seconds"]


def check_mails(box, notice):
    subjects = [notice["subject"], "ImmTrac2 Update – Downtime Continues", "ImmTrac2 Notice – Available Again"]
    mails = box.wait_for(len(subjects) * len(SUBSCRIBERS))
    expected = [(address, subject) for address in SUBSCRIBERS for subject in subjects]
    assert sorted((mail.to, mail.subject) for mail in mails) == sorted(expected)
    assert doubled(mails) == []


def test_the_instrument_sees_an_answer_that_is_wrong():
    """The control: what the rehearsal looks for is found when it is there."""
    now = doors.utc_now()
    headers = {"content-type": "text/plain", "cache-control": "no-store", "link": '</status>; rel="status"', "retry-after": "7"}
    good = Knock("soap", "", now, now, 503, headers, doors.SENTENCE)
    assert doors.faults(good) == []
    for change in [
        {"body": doors.SENTENCE + " "},
        {"headers": {**headers, "set-cookie": "a=b"}},
        {"headers": {**headers, "retry-after": "soon"}},
        {"status": 200, "body": doors.SENTENCE},
        {"status": 500, "body": ""},
        {"door": "fhir"},
        {"door": "file", "body": "no"},
    ]:
        assert doors.faults(Knock(**{**good.__dict__, **change})) != [], change
