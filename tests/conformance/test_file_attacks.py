"""Attacks on the tree of files, by name and by sequence: nothing outside the account's own tree is read, written or
listed, and the door serves on."""

import itertools
import os
import struct
from pathlib import Path

import pytest
from file_server import (
    CLOSE, EXTENDED, F_APPEND, F_CREATE, F_EXCLUSIVE, F_READ, F_TRUNCATE, F_WRITE, FSETSTAT, FSTAT, LSTAT, MKDIR, NAME,
    NO_ATTRIBUTES, OPEN, OPENDIR, READ, READDIR, READLINK, REALPATH, REMOVE, RENAME, RMDIR, SETSTAT, STAT, STATUS, SYMLINK, WRITE,
    FileServer, Refused, Wire, long, number, session, string,
)  # fmt: skip

SECRET = b"nobody else may read this"
MINE = b"MSH|^~\\&|mine"


@pytest.fixture(scope="module")
def server():
    server = FileServer()
    server.other = server.new_account("OTHER", "Another clinic")
    server.start()
    with server.client() as client, client.open("/inbox/mine.hl7", "w") as mine:
        mine.write(MINE)
    with server.client(server.other["username"], server.other["password"]) as client:
        with client.open("/inbox/secret.hl7", "w") as secret:
            secret.write(SECRET)
        with client.open("/inbox/secret.tmp", "w") as secret:
            secret.write(SECRET)
    yield server
    server.close()


@pytest.fixture(scope="module")
def elsewhere(server):
    """The ids and folders of the other organization, as an attacker may know them."""
    other = next(path.parent for path in server.spool.glob("*/partial") if any(path.glob("a-other-ehr/*")))
    Path(other, "outbox", "o-secret.txt").write_bytes(SECRET)
    return other


def names(server, elsewhere):
    """Names that mean, or might mean, something else than a file in the own tree."""
    absolute = [f"{server.folder}/registry.db", f"{elsewhere}/outbox/o-secret.txt", "/etc/passwd", "/proc/self/environ", "/dev/zero"]
    up = ["../", "../../", "/inbox/../../", "/inbox/./.././../", "inbox//..//..//", "/outbox/" + "../" * 40, "..;/", "..%2f", "%2e%2e/"]
    tails = ["etc/passwd", f"{elsewhere.name}/outbox/o-secret.txt", "registry.db", "OTHER/inbox/secret.hl7", "a-other-ehr/p-secret.tmp"]
    odd = [
        "/inbox/../OTHER", "/inbox/secret.tmp", "/outbox/secret.txt", "/archive/secret.hl7", "/inbox/..\\..\\etc\\passwd",
        "\\etc\\passwd", "C:\\Windows\\win.ini", "//127.0.0.1/share", "file:///etc/passwd", "~root/.ssh/id_rsa", "~", "$HOME", "`id`",
        "/inbox/\0/../../etc/passwd", "/inbox/x\0.hl7", "\0", "/\0", "/inbox/\u2025/\u2025/etc/passwd", "/inbox/\uff0e\uff0e/\uff0e\uff0e/etc/passwd",
        "/inbox/\u2215etc\u2215passwd", "/inbox/a\u202egpj.7lh", "/inbox/\u0131nbox", "/INBOX/secret.hl7", "/inbox /secret.hl7", "/inbox/\n", "/inbox/\r\nx",
        "/inbox/\x1b[2J", "/inbox/" + "a" * 201, "/inbox/" + "a" * 5000, "/" + "a/" * 3000, "/inbox/" + "\u00e9" * 120, "/inbox/...", "/inbox/. .",
        "/inbox/p-secret.tmp", "/inbox/../spool", "/spool", "/inbox/new/claim.lock", "/outbox/o-secret.txt", "/outbox/../partial/a-other-ehr/p-secret.tmp",
        "/archive/../../archive", "", "/", ".", "..", "/..", "/inbox", "/inbox/", "/outbox/", "/archive//", "/inbox/CON", "/inbox/aux.hl7:stream",
    ]  # fmt: skip
    return list(dict.fromkeys(absolute + ["".join(pair) for pair in itertools.product(up, tails)] + odd))


def outside(server):
    """Everything on the disk that is not the account's own, and may not change."""
    own = {path for path in server.organization_folders() if path.name != server.elsewhere}
    for root, folders, files in os.walk(server.folder):
        # The node's own signs of life stand in nodes/.
        folders[:] = [folder for folder in folders if folder != "nodes" and Path(root, folder) not in own]
        for file in files:
            if not file.startswith(("registry.db", "file-accounts")):
                if Path(root, file).is_file():
                    yield Path(root, file), Path(root, file).read_bytes()


def attempt(ask):
    """What an attack learned: nothing when it was refused."""
    try:
        return ask()[1]
    except Refused as refused:
        assert refused.words
        return refused.words.encode()


def learned(wire, path):
    """Tries to read, write, list, rename, link and remove a path; gives every byte that came back."""
    came_back = [attempt(lambda: wire.ask(kind, string(path))) for kind in (LSTAT, STAT, REALPATH, READLINK, OPENDIR, REMOVE, RMDIR)]
    for flags in (F_READ, F_WRITE | F_CREATE, F_WRITE, F_READ | F_WRITE | F_CREATE | F_TRUNCATE):
        try:
            handle = wire.open(path, flags)
        except Refused as refused:
            came_back.append(refused.words.encode())
            continue
        came_back.append(attempt(lambda: wire.ask(READ, string(handle), long(0), number(1000))))
        if flags & F_WRITE:
            attempt(lambda: wire.write(handle, 0, b"attack"))
        # Left open: it stays unfinished.
    came_back.append(attempt(lambda: wire.ask(MKDIR, string(path), NO_ATTRIBUTES)))
    came_back.append(attempt(lambda: wire.ask(RENAME, string(path), string("/inbox/stolen.tmp"))))
    came_back.append(attempt(lambda: wire.ask(RENAME, string("/inbox/mine.hl7"), string(path))))
    came_back.append(attempt(lambda: wire.ask(EXTENDED, string("posix-rename@openssh.com"), string("/inbox/mine.hl7"), string(path))))
    came_back.append(attempt(lambda: wire.ask(EXTENDED, string("hardlink@openssh.com"), string(path), string("/inbox/link"))))
    came_back.append(attempt(lambda: wire.ask(SYMLINK, string(path), string("/inbox/link"))))
    came_back.append(attempt(lambda: wire.ask(SETSTAT, string(path), number(1) + long(0))))
    return b"\n".join(came_back)


def test_no_name_leads_out_of_the_tree(server, elsewhere):
    server.elsewhere = elsewhere.name
    attacks = names(server, elsewhere)
    assert len(attacks) >= 100
    before = dict(outside(server))
    assert SECRET in b"".join(before.values()), "the control: the files that must not be read are there"
    hidden = [SECRET, b"root:x:", b"SQLite format", server.folder.encode(), elsewhere.name.encode(), b"a-other", b"secret.txt"]
    with server.transport() as transport:
        for path in attacks:
            with session(transport) as wire:
                came_back = learned(wire, path)
            for word in hidden:
                if word not in path.encode():
                    assert word not in came_back, f"{path!r} gave {word!r}"
    assert dict(outside(server)) == before
    with server.client() as client:
        assert client.listdir("/") == ["inbox", "outbox", "archive"]
        with client.open("/inbox/mine.hl7") as mine:
            assert mine.read() == MINE
        assert not any(name.startswith("secret.hl7") for name in client.listdir("/archive"))


def test_a_planted_link_on_the_disk_is_not_made_by_any_client(server, elsewhere):
    for path in server.spool.rglob("*"):
        assert not path.is_symlink()


@pytest.fixture(scope="module")
def connection(server):
    """One for many sessions."""
    with server.transport() as transport:
        yield transport


@pytest.mark.parametrize("flags", range(64))
def test_every_combination_of_flags_is_answered(connection, flags):
    with session(connection) as wire:
        for path in ["/inbox/flags.tmp", "/inbox/mine.hl7", "/outbox/x", "/archive/x", "/inbox", "/"]:
            try:
                handle = wire.open(path, flags)
            except Refused as refused:
                assert refused.words
                continue
            attempt(lambda: wire.ask(READ, string(handle), long(0), number(10)))
            attempt(lambda: wire.ask(FSTAT, string(handle)))
            assert path.startswith("/inbox/")
            if path == "/inbox/flags.tmp" or not flags & (F_WRITE | F_APPEND):
                attempt(lambda: wire.close(handle))
        # Whoever may write begins a new file of the name; the finished one stays, and shows again without it.
        attempt(lambda: wire.ask(REMOVE, string("/inbox/mine.hl7")))
        assert wire.size("/inbox/mine.hl7") == len(MINE)


def test_handles_are_worth_nothing_to_anybody_else_and_nothing_after_their_close(server):
    with server.wire() as mine, server.wire(server.other["username"], server.other["password"]) as other:
        theirs = other.open("/inbox/secret.hl7", F_READ)
        writing = mine.open("/inbox/handles.tmp", F_WRITE | F_CREATE | F_TRUNCATE)
        reading = mine.open("/inbox/mine.hl7", F_READ)
        folder = mine.ask(OPENDIR, string("/inbox"))[1][4:]
        wrong = [b"", b"h", b"h0", b"h999999", b"\xff\xff", b"../../etc/passwd", b"x" * 1000, b"\0" * 4]
        for handle in wrong:
            for request in [
                lambda: mine.ask(READ, string(handle), long(0), number(10)), lambda: mine.ask(WRITE, string(handle), long(0), string(b"x")),
                lambda: mine.ask(FSTAT, string(handle)), lambda: mine.ask(FSETSTAT, string(handle), NO_ATTRIBUTES),
                lambda: mine.ask(READDIR, string(handle)), lambda: mine.ask(CLOSE, string(handle)),
                lambda: mine.ask(EXTENDED, string("fsync@openssh.com"), string(handle)),
            ]:  # fmt: skip
                with pytest.raises(Refused):
                    request()
        assert other.ask(READ, string(theirs), long(0), number(100))[1][4:] == SECRET
        assert SECRET not in attempt(lambda: mine.ask(READ, string(theirs), long(0), number(100)))
        for handle, request in [
            (reading, lambda: mine.ask(WRITE, string(reading), long(0), string(b"x"))), (folder, lambda: mine.ask(READ, string(folder), long(0), number(1))),
            (writing, lambda: mine.ask(READDIR, string(writing))), (reading, lambda: mine.ask(READDIR, string(reading))),
            (folder, lambda: mine.ask(WRITE, string(folder), long(0), string(b"x"))), (reading, lambda: mine.ask(FSETSTAT, string(reading), number(1) + long(0))),
        ]:  # fmt: skip
            with pytest.raises(Refused):
                request()
        for handle in [writing, reading, folder]:
            mine.close(handle)
            for _ in range(2):
                with pytest.raises(Refused):
                    mine.close(handle)
            with pytest.raises(Refused):
                mine.ask(FSTAT, string(handle))


def test_places_and_lengths_beyond_reason_are_refused(server):
    with server.wire() as wire:
        reading, writing = wire.open("/inbox/mine.hl7", F_READ), wire.open("/inbox/beyond.tmp", F_WRITE | F_CREATE | F_TRUNCATE)
        wire.write(writing, 0, b"MSH|")
        for offset in [2**63 - 1, 2**63, 2**64 - 1, 2**40, 5]:
            with pytest.raises(Refused):
                wire.write(writing, offset, b"x")
            with pytest.raises(Refused) as refused:
                wire.ask(READ, string(reading), long(max(offset, 100)), number(2**32 - 1))
            assert refused.value.code == 1, "behind the end there is the end"
        for size in [2**63, 2**64 - 1, 5]:
            with pytest.raises(Refused):
                wire.ask(FSETSTAT, string(writing), number(1) + long(size))
        assert wire.ask(READ, string(reading), long(0), number(2**32 - 1))[1][4:] == MINE
        assert wire.size("/inbox/beyond.tmp") == 4
        opened = []
        with pytest.raises(Refused, match="are open"):
            while True:
                opened.append(wire.open("/inbox/mine.hl7", F_READ))
        assert len(opened) == 62
        wire.ask(REMOVE, string("/inbox/beyond.tmp"))


GARBAGE = [
    b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xffA", b"\x00\x04\x00\x01" + b"\x06" * 100, b"\x00\x00\x00\x01\x03",
    b"\x00\x00\x00\x04\x03\x00\x00\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x02\x01\x00",
]  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_is_no_packet_ends_the_session(server, garbage):
    with server.wire() as wire:
        wire.channel.sendall(garbage)
        with pytest.raises(EOFError):
            wire.receive_raw()


def test_a_packet_that_breaks_off_is_refused_under_its_own_id_and_the_session_goes_on(server):
    lengths = [0, 1, 2, 3, 4, 5, 8, 12]
    with server.wire() as wire:
        for kind, length in itertools.product([*range(2, 24), 101, 102, 103, 104, 105, 199, 200, 201, 255], lengths):
            for filling in (b"\x00", b"\xff", b"A"):
                wire.last_id += 1
                wire.send_raw(bytes([kind]) + number(wire.last_id) + filling * length)
                try:
                    wire.answer_to(wire.last_id)
                except Refused as refused:
                    assert refused.words
        assert wire.size("/inbox/mine.hl7") == len(MINE)


def test_requests_before_the_beginning_and_a_second_beginning_are_refused(server):
    with server.transport() as transport:
        channel = transport.open_session()
        channel.settimeout(30)
        channel.invoke_subsystem("sftp")
        wire = Wire(channel, begin=False)
        with pytest.raises(Refused):
            wire.ask(OPEN, string("/inbox/mine.hl7"), number(F_READ), NO_ATTRIBUTES)
        with pytest.raises(Refused):
            wire.ask(READ, string("h1"), long(0), number(1))
        wire.send_raw(b"\x01" + number(3))
        assert wire.receive_raw()[0] == 2
        wire.send_raw(b"\x01" + number(3))
        assert wire.receive_raw()[0] == STATUS


@pytest.mark.parametrize("what", ["exec", "shell", "pty", "other subsystem", "x11", "data before the subsystem", "forward", "direct"])
def test_there_is_nothing_but_sftp(server, what):
    import paramiko

    with server.transport() as transport:
        if what == "forward":
            with pytest.raises(paramiko.SSHException):
                transport.request_port_forward("127.0.0.1", 0)
            return
        if what == "direct":
            with pytest.raises(paramiko.ChannelException):
                transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1), timeout=10)
            return
        channel = transport.open_session()
        channel.settimeout(10)
        if what == "data before the subsystem":
            channel.sendall(b"\x00\x00\x00\x05\x01\x00\x00\x00\x03")
            assert channel.recv(10) == b""
            return
        tried = {
            "exec": lambda: channel.exec_command("id"), "shell": channel.invoke_shell, "x11": channel.request_x11,
            "pty": channel.get_pty, "other subsystem": lambda: channel.invoke_subsystem("netconf"),
        }  # fmt: skip
        with pytest.raises((paramiko.SSHException, EOFError, TimeoutError)):
            tried[what]()


def test_a_list_of_many_files_comes_in_pieces_and_whole(server):
    with server.wire() as wire:
        for index in range(150):
            wire.close(wire.open(f"/inbox/many-{index}.tmp", F_WRITE | F_CREATE | F_EXCLUSIVE))
        folder = wire.ask(OPENDIR, string("/inbox"))[1][4:]
        kind, fields = wire.ask(READDIR, string(folder))
        assert kind == NAME and struct.unpack(">I", fields[:4])[0] == 100
        with pytest.raises(Refused) as refused:
            while True:
                wire.ask(READDIR, string(folder))
        assert refused.value.code == 1
    with server.client() as client:
        assert sum(name.startswith("many-") for name in client.listdir("/inbox")) == 150
        for index in range(150):
            client.remove(f"/inbox/many-{index}.tmp")
