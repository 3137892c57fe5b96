"""Messages written elsewhere, and independent judges of answers. They stand beside the repository, not in it."""

import csv
import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from program import REPOSITORY

SHARED = REPOSITORY.parent / "shared"
SOAP_CLIENT = SHARED / "tools" / "soap_client.py"


def require_shared():
    """Skips the test where the material is absent, and fails it on continuous integration."""
    if SHARED.is_dir():
        return
    reason = f"the messages and judges written elsewhere are not at {SHARED}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Message:
    """A file of the corpus: its name, its text as a SOAP client would send it, and what the index says of it."""

    name: str
    text: str
    type: str
    kind: str
    origin: str
    expected: str

    @property
    def is_report(self):
        return self.type.startswith("VXU")

    @property
    def is_question(self):
        return self.type.startswith("QBP^Q11")


def messages():
    """Every message of the corpus, in the order of its index."""
    folder = SHARED / "data" / "hl7"
    with open(folder / "INDEX.tsv", encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Message(row["file"], read(folder / row["file"]), row["type"], row["kind"], row["origin_path"], row["ack_code"])
        for row in rows
    ]


def read(path):
    """The text of a file as it can stand in XML: other control characters than line ends cannot."""
    text = Path(path).read_bytes().decode("utf-8", "replace")
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def tool(name):
    """One of the judges, as a module."""
    spec = importlib.util.spec_from_file_location(name, SHARED / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
