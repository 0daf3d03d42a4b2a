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
