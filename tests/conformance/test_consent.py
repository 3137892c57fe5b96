"""Consent in an opt-in registry, by the Texas profile: refused, affirmed, withdrawn from sight."""

import er7
import pytest
import soap
from people import Person

NO_CONSENT = "|"
AFFIRMED = "TXY|20240115"
UNFIT = "TXA|20240115"


@pytest.fixture(scope="module")
def client(new_program, database):
    server = new_program("texas", database).start()
    return soap.Client(server.port, server.account)


def codes(answer):
    return {problem.own_code or problem.text.split("::")[0] for problem in er7.problems(answer)}


def is_found(client, person):
    return er7.field(client.submit(person.question()).hl7, "QAK", 2) == "OK"


def test_a_person_without_consent_is_refused_and_told_how_to_affirm(client):
    person = Person(11)
    answer = client.submit(person.report(consent=NO_CONSENT)).hl7
    assert er7.field(answer, "MSA", 1) == "AE"
    refusal = next(problem for problem in er7.problems(answer) if "CLR-100" in problem.text)
    assert refusal.severity == "E" and "PD1-12" in refusal.text and "again" in refusal.text
    assert not is_found(client, person)


def test_the_same_message_with_consent_affirmed_is_kept(client):
    person = Person(12)
    client.submit(person.report(consent=NO_CONSENT))
    answer = client.submit(person.report(control_id="affirmed", consent=AFFIRMED)).hl7
    assert not [problem for problem in er7.problems(answer) if problem.severity == "E"], answer
    assert is_found(client, person)


def test_consent_once_on_file_need_not_be_affirmed_again(client):
    person = Person(13)
    client.submit(person.report(consent=AFFIRMED))
    answer = client.submit(person.report(control_id="later", dose=2, given_on="20240401", consent=NO_CONSENT)).hl7
    assert "CLR-100" not in answer


def test_a_refused_message_is_taken_in_when_it_comes_again_after_consent_was_given(client):
    person = Person(14)
    refused = person.report(control_id="early", dose=2, given_on="20240401", consent=NO_CONSENT)
    assert "CLR-100" in client.submit(refused).hl7
    client.submit(person.report(control_id="consent", consent=AFFIRMED))
    assert "CLR-100" not in client.submit(refused).hl7
    assert is_found(client, person)


def test_a_refusal_sent_again_is_the_same_refusal(client):
    message = Person(15).report(consent=NO_CONSENT)
    assert client.submit(message).hl7 == client.submit(message).hl7


def test_an_adults_consent_does_not_fit_a_child(client):
    person = Person(16)
    assert "CLR-101" in client.submit(person.report(consent=UNFIT)).hl7
    assert not is_found(client, person)


def test_a_protected_person_cannot_be_told_from_nobody(client):
    person, nobody = Person(17), Person(18)
    client.submit(person.report(consent=AFFIRMED))
    assert is_found(client, person)
    client.submit(person.report(control_id="protect", dose=2, given_on="20240402", consent="Y|20240402"))
    protected, unknown = (client.submit(asked.question()).hl7 for asked in (person, nobody))
    shape = lambda answer: [
        segment[:3] if segment[0] == "QAK" else segment[0] for segment in er7.segments(answer) if segment[0] != "QPD"
    ]
    tagless = lambda answer, asked: str(shape(answer)).replace(f"question-{asked.number}", "question")
    assert tagless(protected, person) == tagless(unknown, nobody)
