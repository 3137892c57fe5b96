"""Every message of the corpus through the front door, on both databases: each gets its answer or the right fault."""

import re
import subprocess
import sys

import corpus
import er7
import pytest
import soap

# Vaccine groups that are younger than NIST's list of CVX codes, which is of February 2019.
NEWER_THAN_THE_JUDGE = {"213": "COVID-19, unspecified", "304": "RSV, unspecified"}


@pytest.fixture(scope="module")
def conversations(new_program):
    """All messages sent in order to a new registry: `conversations("sqlite")` gives the server and name -> reply."""
    corpus.require_shared()
    held = {}

    def hold(database):
        if database not in held:
            server = new_program("example", database).start()
            client = soap.Client(server.port, server.account)
            held[database] = server, {message.name: client.submit(message.text) for message in corpus.messages()}
            client.close()
        return held[database]

    return hold


def test_every_report_and_question_is_answered(conversations, database):
    _, replies = conversations(database)
    wrong = []
    for message in corpus.messages():
        if message.kind != "msg" or not (message.is_report or message.is_question):
            continue
        answer = replies[message.name].hl7
        if answer is None:
            wrong.append(f"{message.name}: {describe(replies[message.name])}")
            continue
        expected = {"ACK"} if message.is_report else {"RSP", "ACK"}
        if er7.field(answer, "MSH", 9)[:3] not in expected:
            wrong.append(f"{message.name}: answered by {er7.field(answer, 'MSH', 9)}")
        if er7.field(answer, "MSA", 2) != er7.field(message.text, "MSH", 10):
            wrong.append(f"{message.name}: MSA-2 is {er7.field(answer, 'MSA', 2)!r}")
    assert not wrong, lines(wrong)


def test_an_answer_repeats_the_question_to_the_letter(conversations, database):
    """HL7 IG 1.5, QAK-1, QAK-3 and QPD."""
    _, replies = conversations(database)
    wrong = []
    for message in corpus.messages():
        answer = replies[message.name].hl7
        if answer is None or not er7.field(answer, "MSH", 9).startswith("RSP") or not er7.field(message.text, "QPD", 1):
            continue
        asked, repeated = ([s for s in er7.segments(text) if s[0] == "QPD"] for text in (message.text, answer))
        tag_and_name = er7.field(answer, "QAK", 1), er7.field(answer, "QAK", 3)
        if asked != repeated or tag_and_name != (er7.field(answer, "QPD", 2), er7.field(answer, "QPD", 1)):
            wrong.append(f"{message.name}: {repeated}, QAK {tag_and_name}")
    assert not wrong, lines(wrong)


def test_other_messages_are_refused_by_type_or_event(conversations, database):
    _, replies = conversations(database)
    wrong = []
    for message in corpus.messages():
        if message.kind != "msg" or message.is_report or message.is_question or message.type == "?":
            continue
        answer = replies[message.name].hl7
        found = answer and (er7.field(answer, "MSA", 1), {problem.code for problem in er7.problems(answer)})
        if not found or found[0] != "AR" or not found[1] & {"200", "201"}:
            wrong.append(f"{message.name} ({message.type}): {found or describe(replies[message.name])}")
    assert not wrong, lines(wrong)


def test_several_messages_and_text_that_is_no_message_get_the_right_fault(conversations, database):
    _, replies = conversations(database)
    wrong = []
    for message in corpus.messages():
        headers = len(re.findall(r"(?m)^MSH", message.text.replace("\r", "\n")))
        begins = message.text.lstrip("\ufeff\x0b \r\n").startswith("MSH")
        expected = "fault" if not begins else "MessageTooLargeFault" if headers > 1 else None
        if expected and replies[message.name].fault != expected:
            wrong.append(f"{message.name}: {describe(replies[message.name])}, expected {expected}")
    assert not wrong, lines(wrong)


def test_nothing_is_answered_by_a_server_error_and_nothing_panics(conversations, database):
    server, replies = conversations(database)
    errors = [f"{name}: {describe(reply)}" for name, reply in replies.items() if reply.status >= 500]
    log = [line for line in server.log if re.search(r"panic|\bERROR\b|\"level\":\"ERROR\"", line)]
    assert not errors and not log, lines(errors + log)


def test_nists_profiles_find_no_error_in_any_answer(conversations, database):
    _, replies = conversations(database)
    judge = corpus.tool("nist_check")
    wrong, judged = [], 0
    for message in corpus.messages():
        answer = replies[message.name].hl7
        if answer is None:
            continue
        judged += 1
        profile, findings = judge.check(answer)
        asked = judge.check(message.text)[1]
        for severity, place, text in findings:
            is_excused = is_an_echo(message, place, asked) or is_newer_than_the_judge(answer, place, text)
            if severity == "E" and not is_excused:
                wrong.append(f"{message.name} {profile} {place}: {text}")
    assert judged > 600, "the judge saw too few answers"
    assert not wrong, lines(wrong)


def test_nists_profiles_find_the_error_in_a_broken_answer(conversations):
    """The judge itself is awake: an answer without its acknowledgment code does not pass."""
    _, replies = conversations("sqlite")
    answer = next(reply.hl7 for reply in replies.values() if reply.hl7)
    _, findings = corpus.tool("nist_check").check(er7.replaced(answer, "MSA", 1, ""))
    assert any(severity == "E" for severity, _, _ in findings)


def test_nists_schematron_finds_no_error_in_any_envelope(conversations, database):
    _, replies = conversations(database)
    judge = corpus.tool("soap_sch")
    phases = {None: "submitSingleMessage_Response", "fault": "UnknownFault"}
    wrong = []
    for name, reply in replies.items():
        for phase in ["envelope", phases.get(reply.fault, reply.fault)]:
            wrong += [f"{name} {phase}: {found}" for found in judge.run(phase, reply.body)]
    assert not wrong, lines(wrong)


def test_both_databases_give_the_same_answers(conversations):
    _, on_sqlite = conversations("sqlite")
    _, on_postgresql = conversations("postgresql")
    sqlite, postgresql = Mask(), Mask()
    wrong = []
    for name in on_sqlite:
        left, right = sqlite.apply(on_sqlite[name]), postgresql.apply(on_postgresql[name])
        if left != right:
            wrong.append(f"{name}:\n  sqlite     {left!r}\n  postgresql {right!r}")
    assert not wrong, lines(wrong)


def test_a_zeep_client_built_from_the_servers_own_wsdl_gets_the_same_answers(conversations, database, tmp_path):
    """Every report was sent before, so that its stored answer is due; a question is answered anew."""
    server, replies = conversations(database)
    messages = [message for message in corpus.messages() if message.is_report or message.is_question]
    folders = sorted({message.name.split("/")[0] for message in messages})
    wrong = []
    for folder in folders:
        files = [corpus.SHARED / "data" / "hl7" / m.name for m in messages if m.name.startswith(folder + "/")]
        ran = soap_client(server, ["--out", str(tmp_path / folder)], files)
        assert ran.returncode == 0, ran.stderr or ran.stdout
    for message in messages:
        answer = (tmp_path / message.name).read_bytes().decode()
        reply = replies[message.name]
        if reply.hl7 is None:
            same = answer.startswith("FAULT") and (reply.fault == "fault" or reply.fault in answer)
        elif message.is_report:
            same = answer == reply.hl7
        else:
            same = [s[0] for s in er7.segments(answer)][:2] == ["MSH", "MSA"]
        if not same:
            wrong.append(f"{message.name}:\n  by hand {describe(reply)} {reply.hl7!r}\n  zeep    {answer!r}")
    assert not wrong, lines(wrong)


def test_a_zeep_client_is_heard_at_the_connectivity_test(conversations, database):
    server, _ = conversations(database)
    ran = soap_client(server, ["--connectivity", "is anybody there?"])
    assert ran.returncode == 0 and "is anybody there?" in ran.stdout, ran.stderr


def soap_client(server, options, files=()):
    who = ["-u", server.account["username"], "-p", server.account["password"], "-f", server.account["facility"]]
    command = [sys.executable, corpus.SOAP_CLIENT, *who, *options, server.address + soap.PATH, *files]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600)


class Mask:
    """Hides what must differ from one run to the next: times, and the registry's own numbers by order of appearance."""

    OWN_NUMBER = re.compile(r"\b[0-9A-Z]{12}(?=\^+EXIIS\b)")

    def __init__(self):
        self.seen = {}

    def apply(self, reply):
        if reply.hl7 is None:
            return reply.status, reply.fault
        text = er7.replaced(reply.hl7, "MSH", 7, "TIME")
        text = er7.replaced(text, "MSH", 10, "RECEIPT")
        return self.OWN_NUMBER.sub(lambda found: self.seen.setdefault(found[0], f"#{len(self.seen)}"), text)


def is_an_echo(message, place, asked):
    """Whether a fault of an answer is the sender's own: it has to repeat MSH-10 and QPD, whatever stands in them."""
    if place == "MSA[1]-2":
        return er7.field(message.text, "MSH", 10) == ""
    question_is_faulty = any(severity == "E" and at.startswith("QPD") for severity, at, _ in asked)
    return place.startswith(("QPD", "QAK[1]-1", "QAK[1]-3")) and question_is_faulty


def is_newer_than_the_judge(answer, place, text):
    """Whether the fault is a vaccine group that the judge does not know yet (IZ-37: OBX-5 is a code of CVX)."""
    if not (place.startswith("OBX[") and text.startswith("IZ-37 ")):
        return False
    return er7.component(er7.field(answer, "OBX", 5, int(place[4:-1])), 1) in NEWER_THAN_THE_JUDGE


def describe(reply):
    return f"HTTP {reply.status} {reply.fault or ''} {reply.body[:200]!r}"


def lines(wrong):
    return f"{len(wrong)} of them:\n" + "\n".join(wrong)
