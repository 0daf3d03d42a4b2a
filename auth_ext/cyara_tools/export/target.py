"""What an export writes to, and what it tells how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cyara_tools.export.journal import Done, Plan


class Watching(Protocol):
    """Is told how far it is."""

    def begin(self, runs: int, done: int, rows: int) -> None:
        """Take how many runs there are, and what was written before."""

    def add_rows(self, rows: int) -> None:
        """Count results."""

    def run_is_whole(self) -> None:
        """Count a run."""


class Target(Protocol):
    """Takes the lines: a file that can be gone on with, or standard output."""

    problems: list[str]

    @property
    def plan(self) -> Plan | None:
        """What is exported."""
        ...

    @property
    def done(self) -> Done:
        """How far it is."""
        ...

    def write(self, text: str) -> None:
        """Add lines."""

    def run_is_whole(self, rows: int, problem: str | None) -> None:
        """Take note that all lines of a run are written."""
