"""`bluebonnet file`: what operators put, look up, explain, download and have processed again; exit codes and JSON."""

import contextlib
import sqlite3
import uuid
from pathlib import Path

import pytest
from people import Person
from program import Program

#: Exit codes (docs/operating.md).
WELL, NOT_WELL, MISUSED, FAILED = 0, 1, 2, 3
#: The second is rejected: its dose was given before the birth.
MESSAGES = [Person(1).report(), Person(2).report(given_on="19990101"), Person(3).report()]


@pytest.fixture(scope="module")
def program():
    program = Program("example")
    program.new_account("OTHER", "Another clinic")
    yield program
    program.close()


def file_of(program, name, messages):
    path = Path(program.folder) / name
    path.write_text("".join(messages))
    return str(path)


def put(program, name, messages, organization="CLINIC"):
    """Puts a file; gives its receipt."""
    (record,) = program.json("file", "put", file_of(program, name, messages), "--organization", organization, "--json")
    assert record["name"] == name
    return uuid.UUID(record["id"]).hex


def ran(program, *arguments):
    """The exit code, and what was printed on both."""
    done = program.run("file", *arguments)
    return done.returncode, done.stdout + done.stderr


def test_a_file_is_put_processed_listed_explained_and_fetched(program):
    receipt = put(program, "story.hl7", MESSAGES)
    code, said = ran(program, "status", receipt)
    assert code == NOT_WELL and "state         queued" in said and "story.hl7" in said
    code, said = ran(program, "reprocess", receipt)
    assert code == NOT_WELL and "it is being processed" in said
    assert ran(program, "process") == (WELL, "")
    code, said = ran(program, "status", receipt, "--wait", "60")
    assert code == NOT_WELL, "one message was not accepted"
    assert "messages      3: 2 accepted, 0 with something to look at, 1 not accepted" in said
    assert "story.hl7." in said and "finished" in said

    code, said = ran(program, "explain", receipt, "--verdict", "rejected")
    control_id = MESSAGES[1].split("|")[9]
    assert code == WELL and f"message 2  {control_id}  rejected" in said and "message 1 " not in said
    explained = program.json("file", "explain", receipt, "--json")
    assert [message["verdict"] for message in explained["messages"]] == ["accepted", "rejected", "accepted"]
    finding = next(finding for finding in explained["messages"][1]["findings"] if finding["severity"] == "error")
    assert finding["code"] and finding["sentence"].endswith(finding["mend"]) and finding["mend"]
    assert explained["messages"][1]["control_id"] == control_id
    # Pages, results and the file door show the short form of the receipt.
    (summary,) = [name for name in explained["received"]["results"] if name.endswith(".summary.txt")]
    short = summary.removeprefix("story.hl7.").removesuffix(".summary.txt")
    assert program.json("file", "status", short.lower(), "--json", check=False)["receipt"] == str(uuid.UUID(receipt))
    later = program.json("file", "explain", receipt, "--after", "2", "--json")["messages"]
    assert [message["ordinal"] for message in later] == [3]
    assert len(program.json("file", "explain", receipt, "--limit", "1", "--json")["messages"]) == 1

    copy = Path(program.folder) / "copy.hl7"
    assert ran(program, "download", receipt, "--output", str(copy)) == (WELL, "")
    assert copy.read_bytes() == "".join(MESSAGES).encode()
    # What is printed is read as text, its line ends made alike.
    assert program.run("file", "download", receipt).stdout == "".join(MESSAGES).replace("\r", "\n")
    with contextlib.closing(sqlite3.connect(Path(program.folder) / "registry.db")) as database:
        written_down = database.execute("SELECT COUNT(*) FROM audit WHERE detail = ?", [f"downloaded file {receipt}"])
        assert written_down.fetchone() == (2,), "who takes a file is written down"

    assert ran(program, "reprocess", receipt)[0] == WELL
    assert program.json("file", "status", receipt, "--json", check=False)["state"] == "queued"
    assert ran(program, "process") == (WELL, "")
    again = program.json("file", "status", receipt, "--json", check=False)
    assert (again["run"], again["state"], again["counts"]) == (2, "complete", {"accepted": 2, "warned": 0, "rejected": 1})


def test_the_exit_code_of_a_status_is_0_only_when_everything_was_accepted(program):
    good = put(program, "good.hl7", [Person(10).report()])
    assert ran(program, "status", good)[0] == NOT_WELL, "it waits"
    ran(program, "process")
    assert ran(program, "status", good)[0] == WELL
    unreadable = put(program, "unreadable.zip", ["PK\x03\x04 is no zip file"])
    ran(program, "process")
    code, said = ran(program, "status", unreadable)
    assert code == NOT_WELL and "state         error" in said and "E FIR-100" in said


def test_the_list_is_narrowed(program):
    mine, other = put(program, "mine.hl7", [Person(20).report()]), put(program, "other.hl7", [Person(21).report().replace("CLINIC", "OTHER")], "OTHER")
    program.run("submit", file_of(program, "alone.hl7", [Person(22).report()]), "--organization", "CLINIC")
    listed = lambda *narrowed: program.json("file", "list", *narrowed, "--json")
    receipts = lambda lines: [uuid.UUID(line["receipt"]).hex for line in lines]
    assert receipts(listed("--state", "queued")) == [other, mine], "the newest first"
    assert receipts(listed("--state", "queued", "--organization", "OTHER")) == [other]
    assert receipts(listed("--state", "queued", "--limit", "1")) == [other]
    assert {line["kind"] for line in listed("--only", "file")} == {"file"}
    assert {line["kind"] for line in listed("--only", "message")} == {"message"}
    everything = receipts(listed())
    assert receipts(listed("--before", everything[1])) == everything[2:]
    code, table = ran(program, "list", "--organization", "OTHER")
    heading, line, *_ = table.splitlines()
    assert code == WELL and heading.split() == ["RECEIPT", "RECEIVED", "ORGANIZATION", "STATE", "ACCEPTED", "WARNED", "REJECTED", "NAME"]
    assert line.startswith(other) and line.endswith("other.hl7")
    assert ran(program, "process")[0] == WELL
    assert listed("--state", "queued") == []


def test_a_message_that_came_alone_is_explained_and_decided_again(program):
    program.run("submit", file_of(program, "alone.hl7", [Person(30).report()]), "--organization", "CLINIC")
    receipt = program.json("file", "list", "--only", "message", "--limit", "1", "--json")[0]["receipt"]
    assert ran(program, "status", receipt)[0] == WELL
    explained = program.json("file", "explain", receipt, "--json")
    assert explained["messages"] == [] and explained["received"]["findings"]
    assert ran(program, "reprocess", receipt)[0] == WELL
    assert ran(program, "download", receipt)[0] == NOT_WELL


def test_several_files_are_put_at_once_and_under_another_name(program):
    files = [file_of(program, f"several-{number}.hl7", [Person(40 + number).report()]) for number in range(2)]
    code, said = ran(program, "put", *files, "--organization", "CLINIC")
    assert code == WELL and [line.split()[1] for line in said.splitlines()] == ["several-0.hl7", "several-1.hl7"]
    code, said = ran(program, "put", files[0], "--organization", "CLINIC", "--name", "renamed.hl7")
    assert code == WELL and said.split()[1] == "renamed.hl7"
    assert ran(program, "put", *files, "--organization", "CLINIC", "--name", "one.hl7")[0] == MISUSED
    assert ran(program, "process")[0] == WELL
    renamed = program.json("file", "list", "--limit", "1", "--json")[0]
    assert renamed["duplicate_of"], "the same bytes are processed once"


def test_without_the_database_files_are_put_by_the_id_of_the_organization(program):
    organization = program.json("file", "list", "--limit", "1", "--json")[0]["organization_id"]
    file = file_of(program, "without.hl7", [Person(50).report()])
    database = Path(program.folder) / "registry.db"
    hidden = database.rename(database.with_name("hidden.db"))
    try:
        assert ran(program, "put", file, "--organization", "CLINIC")[0] != WELL
        (record,) = program.json("file", "put", file, "--organization", organization, "--json")
    finally:
        # What looked for it may have left an empty one.
        for left in Path(program.folder).glob("registry.db*"):
            left.unlink()
        hidden.rename(database)
    assert ran(program, "process")[0] == WELL
    assert ran(program, "status", record["id"])[0] == WELL


def test_a_put_that_is_refused_goes_on_where_it_ended(program):
    content = [Person(number).report() for number in range(60, 160)]
    file = file_of(program, "large.hl7", content)
    code, said = ran(program, "put", file, "--organization", "CLINIC", "--quota-bytes", "1000")
    assert code == NOT_WELL and "files of 1000 bytes may wait together" in said
    code, said = ran(program, "put", file, "--organization", "CLINIC", "--disk-reserve", str(1 << 60))
    assert code == NOT_WELL and "disk is full" in said
    receipt = put(program, "large.hl7", content)
    assert ran(program, "process")[0] == WELL
    assert program.json("file", "status", receipt, "--json")["counts"]["accepted"] == 100
    assert program.run("file", "download", receipt).stdout.count("MSH|") == 100
    queued = put(program, "quota.hl7", [Person(200).report()])
    code, said = ran(program, "put", file_of(program, "more.hl7", ["MSH|"]), "--organization", "CLINIC", "--quota-files", "1")
    assert code == NOT_WELL and "wait already" in said
    assert ran(program, "process")[0] == WELL and ran(program, "status", queued)[0] == WELL


NOWHERE = "0192f6a04c5b7d3e8a9b0c1d2e3f4a5b"


@pytest.mark.parametrize("code, arguments", [
    (NOT_WELL, ["status", NOWHERE]), (NOT_WELL, ["explain", NOWHERE]), (NOT_WELL, ["reprocess", NOWHERE]),
    (NOT_WELL, ["download", NOWHERE]), (NOT_WELL, ["put", "/etc/hostname", "--organization", "NOBODY"]),
    (FAILED, ["put", "/nowhere.hl7", "--organization", "CLINIC"]), (NOT_WELL, ["list", "--organization", "NOBODY"]),
    (MISUSED, ["status", "no-receipt"]), (MISUSED, ["list", "--state", "lost"]), (MISUSED, ["list", "--only", "letters"]),
    (MISUSED, ["explain", NOWHERE, "--verdict", "maybe"]), (MISUSED, ["put", "--organization", "CLINIC"]), (MISUSED, ["put", "/etc/hostname"]),
    (MISUSED, ["list", "--limit", "0"]),
])  # fmt: skip
def test_what_cannot_be_done_is_told_with_its_exit_code(program, code, arguments):
    ended, said = ran(program, *arguments)
    assert ended == code and said.strip(), said
    if code == NOT_WELL and NOWHERE in arguments:
        assert NOWHERE in said


def test_the_examples_of_the_help_are_understood(program):
    """Every option that the documentation names is one."""
    said = "".join(program.run("file", command, "--help").stdout for command in ["put", "list", "status", "explain", "reprocess", "download", "process"])
    for option in ["--json", "--wait", "--verdict", "--output", "--state", "--quota-files", "--archive-days", "--disk-reserve", "--spool", "--node"]:
        assert option in said
