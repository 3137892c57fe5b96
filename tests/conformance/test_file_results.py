"""From an upload to its results: what comes over SFTP is processed once, held in a window, and answered in the outbox."""

import json
import sqlite3
import subprocess
import time
from pathlib import Path

import postgresql
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
    for _ in range(120):
        with server.transport() as transport:
            if transport.get_banner():
                break  # The node has looked at the windows.
        time.sleep(0.25)
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


#: The database refuses one person: what the registry would do if it had a fault there.
POISON = {
    "sqlite": """CREATE TRIGGER poison BEFORE INSERT ON patient WHEN NEW.family_name = '{family}' COLLATE NOCASE
        BEGIN SELECT RAISE(ABORT, 'poison'); END;""",
    "postgresql": """CREATE FUNCTION poison() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER poison BEFORE INSERT ON patient FOR EACH ROW WHEN (upper(NEW.family_name) = upper('{family}')) EXECUTE FUNCTION poison();""",
}
ANTIDOTE = {"sqlite": "DROP TRIGGER poison", "postgresql": "DROP TRIGGER poison ON patient"}


def execute(server, database, sql):
    if database == "sqlite":
        with sqlite3.connect(Path(server.folder) / "registry.db", timeout=60) as connection:
            connection.executescript(sql)
        connection.close()
    else:
        url = server.options[server.options.index("--database") + 1]
        subprocess.run([Path(postgresql.binaries()) / "psql", "-q", "-v", "ON_ERROR_STOP=1", url, "-c", sql], check=True)


def test_a_message_on_which_the_registry_fails_is_kept_aside_and_the_rest_goes_on(server, database):
    poisoned = 5
    execute(server, database, POISON[database].format(family=Person(poisoned).family))
    put(server, "week.hl7", batch(1))
    (entry,) = until_complete(server, 1)
    assert (entry["state"], entry["counts"]) == ("exception", {"accepted": MESSAGES - 1, "warned": 0, "rejected": 1})
    (aside,) = server.json("file", "explain", entry["receipt"], "--verdict", "rejected", "--json")["messages"]
    assert (aside["ordinal"], aside["state"]) == (poisoned, "quarantined")
    assert "kept aside" in aside["findings"][0]["sentence"]
    assert result(server, entry, ".ack.hl7").count("\rMSA|A") == MESSAGES
    execute(server, database, ANTIDOTE[database])
    server.command("file", "reprocess", entry["receipt"])
    (again,) = until_complete(server, 1)
    assert (again["state"], again["counts"]["accepted"], again["run"]) == ("complete", MESSAGES, 2)
