"""A message sent again, alone or a hundred times at once: one dose, and the same answer every time."""

import threading
from datetime import date, timedelta

import er7
import pytest
import soap
from people import Person

SENDERS = 100
FIRST_DAY = date(2024, 1, 1)


@pytest.fixture(scope="module")
def server(new_program, database):
    return new_program("example", database).start()


def test_the_same_message_sent_a_hundred_times_at_once_is_one_dose_and_a_hundred_equal_answers(server):
    person = Person(1)
    answers = send_at_once(server, [person.report()] * SENDERS)
    assert len(set(answers)) == 1
    assert doses(server, person) == 1


def test_a_hundred_different_messages_sent_at_once_are_told_apart(server):
    """The control: the same instrument sees a hundred different answers, and every one of a person's doses."""
    person = Person(2)
    reports = [
        person.report(control_id=f"control-{day}", dose=day, given_on=f"{FIRST_DAY + timedelta(days=day):%Y%m%d}")
        for day in range(SENDERS)
    ]
    answers = send_at_once(server, reports)
    assert len(set(answers)) == SENDERS
    assert doses(server, person) == SENDERS


def test_a_message_with_a_known_control_id_and_other_content_is_processed_and_warned_of(server):
    client, person = soap.Client(server.port, server.account), Person(3)
    client.submit(person.report(dose=1, given_on="20240115"))
    answer = client.submit(person.report(dose=2, given_on="20240315")).hl7
    assert any(problem.severity == "W" and problem.location.startswith("MSH^1^10") for problem in er7.problems(answer))
    assert doses(server, person) == 2


def test_a_resend_is_answered_alike_after_a_restart(server):
    client, person = soap.Client(server.port, server.account), Person(4)
    before = client.submit(person.report()).hl7
    client.close()
    assert server.stop() == 0
    server.start()
    assert client.submit(person.report()).hl7 == before


def send_at_once(server, messages):
    """Sends each message from a connection and a thread of its own, all let go at one instant."""
    answers, gate = [None] * len(messages), threading.Barrier(len(messages))

    def send(place):
        client = soap.Client(server.port, server.account)
        client.post(soap.envelope("<urn:connectivityTest><urn:echoBack>ready</urn:echoBack></urn:connectivityTest>"))
        gate.wait()
        answers[place] = client.submit(messages[place]).hl7
        client.close()

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(messages))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers), "not every sender got an answer"
    return answers


def doses(server, person):
    """How many doses the registry shows of a person."""
    answer = soap.Client(server.port, server.account).submit(person.question()).hl7
    assert er7.field(answer, "QAK", 2) == "OK", answer
    return sum(segment[0] == "RXA" for segment in er7.segments(answer))
