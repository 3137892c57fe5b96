"""The house is rebuilt behind its front during a window, on PostgreSQL: the database is killed, a new server takes its
data folder, the schema is migrated, a new program takes the ports, while clients of every door knock. No connection is
refused, and every upload is kept and processed.

`scripts/rehearse-upgrade.sh` is the same for a release and more senders: BLUEBONNET_SENDERS, BLUEBONNET_BINARY_AFTER.
"""

import json
import os
import time
import urllib.request

import postgresql
import pytest
from doors import Doors, losses
from file_server import FileServer
from test_gate_flips import begin_window, logged, order, received

AFTER = os.environ.get("BLUEBONNET_BINARY_AFTER")
SENDERS = int(os.environ.get("BLUEBONNET_SENDERS", 50))
ALL = "web,webservice,sftp,jobs"
#: Takes the newest changes of the schema back, so that `migrate` finds what the release before left.
BEFORE_THE_NEWEST_MIGRATION = """
    DROP INDEX patient_by_name;
    CREATE INDEX patient_by_name ON patient (lower(family_name), lower(given_name));
    DROP TABLE exclusion, exclusion_key;
    ALTER TABLE message DROP COLUMN destroyed_at;
    DELETE FROM schema_migration WHERE version >= 17;
"""
#: Without statistics a new index over an expression is not used: finding people by name took a second.
STATISTICS_OF_THE_NEW_INDEX = """
    DO $$ BEGIN
        ASSERT EXISTS (SELECT FROM pg_stats WHERE tablename = 'patient_by_name'), 'migrate did not analyze';
    END $$;
"""


@pytest.fixture
def own_cluster(cluster):
    """Not the one that other tests share: this one is killed."""
    own = postgresql.Cluster()
    yield own
    own.stop()


def test_no_connection_is_refused_while_the_house_is_rebuilt(own_cluster):
    database = own_cluster.new_database()
    server = FileServer(database=database, roles=ALL)
    server.database = database
    try:
        server.start()
        # A connection for each request: whoever keeps one open sees it end with the program that it leads to.
        with Doors(server, soap_clients=SENDERS, file_clients=2, pause=0.1, keep_alive=False) as knocking:
            rebuild(server, own_cluster, knocking)
        check(server, knocking)
    finally:
        server.close()


def rebuild(server, cluster, knocking):
    knocking.wait_for("work goes on", lambda now: now.acknowledged() > SENDERS and now.taken_files())
    window = begin_window(server)
    # A sender asks one thing at a time: once each was turned away, no call of before the window is under way. One that the
    # database's death caught between its commit and its answer would be logged, and not acknowledged.
    knocking.wait_for("each sender is turned away", lambda now: len({knock.client for knock in now.all("soap", True)}) == SENDERS)
    cluster.crash()
    at_first = len(knocking.taken_files())
    knocking.wait_for("files are taken without the database", lambda now: len(now.taken_files()) > at_first + 2)
    server.hand_over("gate,sftp")
    at_the_front = len(knocking.taken_files())
    knocking.wait_for("files are taken at the front", lambda now: len(now.taken_files()) > at_the_front + 2)
    with urllib.request.urlopen(server.address + "/status.json", timeout=60) as answer:
        (current,) = json.loads(answer.read())["current"]
    assert current["state"] == "active"
    page = urllib.request.urlopen(server.address + "/status", timeout=60).read().decode()
    assert current["times"] in page and "under way" in page
    # The new server on the same data folder recovers what the old one had committed.
    cluster.start()
    server.binary = AFTER or server.binary
    if not AFTER:
        cluster.execute(server.database, BEFORE_THE_NEWEST_MIGRATION)
    migrated = server.json("migrate", "--json")
    assert AFTER or (migrated["from"], migrated["to"], len(migrated["applied"])) == (16, 18, 2), migrated
    if not AFTER:
        cluster.execute(server.database, STATISTICS_OF_THE_NEW_INDEX)
    at_last = len(knocking.all("soap", True))
    knocking.wait_for("the front goes on", lambda now: len(now.all("soap", True)) > at_last + SENDERS)
    server.hand_over(ALL)
    knocking.turned_away_at_least = len(knocking.all("soap", True))
    order(server, "complete", window)
    knocking.window = window
    before = knocking.acknowledged()
    knocking.wait_for("work goes on again", lambda now: now.acknowledged() > before + SENDERS)


def report_of_all(server, knocking):
    """The report once the node has taken over what the front left it: that is looked for every five seconds."""
    patience = time.monotonic() + 60
    while True:
        report = order(server, "report", knocking.window)
        if report["turned_away"]["web_service"] >= knocking.turned_away_at_least or time.monotonic() > patience:
            return report
        time.sleep(0.5)


def check(server, knocking):
    # An SFTP session ends with the program that it is of, and its client comes back; it finds somebody each time.
    sessions = [door for door, _, _ in knocking.cut]
    assert set(sessions) <= {"file session"} and len(sessions) <= 4, knocking.cut
    assert not any("refused" in error for _, _, error in knocking.cut), knocking.cut
    assert knocking.faults() == []
    files = received(server)
    acknowledged, taken = knocking.acknowledged(), knocking.taken_files()
    assert losses(acknowledged, logged(server), taken, files) == []
    # What was being sent when its session ended may have arrived, and was not acknowledged.
    unknown = {name for name, state in knocking.files.items() if state == "begun"}
    assert {entry["name"] for entry in files} <= taken | unknown and len(unknown) <= len(knocking.cut)
    report = report_of_all(server, knocking)
    counted, refused = report["turned_away"]["web_service"], len(knocking.all("soap", True))
    assert knocking.turned_away_at_least <= counted <= refused, "those turned away at the front are counted, too"
    assert report["files"]["taken"] == report["files"]["processed"] > 4
    requests = len(knocking.all())
    print(f"\n{SENDERS} senders: {requests} requests, {refused} turned away, {len(taken)} files taken, none refused")
    assert server.stop() == 0
    server.command("doctor")


def test_sockets_of_a_service_manager_are_used_and_outlive_the_program():
    """systemd's protocol (sd_listen_fds): the sockets are open before the program is, and stay open when it ends."""
    import socket

    server = FileServer(roles=ALL)
    listening = [socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))]
    server.port, server.sftp_port = (opened.getsockname()[1] for opened in listening)
    # The addresses on the command line give way to the sockets.
    names = {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:sftp"}

    def start():
        def place():
            for number, opened in enumerate(listening, start=3):
                os.dup2(opened.fileno(), number + 100)
            for number in (3, 4):
                os.dup2(number + 100, number)

        environment, server.environment = server.environment, {**server.environment, **names}
        launcher = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"]
        server.start(launcher=launcher, preexec_fn=place, close_fds=False)
        server.environment = environment

    try:
        with Doors(server, soap_clients=2, readers=[], file_clients=0, keep_alive=False) as knocking:
            # Nobody is there yet: who knocks waits.
            start()
            knocking.wait_for("they are served", lambda now: now.acknowledged() > 5)
            with server.client() as client:
                assert "inbox" in client.listdir("/")
            assert server.stop() == 0
            served = knocking.acknowledged()
            start()
            knocking.wait_for("they are served by the next", lambda now: now.acknowledged() > served + 5)
        assert knocking.cut == [] and knocking.faults() == [], "no connection was refused"
        assert logged(server) == knocking.acknowledged()
    finally:
        for opened in listening:
            opened.close()
        server.close()
