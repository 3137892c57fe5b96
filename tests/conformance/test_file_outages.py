"""The disk is full, or takes nothing any more; the database is away: uploads are refused in words or taken, and what was
taken earlier is processed by itself when all is well again, to its results. A node that cannot write says that it is not ready."""

import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import postgresql
import pytest
import soap
from file_senders import close
from file_server import FileServer
from people import Person
from test_database_away import readiness, ready
from test_file_maintenance import begin_window
from test_file_results import batch, files, put, until_complete

DISK_BYTES = 4 * 1024 * 1024
#: A file on which the registry itself fails is given up after three tries.
MORE_TRIES_THAN_FOR_A_FAULT = 5


class Disk:
    """A small disk in a mount namespace of its own, for a folder of a server: filled, and made read-only."""

    def __init__(self, server, name="spool", size=DISK_BYTES):
        self.folder = Path(server.folder) / name
        self.folder.mkdir()
        mount = f'mount -t tmpfs -o size={size},mode=700 tmpfs "{self.folder}" && echo mounted && exec sleep infinity'
        self.keeper = subprocess.Popen([*enter_new(), "sh", "-c", mount], stdout=subprocess.PIPE, text=True)
        assert self.keeper.stdout.readline() == "mounted\n"
        as_whom = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self.inside = ["nsenter", "--target", str(self.keeper.pid), "--mount", *as_whom, "--"]
        server.inside = self.inside
        #: The same folder, as it is seen from outside.
        self.seen = Path(f"/proc/{self.keeper.pid}/root{self.folder}")

    def remount(self, how):
        subprocess.run([*self.inside, "mount", "-o", f"remount,{how}", self.folder], check=True)

    def fill(self):
        """Leaves not one byte."""
        with open(self.seen / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def empty(self):
        (self.seen / "filler").unlink()

    def close(self):
        self.keeper.kill()
        self.keeper.wait()


def enter_new():
    """A command that runs another in a mount namespace of its own, where that other may mount."""
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


@pytest.fixture
def server():
    server = FileServer(roles="webservice,sftp,jobs")
    yield server
    server.close()


@pytest.fixture
def mounts():
    tried = subprocess.run([*enter_new(), "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"this kernel mounts no disk here: {tried.stderr.strip()}")


@pytest.fixture
def disk(server, mounts):
    disk = Disk(server)
    server.spool = disk.seen
    yield disk
    disk.close()


@pytest.fixture
def database_disk(server, mounts):
    """The disk of the database, of which nothing else is on."""
    disk = Disk(server, "database", 4 * DISK_BYTES)
    shutil.copy(Path(server.folder) / "registry.db", disk.seen)
    server.options += ["--database", str(disk.folder / "registry.db")]
    yield disk
    disk.close()


def refusal(server, name, content):
    """The words with which an upload is refused."""
    with pytest.raises(OSError) as refused, server.client() as client:
        file = client.open(f"/inbox/{name}", "w")
        file.set_pipelined(False)
        for start in range(0, len(content), 32_768):
            file.write(content[start : start + 32_768])
        close(client, file)
    return str(refused.value)


def results(server):
    with server.client() as client:
        return sorted(client.listdir("/outbox"))


def until(holds, seconds=60):
    for _ in range(seconds * 4):
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError("it did not happen")


def held_until_completed(server, names, batches=1):
    """Begins a window, so that files are taken and not begun; gives what ends it."""
    window = begin_window(server)
    until(lambda: "Maintenance" in banner(server))
    for place, name in enumerate(names):
        put(server, name, b"".join(batch(1 + 1000 * place + 12 * number) for number in range(batches)))
    return lambda: server.command("maintenance", "complete", window)


def tries(server, why):
    """How often a file was begun and could not be processed, for this reason."""
    return sum("taken up again" in line and why in line for line in server.log)


def banner(server):
    with server.transport() as transport:
        return (transport.get_banner() or b"").decode()


def test_a_full_disk_refuses_uploads_and_keeps_what_was_taken(server, disk):
    server.serving += ["--disk-reserve", "0"]
    server.start()
    complete = held_until_completed(server, ["earlier.hl7", "second.hl7"], 15)
    # An upload that runs into the end of the disk, and one that finds it full from the beginning.
    large = os.urandom(16) * (DISK_BYTES // 16)
    assert "disk is full; everything that was taken is kept, send this file again later" in refusal(server, "large.hl7", large)
    disk.fill()
    assert "disk is full" in refusal(server, "small.hl7", batch(500))
    assert server.taken("large.hl7") == server.taken("small.hl7") == []
    # Also results find no room: the work waits, however long it takes, and gives no file up.
    complete()
    until(lambda: tries(server, "disk is full") >= MORE_TRIES_THAN_FOR_A_FAULT)
    assert not any(name.endswith(".ack.hl7") for name in results(server))
    disk.empty()
    with server.client() as client:
        client.remove("/inbox/large.hl7")  # What was cut off is kept to be resumed; its sender gives it up.
    done = until_complete(server, 2)
    assert [(entry["name"], entry["state"], entry["counts"]["accepted"]) for entry in done] == [("earlier.hl7", "complete", 180), ("second.hl7", "complete", 180)]
    until(lambda: len([name for name in results(server) if name.endswith((".ack.hl7", ".summary.txt"))]) == 4)
    put(server, "small.hl7", batch(500))
    until_complete(server, 3)


def test_a_node_whose_database_has_no_room_is_not_ready_until_it_has(server, database_disk):
    server.start()
    client = soap.Client(server.port, server.account)
    assert client.submit(Person(1).report()).status == 200
    assert ready(server) == 200
    database_disk.fill()
    until(lambda: client.submit(Person(2).report()).status == 503)
    until(lambda: ready(server) == 503)
    assert any("disk is full" in line for line in server.log if "message not served" in line)
    said = readiness(server)
    assert (said["ready"], said["database_answers"], said["disk"]) == (False, True, "full")
    database_disk.empty()
    until(lambda: ready(server) == 200)
    assert client.submit(Person(2).report()).status == 200


def test_the_reserve_of_the_disk_is_left_free(server, disk):
    server.serving += ["--disk-reserve", str(DISK_BYTES // 2)]
    server.start()
    put(server, "fits.hl7", batch(1))
    until_complete(server, 1)
    with open(disk.seen / "filler", "wb") as filler:
        filler.write(b"x" * (DISK_BYTES // 2))
    assert "disk is full" in refusal(server, "more.hl7", batch(100))
    free = os.statvfs(disk.seen)
    assert free.f_bavail * free.f_frsize > DISK_BYTES // 4
    disk.empty()
    put(server, "more.hl7", batch(100))
    until_complete(server, 2)


def test_a_disk_that_becomes_read_only_refuses_uploads_and_keeps_what_was_taken(server, disk):
    server.start()
    server.serving += ["--disk-reserve", "0"]
    server.stop()
    server.start()
    complete = held_until_completed(server, ["earlier.hl7"])
    disk.remount("ro")
    assert "disk failed; what was answered OK is safe, send this again later" in refusal(server, "more.hl7", batch(100))
    complete()
    until(lambda: tries(server, "Read-only") >= MORE_TRIES_THAN_FOR_A_FAULT)
    assert not any("put aside" in line for line in server.log), "a file is not given up because of the disk"
    disk.remount("rw")
    (done,) = until_complete(server, 1)
    assert (done["name"], done["state"]) == ("earlier.hl7", "complete")
    until(lambda: any(name.endswith(".ack.hl7") for name in results(server)))
    put(server, "more.hl7", batch(100))
    until_complete(server, 2)


def test_the_small_disk_is_one(server, disk):
    """The control: without it the same upload is taken."""
    server.inside, server.spool = [], Path(server.folder) / "spool"
    server.serving[server.serving.index("--roles") + 1] = "webservice,sftp"
    server.start()
    put(server, "large.hl7", b"\n" * (DISK_BYTES + 1))
    assert [record["size"] for record in server.taken("large.hl7")] == [DISK_BYTES + 1]


def test_files_taken_while_postgresql_is_away_are_processed_when_it_is_back(cluster):
    own = postgresql.Cluster()
    server = FileServer(own.new_database(), roles="webservice,sftp,jobs")
    try:
        server.start()
        put(server, "before.hl7", batch(1))
        until_complete(server, 1)
        own.crash()
        names = ["away-1.hl7", "away-2.hl7", "away-3.hl7"]
        for place, name in enumerate(names):
            put(server, name, batch(100 + 100 * place))
        until(lambda: any("could not be written down yet" in line for line in server.log))
        assert [len(server.taken(name)) for name in names] == [1, 1, 1]
        assert len([name for name in results(server) if name.endswith(".ack.hl7")]) == 1
        own.start()
        assert_done_in_order(server, ["before.hl7", *names])
    finally:
        server.close()
        own.stop()


def test_files_taken_while_sqlite_is_locked_are_processed_when_it_is_free(server):
    server.start()
    put(server, "before.hl7", batch(1))
    until_complete(server, 1)
    lock = sqlite3.connect(Path(server.folder) / "registry.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    put(server, "away.hl7", batch(100))
    until(lambda: any("too busy" in line for line in server.log))
    assert len(server.taken("away.hl7")) == 1
    assert len([name for name in results(server) if name.endswith(".ack.hl7")]) == 1
    lock.execute("ROLLBACK")
    lock.close()
    assert_done_in_order(server, ["before.hl7", "away.hl7"])


def test_files_taken_while_the_database_is_hidden_are_processed_when_it_is_back(server):
    """A front without any database takes them; the node that has it again processes them."""
    server.start()
    put(server, "before.hl7", batch(1))
    until_complete(server, 1)
    window = begin_window(server)
    until(lambda: "Maintenance" in banner(server))
    server.stop()
    roles = server.serving.index("--roles") + 1
    all_roles, server.serving[roles] = server.serving[roles], "gate,sftp"
    server.hide_database()
    server.start()
    put(server, "away.hl7", batch(100))
    server.stop()
    for file in Path(server.folder).glob("hidden-*"):
        file.rename(file.with_name(file.name.removeprefix("hidden-")))
    server.serving[roles] = all_roles
    server.start()
    server.command("maintenance", "complete", window)
    assert_done_in_order(server, ["before.hl7", "away.hl7"])


def assert_done_in_order(server, names):
    done = until_complete(server, len(names))
    assert [(entry["name"], entry["state"]) for entry in done] == [(name, "complete") for name in names]
    finished = [entry["finished_at"] for entry in done]
    assert finished == sorted(finished)
    assert all(entry["counts"]["accepted"] == 12 for entry in files(server))
    until(lambda: len([name for name in results(server) if name.endswith(".ack.hl7")]) == len(names))
