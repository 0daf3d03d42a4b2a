"""How far an export is, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS_BETWEEN: Final = 10.0


class Progress:
    """Shows runs and results as they are written; use it in a `with` block.

    Args:
        clock: seconds, never running backwards.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._said = clock()
        self._bar: Any = None
        self._task: Any = None
        self._runs = self._done = self._rows = 0

    def begin(self, runs: int, done: int, rows: int) -> None:
        """Say how many runs there are, and how far an earlier export came."""
        self._runs, self._done, self._rows = runs, done, rows
        self._show()

    def add_rows(self, rows: int) -> None:
        """Count results."""
        self._rows += rows
        self._show()

    def run_is_whole(self) -> None:
        """Count a run."""
        self._done += 1
        self._show()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as Bar

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("runs", total=None)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _show(self) -> None:
        if self._bar is not None:
            text = f"{self._rows:,} results"
            self._bar.update(self._task, total=self._runs, completed=self._done, description=text)
        elif self._clock() - self._said >= _SECONDS_BETWEEN:
            self._said = self._clock()
            sys.stderr.write(f"{self._done} of {self._runs} runs, {self._rows:,} results\n")
            sys.stderr.flush()
