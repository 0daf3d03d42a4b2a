"""What a command says: lines for people, or one JSON object for programs, and never a secret.

With `--json`, standard output holds exactly one object, in success and failure alike, with `ok` and `exit_code` in it.
Without it, results go to standard output, and notes and errors to standard error.
"""

import json
import sys
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from cyara_auth.errors import CyaraAuthWarning
from cyara_tools.cli.exit_codes import EXPECTED, ExitCode, exit_code_of
from cyara_tools.cli.repeat_options import with_options

Json = str | int | float | bool | None | Sequence["Json"] | dict[str, "Json"]

_PIPE_WIDTH = 4000
"""Columns of a table in a pipe: wide enough that no row is ever broken in two, so that grep finds what it looks for."""


class Report:
    """Collects what one command has to say.

    Attributes:
        exit_code: What the command will end with.
        again: Options that the next command needs as well; they are put into every text that names one.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._facts: dict[str, Json] = {}
        self._notes: list[str] = []
        self.exit_code = ExitCode.OK
        self.again = ""

    @property
    def as_json(self) -> bool:
        """Whether a program reads."""
        return self._as_json

    def put(self, **facts: Json) -> None:
        """Add facts for programs."""
        self._facts |= facts

    def say(self, text: str) -> None:
        """Tell people a result."""
        if not self._as_json:
            _console(error=False).print(with_options(text, self.again))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show people a table; without lines in a pipe, where they would only be in the way."""
        if not self._as_json and rows:
            console = _console(error=False)
            table = Table(*columns, box=SIMPLE if console.is_terminal else None)
            for row in rows:
                table.add_row(*row)
            console.print(table)

    def note(self, text: str) -> None:
        """Tell both something that is not the result."""
        text = with_options(text, self.again)
        self._notes.append(text)
        if not self._as_json:
            _console(error=True).print(f"Note: {text}")

    def fail(self, error: BaseException) -> None:
        """Take an expected error as the outcome."""
        self.exit_code = exit_code_of(error)
        text = with_options(sentence(error), self.again)
        self.put(error={"kind": type(error).__name__, "message": text})
        if not self._as_json:
            _console(error=True).print(text if self.exit_code is not ExitCode.INTERRUPTED else "Interrupted.")

    def finish(self) -> None:
        """Write the object for programs."""
        if self._as_json:
            outcome: dict[str, Json] = {"ok": self.exit_code is ExitCode.OK, "exit_code": int(self.exit_code)}
            sys.stdout.write(json.dumps({**outcome, **self._facts, "notes": self._notes}, indent=1) + "\n")
            sys.stdout.flush()


def sentence(error: BaseException) -> str:
    """Return what went wrong for people; the system's own errors say neither what was hit nor what to do."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Nothing was sent. Next: cyara auth doctor"
    return str(error) or type(error).__name__


@contextmanager
def reporting(*, as_json: bool) -> Generator[Report]:
    """Run a command: report expected errors and our own warnings in one sentence each, and end with the exit code.

    Raises:
        typer.Exit: Always at the end, with the exit code.
    """
    report = Report(as_json=as_json)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", CyaraAuthWarning)
        try:
            yield report
        except EXPECTED as error:
            report.fail(error)
    for warning in caught:
        report.note(str(warning.message))
    report.finish()
    raise typer.Exit(report.exit_code)


def _console(*, error: bool) -> Console:
    console = Console(stderr=error, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console
