"""Organizations that send files until each is answered OK, whatever happens to the server: made from a seed, so that the
same files can be sent again to an undisturbed one."""

import csv
import gzip
import io
import itertools
import random
import re
import socket
import threading
import time
from pathlib import Path

import paramiko
from people import Person

CHUNK_BYTES = 4096
PATIENCE_SECONDS = 120
#: Numbers of people of different organizations never meet.
PEOPLE_OF_AN_ORGANIZATION = 1_000_000
MESSAGES_OF_A_FILE = (5, 80)
#: What a connection that is cut off raises.
CUT_OFF = (OSError, EOFError, paramiko.SSHException)


class Files:
    """The files of one organization, by their number: the same seed gives the same files."""

    def __init__(self, seed, organization, code):
        self.seed, self.organization, self.code = seed, organization, code

    def __call__(self, number):
        """The name and the bytes of a file."""
        chance = self._chance(number)
        kind = self._kind(number)
        if kind == "again":
            return f"{number:04}-again.hl7", self(number - 1)[1]
        people = [self._person(number, place) for place in range(chance.randint(*MESSAGES_OF_A_FILE))]
        if kind == "csv":
            return f"{number:04}-rows.csv", rows(people).encode()
        text = "".join(self._report(chance, number, person) for person in people)
        if kind == "gz":
            return f"{number:04}-packed.hl7.gz", gzip.compress(text.encode(), mtime=0)
        if kind == "batch":
            text = f"FHS|^~\\&|EHR\rBHS|^~\\&|EHR\r{text}BTS|{len(people)}\rFTS|1\r"
        return f"{number:04}-{kind}.hl7", text.encode()

    def _chance(self, number):
        return random.Random(f"{self.seed} {self.organization} {number}")

    def _kind(self, number):
        kind = self._chance(-number).choices(["plain", "batch", "csv", "gz", "again"], [5, 3, 1, 1, 1])[0]
        return "plain" if kind == "again" and (number == 0 or self._kind(number - 1) == "again") else kind

    def _person(self, number, place):
        return Person(self.organization * PEOPLE_OF_AN_ORGANIZATION + number * 1_000 + place)

    def _report(self, chance, number, person):
        what = chance.random()
        if what < 0.1:
            report = person.report(given_on="19990101")  # Before the birth: it is rejected.
        elif what < 0.2 and number > 0:
            # Somebody of the file before gets another dose: the order of files matters.
            report = self._person(number - 1, 0).report(f"second-{number}-{person.number}", 2, "20240315")
        else:
            report = person.report()
        return report.replace("CLINIC", self.code)


def rows(people):
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["patient_id", "last_name", "first_name", "birth_date", "sex", "vaccination_date", "cvx", "source"])
    for person in people:
        table.writerow([person.number, person.family, person.given, person.birth_date, person.sex, "2024-01-15", "03", "01"])
    return text.getvalue()


class Organization:
    """One that sends: its account, its key, and its files."""

    def __init__(self, server, number, seed):
        self.code = f"SENDER{number}"
        self.account = server.new_account(self.code, f"Sender {number}")
        key = server.new_key("ed25519", self.account["username"])
        self.key = paramiko.Ed25519Key.from_private_key_file(str(key))
        self.files = Files(seed, number, self.code)


class Sender(threading.Thread):
    """Sends an organization's files one after another, each until it is answered OK or seen to be taken."""

    def __init__(self, server, organization, is_up, seed, count=None):
        super().__init__(daemon=True)
        self.server, self.organization, self.is_up = server, organization, is_up
        self.chance = random.Random(f"{seed} {organization.code}")
        #: How many to send; none for as many as there is time for.
        self.count = count
        self.sent, self.cut_off, self.failure = [], 0, None
        #: What is being done, for who aims at it.
        self.doing = threading.Condition()
        self.step = "rests"
        self.start()

    def wait_for(self, step, timeout):
        """Returns when the sender is at a step, or it took too long."""
        with self.doing:
            self.doing.wait_for(lambda: self.step == step, timeout)

    def finish(self):
        """Has it end after the file that it is at, or after all of them."""
        if self.count is None:
            self.count = len(self.sent) + 1
        self.join(PATIENCE_SECONDS + 2 * self.count)
        assert self.failure is None, self.failure
        assert not self.is_alive(), f"{self.organization.code} is at {self.step!r} after {len(self.sent)} files"

    def run(self):
        try:
            while self.count is None or len(self.sent) < self.count:
                name, content = self.organization.files(len(self.sent))
                self._send_until_taken(name, content)
                self.sent.append(name)
        except Exception as failure:  # Told where the thread is joined.
            self.failure = repr(failure)

    def _at(self, step):
        with self.doing:
            self.step = step
            self.doing.notify_all()

    def _send_until_taken(self, name, content):
        way = "from its beginning"
        while True:
            self._at("connects")
            self.is_up.wait()
            try:
                with connected(self.server, self.organization) as client:
                    if way == "look" and is_taken(client, name):
                        return
                    self._send(client, name, content, way)
                    return
            except CUT_OFF:
                self.cut_off += 1
                way = self.chance.choice(["from its beginning", "resumed", "look"])
                time.sleep(0.02)

    def _send(self, client, name, content, way):
        uses_temporary_name = self.chance.random() < 0.3
        path = f"/inbox/{name}.filepart" if uses_temporary_name else f"/inbox/{name}"
        offset = 0
        if way == "resumed":
            offset = size_of(client, path)
            if not uses_temporary_name and is_taken(client, name):
                return
        self._at("writes")
        with_truncation = "w" if offset == 0 else "r+"
        file = client.open(path, with_truncation)
        file.set_pipelined(False)
        file.seek(offset)
        for start in range(offset, len(content), CHUNK_BYTES):
            file.write(content[start : start + CHUNK_BYTES])
        self._at("closes")
        close(client, file)
        if uses_temporary_name:
            client.posix_rename(path, f"/inbox/{name}")
        self._at("rests")


class connected:
    """A paramiko client of an organization, for a while. Each comes from an address of its own, as from many offices: from one
    the door takes no more than so many connections a minute."""

    calls = itertools.count()

    def __init__(self, server, organization):
        high, low = divmod(next(self.calls) % 62_500, 250)
        source = (f"127.1.{high + 1}.{low + 1}", 0)
        self.transport = paramiko.Transport(socket.create_connection(("127.0.0.1", server.sftp_port), PATIENCE_SECONDS, source))
        self.transport.banner_timeout = self.transport.handshake_timeout = PATIENCE_SECONDS
        self.organization = organization

    def __enter__(self):
        try:
            self.transport.connect(username=self.organization.account["username"], pkey=self.organization.key)
            client = paramiko.SFTPClient.from_transport(self.transport)
            client.get_channel().settimeout(PATIENCE_SECONDS)
            return client
        except BaseException:
            self.transport.close()
            raise

    def __exit__(self, *_):
        self.transport.close()


def close(client, file):
    """Closes a file and hears the answer: paramiko's own `close` is silent about a refusal and about a cut connection."""
    try:
        client._request(paramiko.sftp.CMD_CLOSE, file.handle)
    finally:
        file._closed = True


def size_of(client, path):
    try:
        return client.stat(path).st_size
    except FileNotFoundError:
        return 0


def is_taken(client, name):
    """Whether the server shows it as finished: its state stands where others show the group."""
    entries = [entry for entry in client.listdir_attr("/inbox") if entry.filename == name]
    return any(entry.longname.split()[3] != "uploading" for entry in entries)


RECEIPT = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\b20\d{12}[-+]\d{4}|\b20\d\d-\d\d-\d\d \d\d:\d\d [A-Z]{2,4}|Received  .*")


def without_time(text):
    """A result without what is different in every run: receipts and times."""
    return TIME.sub("TIME", RECEIPT.sub("RECEIPT", text))


class Outcome:
    """What became of everything that was sent: the list of files, their results, and what the registry holds."""

    #: Tables whose rows tell how often something was processed.
    TABLES = ["message", "file_message", "patient", "patient_report", "vaccination_report", "match_key", "patient_review", "merge", "consent"]

    def __init__(self, server, codes):
        listed = server.json("file", "list", "--only", "file", "--limit", "10000", "--json")
        self.entries = {}
        for entry in sorted(listed, key=lambda entry: (entry["received_at"], entry["finished_at"])):
            if entry["organization"] in codes:
                self.entries.setdefault((entry["organization"], entry["name"]), []).append(entry)
        self.results = {key: [self._results(server, entry) for entry in entries] for key, entries in self.entries.items()}
        rows = server.json("doctor", "--json")["database"]["rows"]
        self.rows = {table: rows[table] for table in self.TABLES}

    @staticmethod
    def _results(server, entry):
        outbox = server.spool / entry["organization_id"].replace("-", "") / "outbox"
        results = {}
        for name in entry["results"]:
            kind = name.rsplit(".", 2)[1]
            results[kind] = without_time((outbox / f"o-{name}").read_bytes().decode())
        return results

    def of(self, key):
        """How a file ended, without receipts and times: state, counts, findings, results."""
        entry = self.entries[key][0]
        findings = [without_time(finding["sentence"]) for finding in entry["findings"]]
        return entry["state"], entry["counts"], findings, entry["duplicate_of"] is not None, self.results[key][0]


def faults(sent, disturbed, undisturbed):
    """What is not as it should be: `sent` are the organizations' codes with the names of the files answered OK."""
    found = []
    expected = {(code, name) for code, names in sent.items() for name in names}
    for key in sorted(expected | set(disturbed.entries)):
        code, name = key
        if key not in expected:
            found.append(f"{code} {name}: never sent")
        elif key not in disturbed.entries:
            found.append(f"{code} {name}: lost")
        else:
            found.extend(f"{code} {name}: {what}" for what in faults_of(key, disturbed, undisturbed))
    if disturbed.rows != undisturbed.rows:
        found.append(f"rows: {disturbed.rows}, undisturbed {undisturbed.rows}")
    return found


def faults_of(key, disturbed, undisturbed):
    first, *again = disturbed.entries[key]
    # Whoever did not hear the OK may send a file again: that is one file more, and processed no second time.
    for entry in again:
        if entry["duplicate_of"] is None or entry["duplicate_of"] not in (first["receipt"], first["duplicate_of"]):
            yield "processed twice"
        elif entry["counts"] != first["counts"]:
            yield "counted otherwise when it came again"
    ours, theirs = disturbed.of(key), undisturbed.of(key)
    for what, our, their in zip(["state", "counts", "findings", "duplicate", "results"], ours, theirs):
        if our != their:
            yield f"{what} differ: {shortened(our)}, undisturbed {shortened(their)}"


def shortened(value):
    text = str(value)
    return text if len(text) < 400 else f"{text[:400]}…"
