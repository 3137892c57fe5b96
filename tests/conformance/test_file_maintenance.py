"""The file door in maintenance windows: files are taken and held, or refused in the registry's words; and at the front,
which has no database at all."""

import datetime
import json
import time

import pytest
from file_server import FileServer
from people import Person

SENTENCE = (
    "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. "
    "Please try again later."
)
CONTENT = Person(1).report().encode()


@pytest.fixture
def server():
    server = FileServer()
    yield server
    server.close()


def begin_window(server, *modes):
    """A window that has begun and lasts some hours; gives its number."""
    end = datetime.datetime.now() + datetime.timedelta(hours=30)
    plan = ["maintenance", "plan", "--start", "now", "--end", f"{end:%Y-%m-%d %H:%M}", "--by", "IT", "--json"]
    window = json.loads(server.command(*plan, *modes))["number"]
    server.command("maintenance", "announce", window)
    return window


def put(server, name):
    with server.client() as client, client.open(f"/inbox/{name}", "w") as file:
        file.write(CONTENT)


def banner(server):
    with server.transport() as transport:
        return (transport.get_banner() or b"").decode()


def until(holds):
    for _ in range(80):
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError("it did not happen")


def test_files_are_taken_and_held_and_the_outbox_says_until_when(server):
    server.start()
    put(server, "before.hl7")
    assert banner(server) == ""
    window = begin_window(server)
    until(lambda: "Maintenance until" in banner(server))
    put(server, "held.hl7")
    with server.client() as client:
        assert "HELD.txt" in client.listdir("/outbox")
        with client.open("/outbox/HELD.txt") as notice:
            text = notice.read().decode()
        with pytest.raises(PermissionError):
            client.remove("/outbox/HELD.txt")
    assert "Waiting: 2 files, 2 messages." in text and "held.hl7" in text
    assert "Nothing needs to be sent again." in text
    assert " held " in server.openssh("ls -l inbox")
    assert [record["size"] for record in server.taken("held.hl7")] == [len(CONTENT)]
    server.command("maintenance", "complete", window)
    until(lambda: banner(server) == "")
    with server.client() as client:
        assert "HELD.txt" not in client.listdir("/outbox")


def test_a_closed_door_refuses_files_in_the_registrys_words(server):
    server.start()
    put(server, "before.hl7")
    begin_window(server, "--mode", "file=closed")
    until(lambda: SENTENCE in banner(server))
    with server.client() as client:
        for attempt in [
            lambda: client.open("/inbox/closed.hl7", "w"),
            lambda: client.listdir("/outbox"),
            lambda: client.rename("/inbox/before.hl7", "/inbox/after.hl7"),
        ]:
            with pytest.raises(OSError) as refused:
                attempt()
            assert SENTENCE in str(refused.value)
    assert server.taken("closed.hl7") == []


def test_the_front_takes_files_without_any_database(server):
    server.start()
    put(server, "before.hl7")
    begin_window(server)
    until(lambda: "Maintenance until" in banner(server))
    server.stop()
    server.serving[server.serving.index("--roles") + 1] = "gate,sftp"
    server.hide_database()
    server.start()
    assert "Maintenance until" in banner(server)
    put(server, "at-the-front.hl7")
    assert [record["size"] for record in server.taken("at-the-front.hl7")] == [len(CONTENT)]
    with server.client() as client:
        assert {"before.hl7", "at-the-front.hl7"} <= set(client.listdir("/inbox"))
        assert "HELD.txt" in client.listdir("/outbox")
    server.openssh("ls inbox")
