"""A real mail server (aiosmtpd) and a program that listens (http.server), which can be told to misbehave."""

import asyncio
import contextlib
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socket
import threading
from dataclasses import dataclass

from addresses import free_port
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

PATIENCE_SECONDS = 60


class Mailbox:
    """Takes mail. Refuses recipients for good (`no_such_user`), or so many times (`busy`); and holds, for a kill, at a
    moment of its conversation: `rcpt`, `data`, or `text`, when it has all and has not said so."""

    def __init__(self):
        self.port = free_port()
        self.mails = []
        self.no_such_user, self.busy = set(), {}
        self.stop_at, self.stopped, self.released = None, threading.Event(), threading.Event()
        self.changed = threading.Condition()
        self.controller = None

    @property
    def options(self):
        return ["--smtp", f"smtp://127.0.0.1:{self.port}", "--mail-from", "notices@iis.example.org"]

    def open(self):
        box = self

        class Server(SMTP):
            async def smtp_DATA(self, argument):
                await box.hold_at("data")
                await super().smtp_DATA(argument)

        class TheController(Controller):
            def factory(self):
                return Server(self.handler, enable_SMTPUTF8=True, timeout=PATIENCE_SECONDS)

        self.controller = TheController(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def close(self):
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    def stop_once_at(self, moment):
        self.stop_at = moment
        self.stopped.clear()
        self.released.clear()

    async def hold_at(self, moment):
        """Tells the test that the moment has come, and says nothing more before the test lets it."""
        if self.stop_at == moment:
            self.stop_at = None
            self.stopped.set()
            await asyncio.to_thread(self.released.wait, PATIENCE_SECONDS)

    async def handle_RCPT(self, server, session, envelope, address, options):
        await self.hold_at("rcpt")
        if address in self.no_such_user:
            return "550 5.1.1 no such user"
        if self.busy.get(address, 0) > 0:
            self.busy[address] -= 1
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.changed:
            self.mails += [Mail(recipient, envelope.content) for recipient in envelope.rcpt_tos]
            self.changed.notify_all()
        await self.hold_at("text")
        return "250 OK, it is yours no more"

    def wait_for(self, count):
        """The mails, once there are so many."""
        with self.changed:
            enough = self.changed.wait_for(lambda: len(self.mails) >= count, PATIENCE_SECONDS)
        assert enough, f"{len(self.mails)} mails of {count} came: {[(mail.to, mail.subject) for mail in self.mails]}"
        return list(self.mails)

    def take(self, count):
        """The same, and empties the box."""
        mails = self.wait_for(count)
        with self.changed:
            del self.mails[: len(mails)]
        return mails


class Mail:
    """A mail as it came, read by Python's own library."""

    def __init__(self, to, content):
        self.to = to
        self.message = email.message_from_bytes(content, policy=email.policy.default)
        self.raw = content

    @property
    def subject(self):
        return self.message["Subject"]

    @property
    def id(self):
        return self.message["Message-ID"]

    @property
    def text(self):
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self):
        return self.message.get_body(("html",)).get_content()

    @property
    def link(self):
        """The link in the text, alone in its line."""
        (link,) = [line for line in self.text.splitlines() if line.startswith("http") and "token=" in line]
        return link


def doubled(mails):
    """Recipients who were told the same thing twice."""
    seen, twice = set(), []
    for mail in mails:
        key = (mail.to, mail.subject, mail.text)
        if key in seen:
            twice.append(mail.to)
        seen.add(key)
    return twice


@dataclass
class Call:
    """A request that came to a program that listens."""

    headers: dict
    body: bytes

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def json(self):
        return json.loads(self.body)

    def is_signed_with(self, secret):
        """As the receiver checks it: HMAC-SHA256 over `id.timestamp.body`."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(self.headers["webhook-signature"], f"sha256={wanted}")


class Listener:
    """A program that listens; answers with these statuses first, and with 204 from then on."""

    def __init__(self, *statuses):
        self.statuses, self.calls = list(statuses), []
        self.changed = threading.Condition()
        listener = self

        class Requests(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = listener.statuses.pop(0) if listener.statuses else 204
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with listener.changed:
                    listener.calls.append(Call({name.lower(): value for name, value in self.headers.items()}, body))
                    listener.changed.notify_all()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait_for(self, count):
        with self.changed:
            came = self.changed.wait_for(lambda: len(self.calls) >= count, PATIENCE_SECONDS)
        occasions = [call.json["occasion"] for call in self.calls]
        assert came, f"{occasions} came, {count} were to come"
        return list(self.calls)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def is_refused(port):
    """Whether nobody listens there."""
    with contextlib.closing(socket.socket()) as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) != 0
