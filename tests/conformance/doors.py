"""Clients of every door that knock at once, each in a thread of its own, and what must be true of every answer."""

import datetime
import http.client
import itertools
import threading
import time
from dataclasses import dataclass, field

import paramiko
import soap
from file_senders import close
from people import Person

SENTENCE = (
    "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. "
    "Please try again later."
)
SPANISH = (
    "El servidor no puede atender su solicitud por el momento, por mantenimiento o por problemas de capacidad. "
    "Por favor, inténtelo de nuevo más tarde."
)
PATIENCE_SECONDS = 60
#: How senders that read HTTP knock: the path, and what they accept.
READERS = {
    "page": ("/", {"Accept": "text/html", "Accept-Language": "en-US,en"}),
    "spanish page": ("/", {"Accept": "text/html", "Accept-Language": "es-MX,es;q=0.9"}),
    "sign-in": ("/sign-in", {"Accept": "text/html"}),
    "fhir": ("/fhir/Patient", {"Accept": "application/fhir+json"}),
    "program": ("/find", {"Accept": "application/json"}),
}
NUMBERS = itertools.count(1_000)


def losses(acknowledged, logged, taken, files):
    """What is not there of what was acknowledged, or is there twice: `taken` are names, `files` what became of each."""
    found = []
    names = [entry["name"] for entry in files]
    if missing := taken - set(names):
        found.append(f"files lost: {missing}")
    if len(names) != len(set(names)):
        found.append("files are there twice")
    for entry in files:
        messages = entry["counts"]["accepted"] + entry["counts"]["warned"] + entry["counts"]["rejected"]
        if messages != 1 or not entry["finished_at"]:
            found.append(f"{entry['name']}: {messages} messages, {entry['state']}")
    if logged != acknowledged + len(set(names)):
        found.append(f"{acknowledged} messages and {len(names)} files acknowledged, {logged} logged")
    return found


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass
class Knock:
    """A request and its answer. `status` is the HTTP status; of a file 200 when it was taken, 503 when it was refused."""

    door: str
    client: str
    asked_at: datetime.datetime
    answered_at: datetime.datetime
    status: int
    headers: dict = field(default_factory=dict)
    body: str = ""
    number: int = 0

    @property
    def is_refusal(self):
        return self.status == 503


def faults(knock):
    """What is wrong with an answer: it is either whole and proper, or the sentence in the door's own language."""
    if not knock.is_refusal:
        if SENTENCE in knock.body:
            return [f"{knock.door}: {knock.status}, and the sentence all the same"]
        if knock.door == "soap" and (knock.status != 200 or "MSA|A" not in knock.body):
            return [f"{knock.door}: {knock.status} {knock.body[:200]}"]
        return [] if knock.status < 500 else [f"{knock.door}: {knock.status}"]
    if knock.door == "file":
        return [] if SENTENCE in knock.body else [f"file: {knock.body}"]
    kinds = {"soap": "text/plain", "fhir": "application/fhir+json", "program": "application/problem+json"}
    found = []
    for name, start in {
        "content-type": kinds.get(knock.door, "text/html"),
        "cache-control": "no-store",
        "link": '</status>; rel="status"',
    }.items():
        if not knock.headers.get(name, "").startswith(start):
            found.append(f"{knock.door}: {name}: {knock.headers.get(name)}")
    if "set-cookie" in knock.headers or "Fault" in knock.body or not knock.headers.get("retry-after", "").isdigit():
        found.append(f"{knock.door}: {knock.headers} {knock.body[:200]}")
    said = {
        "soap": lambda: knock.body == SENTENCE,
        "spanish page": lambda: knock.body.index(SPANISH) < knock.body.index(SENTENCE),
        "fhir": lambda: '"code":"transient"' in knock.body and SENTENCE in knock.body,
    }.get(knock.door, lambda: SENTENCE in knock.body)
    if not said():
        found.append(f"{knock.door}: {knock.body[:300]}")
    return found


class Doors:
    """Knocks at every door until it is told to stop. Connections that are refused or cut are kept in `cut`."""

    def __init__(self, server, soap_clients=1, readers=READERS, file_clients=1, pause=0.05, consent="", accounts=None, keep_alive=True):
        self.server, self.pause, self.consent, self.keep_alive = server, pause, consent, keep_alive
        self.knocks, self.cut, self.files = [], [], {}
        self.lock, self.is_over = threading.Lock(), threading.Event()
        accounts = accounts or [server.account]
        work = [(self._send, (number, accounts[number % len(accounts)])) for number in range(soap_clients)]
        work += [(self._read, (door,)) for door in readers]
        work += [(self._upload, (number,)) for number in range(file_clients)]
        self.threads = [threading.Thread(target=run, args=arguments, daemon=True) for run, arguments in work]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a client hangs"

    def all(self, door=None, refused=None):
        with self.lock:
            return [
                knock
                for knock in self.knocks
                if door in (None, knock.door) and refused in (None, knock.is_refusal)
            ]

    def wait_for(self, what, holds):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(self):
            assert time.monotonic() < deadline, f"{what}, at last; cut: {self.cut[:3]}"
            time.sleep(0.05)

    def faults(self):
        return [fault for knock in self.all() for fault in faults(knock)]

    def _note(self, knock):
        with self.lock:
            self.knocks.append(knock)

    def _send(self, name, account):
        client = soap.Client(self.server.port, account, timeout=PATIENCE_SECONDS)
        while not self.is_over.wait(self.pause):
            person = Person(next(NUMBERS))
            asked_at = utc_now()
            try:
                reply = client.submit(person.report(control_id=f"knock-{person.number}", consent=self.consent))
            except (OSError, http.client.HTTPException) as error:
                self._note_cut("soap", person.number, error)
                continue
            body = reply.hl7 if reply.status == 200 and reply.hl7 else reply.body.decode()
            client_name = f"{account['facility']} {name}"
            self._note(
                Knock("soap", client_name, asked_at, utc_now(), reply.status, reply.headers, body, person.number)
            )
            if not self.keep_alive:
                client.close()
        client.close()

    def _read(self, door):
        path, wanted = READERS[door]
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)
        while not self.is_over.wait(self.pause):
            asked_at = utc_now()
            try:
                connection.request("GET", path, headers=wanted)
                response = connection.getresponse()
                body = response.read().decode()
            except (OSError, http.client.HTTPException) as error:
                self._note_cut(door, 0, error)
                connection.close()
                continue
            headers = {name.lower(): value for name, value in response.getheaders()}
            self._note(Knock(door, door, asked_at, utc_now(), response.status, headers, body))
            if not self.keep_alive:
                connection.close()
        connection.close()

    def _upload(self, name):
        while not self.is_over.is_set():
            try:
                with self.server.client() as client:
                    self._upload_by(client, name)
            except (OSError, EOFError, paramiko.SSHException) as error:
                self._note_cut("file session", 0, error)
                self.is_over.wait(self.pause)

    def _upload_by(self, client, name):
        while not self.is_over.wait(self.pause):
            person = Person(next(NUMBERS))
            content = person.report(control_id=f"file-{person.number}", consent=self.consent).encode()
            file_name = f"{name}-{person.number}.hl7"
            asked_at = utc_now()
            with self.lock:
                self.files[file_name] = "begun"
            try:
                file = client.open(f"/inbox/{file_name}", "w")
                file.write(content)
                close(client, file)
                status, body = 200, ""
            except OSError as error:
                if SENTENCE not in str(error):
                    raise
                status, body = 503, str(error)
            with self.lock:
                self.files[file_name] = "taken" if status == 200 else "refused"
            self._note(Knock("file", f"file {name}", asked_at, utc_now(), status, {}, body, person.number))

    def _note_cut(self, door, number, error):
        with self.lock:
            self.cut.append((door, number, repr(error)))

    def acknowledged(self):
        """Messages that were answered as stored."""
        return len(self.all("soap", False))

    def taken_files(self):
        with self.lock:
            return {name for name, state in self.files.items() if state == "taken"}
