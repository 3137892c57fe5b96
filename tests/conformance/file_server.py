"""The program with its file door open, and ways to knock at it: real clients, paramiko, and single packets."""

import contextlib
import json
import socket
import struct
import subprocess
from pathlib import Path

import paramiko
from addresses import free_port
from program import Program

PATIENCE_SECONDS = 60
#: Request and answer types of the protocol (draft-ietf-secsh-filexfer-02, section 3).
INIT, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR, REMOVE = 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK, EXTENDED = 14, 15, 16, 17, 18, 19, 20, 200
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
#: Flags of OPEN.
F_READ, F_WRITE, F_APPEND, F_CREATE, F_TRUNCATE, F_EXCLUSIVE = 1, 2, 4, 8, 16, 32
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8


class FileServer(Program):
    """A registry with a file door, an organization CLINIC, its account, and a key of that account; new, or a copy of one
    that is not running."""

    def __init__(self, database=None, roles="webservice,sftp", like=None, profile="example"):
        super().__init__(profile, database, like)
        self.sftp_port = free_port()
        # Without the role `jobs` what is taken stays as it was taken.
        self.serving = ["--sftp", f"127.0.0.1:{self.sftp_port}", "--roles", roles]
        self.user, self.password = self.account["username"], self.account["password"]
        self.key = Path(self.folder) / like.key.name if like else self.new_key("ed25519", self.user)
        self.spool = Path(self.folder) / "spool"
        #: Of files that clients send and fetch; not the registry's.
        self.desk = Path(self.folder) / "desk"
        self.desk.mkdir(exist_ok=True)

    def new_key(self, kind, user, *more):
        """Makes a key pair, and gives its public part to the account."""
        key = Path(self.folder) / f"{user}-{kind}"
        subprocess.run(["ssh-keygen", "-q", "-t", kind, *more, "-N", "", "-f", key], check=True)
        self.command("account", "key", "add", user, f"{key}.pub")
        return key

    @contextlib.contextmanager
    def transport(self, user=None, password=None, source="127.0.0.1"):
        """A connection from an address. Who means to be refused takes one of their own: thirty refusals lock it for all."""
        transport = paramiko.Transport(socket.create_connection(("127.0.0.1", self.sftp_port), source_address=(source, 0)))
        transport.banner_timeout = PATIENCE_SECONDS
        try:
            transport.connect(username=user or self.user, password=password or self.password)
            yield transport
        finally:
            transport.close()

    @contextlib.contextmanager
    def client(self, user=None, password=None, source="127.0.0.1"):
        """A paramiko client."""
        with self.transport(user, password, source) as transport, paramiko.SFTPClient.from_transport(transport) as client:
            client.get_channel().settimeout(PATIENCE_SECONDS)
            yield client

    @contextlib.contextmanager
    def wire(self, user=None, password=None):
        """A session of single packets."""
        with self.transport(user, password) as transport, session(transport) as wire:
            yield wire

    def ssh_options(self, key=None):
        return [
            "-i", str(key or self.key), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        ]  # fmt: skip

    def openssh(self, *commands, check=True, key=None, options=()):
        """Runs OpenSSH's sftp; gives what it printed."""
        batch = "\n".join(commands) + "\n"
        command = ["sftp", "-b", "-", "-P", str(self.sftp_port), *options, *self.ssh_options(key), f"{self.user}@127.0.0.1"]
        return run(command, batch, check)

    def organization_folders(self):
        """Where the spool keeps the files of each organization."""
        return [path for path in self.spool.iterdir() if path.is_dir()]

    def organization_folder(self):
        """That of the only one which sent any."""
        (folder,) = self.organization_folders()
        return folder

    def taken(self, name=None):
        """The records of files that were taken, whatever became of them since."""
        records = []
        for state in ["waiting", "claimed", "archive"]:
            for path in sorted(self.organization_folder().glob(f"{state}/*.json")):
                with contextlib.suppress(FileNotFoundError):
                    records.append(json.loads(path.read_text()))
        by_id = {record["id"]: record for record in records}
        return [record for record in by_id.values() if name in (None, record["name"])]

    def content(self, record):
        return (self.organization_folder() / "content" / record["id"].replace("-", "")).read_bytes()

    def accounts_file(self):
        """What the door knows of accounts while the database is away."""
        return (Path(self.folder) / "file-accounts.json").read_text()

    def hide_database(self):
        """Puts the database where the program does not find it."""
        for file in Path(self.folder).glob("registry.db*"):
            file.rename(file.with_name(f"hidden-{file.name}"))

    def put_result(self, name, content):
        """Puts a file into the outbox as the exchange does."""
        (self.organization_folder() / "outbox" / f"o-{name}").write_bytes(content)


@contextlib.contextmanager
def session(transport):
    """A session of single packets on a connection that may have others."""
    channel = transport.open_session()
    channel.settimeout(PATIENCE_SECONDS)
    channel.invoke_subsystem("sftp")
    try:
        yield Wire(channel)
    finally:
        # The connection may be cut already.
        with contextlib.suppress(EOFError, OSError):
            channel.close()


def run(command, text="", check=True):
    ran = subprocess.run(command, input=text, capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS)
    said = ran.stdout + ran.stderr
    assert not check or ran.returncode == 0, f"{command[0]} ended with {ran.returncode}: {said}"
    return said


def string(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack(">I", len(data)) + data


def number(value):
    return struct.pack(">I", value)


def long(value):
    return struct.pack(">Q", value)


NO_ATTRIBUTES = number(0)


class Refused(Exception):
    def __init__(self, code, words):
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words


class Wire:
    """SFTP packet by packet, as nobody's client library would send them."""

    def __init__(self, channel, begin=True):
        self.channel = channel
        self.last_id = 0
        if begin:
            self.send_raw(bytes([INIT]) + number(3))
            self.version = self.receive_raw()

    def send_raw(self, packet, length=None):
        self.channel.sendall(number(len(packet) if length is None else length) + packet)

    def receive_raw(self):
        (length,) = struct.unpack(">I", self._exactly(4))
        return self._exactly(length)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.channel.recv(count - len(data))
            if not more:
                raise EOFError("the server closed the session")
            data += more
        return data

    def send(self, kind, *fields):
        self.last_id += 1
        self.send_raw(bytes([kind]) + number(self.last_id) + b"".join(fields))
        return self.last_id

    def ask(self, kind, *fields):
        """Sends a request; gives the type and the fields of its answer, or raises what refused it."""
        wanted = self.send(kind, *fields)
        return self.answer_to(wanted)

    def answer_to(self, wanted):
        answer = self.receive_raw()
        assert struct.unpack(">I", answer[1:5]) == (wanted,), "answers come in order, under the id of their request"
        if answer[0] == STATUS:
            (code,) = struct.unpack(">I", answer[5:9])
            (length,) = struct.unpack(">I", answer[9:13])
            if code != OK:
                raise Refused(code, answer[13 : 13 + length].decode())
        return answer[0], answer[5:]

    def open(self, path, flags, attributes=NO_ATTRIBUTES):
        return self.ask(OPEN, string(path), number(flags), attributes)[1][4:]

    def write(self, handle, offset, data):
        return self.ask(WRITE, string(handle), long(offset), string(data))

    def close(self, handle):
        return self.ask(CLOSE, string(handle))

    def size(self, path):
        fields = self.ask(LSTAT, string(path))[1]
        assert struct.unpack(">I", fields[:4])[0] & 1
        return struct.unpack(">Q", fields[4:12])[0]
