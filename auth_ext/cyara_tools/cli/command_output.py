"""What a command says: lines for people, or one JSON object for programs, and never a secret.

With `--json`, standard output holds exactly one object, in success and failure alike, with `ok` and `exit_code` in it.
Without it, results go to standard output, and notes and errors to standard error.
"""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from cyara_tools.cli.exit_codes import ExitCode, exit_code_of
from cyara_tools.output.standard_output import written_to
from cyara_tools.reports.ci_commands import json_without_command, no_command

Json = str | int | float | bool | None | Sequence["Json"] | dict[str, "Json"]


class CommandOutput:
    """Collects what one command has to say.

    Attributes:
        as_json: Whether a program reads.
        exit_code: What the command will end with.
    """

    def __init__(self, *, as_json: bool, repeat_options: Callable[[str], str]) -> None:
        self.as_json = as_json
        self.exit_code: int = ExitCode.OK
        self._repeat_options = repeat_options
        self._facts: dict[str, Json] = {}
        self._notes: list[str] = []
        self._is_released = False

    def put(self, **facts: Json) -> None:
        """Add facts for programs."""
        self._facts |= facts

    def say(self, text: str) -> None:
        """Tell people a result."""
        if not self.as_json:
            _write(self._repeat_options(text))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show people a table."""
        if not self.as_json and rows and has_standard_output():
            # Lines are for the eye; in a pipe they would only be in the way, and no row is ever broken in two there:
            # grep has to find what it looks for.
            (_draw if sys.stdout.isatty() else _align)(columns, rows)

    def note(self, text: str) -> None:
        """Tell both something that is not the result."""
        text = self._repeat_options(text)
        self._notes.append(text)
        if not self.as_json:
            _tell(f"Note: {text}")

    def fail(self, error: BaseException) -> None:
        """Take an expected error as the outcome."""
        self.exit_code = exit_code_of(error)
        text = self._repeat_options(sentence(error))
        self.put(error={"kind": type(error).__name__, "message": text})
        if not self.as_json and self.exit_code is not ExitCode.PIPE_CLOSED:
            _tell(text if self.exit_code is not ExitCode.INTERRUPTED else "Interrupted.")

    def lose(self, error: BaseException) -> None:
        """Take it as the outcome that what was said cannot be written: programs get half of it, or nothing."""
        self.as_json = False
        self.fail(error)

    def announce(self, lines: Sequence[str], **facts: Json) -> None:
        """Say at once what there is to say of a command that goes on until it is ended: for programs in one line."""
        if has_standard_output():
            with written_to(sys.stdout):
                sys.stdout.write(json.dumps(facts) + "\n" if self.as_json else "".join(f"{line}\n" for line in lines))
                sys.stdout.flush()
        self.release()

    def release(self) -> None:
        """Leave standard output to somebody else: nothing more is written there."""
        self._is_released = True

    def finish(self) -> None:
        """Write the object for programs, and what is left in the buffer.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: it cannot be written.
        """
        if not has_standard_output():
            return
        with written_to(sys.stdout):
            if self.as_json and not self._is_released:
                # Written once, at the end, so that an error in the middle cannot leave half an object behind.
                outcome: dict[str, Json] = {"ok": self.exit_code is ExitCode.OK, "exit_code": int(self.exit_code)}
                text = json.dumps({**outcome, **self._facts, "notes": self._notes}, indent=1)
                sys.stdout.write(json_without_command(text) + "\n")
            sys.stdout.flush()


def has_standard_output() -> bool:
    """Return whether there is one: it may be closed, as under a service, and the exit code is all that is read."""
    return sys.stdout is not None  # pyright: ignore[reportUnnecessaryComparison]  # see above


def sentence(error: BaseException) -> str:
    """Return what went wrong for people."""
    # The system's own texts say neither which file it was nor what to do.
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Nothing was sent. Next: cyara auth doctor"
    # The library's texts name its own arguments; whoever reads them here has options.
    return str(error).replace("connect(allow_inferred=True)", "--allow-inferred") or type(error).__name__


def _write(text: str) -> None:
    """Write a line to standard output, where there is one."""
    if has_standard_output():
        with written_to(sys.stdout):
            # A portal's text may hold what the CI around us takes for a command.
            sys.stdout.write(f"{no_command(text)}\n")


def _tell(text: str) -> None:
    """Write a line to standard error. What cannot be told is no reason to fail."""
    with suppress(OSError):
        # Standard output first, so that on a terminal nothing overtakes what was said before it. If it cannot be
        # written, `finish` says so.
        if has_standard_output():
            sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.write(f"{no_command(text)}\n")


def _align(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table as columns with blanks between."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        _write("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Draw a table on a terminal."""
    # Late: most outputs have no table, and those in a pipe never draw one.
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=SIMPLE)
    for row in rows:
        table.add_row(*map(no_command, row))
    # Paths and the portal's texts may have brackets and colons in them, which rich would take for styles and emoji.
    Console(markup=False, highlight=False, emoji=False, soft_wrap=True).print(table)
