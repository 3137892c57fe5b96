"""The server is killed (SIGKILL) at random instants under load, and started again: nothing acknowledged is lost,
nothing is there twice, and whoever sends again is answered alike.

The long form is `make crash`; BLUEBONNET_CRASH_ROUNDS, _MESSAGES, _CLIENTS and _SEED set the form.
"""

import http.client
import os
import queue
import random
import threading
import time

import er7
import pytest
import soap
from people import Person

ROUNDS = int(os.environ.get("BLUEBONNET_CRASH_ROUNDS", 3))
MESSAGES = int(os.environ.get("BLUEBONNET_CRASH_MESSAGES", 600))
CLIENTS = int(os.environ.get("BLUEBONNET_CRASH_CLIENTS", 32))
SEED = int(os.environ.get("BLUEBONNET_CRASH_SEED", time.time_ns()))
NEVER_SENT = 10_000_000


class Load:
    """So many clients that send every person's report until it is acknowledged, over whatever happens."""

    def __init__(self, server, people):
        self.server, self.people = server, people
        self.answers, self.broken_off = {}, 0
        self.waiting = queue.SimpleQueue()
        for person in people:
            self.waiting.put(person)
        self.progress = threading.Condition()
        self.is_up = threading.Event()
        self.is_up.set()
        self.threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def wait_for(self, count, timeout=600):
        """Returns when so many messages are acknowledged."""
        with self.progress:
            if not self.progress.wait_for(lambda: len(self.answers) >= count, timeout):
                raise TimeoutError(f"{len(self.answers)} of {count} messages are acknowledged after {timeout} s")

    def finish(self):
        self.wait_for(len(self.people))
        for thread in self.threads:
            thread.join()

    def _send_all(self):
        client = soap.Client(self.server.port, self.server.account)
        while True:
            try:
                person = self.waiting.get_nowait()
            except queue.Empty:
                client.close()
                return
            answer = self._send(client, person.report())
            with self.progress:
                self.answers[person.number] = answer
                self.progress.notify_all()

    def _send(self, client, report):
        while True:
            self.is_up.wait()
            try:
                reply = client.submit(report)
            except (OSError, http.client.HTTPException):
                with self.progress:
                    self.broken_off += 1
                continue
            if reply.status == 200:
                return reply.hl7


def doses(client, person):
    """How many doses of a person the registry shows; 0 when it does not know the person."""
    answer = client.submit(person.question()).hl7
    return sum(segment[0] == "RXA" for segment in er7.segments(answer))


def faults(server, people, answers):
    """What is not as it should be: doses lost or doubled, resends answered otherwise."""
    client, found = soap.Client(server.port, server.account), []
    for person in people:
        count = doses(client, person)
        if count != 1:
            found.append(f"person {person.number}: {count} doses")
        if client.submit(person.report()).hl7 != answers[person.number]:
            found.append(f"person {person.number}: the resend is answered otherwise")
    client.close()
    return found


def test_what_was_acknowledged_survives_every_kill_once(new_program, database):
    chance = random.Random(SEED)
    server = new_program("example", database).start()
    people = [Person(number) for number in range(1, MESSAGES + 1)]
    load = Load(server, people)
    kills_at = sorted(chance.sample(range(MESSAGES * 9 // 10), ROUNDS))
    for count in kills_at:
        load.wait_for(count)
        time.sleep(chance.random() * 0.02)  # The instant within a batch is left to chance.
        load.is_up.clear()
        server.kill()
        server.start()
        load.is_up.set()
    load.finish()
    print(f"\n{database}: {MESSAGES} messages, {ROUNDS} kills, {load.broken_off} calls broken off, seed {SEED}")
    assert load.broken_off >= ROUNDS, f"the kills did not hit calls in flight; seed {SEED}"
    found = faults(server, people, load.answers)
    assert not found, f"seed {SEED}\n" + "\n".join(found)
    assert server.stop() == 0
    server.command("doctor")  # Fails when the database, or a chain of the audit trail, is not whole.


def test_the_instrument_sees_a_lost_dose_a_doubled_one_and_another_answer(new_program):
    """The control: what the test above looks for is found when it is there."""
    server = new_program("example", "sqlite").start()
    client, doubled, kept = soap.Client(server.port, server.account), Person(1), Person(2)
    client.submit(doubled.report())
    client.submit(doubled.report(control_id="another", dose=2, given_on="20240315"))
    answers = {1: client.submit(doubled.report()).hl7, 2: client.submit(kept.report()).hl7 + " "}
    found = faults(server, [doubled, kept], answers)
    assert found == ["person 1: 2 doses", "person 2: the resend is answered otherwise"]
    assert doses(client, Person(NEVER_SENT)) == 0


@pytest.fixture(scope="module", autouse=True)
def sensible_form():
    assert ROUNDS < MESSAGES * 9 // 10, "more kills than messages"
