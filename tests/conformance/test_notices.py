"""Notices of maintenance over the running program, a real mail server, programs that listen and readers of feeds:
everybody who asked is told each thing once, also when mail servers are busy and the program is killed."""

import collections
import json
import os
import random
import smtplib
import time
import urllib.error
import urllib.parse
import urllib.request

import feedparser
import icalendar
import jsonschema
import pytest
from mailbox import Listener, Mail, Mailbox, doubled, is_refused
from program import REPOSITORY, Program

PATIENCE_SECONDS = 60
KILLS = int(os.environ.get("BLUEBONNET_NOTICE_KILLS", 2))
TIMES = "7:00 p.m. Friday, May 31, 2024, to 5:00 a.m. Saturday, June 1, 2024 (CT)"
PLAN = ["--start", "Friday 2024-05-31 19:00", "--end", "Saturday 2024-06-01 05:00", "--by", "Department IT"]
#: Who is subscribed as what. Ana is subscribed twice, and is one person.
SUBSCRIBERS = [
    ("ana@clinic.example", "all_users", []),
    ("ana@clinic.example", "it_contacts", []),
    ("beto@clinica.example", "all_users", ["--language", "es"]),
    ("vendor@ehr.example", "ehr_vendors", ["--kind", "scheduled,reminders"]),
    ("exchange@hospital.example", "data_exchange", ["--kind", "scheduled"]),
    ("emergencies@clinic.example", "all_users", ["--kind", "emergency"]),
]
ANA, BETO, VENDOR, EXCHANGE = "ana@clinic.example", "beto@clinica.example", "vendor@ehr.example", "exchange@hospital.example"


@pytest.fixture
def box():
    box = Mailbox().open()
    yield box
    box.close()


@pytest.fixture
def server(box):
    server = Program("texas")
    server.serving = ["--roles", "web,jobs", "--public-url", server.address, *box.options]
    yield server
    server.close()


def subscribe(server, address, *more):
    return json.loads(server.command("subscription", "add", address, "--vouched", "--json", *more))


def order(server, what, *more):
    return json.loads(server.command("maintenance", what, *more, "--json"))


def at(server, instant):
    """Goes on at another time, as if nothing had been between."""
    if server.process is not None and server.process.poll() is None:
        assert server.stop() == 0
    server.show(instant)


def get(server, path):
    with urllib.request.urlopen(server.address + path, timeout=PATIENCE_SECONDS) as answer:
        return answer.headers, answer.read()


def until(what, holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := holds()):
        assert time.monotonic() < deadline, f"{what}, at last"
        time.sleep(0.1)
    return seen


def told(server, **wanted):
    """What `notice list` says, with these values."""
    lines = json.loads(server.command("notice", "list", "--limit", "1000", "--json"))
    return [line for line in lines if all(line[key] == value for key, value in wanted.items())]


def subjects(mails):
    return sorted((mail.to, mail.subject) for mail in mails)


def event(server):
    """The only window, as an independent library reads it from the calendar."""
    calendar = icalendar.Calendar.from_ical(get(server, "/status.ics")[1])
    (event,) = calendar.walk("VEVENT")
    return event


def feed(server):
    """The entries of the Atom feed, as an independent library reads them."""
    parsed = feedparser.parse(get(server, "/status.atom")[1])
    assert not parsed.bozo, parsed.bozo_exception
    return parsed.entries


def check_status(server, state):
    """/status.json keeps to its schema, and has the only window where it belongs."""
    document = json.loads(get(server, "/status.json")[1])
    schema = json.loads((REPOSITORY / "docs" / "status.schema.json").read_text())
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    (window,) = document["current"] + document["upcoming"] + document["past"]
    assert window["state"] == state
    return window


def test_everybody_is_told_each_thing_once(server, box):
    listener = Listener(500)
    secret = subscribe(server, listener.address, "--audience", "data_exchange")["secret"]
    for address, audience, more in SUBSCRIBERS:
        subscribe(server, address, "--audience", audience, *more)

    # A week ahead: announced.
    server.show("2024-05-24T15:00:00Z")
    window = order(server, "plan", *PLAN)["number"]
    order(server, "announce", window)
    server.start()
    announced = box.take(4)
    text = "ImmTrac2 Notice – Expected Downtime on Friday, May 31, 2024"
    spanish = "Aviso de ImmTrac2 – Inactividad prevista para el viernes 31 de mayo de 2024"
    assert subjects(announced) == [(ANA, text), (BETO, spanish), (EXCHANGE, text), (VENDOR, text)]
    for mail in announced:
        check_mime(mail, server)
    first = event(server)
    assert (first["SEQUENCE"], first["STATUS"]) == (0, "CONFIRMED")
    assert first.start.isoformat() == "2024-05-31T19:00:00-05:00" and first.end.isoformat() == "2024-06-01T05:00:00-05:00"
    assert check_status(server, "announced")["times"] == TIMES
    (entry,) = feed(server)
    assert entry.title == text and TIMES in " ".join(entry.summary.split())

    # The program that listens said 500; a minute later it is told again, under the same id.
    listener.wait_for(1)
    at(server, "2024-05-24T15:03:00Z")
    server.start()
    calls = listener.wait_for(2)
    assert calls[0].id == calls[1].id and all(call.is_signed_with(secret) for call in calls)
    assert not calls[0].is_signed_with(secret[::-1]), "the control: another secret does not fit"
    assert calls[1].json["occasion"] == "announced" and calls[1].json["notice"]["subject"] == text

    # Beto ends his subscription with one click (RFC 8058), as a mail program does it.
    click = {mail.to: mail for mail in announced}[BETO].message["List-Unsubscribe"].strip("<>")
    body = b"List-Unsubscribe=One-Click"
    with urllib.request.urlopen(urllib.request.Request(click, data=body), timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200

    # It is moved by a day.
    order(server, "reschedule", window, "--start", "2024-06-01 19:00", "--end", "2024-06-02 05:00")
    moved = box.take(3)
    text = "ImmTrac2 Notice – Downtime Moved to Saturday, June 1, 2024"
    assert subjects(moved) == [(ANA, text), (EXCHANGE, text), (VENDOR, text)]
    assert all(TIMES in " ".join(mail.text.split()) for mail in moved), "the time before is named"
    assert event(server)["SEQUENCE"] == 1 and event(server)["UID"] == first["UID"]
    assert event(server).start.isoformat() == "2024-06-01T19:00:00-05:00"
    assert listener.wait_for(3)[-1].json["occasion"] == "rescheduled"

    # A day ahead: a reminder, to those who want reminders.
    at(server, "2024-06-01T00:00:01Z")
    server.start()
    reminded = box.take(2)
    text = "ImmTrac2 Reminder – Expected Downtime on Saturday, June 1, 2024"
    assert subjects(reminded) == [(ANA, text), (VENDOR, text)]
    listener.wait_for(4)

    # It begins, and takes longer.
    at(server, "2024-06-02T00:00:01Z")
    server.start()
    text = "ImmTrac2 Notice – Downtime Has Begun"
    assert subjects(box.take(3)) == [(ANA, text), (EXCHANGE, text), (VENDOR, text)]
    order(server, "extend", window, "--end", "2024-06-02 07:00")
    (text,) = {mail.subject for mail in box.take(3)}
    assert text == "ImmTrac2 Notice – Downtime Extended to 7:00 a.m. Sunday, June 2, 2024 (CT)"
    assert event(server)["SEQUENCE"] == 2
    assert check_status(server, "active")["is_extended"]

    # It is over; an hour later there is the report.
    order(server, "complete", window)
    text = "ImmTrac2 Notice – Available Again"
    assert subjects(box.take(3)) == [(ANA, text), (EXCHANGE, text), (VENDOR, text)]
    listener.wait_for(7)
    at(server, "2024-06-02T01:10:00Z")
    server.start()
    (report,) = box.take(1)
    assert (report.to, report.subject) == (ANA, "ImmTrac2 Report – Downtime on Saturday, June 1, 2024")
    check_status(server, "completed")
    listener.wait_for(8)
    assert all(call.is_signed_with(secret) for call in listener.calls)
    assert len({call.id for call in listener.calls}) == 7, "one id for each notice; the first came twice"
    assert told(server, state="delivered", way="email") and not told(server, state="uncertain")
    assert told(server, address=BETO)[-1]["occasion"] == "announced"
    time.sleep(2)
    assert box.mails == [], "nothing more is sent"
    listener.close()


def check_mime(mail, server):
    """Text and HTML of the same, in UTF-8, with what lets mail programs unsubscribe (RFC 2045, 2369, 8058)."""
    message = mail.message
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}
    assert not message.defects and not any(part.defects for part in message.walk())
    assert message["From"].addresses[0].addr_spec == "notices@iis.example.org"
    assert message["To"].addresses[0].addr_spec == mail.to
    assert message["Date"].datetime and message["MIME-Version"] and message["Auto-Submitted"] == "auto-generated"
    assert mail.id.startswith("<") and mail.id.endswith("@iis.example.org>")
    link = message["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{server.address}/subscription/end?token=") and link == mail.link
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    language = "es" if mail.to == BETO else "en"
    assert message["Content-Language"] == language and f'<html lang="{language}">' in mail.html
    heading = "Qué hacer" if language == "es" else "Solution"
    assert heading in mail.text and f">{heading}</h2>" in mail.html
    assert max(len(line) for line in mail.raw.splitlines()) <= 998, "RFC 5321, 4.5.3.1.6"


def test_a_cancelled_window_is_taken_back_everywhere(server, box):
    subscribe(server, ANA)
    server.show("2024-05-24T15:00:00Z")
    window = order(server, "plan", *PLAN)["number"]
    order(server, "announce", window)
    server.start()
    box.take(1)
    order(server, "cancel", window)
    (mail,) = box.take(1)
    assert mail.subject == "ImmTrac2 Notice – Downtime on Friday, May 31, 2024 Cancelled"
    assert (event(server)["SEQUENCE"], event(server)["STATUS"]) == (1, "CANCELLED")
    check_status(server, "cancelled")
    (entry,) = feed(server)
    assert entry.title == mail.subject


def test_a_subscription_waits_for_its_confirmation(server, box):
    server.start()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(server.address + "/subscribe", timeout=PATIENCE_SECONDS).read().decode()
    fields = dict(address="carla@clinic.example", audience="it_contacts", **token_of(page))
    data = urllib.parse.urlencode(fields).encode()
    assert opener.open(server.address + "/subscribe", data=data, timeout=PATIENCE_SECONDS).status == 200
    (mail,) = box.take(1)
    assert mail.to == "carla@clinic.example" and "List-Unsubscribe" not in mail.message

    def state():
        (known,) = json.loads(server.command("subscription", "list", "--json"))
        return known["state"]

    # Programs that look for harm open every link: that alone confirms nothing.
    assert urllib.request.urlopen(mail.link, timeout=PATIENCE_SECONDS).status == 200
    assert state() == "pending"
    assert urllib.request.urlopen(mail.link, data=b"", timeout=PATIENCE_SECONDS).status == 200
    assert state() == "confirmed"
    with pytest.raises(urllib.error.HTTPError) as forged:
        urllib.request.urlopen(mail.link[:-1] + ("0" if mail.link[-1] != "0" else "1"), timeout=PATIENCE_SECONDS)
    assert forged.value.code == 404


def token_of(page):
    """The hidden field that a form carries."""
    name = page.split('type="hidden" name="')[1].split('"')[0]
    return {name: page.split(f'name="{name}" value="')[1].split('"')[0]}


def test_a_busy_server_is_tried_again_and_a_refusal_is_reported(server, box):
    for address in ["busy@clinic.example", "gone@clinic.example", ANA]:
        subscribe(server, address)
    box.busy["busy@clinic.example"] = 2
    box.no_such_user.add("gone@clinic.example")
    box.close()
    server.show("2024-05-24T15:00:00Z")
    window = order(server, "plan", *PLAN)["number"]
    order(server, "announce", window)
    assert is_refused(box.port), "the control: nobody listens"
    server.start()
    until("the log says so", lambda: any("the mail server cannot be used" in line for line in server.log))
    assert {line["state"] for line in told(server)} == {"waiting"}

    # The server is back: one has it, one is to come back, one does not exist.
    box.open()
    at(server, "2024-05-24T15:01:00Z")
    server.start()
    assert [mail.to for mail in box.take(1)] == [ANA]
    (failed,) = until("the refusal is kept", lambda: told(server, state="failed"))
    assert failed["address"] == "gone@clinic.example" and "5.1.1" in failed["detail"]
    (busy,) = until("the other waits", lambda: told(server, state="waiting"))
    assert busy["tries"] == 1 and "4.7.1" in busy["detail"]
    for minutes, tries in [(3, 2), (8, 3)]:
        at(server, f"2024-05-24T15:{minutes:02}:00Z")
        server.start()
        until("it is tried", lambda: told(server, address="busy@clinic.example", tries=tries))
    assert [mail.to for mail in box.take(1)] == ["busy@clinic.example"]
    (failed,) = told(server, address="gone@clinic.example")
    assert failed["tries"] == 1, "what is refused for good is given up"
    assert any("needs a look" in line for line in server.log), "and reported"


def test_a_kill_doubles_no_mail_and_loses_none_silently(server, box):
    chance = random.Random(7)
    addresses = [f"person-{number}@clinic.example" for number in range(30)]
    rows = "".join(f"{address},all_users\n" for address in addresses)
    (REPOSITORY / server.folder / "all.csv").write_text("address,audience\n" + rows)
    server.command("subscription", "import", f"{server.folder}/all.csv")
    server.show("2024-05-24T15:00:00Z")
    window = order(server, "plan", *PLAN)["number"]
    order(server, "announce", window)
    # Killed at each moment at which something could go wrong.
    for moment in ["rcpt", "data", "text"]:
        box.stop_once_at(moment)
        server.start()
        assert box.stopped.wait(PATIENCE_SECONDS)
        server.kill()
        box.released.set()
    # And at any instant.
    for _ in range(KILLS):
        server.start()
        box.wait_for(len(box.mails) + chance.randrange(1, 6))
        time.sleep(chance.random() * 0.02)
        server.kill()
    server.start()
    until("nothing waits", lambda: not told(server, state="waiting") and not told(server, state="handing_over"))
    assert doubled(box.mails) == []
    states = {line["address"]: line["state"] for line in told(server)}
    assert set(states) == set(addresses)
    counts = collections.Counter(states.values())
    assert set(counts) <= {"delivered", "uncertain"} and 2 <= counts["uncertain"] <= 2 + KILLS
    mailed = {mail.to for mail in box.mails}
    silently_lost = [address for address, state in states.items() if state == "delivered" and address not in mailed]
    assert silently_lost == []
    # The operator is told which are uncertain, in the list and in the log.
    assert all("ended while handing it over" in line["detail"] for line in told(server, state="uncertain"))
    assert any("in hand when the program ended" in line for line in server.log)


def test_the_instrument_sees_a_mail_that_comes_twice(box):
    """The control: what the tests above look for is found when it is there."""
    for subject in ["one", "other", "one"]:
        with smtplib.SMTP("127.0.0.1", box.port, timeout=PATIENCE_SECONDS) as client:
            client.sendmail("a@b.example", [ANA], f"Subject: {subject}\nContent-Type: text/plain\n\nthe text\n")
    assert isinstance(box.wait_for(3)[0], Mail)
    assert doubled(box.mails) == [ANA]
