"""The connection is cut in the middle of an upload, at every 4 KiB: whoever then resumes, sends again or gives up has one
file processed, or none; never a part, never two."""

import contextlib
import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from file_server import CLOSE, F_CREATE, F_TRUNCATE, F_WRITE, RENAME, FileServer, Refused, session, string
from people import Person

STEP = 4096
SIZE = 256 * 1024
CONTENT = ("".join(Person(index).report() for index in range(700)).encode())[:SIZE]
#: How many of the cuts are tried: all of them, or every n-th.
EVERY = int(os.environ.get("BLUEBONNET_CUTS_EVERY", 1))


@pytest.fixture(scope="module")
def server():
    server = FileServer().start()
    yield server
    server.close()


def upload_cut_off(server, name, length):
    """Sends so many bytes, waits for an answer now and then, and cuts the connection."""
    with server.transport() as transport, session(transport) as wire:
        handle = wire.open(f"/inbox/{name}", F_WRITE | F_CREATE | F_TRUNCATE)
        sent = [
            wire.send(6, string(handle), offset.to_bytes(8, "big"), string(CONTENT[offset : offset + STEP]))
            for offset in range(0, length, STEP)
        ]
        for request in sent if length % (3 * STEP) == 0 else []:
            wire.answer_to(request)
        transport.sock.close()


def resume(wire, name):
    handle = wire.open(f"/inbox/{name}", F_WRITE | F_CREATE)
    here = wire.size(f"/inbox/{name}")
    assert here <= len(CONTENT) and here % STEP == 0
    for offset in range(here, len(CONTENT), 32_768):
        wire.write(handle, offset, CONTENT[offset : offset + 32_768])
    wire.close(handle)


def send_again(wire, name):
    handle = wire.open(f"/inbox/{name}", F_WRITE | F_CREATE | F_TRUNCATE)
    for offset in range(0, len(CONTENT), 32_768):
        wire.write(handle, offset, CONTENT[offset : offset + 32_768])
    wire.close(handle)


def give_up(wire, name):
    pass


@pytest.mark.parametrize("afterwards, processed", [(resume, 1), (send_again, 1), (give_up, 0)])
def test_one_processing_or_none(server, afterwards, processed):
    own = threading.local()

    def connect():
        own.wire = connections.enter_context(server.wire())

    def cut_at(length):
        name = f"{afterwards.__name__}-{length}.hl7"
        upload_cut_off(server, name, length)
        afterwards(own.wire, name)
        return name

    with contextlib.ExitStack() as connections, ThreadPoolExecutor(8, initializer=connect) as senders:
        names = list(senders.map(cut_at, range(0, SIZE + STEP, STEP * EVERY)))
    assert len(names) == SIZE // STEP // EVERY + 1
    taken = {name: [] for name in names}
    for record in server.taken():
        taken.setdefault(record["name"], []).append(record)
    whole = hashlib.sha256(CONTENT).hexdigest()
    for name in names:
        assert [record["content_hash"] for record in taken[name]] == [whole] * processed, name


def test_another_name_makes_no_whole_file_of_one_that_was_cut_off(server):
    upload_cut_off(server, "set-aside.hl7", 3 * STEP)
    with server.wire() as wire:
        with pytest.raises(Refused, match="cut off before its end"):
            wire.ask(RENAME, string("/inbox/set-aside.hl7"), string("/inbox/set-aside.old"))
        wire.ask(RENAME, string("/inbox/set-aside.hl7"), string("/inbox/set-aside.hl7.tmp"))
        assert wire.size("/inbox/set-aside.hl7.tmp") == 3 * STEP
    assert server.taken("set-aside.old") == []


def test_a_cut_after_the_close_was_sent_leaves_one_file_whatever_the_sender_does_then(server):
    """The answer to CLOSE is lost: the sender cannot know, and asks again."""
    for attempt in range(10):
        name = f"lost-answer-{attempt}.hl7"
        with server.transport() as transport, session(transport) as wire:
            handle = wire.open(f"/inbox/{name}", F_WRITE | F_CREATE | F_TRUNCATE)
            for offset in range(0, SIZE, 32_768):
                wire.write(handle, offset, CONTENT[offset : offset + 32_768])
            wire.send(CLOSE, string(handle))
            transport.sock.close()
        with server.wire() as wire:
            resume(wire, name)
        records = server.taken(name)
        assert [record["size"] for record in records] == [SIZE], f"{name}: {records}"


def test_a_finished_file_is_found(server):
    """The control: what is not cut off is taken, and found by the way in which the others are counted."""
    with server.wire() as wire:
        send_again(wire, "control.hl7")
    assert [record["size"] for record in server.taken("control.hl7")] == [SIZE]
