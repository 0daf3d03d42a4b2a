"""Standard output in the place of a file: nothing is remembered, so nothing goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from cyara_tools.export.journal import Done
from cyara_tools.output.standard_output import written_to

if TYPE_CHECKING:
    from cyara_tools.export.journal import Plan


class Stream:
    """Takes lines as `PartFile` does.

    Attributes:
        plan: what is exported.
        done: how far it is.
        problems: what was odd with the runs that are written, as sentences.
    """

    def __init__(self, plan: Plan, out: TextIO) -> None:
        self._out = out
        self.plan = plan
        self.done = Done()
        self.problems: list[str] = []

    def write(self, text: str) -> None:
        """Add lines.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: it cannot be written.
        """
        with written_to(self._out):
            # Bytes, so that neither a code page nor Windows' line ends change them.
            self._out.buffer.write(text.encode())

    def run_is_whole(self, rows: int, problem: str | None) -> None:
        """Take note that all lines of a run are written.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: they cannot be written.
        """
        with written_to(self._out):
            self._out.buffer.flush()
        self.done = Done(runs=self.done.runs + 1, rows=self.done.rows + rows)
        if problem:
            self.problems.append(problem)
