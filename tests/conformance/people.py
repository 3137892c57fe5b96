"""Synthetic people, all different, and the messages about them."""

import datetime
import random

SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru".split()
FIRST_BIRTH_DATE = datetime.date(2010, 1, 1)


class Person:
    """The n-th person: the same number gives the same person."""

    def __init__(self, number):
        chance = random.Random(number)
        word = lambda length: "".join(chance.choice(SYLLABLES) for _ in range(length)).capitalize()
        self.number = number
        self.family, self.given, self.mother = word(5), word(4), word(4)
        self.birth_date = FIRST_BIRTH_DATE + datetime.timedelta(days=chance.randrange(5000))
        self.sex = chance.choice("MF")

    def report(self, control_id=None, dose=1, given_on="20240115", consent=""):
        """A VXU about one historical dose of MMR."""
        return "\r".join(
            [
                f"MSH|^~\\&|EHR|CLINIC|||20240201120000-0500||VXU^V04^VXU_V04|{control_id or f'report-{self.number}'}"
                "|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS",
                f"PID|1||{self.number}^^^CLINIC^MR||{self.family}^{self.given}^^^^^L|{self.mother}^^^^^^M"
                f"|{self.birth_date:%Y%m%d}|{self.sex}|||{self.number} Elm St^^Springfield^IL^62701^USA^P",
                f"PD1|||||||||||02^Reminder/recall - any method^HL70215|{consent or 'N|20240115'}|||A",
                f"ORC|RE||dose-{self.number}-{dose}^CLINIC",
                f"RXA|0|1|{given_on}||03^MMR^CVX|999|||01^Historical information - source unspecified^NIP001"
                "|||||||||||CP|A",
                "",
            ]
        )

    def question(self, tag="question", profile="Z34^Request Immunization History^CDCPHINVS"):
        """A QBP about this person."""
        return "\r".join(
            [
                f"MSH|^~\\&|EHR|CLINIC|||20240201120000-0500||QBP^Q11^QBP_Q11|{tag}-{self.number}|P|2.5.1|||ER|AL"
                f"|||||{profile.split('^')[0]}^CDCPHINVS",
                f"QPD|{profile}|{tag}-{self.number}|{self.number}^^^CLINIC^MR|{self.family}^{self.given}^^^^^L"
                f"|{self.mother}^^^^^^M|{self.birth_date:%Y%m%d}|{self.sex}",
                "RCP|I|5^RD&Records&HL70126",
                "",
            ]
        )
