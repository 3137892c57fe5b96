"""From an upload to its results: what comes over SFTP is processed once, held in a window, and answered in the outbox."""

import json
import time

import pytest
from file_server import FileServer
from people import Person
from test_file_maintenance import begin_window

MESSAGES = 12


@pytest.fixture
def server(request, database):
    url = request.getfixturevalue("cluster").new_database() if database == "postgresql" else None
    server = FileServer(url, roles="webservice,sftp,jobs")
    server.start()
    yield server
    server.close()


def batch(first):
    return "".join(Person(number).report() for number in range(first, first + MESSAGES)).encode()


def put(server, name, content):
    with server.client() as client, client.open(f"/inbox/{name}", "w") as file:
        file.write(content)


def files(server):
    """Every file received, the oldest first."""
    listed = json.loads(server.command("file", "list", "--json"))
    return sorted((entry for entry in listed if entry["kind"] == "file"), key=lambda entry: entry["received_at"])


def until_complete(server, count):
    for _ in range(120):
        known = files(server)
        if len(known) == count and all(entry["finished_at"] for entry in known):
            return known
        time.sleep(0.5)
    raise AssertionError(f"not complete: {known}")


def result(server, entry, ending):
    (name,) = [name for name in entry["results"] if name.endswith(ending)]
    with server.client() as client, client.open(f"/outbox/{name}") as file:
        return file.read().decode()


def test_each_message_of_a_file_is_answered_in_the_outbox(server):
    put(server, "week.hl7", batch(1))
    (entry,) = until_complete(server, 1)
    counts = entry["counts"]
    assert counts["accepted"] + counts["warned"] == MESSAGES and counts["rejected"] == 0
    answers = result(server, entry, ".ack.hl7")
    assert answers.count("\rMSA|A") == MESSAGES and answers.startswith("FHS|")
    assert "week.hl7" in result(server, entry, ".summary.txt")


def test_the_same_bytes_are_processed_once(server):
    put(server, "week.hl7", batch(1))
    (first,) = until_complete(server, 1)
    put(server, "again.hl7", batch(1))
    first_again, second = until_complete(server, 2)
    assert first_again["counts"] == first["counts"]
    assert second["duplicate_of"] == first["receipt"]
    messages = json.loads(server.command("doctor", "--json"))["database"]["rows"]["message"]
    assert messages == MESSAGES


def test_files_held_in_a_window_are_processed_in_their_order_when_it_is_over(server):
    window = begin_window(server)
    for _ in range(60):
        if json.loads(server.command("maintenance", "status", "--json"))["modes"]["file"] == "hold":
            break
        time.sleep(0.25)
    time.sleep(4)  # the node looks at the windows every few seconds
    names = ["first.hl7", "second.hl7", "third.hl7"]
    for place, name in enumerate(names):
        put(server, name, batch(1 + place * MESSAGES))
    with server.client() as client:
        assert "HELD.txt" in client.listdir("/outbox")
        assert not any(name.endswith(".ack.hl7") for name in client.listdir("/outbox"))
    server.command("maintenance", "complete", window)
    done = until_complete(server, len(names))
    assert [entry["name"] for entry in done] == names
    assert [entry["finished_at"] for entry in done] == sorted(entry["finished_at"] for entry in done)
    assert json.loads(server.command("doctor", "--json"))["database"]["rows"]["message"] == len(names) * MESSAGES
