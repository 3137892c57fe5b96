"""NIST's scripted scenarios: what an EHR sends, and what the script has the registry answer."""

import re
from collections import namedtuple

import corpus
import er7
import pytest
import soap
from program import Program

Scene = namedtuple("Scene", "sent scripted")

# Scripts whose registry refuses what is correct, to see what the EHR makes of it. The same refusals are asked for with
# a value that really is wrong in `test_the_fault_that_a_script_plays_is_found_where_it_really_is`.
CORRECT_MESSAGE = "the scripted message is correct; the script plays a registry that lacks the value"
PLAYED = {
    "TestGroup_1/TestCase_8": CORRECT_MESSAGE,
    "TestGroup_1/TestCase_9": CORRECT_MESSAGE,
    "TestGroup_1/TestCase_10": CORRECT_MESSAGE,
}

# Scripts that answer with somebody of the birth date and the identifier asked for, who is somebody else all the same.
SOMEBODY_ELSE = {
    "0162_RSP_Z42": "another family and given name",
    "0163_RSP_Z42": "another family and given name",
    "0283_RSP_Z42": "the second of twins, where the first was asked for",
}

# A scripted message with values made wrong (segment, field, which one, value), and what NIST's script answers: the
# acknowledgment code, the places, the severity.
FAULTS = {
    "an unknown vaccine (IZ-AD-7)": ("0053_VXU_Z22", [("RXA", 5, 1, "99999^No such^CVX")], "AE", ["RXA^1^5^1^1"], "E"),
    "an unknown body site (IZ-AD-8)": (
        "0068_VXU_Z22",
        [("RXR", 2, 1, "XX^No such^HL70163")],
        "AE",
        ["RXR^1^2^1^1"],
        "W",
    ),
    "two unknown body sites (IZ-AD-9)": (
        "0069_VXU_Z22",
        [("RXR", 2, 1, "XX^No such^HL70163"), ("RXR", 2, 2, "XY^No such^HL70163")],
        "AE",
        ["RXR^1^2^1^1", "RXR^2^2^1^1"],
        "W",
    ),
    "another version (IZ-AD-10)": ("0055_VXU_Z22", [("MSH", 12, 1, "2.9")], "AR", ["MSH^1^12^1^1"], "E"),
}


@pytest.fixture(scope="module")
def empty_registry(new_program):
    corpus.require_shared()
    return new_program("example", "sqlite")


@pytest.fixture
def client(empty_registry):
    """Every scene has a registry of its own: its people come again in other plans, with other details."""
    server = Program("example", like=empty_registry).start()
    yield soap.Client(server.port, server.account)
    server.close()


def scenes():
    """Each scripted answer with the message that it answers: of the same test case, by its control id."""
    if not corpus.SHARED.is_dir():
        return []
    messages = [message for message in corpus.messages() if message.name.startswith("nist-hit-iz-tool/")]
    sent = {}
    for message in messages:
        if message.is_report or message.is_question:
            sent.setdefault((case(message), er7.field(message.text, "MSH", 10)), message)
    answers = [message for message in messages if message.type[:3] in ("ACK", "RSP")]
    paired = [Scene(sent.get((case(answer), er7.field(answer.text, "MSA", 2))), answer) for answer in answers]
    return [scene for scene in paired if scene.sent]


def case(message):
    """The test case that a file belongs to: the folder of its step."""
    return re.sub(r"/[^/]*/Message\.txt.*", "", message.origin)


def named(scene):
    return scene.scripted.name.split("/")[1].removesuffix(".hl7")


REPORTS = [scene for scene in scenes() if scene.sent.is_report]
QUESTIONS = [scene for scene in scenes() if scene.sent.is_question]


@pytest.mark.parametrize("scene", REPORTS, ids=named)
def test_a_report_is_answered_as_scripted(client, scene):
    answer = client.submit(scene.sent.text).hl7
    played = next((reason for place, reason in PLAYED.items() if case(scene.sent).endswith(place)), None)
    scripted = "AA" if played else er7.field(scene.scripted.text, "MSA", 1)
    assert er7.field(answer, "MSA", 1) == scripted, f"{scene.sent.name}\n{er7.problems(answer)}"


@pytest.mark.parametrize("fault", FAULTS)
def test_the_fault_that_a_script_plays_is_found_where_it_really_is(client, fault):
    name, changes, code, places, severity = FAULTS[fault]
    message = corpus.read(corpus.SHARED / "data" / "hl7" / "nist-hit-iz-tool" / f"{name}.hl7")
    for segment, number, occurrence, value in changes:
        message = er7.replaced(message, segment, number, value, occurrence)
    message = er7.replaced(message, "MSH", 10, f"fault-{name}")
    answer = client.submit(message).hl7
    found = [problem.location for problem in er7.problems(answer) if problem.severity == severity]
    assert er7.field(answer, "MSA", 1) == code, er7.problems(answer)
    assert set(places) <= set(found), er7.problems(answer)


@pytest.mark.parametrize("scene", QUESTIONS, ids=named)
def test_a_question_is_answered_as_scripted(client, scene):
    """The person and the doses of the scripted answer are reported first; then the question gives them back.

    Several candidates are nobody for Z44, never a list (HL7 IG 1.5, table 11-3). Some scripts answer with another person
    than was asked for: here that is nobody. A dose before birth is never stored.
    """
    client.submit(as_report(scene.scripted.text))
    answer = client.submit(scene.sent.text).hl7
    is_known = er7.field(scene.scripted.text, "QAK", 2) == "OK" and named(scene) not in SOMEBODY_ELSE
    if is_known and is_about_who_was_asked_for(scene):
        assert er7.field(answer, "QAK", 2) == "OK", answer
        born_on = er7.field(scene.scripted.text, "PID", 7)[:8]
        assert {dose for dose in doses(scene.scripted.text) if dose[0] >= born_on} == doses(answer)
    else:
        assert er7.field(answer, "QAK", 2) == "NF", answer


def is_about_who_was_asked_for(scene):
    """Whether the scripted person has the birth date asked for, and the name or the identifier."""
    asked = [er7.field(scene.sent.text, "QPD", number) for number in (6, 4, 3)]
    given = [er7.field(scene.scripted.text, "PID", number) for number in (7, 5, 3)]
    (day, name, identifier), (given_day, given_name, given_identifiers) = asked, given
    is_same_name = name.split("^")[:2] == given_name.split("^")[:2]
    return day[:8] == given_day[:8] and (is_same_name or identifier in given_identifiers.split("~"))


def as_report(response):
    """A VXU of the person and the doses in a response. The forecast (CVX 998) is left out."""
    header = er7.segments(response)[0]
    header[8], header[20] = "VXU^V04^VXU_V04", "Z22^CDCPHINVS"
    header[9] = f"report-of-{header[9]}"
    kept = [header]
    for segment in er7.segments(response):
        if segment[0] == "PID":
            kept.append(segment)
        elif segment[0] == "RXA" and er7.component(segment[5], 1) != "998":
            # The registry's own ids in ORC-3 are no ids of a sender; some scripts give one to all doses.
            kept += [["ORC", "RE", "", f"dose-{len(kept)}^EHR"], segment]
    return "\r".join("|".join(segment) for segment in kept) + "\r"


def doses(message):
    """Day and vaccine of every dose that was given."""
    given = [(s[3][:8], er7.component(s[5], 1)) for s in er7.segments(message) if s[0] == "RXA"]
    return {dose for dose in given if dose[1] != "998"}
