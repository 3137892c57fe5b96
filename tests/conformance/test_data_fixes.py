"""A data fix from its plan to its end over the command line: another vaccine for a lot of one organization, killed on the
way, gone on with, and taken back."""

import json
import sqlite3
import subprocess
import time

from people import Person
from program import BINARY, Program

PEOPLE = 160
LOT, OTHER_LOT = "A1234", "B9999"
WRONG, RIGHT = "03", "94"


def report(number, organization, lot):
    """A VXU about one dose of a lot."""
    person = Person(number)
    given = (
        f"RXA|0|1|20240115||{WRONG}^MMR^CVX|0.5|mL^mL^UCUM||00^New immunization record^NIP001||||||{lot}|20270101"
        "|MSD^Merck^MVX|||CP|A"
    )
    lines = person.report(control_id=f"report-{number}").replace("CLINIC", organization).split("\r")
    return "\r".join(given if line.startswith("RXA|") else line for line in lines)


def load(server, organization, messages):
    file = f"{server.folder}/{organization}.hl7"
    with open(file, "w", newline="") as out:
        out.write("".join(messages))
    server.command("load", file, "--organization", organization, check=False)  # Warned of is stored, too.


def fix(server, verb, *more):
    return json.loads(server.command("data-fix", verb, "lot-a1234", *more, "--json"))


def applied(server):
    with sqlite3.connect(f"file:{server.folder}/registry.db?mode=ro", uri=True) as database:
        query = "SELECT COUNT(*) FROM data_fix_step WHERE state = 'applied'"
        return database.execute(query).fetchone()[0]


def doses(server):
    """How often each vaccine was reported, by lot, as the registry has it now."""
    query = "SELECT cvx, lot_number, COUNT(*) FROM vaccination_report GROUP BY cvx, lot_number"
    with sqlite3.connect(f"file:{server.folder}/registry.db?mode=ro", uri=True) as database:
        return {(str(cvx).zfill(2), lot): count for cvx, lot, count in database.execute(query)}


def test_a_lot_gets_another_vaccine_through_a_kill_and_back_again():
    server = Program("example")
    try:
        server.new_account("OTHER", "Another clinic")
        load(server, "CLINIC", [report(number, "CLINIC", LOT) for number in range(1, PEOPLE + 1)])
        load(server, "CLINIC", [report(number, "CLINIC", OTHER_LOT) for number in range(1001, 1006)])
        load(server, "OTHER", [report(number, "OTHER", LOT) for number in range(2001, 2006)])
        before = doses(server)

        why = ["--reason", "asked for by the clinic", "--by", "maria"]
        planned = fix(
            server, "plan", "--change-cvx", WRONG, "--to", RIGHT, "--lot", LOT, "--organization", "CLINIC", *why
        )
        assert (planned["counts"]["waiting"]["reports"], planned["state"]) == (PEOPLE, "planned"), planned
        assert len(planned["sample"]) == 5
        changes = {(int(line["before"]["cvx"]), int(line["after"]["cvx"])) for line in planned["sample"]}
        assert changes == {(int(WRONG), int(RIGHT))}
        assert doses(server) == before, "a plan changes nothing"
        refused = ["data-fix", "apply", "lot-a1234", "--reviewed-by", "maria"]
        assert server.command(*refused, check=False) == "" and applied(server) == 0, "nobody reviews their own"

        # Killed on the way, and gone on with.
        command = [BINARY, "data-fix", "apply", "lot-a1234", "--reviewed-by", "olga", *server.options]
        applying = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while applying.poll() is None and applied(server) == 0:
            time.sleep(0.005)
        applying.kill()
        applying.wait()
        part = applied(server)
        assert 0 < part <= PEOPLE
        print(f"\nkilled after {part} of {PEOPLE} reports")
        assert fix(server, "resume")["counts"]["applied"]["reports"] == PEOPLE
        after = doses(server)
        assert after[(RIGHT, LOT)] == PEOPLE
        assert after[(WRONG, LOT)] == 5, "another organization's reports are its own"
        assert after[(WRONG, OTHER_LOT)] == 5
        audited = server.command("audit", "verify", check=False)
        assert "broken" not in audited.lower()

        assert fix(server, "undo")["counts"]["undone"]["reports"] == PEOPLE
        assert doses(server) == before
        server.command("doctor")
    finally:
        server.close()
