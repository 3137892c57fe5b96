"""Real clients of the file door: each sends files, looks at them, and fetches results, as its users would."""

import os
import shutil

import paramiko
import pytest
from file_server import (
    CLOSE, DENIED, EXTENDED, F_CREATE, F_EXCLUSIVE, F_READ, F_TRUNCATE, F_WRITE, FSETSTAT, FSTAT, LSTAT, NO_SUCH_FILE, OPENDIR,
    READDIR, REALPATH, RENAME, SETSTAT, STAT, FileServer, Refused, number, run, string,
)  # fmt: skip
from people import Person

FETCHED = b"FHS|^~\\&|\r" * 5000
TIMES = number(8) + number(1_700_000_000) * 2
RIGHTS = number(4) + number(0o100644)


@pytest.fixture(scope="module")
def server():
    server = FileServer().start()
    with server.client() as client, client.open("/inbox/first.hl7", "w") as first:
        first.write(batch(0))
    yield server
    server.close()


def batch(number, messages=20):
    """A file of messages, different for every number."""
    return "".join(Person(1000 * number + index).report() for index in range(messages)).encode()


def file_to_send(server, name, number):
    path = server.desk / name
    path.write_bytes(batch(number))
    return path


def assert_taken_once(server, name, content):
    records = server.taken(name)
    assert [record["size"] for record in records] == [len(content)], name
    assert server.content(records[0]) == content


@pytest.fixture
def result(server):
    server.put_result("first.hl7.result.hl7", FETCHED)
    return "first.hl7.result.hl7"


@pytest.mark.parametrize("options", ["", "-p", "-f", "-pf"])
def test_openssh_puts_and_gets(server, options, result):
    name = f"openssh{options}.hl7"
    sent = file_to_send(server, name, 1 + len(options))
    fetched = server.desk / f"openssh{options}.fetched"
    flags = options if options else ""
    listed = server.openssh(f"put {flags} {sent} inbox/{name}", f"get {flags} outbox/{result} {fetched}", "ls -l inbox", "ls outbox")
    assert_taken_once(server, name, sent.read_bytes())
    assert fetched.read_bytes() == FETCHED
    line = next(line for line in listed.splitlines() if line.endswith(f" {name}"))
    assert line.split()[2] == "CLINIC" and line.split()[3] == "queued", line


def test_openssh_resumes_an_upload_that_was_cut_off(server):
    content = batch(10, 400)
    sent = server.desk / "resumed.hl7"
    sent.write_bytes(content)
    with server.transport() as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        part = client.open("/inbox/resumed.hl7", "w")
        part.write(content[:100_000])
        part.flush()
        transport.sock.close()
    assert server.taken("resumed.hl7") == []
    assert " uploading " in server.openssh("ls -l inbox")
    server.openssh(f"reput {sent} inbox/resumed.hl7")
    assert_taken_once(server, "resumed.hl7", content)
    server.openssh(f"reput {sent} inbox/resumed.hl7", check=False)
    assert_taken_once(server, "resumed.hl7", content)


def test_openssh_gets_what_it_has_a_part_of(server, result):
    fetched = server.desk / "part.fetched"
    fetched.write_bytes(FETCHED[:12_345])
    server.openssh(f"reget outbox/{result} {fetched}")
    assert fetched.read_bytes() == FETCHED


def test_lftp_mirrors_both_ways(server, result):
    folder = server.desk / "lftp"
    folder.mkdir()
    contents = {f"lftp-{index}.hl7": batch(20 + index) for index in range(5)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    connect = "ssh -a -x " + " ".join(server.ssh_options())
    commands = [
        "set sftp:auto-confirm yes", "set net:max-retries 1", "set cmd:fail-exit yes", f'set sftp:connect-program "{connect}"',
        f"open -u {server.user}, -p {server.sftp_port} sftp://127.0.0.1", f"mirror -R {folder} /inbox",
        f"mirror -R {folder} /inbox", f"mirror /outbox {server.desk / 'lftp-results'}", "set xfer:use-temp-file yes",
        f"put {file_to_send(server, 'lftp-temporary.hl7', 26)} -o /inbox/lftp-temporary.hl7", "bye",
    ]  # fmt: skip
    run(["lftp", "-c", "; ".join(commands)])
    for name, content in contents.items():
        assert_taken_once(server, name, content)
    assert (server.desk / "lftp-results" / result).read_bytes() == FETCHED
    assert_taken_once(server, "lftp-temporary.hl7", batch(26))


def test_rclone_copies_both_ways(server, result):
    folder = server.desk / "rclone"
    folder.mkdir()
    contents = {f"rclone-{index}.hl7": batch(30 + index) for index in range(3)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    remote = [
        "--config", os.devnull, "--sftp-host", "127.0.0.1", "--sftp-port", str(server.sftp_port), "--sftp-user", server.user,
        "--sftp-key-file", str(server.key), "--retries", "1", "--contimeout", "20s",
    ]  # fmt: skip
    run(["rclone", "copy", str(folder), ":sftp:inbox", *remote])
    run(["rclone", "copy", ":sftp:outbox", str(server.desk / "rclone-results"), *remote])
    for name, content in contents.items():
        assert_taken_once(server, name, content)
    assert (server.desk / "rclone-results" / result).read_bytes() == FETCHED


def test_putty_puts_gets_and_resumes(server, result):
    """FileZilla and WinSCP are built on PuTTY's SSH."""
    sent, fetched = file_to_send(server, "putty.hl7", 40), server.desk / "putty.fetched"
    content = batch(41, 200)
    (server.desk / "putty-resumed.hl7").write_bytes(content)
    with server.transport() as transport:
        part = paramiko.SFTPClient.from_transport(transport).open("/inbox/putty-resumed.hl7", "w")
        part.write(content[:50_000])
        part.flush()
        transport.sock.close()
    fingerprint = next(line for line in server.log if "host key of the file door" in line).split('"fingerprint":"')[1].split('"')[0]
    batch_file = server.desk / "putty.batch"
    batch_file.write_text(
        f"put {sent} inbox/putty.hl7\nget outbox/{result} {fetched}\nreput {server.desk}/putty-resumed.hl7 inbox/putty-resumed.hl7\n"
    )
    login = ["-P", str(server.sftp_port), "-l", server.user, "-pw", server.password, "-hostkey", fingerprint]
    run(["psftp", "-batch", "-b", str(batch_file), *login, "127.0.0.1"])
    assert_taken_once(server, "putty.hl7", sent.read_bytes())
    assert_taken_once(server, "putty-resumed.hl7", content)
    assert fetched.read_bytes() == FETCHED


def test_paramiko_puts_and_gets(server, result):
    sent, fetched = file_to_send(server, "paramiko.hl7", 50), server.desk / "paramiko.fetched"
    with server.client() as client:
        client.put(str(sent), "/inbox/paramiko.hl7")
        client.get(f"/outbox/{result}", str(fetched))
        assert client.listdir("/") == ["inbox", "outbox", "archive"]
    assert_taken_once(server, "paramiko.hl7", sent.read_bytes())
    assert fetched.read_bytes() == FETCHED


@pytest.mark.parametrize("rename", ["posix-rename@openssh.com", "rename"])
def test_winscp_writes_under_a_temporary_name_and_renames(server, rename):
    """The requests of WinSCP 6: what it does with `Endurable transfers` and `Preserve timestamp` on."""
    name, content = f"winscp-{rename.split('-')[0]}.hl7", batch(60)
    part, target = f"/inbox/{name}.filepart", f"/inbox/{name}"
    with server.wire() as wire:
        wire.ask(REALPATH, string("."))
        for path in [target, part]:
            with pytest.raises(Refused) as refused:
                wire.ask(LSTAT, string(path))
            assert refused.value.code == NO_SUCH_FILE
        handle = wire.open(part, F_WRITE | F_CREATE | F_TRUNCATE, number(0))
        sent = [
            wire.send(6, string(handle), offset.to_bytes(8, "big"), string(content[offset : offset + 32_000]))
            for offset in range(0, len(content), 32_000)
        ]
        for request in sent:
            wire.answer_to(request)
        wire.ask(FSETSTAT, string(handle), TIMES)
        wire.close(handle)
        wire.ask(SETSTAT, string(part), RIGHTS)
        assert server.taken(name) == [], "a file under a temporary name is not finished"
        if rename == "rename":
            wire.ask(RENAME, string(part), string(target))
        else:
            wire.ask(EXTENDED, string(rename), string(part), string(target))
        assert_taken_once(server, name, content)
        wire.ask(SETSTAT, string(target), TIMES)
        assert wire.size(target) == len(content)


def test_winscp_resumes_under_its_temporary_name(server):
    content = batch(61, 100)
    with server.wire() as wire:
        handle = wire.open("/inbox/winscp-resumed.hl7.filepart", F_WRITE | F_CREATE | F_TRUNCATE)
        wire.write(handle, 0, content[:20_000])
    with server.wire() as wire:
        size = wire.size("/inbox/winscp-resumed.hl7.filepart")
        assert size == 20_000
        handle = wire.open("/inbox/winscp-resumed.hl7.filepart", F_WRITE)
        wire.write(handle, size, content[size:])
        wire.close(handle)
        wire.ask(RENAME, string("/inbox/winscp-resumed.hl7.filepart"), string("/inbox/winscp-resumed.hl7"))
    assert_taken_once(server, "winscp-resumed.hl7", content)


def test_filezilla_writes_in_place_and_sets_the_time(server):
    """The requests of FileZilla's fzsftp: list, write in place, close, set the time, list again."""
    content = batch(62)
    with server.wire() as wire:
        for _ in range(2):
            folder = wire.ask(OPENDIR, string("/inbox"))[1][4:]
            while True:
                try:
                    wire.ask(READDIR, string(folder))
                except Refused:
                    break
            wire.ask(CLOSE, string(folder))
            if server.taken("filezilla.hl7"):
                break
            handle = wire.open("/inbox/filezilla.hl7", F_WRITE | F_CREATE | F_TRUNCATE, RIGHTS)
            sent = [
                wire.send(6, string(handle), offset.to_bytes(8, "big"), string(content[offset : offset + 32_768]))
                for offset in range(0, len(content), 32_768)
            ]
            for request in sent:
                wire.answer_to(request)
            wire.close(handle)
            wire.ask(SETSTAT, string("/inbox/filezilla.hl7"), TIMES)
        assert wire.size("/inbox/filezilla.hl7") == len(content)
    assert_taken_once(server, "filezilla.hl7", content)


def test_filezilla_resumes_where_the_server_says(server):
    content = batch(63, 100)
    with server.wire() as wire:
        handle = wire.open("/inbox/filezilla-resumed.hl7", F_WRITE | F_CREATE | F_TRUNCATE)
        wire.write(handle, 0, content[:30_001])
    with server.wire() as wire:
        handle = wire.open("/inbox/filezilla-resumed.hl7", F_WRITE)
        fields = wire.ask(FSTAT, string(handle))[1]
        size = int.from_bytes(fields[4:12], "big")
        assert size == 30_001
        wire.write(handle, size, content[size:])
        wire.close(handle)
    assert_taken_once(server, "filezilla-resumed.hl7", content)


@pytest.mark.parametrize("ending", [".part", ".partial", ".tmp", ".CRDOWNLOAD"])
def test_other_temporary_names_are_known(server, ending):
    content, name = batch(64), f"temporary{ending}.hl7"
    with server.client() as client:
        with client.open(f"/inbox/{name}{ending}", "w") as part:
            part.write(content)
        assert server.taken(name) == []
        client.rename(f"/inbox/{name}{ending}", f"/inbox/{name}")
    assert_taken_once(server, name, content)


@pytest.mark.parametrize("temporary", ["{}.filepart", ".in.{}.7", "{}.x1y2.partial"])
def test_a_file_is_sent_again_under_its_name_by_clients_that_make_room_first(server, temporary):
    name = f"nightly{temporary.count('.')}{len(temporary)}.hl7"
    contents = [batch(65 + len(temporary)), batch(265 + len(temporary))]
    with server.client() as client:
        for content in contents:
            with client.open(f"/inbox/{temporary.format(name)}", "w") as part:
                part.write(content)
            if name in client.listdir("/inbox"):
                client.remove(f"/inbox/{name}")
            client.rename(f"/inbox/{temporary.format(name)}", f"/inbox/{name}")
        with pytest.raises(PermissionError, match="cannot be taken back"):
            client.remove(f"/inbox/{name}")
    assert sorted(server.content(record) for record in server.taken(name)) == sorted(contents)


def test_a_result_is_removed_when_it_was_fetched_and_a_file_that_was_taken_is_not(server, result):
    with server.client() as client:
        client.remove(f"/outbox/{result}")
        assert result not in client.listdir("/outbox")
        with pytest.raises(PermissionError, match="cannot be taken back"):
            client.remove("/inbox/first.hl7")
        with pytest.raises(PermissionError, match="keeps its name"):
            client.rename("/inbox/first.hl7", "/inbox/other.hl7")
        with client.open("/inbox/given-up.tmp", "w") as part:
            part.write(b"MSH|")
        client.remove("/inbox/given-up.tmp")
        assert "given-up.tmp" not in client.listdir("/inbox")


def test_refusals_say_why_in_words(server):
    with server.client() as client:
        for attempt, words in [
            (lambda: client.mkdir("/inbox/more"), "folders cannot be made"),
            (lambda: client.rmdir("/inbox"), "folders cannot be removed"),
            (lambda: client.open("/outbox/mine.hl7", "w"), "put files into /inbox"),
            (lambda: client.open("/archive/mine.hl7", "w"), "put files into /inbox"),
            (lambda: client.symlink("/etc/passwd", "/inbox/passwd"), "there are no links here"),
            (lambda: client.open("/inbox/first.hl7", "wx"), "is there already"),
        ]:
            with pytest.raises(OSError, match=words):
                attempt()
    with server.wire() as wire:
        handle = wire.open("/inbox/empty.hl7", F_WRITE | F_CREATE | F_TRUNCATE)
        with pytest.raises(Refused, match="is empty"):
            wire.close(handle)
        with pytest.raises(Refused, match="without gaps"):
            wire.write(wire.open("/inbox/gap.hl7", F_WRITE | F_CREATE | F_EXCLUSIVE), 10, b"MSH|")
        with pytest.raises(Refused) as refused:
            wire.open("/archive", F_READ | F_WRITE)
        assert refused.value.code != DENIED or refused.value.words
        with pytest.raises(Refused):
            wire.ask(STAT, string("/nowhere"))
    assert server.taken("empty.hl7") == []


def test_clients_are_here():
    """The control: a client that is not installed would fail its test, and not be passed over."""
    assert all(shutil.which(client) for client in ["sftp", "lftp", "rclone", "psftp", "ssh-keygen"])
