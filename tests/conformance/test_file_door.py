"""The file door itself: who is let in, with the database and without; large downloads; limits; stopping."""

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import threading
import time
import urllib.request

import paramiko
import postgresql
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from file_server import ATTRS, F_CREATE, F_READ, F_TRUNCATE, F_WRITE, LSTAT, READ, FileServer, Refused, long, number, run, string
from people import Person

LARGE = 64 * 1024 * 1024 + 12_345
#: paramiko decrypts slowly.
LARGE_FOR_PARAMIKO = 20 * 1024 * 1024 + 12_345
LARGE_SECONDS_MAXIMUM = 60


@pytest.fixture(scope="module")
def server():
    server = FileServer().start()
    with server.client() as client, client.open("/inbox/first.hl7", "w") as first:
        first.write(Person(1).report())
    yield server
    server.close()


@pytest.fixture(scope="module")
def large(server):
    content = os.urandom(1024 * 1024) * (LARGE // (1024 * 1024)) + os.urandom(LARGE % (1024 * 1024))
    server.put_result("large.hl7", content)
    return hashlib.sha256(content).hexdigest()


def test_openssh_gets_a_large_file(server, large):
    fetched, began = server.desk / "large.openssh", time.monotonic()
    server.openssh(f"get outbox/large.hl7 {fetched}")
    assert hashlib.sha256(fetched.read_bytes()).hexdigest() == large
    assert time.monotonic() - began < LARGE_SECONDS_MAXIMUM


def test_paramiko_gets_a_large_file_that_it_asks_for_all_at_once(server, large):
    content = os.urandom(LARGE_FOR_PARAMIKO)
    server.put_result("rather-large.hl7", content)
    fetched, began = server.desk / "large.paramiko", time.monotonic()
    with server.client() as client:
        client.get("/outbox/rather-large.hl7", str(fetched))
    assert fetched.read_bytes() == content
    assert time.monotonic() - began < LARGE_SECONDS_MAXIMUM


def test_a_client_that_takes_no_answers_may_send_all_the_same(server, large):
    """It asks for a whole file, does not read, and uploads another meanwhile: neither side waits for the other."""
    content, asked_for = os.urandom(4 * 1024 * 1024), 8 * 1024 * 1024
    with server.wire() as wire:
        reading, writing = wire.open("/outbox/large.hl7", F_READ), wire.open("/inbox/meanwhile.hl7", F_WRITE | F_CREATE | F_TRUNCATE)
        asked = [wire.send(READ, string(reading), long(offset), number(32_768)) for offset in range(0, asked_for, 32_768)]
        sent = [wire.send(6, string(writing), long(offset), string(content[offset : offset + 32_768])) for offset in range(0, len(content), 32_768)]
        digest = hashlib.sha256()
        for request in asked:
            digest.update(wire.answer_to(request)[1][4:])
        for request in sent:
            wire.answer_to(request)
        wire.close(writing)
    kept = next(server.organization_folder().glob("outbox/o-large.hl7")).read_bytes()
    assert digest.hexdigest() == hashlib.sha256(kept[:asked_for]).hexdigest()
    assert [record["size"] for record in server.taken("meanwhile.hl7")] == [len(content)]


def test_keys_of_each_kind_sign_in_until_they_are_removed(server):
    kinds = [("ed25519", []), ("ecdsa", ["-b", "256"]), ("ecdsa", ["-b", "521"]), ("rsa", ["-b", "3072"])]
    commands, fingerprints = {}, {}
    for kind, more in kinds:
        user = f"key-{kind}{''.join(more)}"
        server.command("account", "add", user, "--organization", "CLINIC")
        key = server.new_key(kind, user, *more)
        commands[user] = ["sftp", "-b", "-", "-P", str(server.sftp_port), *server.ssh_options(key), f"{user}@127.0.0.1"]
        listed = run(["ssh-keygen", "-lf", f"{key}.pub"])
        fingerprints[user] = listed.split()[1]
        assert fingerprints[user] in server.command("account", "key", "list", user)
    for command in commands.values():
        until(lambda: "inbox" in run(command, "ls\n", check=False))
    for user, fingerprint in fingerprints.items():
        server.command("account", "key", "remove", user, fingerprint)
    for command in commands.values():
        until(lambda: "Permission denied" in run(command, "ls\n", check=False))


def test_weak_keys_and_private_keys_are_refused(server):
    weak = server.desk / "weak"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", weak], check=True)
    for file, why in [(f"{weak}.pub", "an RSA key of 1024 bits is not accepted"), (str(server.key), "this is a private key")]:
        refused = server.run("account", "key", "add", server.user, file)
        assert refused.returncode == 1 and why in refused.stderr, refused.stderr
    person = ["account", "add", "keyless", "--organization", "CLINIC", "--kind", "web_user", "--role", "view_only", "--full-name", "Kim Less"]
    server.command(*person)
    refused = server.run("account", "key", "add", "keyless", f"{server.key}.pub")
    assert refused.returncode == 1 and "is the account of a person" in refused.stderr, refused.stderr


@pytest.mark.parametrize("option", ["KexAlgorithms=diffie-hellman-group14-sha1", "Ciphers=aes128-cbc", "MACs=hmac-sha1", "HostKeyAlgorithms=ssh-rsa"])
def test_outdated_algorithms_are_not_offered(server, option):
    cipher = ["-o", "Ciphers=aes128-ctr"] if option.startswith("MACs") else []
    said = server.openssh("ls", check=False, options=["-o", "LogLevel=INFO", "-o", option, *cipher])
    assert "no matching" in said, said


def test_rsa_signs_with_sha_2_only(server):
    server.command("account", "add", "key-old", "--organization", "CLINIC")
    key = server.new_key("rsa", "key-old")
    command = ["sftp", "-b", "-", "-P", str(server.sftp_port), *server.ssh_options(key)]
    until(lambda: "inbox" in run([*command, "key-old@127.0.0.1"], "ls\n", check=False))
    said = run([*command, "-o", "PubkeyAcceptedAlgorithms=ssh-rsa", "key-old@127.0.0.1"], "ls\n", check=False)
    assert "inbox" not in said
    # A client that never heard of SHA-2 is refused like everybody; the operator is told what is amiss with it.
    with contextlib.closing(OldTransport(("127.0.0.1", server.sftp_port))) as transport:
        transport.start_client(timeout=60)
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("key-old", OldKey.from_private_key_file(str(key)))
    until(lambda: any("sign-in refused" in line and "signs with SHA-1" in line for line in server.log))


class OldKey(paramiko.RSAKey):
    """Signs as clients of old do."""

    HASHES = {**paramiko.RSAKey.HASHES, "ssh-rsa": SHA1}


class OldTransport(paramiko.Transport):
    """Does not listen to what the server would rather have."""

    _preferred_pubkeys = ("ssh-rsa",)
    server_extensions = property(lambda self: {}, lambda self, told: None)


#: Where those sign in from who forgot their password, and those who have too many keys.
FORGETFUL, MANY_KEYS = "127.0.0.2", "127.0.0.3"


def test_wrong_passwords_cost_time_and_lock_the_account(server):
    account = server.new_account("LOCKED", "A clinic that forgot")
    user = account["username"]
    until(lambda: user in server.accounts_file())
    began = time.monotonic()
    for attempt in range(5):
        with pytest.raises(paramiko.AuthenticationException), server.client(user, f"wrong {attempt}", FORGETFUL):
            pass
    assert time.monotonic() - began >= 5, "every refusal takes a second"
    assert not signs_in(server, user, account["password"])
    assert any("locked after too many" in line for line in server.log)
    server.command("account", "unlock", user)
    until(lambda: signs_in(server, user, account["password"]))
    for attempt in range(5):
        assert not signs_in(server, user, f"wrong again {attempt}")
    password = json.loads(server.command("account", "password", user, "--json"))["password"]
    until(lambda: signs_in(server, user, password))


def signs_in(server, user, password):
    try:
        with server.client(user, password, FORGETFUL):
            return True
    except paramiko.AuthenticationException:
        return False


def test_keys_that_are_refused_lock_the_account_and_those_before_the_right_one_do_not(server):
    user = server.new_account("KEYS", "A clinic with many keys")["username"]
    right = server.new_key("ed25519", user)
    fingerprint = run(["ssh-keygen", "-lf", f"{right}.pub"]).split()[1]
    until(lambda: fingerprint in server.accounts_file())
    strange = [server.desk / f"strange-{number}" for number in range(4)]
    for key in strange:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)

    def offers(*keys):
        options = ["-o", f"BindAddress={MANY_KEYS}", *(option for key in keys[:-1] for option in ("-i", str(key)))]
        command = ["sftp", "-b", "-", "-P", str(server.sftp_port), *options, *server.ssh_options(keys[-1]), f"{user}@127.0.0.1"]
        return "inbox" in run(command, "ls\n", check=False)

    refused = refused_sign_ins(server)
    for _ in range(3):
        assert offers(*strange, right), "an agent tries one key after the other"
    assert refused_sign_ins(server) == refused
    for _ in range(4):
        assert not offers(*strange)
    assert offers(right), "four that were refused are not five"
    for _ in range(5):
        assert not offers(*strange)
    until(lambda: refused_sign_ins(server) == refused + 9)
    told = [json.loads(line) for line in server.log if "sign-in refused" in line and user in line]
    assert [(line["username"], line["method"], line["reason"]) for line in told] == [(user, "public key", "no public key that was offered is known for this account")] * 9
    assert not offers(right), "it is locked"
    server.command("account", "unlock", user)
    until(lambda: offers(right))


def test_the_log_says_why_somebody_was_refused_and_the_client_does_not(server):
    known = server.new_account("REASONS", "A clinic with reasons")["username"]
    until(lambda: known in server.accounts_file())
    strange = server.desk / "strange-to-all"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", strange], check=True)
    key, source = paramiko.Ed25519Key.from_private_key_file(str(strange)), ("127.0.0.4", 0)
    said = {"password": set(), "public key": set()}
    for user in (known, "nobody-of-that-name"):
        for method in said:
            with contextlib.closing(paramiko.Transport(socket.create_connection(("127.0.0.1", server.sftp_port), source_address=source))) as transport:
                transport.start_client(timeout=60)
                with pytest.raises(paramiko.AuthenticationException) as refused:
                    transport.auth_password(user, "wrong") if method == "password" else transport.auth_publickey(user, key)
                said[method].add((type(refused.value), str(refused.value)))
    assert [len(answers) for answers in said.values()] == [1, 1], "nobody finds out which names there are"

    def told():
        lines = [json.loads(line) for line in server.log if "sign-in refused" in line and source[0] in line]
        return [(line["username"], line["method"], line["reason"]) for line in lines]

    until(lambda: len(told()) == 4)
    assert sorted(told()) == sorted([
        (known, "password", "the password is wrong"),
        (known, "public key", "no public key that was offered is known for this account"),
        ("unknown", "password", "no account of this name may sign in here"),
        ("unknown", "public key", "no account of this name may sign in here"),
    ])  # fmt: skip


def refused_sign_ins(server):
    with urllib.request.urlopen(server.address + "/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(line.split()[-1]) for line in lines if line.startswith('bluebonnet_sftp_sign_ins_total{outcome="refused"}'))


def test_people_and_deactivated_accounts_are_not_let_in(server):
    server.command("account", "add", "nurse", "--organization", "CLINIC", "--kind", "web_user", "--role", "view_only")
    gone = server.new_account("GONE", "A clinic that closed")
    until(lambda: gone["username"] in server.accounts_file())
    assert "nurse" not in server.accounts_file()
    server.command("account", "deactivate", gone["username"])
    until(lambda: gone["username"] not in server.accounts_file())
    with pytest.raises(paramiko.AuthenticationException), server.client(gone["username"], gone["password"]):
        pass


def test_the_list_of_accounts_holds_no_password_and_is_for_its_owner_alone(server):
    assert server.password not in server.accounts_file() and "argon2id" in server.accounts_file()
    for file in ["file-accounts.json", "ssh_host_ed25519_key"]:
        assert os.stat(os.path.join(server.folder, file)).st_mode & 0o777 == 0o600


def test_strangers_are_shown_out(server):
    """Connections that say nothing do not keep others out, and more than enough of them are turned away."""
    knock = lambda: socket.create_connection(("127.0.0.1", server.sftp_port))
    # Some of the hundred places may still be taken by connections that ended a moment ago.
    silent = [knock() for _ in range(80)]
    try:
        until(lambda: is_let_in(server))
        silent += [knock() for _ in range(30)]
        until(lambda: is_turned_away(knock()))
    finally:
        for connection in silent:
            connection.close()
    until(lambda: is_let_in(server))  # or whoever comes next is turned away for them


def test_a_file_of_which_a_part_was_refused_is_not_finished_by_closing_it(server):
    """Many clients close what they could not write, and only then say that it failed."""
    content = Person(1).report().encode()
    with server.wire() as wire:
        handle = wire.open("/inbox/gap.hl7", F_WRITE | F_CREATE | F_TRUNCATE)
        wire.write(handle, 0, content[:100])
        with pytest.raises(Refused, match="without gaps"):
            wire.write(handle, 200, content[200:])
        with pytest.raises(Refused, match="a part of it was refused"):
            wire.close(handle)
        assert server.taken("gap.hl7") == []
        handle = wire.open("/inbox/gap.hl7", F_WRITE | F_CREATE)
        wire.write(handle, 100, content[100:])
        wire.close(handle)
    assert [record["size"] for record in server.taken("gap.hl7")] == [len(content)]


def test_whoever_asks_too_fast_is_answered_later_and_nobody_else_is(server):
    """5,000 requests at once, then 250 a second of one account: no request is refused."""
    other = server.new_account("HASTY", "A clinic that asks and asks")
    until(lambda: other["username"] in server.accounts_file())
    asked = 6_000
    with server.wire(other["username"], other["password"]) as hasty, server.wire() as calm:
        began = time.monotonic()
        sent = [hasty.send(LSTAT, string("/")) for _ in range(asked)]
        assert calm.ask(LSTAT, string("/"))
        calm_after = time.monotonic() - began
        for request in sent:
            assert hasty.answer_to(request)[0] == ATTRS
        took = time.monotonic() - began
    assert took > 3 and calm_after < took, f"{took} s, the other {calm_after} s"


def is_let_in(server):
    try:
        with server.client() as client:
            return client.listdir("/") != []
    except (paramiko.SSHException, EOFError, OSError):
        return False


def is_turned_away(connection):
    """Whether it is closed before a word is said."""
    with connection:
        connection.settimeout(30)
        try:
            return connection.recv(100) == b""
        except ConnectionResetError:
            return True


def test_a_stopping_server_answers_the_close_that_it_was_sent_and_keeps_the_rest_for_a_resume():
    server = FileServer().start()
    try:
        content = Person(1).report().encode() * 200
        with server.wire() as wire, server.wire() as other:
            unfinished = other.open("/inbox/unfinished.hl7", F_WRITE | F_CREATE | F_TRUNCATE)
            other.write(unfinished, 0, content[:1000])
            handle = wire.open("/inbox/finished.hl7", F_WRITE | F_CREATE | F_TRUNCATE)
            wire.write(handle, 0, content)
            wire.close(handle)
            stopping = threading.Thread(target=server.stop)
            began = time.monotonic()
            stopping.start()
            with pytest.raises((EOFError, OSError)):
                wire.receive_raw()
            stopping.join()
            assert time.monotonic() - began < 10
        server.start()
        with server.wire() as wire:
            assert wire.size("/inbox/unfinished.hl7") == 1000
            assert wire.size("/inbox/finished.hl7") == len(content)
    finally:
        server.close()


def test_while_the_database_is_away_files_are_taken_and_results_fetched(cluster):
    own = postgresql.Cluster()
    server = FileServer(own.new_database()).start()
    try:
        content = Person(1).report().encode()
        with server.client() as client, client.open("/inbox/before.hl7", "w") as before:
            before.write(content)
        server.put_result("result.hl7", content)
        own.crash()
        with server.client() as client:
            with client.open("/inbox/while-away.hl7", "w") as away:
                away.write(content)
            with client.open("/outbox/result.hl7") as result:
                assert result.read() == content
            assert "while-away.hl7" in client.listdir("/inbox")
        server.openssh("ls outbox")
        with pytest.raises(paramiko.AuthenticationException), server.client(password="wrong"):
            pass
        assert [record["size"] for record in server.taken("while-away.hl7")] == [len(content)]
    finally:
        server.close()
        own.stop()


def until(holds, seconds=20):
    """Waits for what a running node takes up within seconds."""
    for _ in range(seconds * 4):
        if holds():
            return
        time.sleep(0.25)
    raise AssertionError("it did not happen")


def test_a_session_that_asks_for_nothing_is_ended_and_its_upload_is_resumed():
    """However alive its connection is: it asks again and again to be kept, and not for any file. One that works goes on."""
    content = Person(2).report().encode()
    idle_seconds = 2
    with contextlib.closing(FileServer()) as server:
        server.serving += ["--sftp-idle", str(idle_seconds)]
        server.start()
        busy, idle = server.client(), server.client()
        with busy as working, idle as resting:
            resting.get_channel().get_transport().set_keepalive(1)
            file = resting.open("/inbox/slow.hl7", "w")
            file.write(content[:100])
            began = time.monotonic()
            while not resting.get_channel().closed:
                assert time.monotonic() - began < 10 * idle_seconds, "the session goes on"
                assert "inbox" in working.listdir("/")
                time.sleep(0.2)
            assert time.monotonic() - began >= idle_seconds - 0.5
            assert "inbox" in working.listdir("/"), "who works is not ended"
        with server.client() as back, back.open("/inbox/slow.hl7", "a") as file:
            file.write(content[100:])
        until(lambda: [record["size"] for record in server.taken("slow.hl7")] == [len(content)])
