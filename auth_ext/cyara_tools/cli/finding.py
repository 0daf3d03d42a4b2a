"""One thing that `doctor` looked at, and how it is."""

from enum import StrEnum

from attrs import frozen

from cyara_tools.cli.report import Json


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but probably not as intended."""
    FAILURE = "failure"
    """It will not work."""


@frozen(kw_only=True)
class Finding:
    """A finding.

    Attributes:
        check: What was looked at, a stable name for programs.
        level: How it is.
        text: The same in a sentence, with the remedy; never a secret.
    """

    check: str
    level: Level
    text: str

    def facts(self) -> dict[str, Json]:
        """Return it for programs."""
        return {"check": self.check, "level": self.level.value, "text": self.text}


def good(check: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check=check, level=Level.OK, text=text)


def warn(check: str, text: str) -> Finding:
    """Return a finding that something is odd."""
    return Finding(check=check, level=Level.WARNING, text=text)


def bad(check: str, text: str) -> Finding:
    """Return a finding that something will not work."""
    return Finding(check=check, level=Level.FAILURE, text=text)
