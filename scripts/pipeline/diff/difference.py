"""One difference, in a form that a person, a changelog and a program can use."""

from __future__ import annotations

from attrs import frozen

DOCUMENT, PYTHON, BEHAVIOUR = "document", "python", "behaviour"


@frozen(kw_only=True, slots=True, order=True)
class Difference:
    """What changed between two clients, and whether it can break a program that uses the old one."""

    kind: str
    """``document``, ``python`` or ``behaviour``."""
    breaking: bool
    rule: str
    """Name of the rule that found it, for filtering: ``operation-removed``."""
    subject: str
    """What changed, in the words of the Python API where there are some: ``campaigns.get_campaigns``."""
    text: str
    """What happened to it, one line."""


@frozen(kw_only=True, slots=True)
class Rename:
    """A name that changed while the thing stayed."""

    what: str
    """``operations`` (modules below ``api``, ``tag.name``) or ``models`` (class names)."""
    old: str
    new: str


def code(text: str) -> str:
    """Return a text as a code span of one line; a backtick in it is spelled as in a Python string, to not end it."""
    return f"`{printable(text).replace('`', chr(92) + 'x60')}`"


def printable(text: str) -> str:
    """Return untrusted text on one line, without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
