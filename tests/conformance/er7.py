"""Just enough of HL7 version 2 to look into messages and answers, apart from the code under test."""

import re
from collections import namedtuple

Problem = namedtuple("Problem", "location code severity text own_code")


def segments(message):
    return [line.split("|") for line in re.split(r"\r\n|\r|\n", message.lstrip("\ufeff\x0b")) if line.strip("\x1c ")]


def field(message, name, number, occurrence=1):
    """A field such as MSH-10 of the n-th segment of that name, or ''. MSH counts from its delimiters."""
    found = [segment for segment in segments(message) if segment[0] == name]
    index = number - 1 if name == "MSH" else number
    if len(found) < occurrence or len(found[occurrence - 1]) <= index:
        return ""
    return found[occurrence - 1][index]


def component(value, number):
    parts = value.split("^")
    return parts[number - 1] if number <= len(parts) else ""


def problems(answer):
    """The ERR segments of an answer."""
    found = []
    for segment in segments(answer):
        if segment[0] != "ERR":
            continue
        at = segment + [""] * 9
        own_code = component(at[5], 4) or component(at[5], 1)
        found.append(Problem(at[2], component(at[3], 1), at[4], at[8], own_code))
    return found


def replaced(message, name, number, value, occurrence=1):
    """The message with another value in one field."""
    lines = re.split(r"\r\n|\r|\n", message.rstrip("\r\n"))
    seen = 0
    for place, line in enumerate(lines):
        parts = line.split("|")
        if parts[0] != name:
            continue
        seen += 1
        if seen == occurrence:
            index = number - 1 if name == "MSH" else number
            parts += [""] * (index + 1 - len(parts))
            parts[index] = value
            lines[place] = "|".join(parts)
    return "\r".join(lines) + "\r"
