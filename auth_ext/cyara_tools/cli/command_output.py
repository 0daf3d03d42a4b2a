"""What a command says: lines for people, or one JSON object for programs, and never a secret.

With `--json`, standard output holds exactly one object, in success and failure alike, with `ok` and `exit_code` in it.
Without it, results go to standard output, and notes and errors to standard error.
"""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from cyara_tools.cli.exit_codes import ExitCode, exit_code_of

Json = str | int | float | bool | None | Sequence["Json"] | dict[str, "Json"]

_PIPE_COLUMNS: Final = 4000


class CommandOutput:
    """Collects what one command has to say.

    Attributes:
        as_json: Whether a program reads.
        exit_code: What the command will end with.
    """

    def __init__(self, *, as_json: bool, repeat_options: Callable[[str], str]) -> None:
        self.as_json: Final = as_json
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
            _console(error=False).print(self._repeat_options(text))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show people a table."""
        if not self.as_json and rows:
            console = _console(error=False)
            # Lines are for the eye; in a pipe they would only be in the way.
            table = Table(*columns, box=SIMPLE if console.is_terminal else None)
            for row in rows:
                table.add_row(*row)
            console.print(table)

    def note(self, text: str) -> None:
        """Tell both something that is not the result."""
        text = self._repeat_options(text)
        self._notes.append(text)
        if not self.as_json:
            _console(error=True).print(f"Note: {text}")

    def fail(self, error: BaseException) -> None:
        """Take an expected error as the outcome."""
        self.exit_code = exit_code_of(error)
        text = self._repeat_options(sentence(error))
        self.put(error={"kind": type(error).__name__, "message": text})
        if not self.as_json:
            _console(error=True).print(text if self.exit_code is not ExitCode.INTERRUPTED else "Interrupted.")

    def announce(self, lines: Sequence[str], **facts: Json) -> None:
        """Say at once what there is to say of a command that goes on until it is ended: for programs in one line."""
        sys.stdout.write(json.dumps(facts) + "\n" if self.as_json else "".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        self.release()

    def release(self) -> None:
        """Leave standard output to somebody else: nothing more is written there."""
        self._is_released = True

    def finish(self) -> None:
        """Write the object for programs."""
        if self.as_json and not self._is_released:
            # Written once, at the end, so that an error in the middle cannot leave half an object behind.
            outcome: dict[str, Json] = {"ok": self.exit_code is ExitCode.OK, "exit_code": int(self.exit_code)}
            sys.stdout.write(json.dumps({**outcome, **self._facts, "notes": self._notes}, indent=1) + "\n")
            sys.stdout.flush()


def sentence(error: BaseException) -> str:
    """Return what went wrong for people."""
    # The system's own texts say neither which file it was nor what to do.
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Nothing was sent. Next: cyara auth doctor"
    return str(error) or type(error).__name__


def _console(*, error: bool) -> Console:
    # Paths and the portal's texts may have brackets and colons in them, which rich would take for styles and emoji.
    console = Console(stderr=error, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if not console.is_terminal:
        # So wide that no row is ever broken in two: grep has to find what it looks for.
        console.width = _PIPE_COLUMNS
    return console
