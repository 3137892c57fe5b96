"""Who gets in at a door that a window closes: a test organization's messages, and nobody who only claims to be one; and
what a read-only door still does."""

import contextlib
import http.client
import json
import time
import urllib.request

import er7
import pytest
import soap
from doors import SENTENCE
from file_server import FileServer
from people import Person
from test_gate_flips import begin_window, logged, order

TESTERS = "TEST1000"
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def server():
    server = FileServer(roles="web,webservice,jobs")
    server.testers = server.new_account(TESTERS, "Those who test")
    server.start()
    yield server
    server.close()


@contextlib.contextmanager
def window(server, *options):
    """A window, from when the server has begun it itself until its doors are open again."""
    number = begin_window(server, *options)
    wait_for(lambda: any(update["action"] == "started" for found in current(server) for update in found["updates"]))
    try:
        yield
    finally:
        order(server, "complete", number)
        wait_for(lambda: echo(server).status == 200 and not current(server))


def current(server):
    with urllib.request.urlopen(server.address + "/status.json", timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)["current"]


def echo(server):
    client = soap.Client(server.port, server.account)
    reply = client.post(soap.envelope("<urn:connectivityTest><urn:echoBack>still here</urn:echoBack></urn:connectivityTest>"))
    client.close()
    return reply


def wait_for(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def closed(server):
    with window(server, "--test-organization", TESTERS):
        yield


@pytest.fixture
def read_only(server):
    with window(server, "--mode", "web_service=read_only", "--mode", "web=read_only"):
        yield


def sent(server, account, message):
    client = soap.Client(server.port, account)
    reply = client.submit(message)
    client.close()
    return reply


def is_turned_away(reply):
    return reply.status == 503 and SENTENCE in reply.body.decode() and int(reply.headers["retry-after"]) > 0


def test_messages_of_a_test_organization_pass_the_closed_door_and_no_others(server, closed):
    before, person = logged(server), Person(701)
    report = person.report(control_id="smoke", consent="N|20240115").replace("CLINIC", TESTERS)
    assert er7.field(sent(server, server.testers, report).hl7, "MSA", 1) in ("AA", "AE")
    question = person.question().replace("CLINIC", TESTERS)
    assert er7.field(sent(server, server.testers, question).hl7, "QAK", 2) == "OK"
    assert logged(server) == before + 2
    assert is_turned_away(sent(server, server.account, Person(702).report()))
    assert logged(server) == before + 2


@pytest.mark.parametrize("claim", ["the facility of one", "the user of one", "the password of another"])
def test_who_only_claims_to_be_a_test_organization_stays_outside(server, closed, claim):
    account = {
        "the facility of one": {**server.account, "facility": TESTERS},
        "the user of one": {**server.account, "username": server.testers["username"]},
        "the password of another": {**server.testers, "password": server.account["password"]},
    }[claim]
    before = logged(server)
    reply = sent(server, account, Person(703).report())
    assert is_turned_away(reply) or reply.fault == "SecurityFault", reply.body
    assert reply.hl7 is None and logged(server) == before


def test_a_test_organization_is_one_of_many_when_no_window_names_it(server):
    with window(server):
        assert is_turned_away(sent(server, server.testers, Person(704).report()))
    assert sent(server, server.testers, Person(704).report().replace("CLINIC", TESTERS)).hl7


def test_a_read_only_door_answers_questions_and_turns_changes_away(server, read_only):
    known = Person(705)
    before = logged(server)
    assert is_turned_away(sent(server, server.account, known.report()))
    assert logged(server) == before
    answer = sent(server, server.account, known.question("read-only")).hl7
    assert er7.field(answer, "QAK", 2) in ("NF", "OK")
    echoed = echo(server)
    assert echoed.status == 200 and b"still here" in echoed.body


@pytest.mark.parametrize("path", ["/", "/sign-in", "/status", "/downtime-form"])
def test_a_read_only_web_application_shows_its_pages(server, read_only, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers={"Accept": "text/html"})
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 200 and SENTENCE not in text
