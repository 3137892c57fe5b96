"""The database goes away under a running server: senders get the closed door, and all goes on by itself afterwards."""

import http.client
import json
import time

import postgresql
import pytest
import soap
from people import Person
from program import Program
from test_gate_flips import begin_window

SENTENCE = (
    "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. "
    "Please try again later."
)
BACK_SECONDS_MAXIMUM = 60


@pytest.fixture
def cluster_of_its_own(cluster):
    """Not the one that other tests share: this one is taken down."""
    own = postgresql.Cluster()
    yield own
    own.stop()


def test_a_sender_is_told_to_come_back_and_is_served_when_the_database_is_back(cluster_of_its_own):
    server = Program("example", cluster_of_its_own.new_database()).start()
    try:
        client, person = soap.Client(server.port, server.account), Person(1)
        second = person.report(control_id="second", dose=2, given_on="20240315")
        before = client.submit(person.report(dose=1))
        assert before.status == 200, "the control: with its database the server serves"
        assert ready(server) == 200

        cluster_of_its_own.crash()
        for message in [second, person.report(dose=1)]:
            closed = client.submit(message)
            assert (closed.status, closed.body.decode()) == (503, SENTENCE)
            assert int(closed.headers["retry-after"]) > 0
            assert closed.fault is None, "integration engines drop a message on a fault, and keep it on a 503"
        assert ready(server) == 503
        assert get(server, "/livez") == 200

        cluster_of_its_own.start()
        answer = served_again(client, second)
        assert answer.hl7.split("\r")[1].startswith("MSA|AA|")
        assert client.submit(person.report(dose=1)).hl7 == before.hl7, "what was acknowledged is still there"
    finally:
        server.close()


def test_a_node_that_says_the_sentence_stays_where_people_knock_without_its_database(cluster_of_its_own):
    server = Program("example", cluster_of_its_own.new_database()).start()
    try:
        client = soap.Client(server.port, server.account)
        window = begin_window(server)
        until(lambda: client.submit(Person(1).report()).status == 503)
        cluster_of_its_own.crash()
        said = readiness(server)
        assert (said["ready"], said["database_answers"], said["doors_closed"]) == (True, False, True)
        closed = client.submit(Person(1).report())
        assert (closed.status, closed.body.decode()) == (503, SENTENCE)
        cluster_of_its_own.start()
        until(lambda: server.run("maintenance", "complete", window).returncode == 0)
        until(lambda: not readiness(server)["doors_closed"])
        cluster_of_its_own.crash()
        assert ready(server) == 503, "the control: an open door needs the database"
    finally:
        server.close()


def test_a_window_that_leaves_a_door_open_does_not_make_a_node_ready(cluster_of_its_own):
    server = Program("example", cluster_of_its_own.new_database()).start()
    try:
        begin_window(server, "--mode", "web_service=read_only")
        until(lambda: get(server, "/sign-in") == 503)
        assert ready(server) == 200
        cluster_of_its_own.crash()
        assert ready(server) == 503
    finally:
        server.close()


def until(holds):
    for _ in range(BACK_SECONDS_MAXIMUM * 4):
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError("it did not happen")


def served_again(client, message):
    """Sends as a sender does that keeps its message until it is taken."""
    for _ in range(BACK_SECONDS_MAXIMUM):
        reply = client.submit(message)
        if reply.status == 200:
            return reply
        assert reply.status == 503, reply
        time.sleep(1)
    raise AssertionError("the server did not find its database again")


def ready(server):
    return get(server, "/readyz")


def readiness(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/readyz")
    return json.loads(connection.getresponse().read())


def get(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().status
