"""Say what the pipeline does: a live line on a terminal, plain lines in a log, nothing with ``--json``.

Everything goes to stderr, so that stdout carries results only.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Protocol, TextIO

from attrs import define, field

from pipeline.errors import FileSystemError
from pipeline.streams import write_to

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Display(Protocol):
    """How a running stage is shown."""

    def running(self, what: str) -> AbstractContextManager[Callable[[str], None]]:
        """Show ``what`` while the block runs; the block may call the result to show something else."""
        ...

    def line(self, text: str) -> None:
        """Show one finished line."""
        ...


class Silent:
    """Shows nothing."""

    def running(self, what: str) -> AbstractContextManager[Callable[[str], None]]:
        """Show nothing."""
        del what
        return nullcontext(lambda _: None)

    def line(self, text: str) -> None:
        """Show nothing."""


@define(slots=True)
class Plain:
    """Lines for logs: one when a stage is done, none while it runs."""

    stream: TextIO

    def running(self, what: str) -> AbstractContextManager[Callable[[str], None]]:
        """Show nothing until the stage is done."""
        del what
        return nullcontext(lambda _: None)

    def line(self, text: str) -> None:
        """Write a line."""
        # A log that cannot be written is no reason to stop the work.
        with suppress(FileSystemError):
            write_to(self.stream, text + "\n")


class Live:
    """A spinner for a person, by Rich."""

    def __init__(self) -> None:
        # Here and not at the top: Rich is optional, and takes a tenth of a second that a log has no use for.
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, markup=False)

    @contextmanager
    def running(self, what: str) -> Generator[Callable[[str], None]]:
        """Show a spinner with the stage's name."""
        from rich.markup import escape

        # A spinner reads markup even on a console without it, and what is shown may be an address from a document.
        with self._console.status(escape(what)) as status:
            yield lambda text: status.update(escape(text))

    def line(self, text: str) -> None:
        """Write a line above the spinner."""
        self._console.print(text)


def display_for(stream: TextIO, *, silent: bool) -> Display:
    """Return the display for a stream: Rich on a terminal, if it is installed, else lines."""
    if silent:
        return Silent()
    if stream.isatty():
        with suppress(ImportError):
            return Live()
    return Plain(stream)


@define(kw_only=True, slots=True)
class StageProgress:
    """Shows the stages, which run one after the other, and keeps how many seconds each took."""

    display: Display
    clock: Callable[[], float] = time.monotonic
    seconds: dict[str, float] = field(factory=dict[str, float])
    current: str = ""
    """The stage that runs, or ran last."""

    @contextmanager
    def stage(self, name: str) -> Generator[Callable[[str], None]]:
        """Time one stage; the block may call the result to show more."""
        start = self.clock()
        self.current = name
        with self.display.running(name) as update:
            yield update
        # No `finally`: a stage that failed is not shown as done, and `current` still names it.
        self.seconds[name] = round(self.clock() - start, 3)
        self.display.line(f"{name:<10} {self.seconds[name]:7.2f} s")

    def note(self, text: str) -> None:
        """Show one line that matters to the user."""
        self.display.line(text)
