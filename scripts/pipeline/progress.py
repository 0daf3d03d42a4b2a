"""Say what the pipeline does: a live line on a terminal, plain lines in a log, nothing with ``--json``.

Everything goes to stderr, so that stdout carries results only.
"""

from __future__ import annotations

import importlib
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Protocol, TextIO

from attrs import define, field

from pipeline.errors import FileSystemError
from pipeline.streams import show

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
        with suppress(FileSystemError):  # no reason to stop the work
            show(text + "\n", self.stream)


class Live:
    """A spinner for a person, by Rich."""

    def __init__(self) -> None:
        self._console = importlib.import_module("rich.console").Console(stderr=True, highlight=False, markup=False)

    @contextmanager
    def running(self, what: str) -> Generator[Callable[[str], None]]:
        """Show a spinner with the stage's name."""
        escape = importlib.import_module("rich.markup").escape
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
        try:
            return Live()
        except ImportError:
            pass
    return Plain(stream)


@define(kw_only=True, slots=True)
class Progress:
    """Runs the stages one after the other, shows them, and keeps how many seconds each took."""

    display: Display
    clock: Callable[[], float] = time.monotonic
    seconds: dict[str, float] = field(factory=dict[str, float])
    current: str = ""
    """The stage that runs, or ran last."""

    @contextmanager
    def stage(self, name: str) -> Generator[Callable[[str], None]]:
        """Time one stage; the block may call the result to show more. A stage that fails is not shown as done."""
        start = self.clock()
        self.current = name
        with self.display.running(name) as update:
            yield update
        self.seconds[name] = round(self.clock() - start, 3)
        self.display.line(f"{name:<10} {self.seconds[name]:7.2f} s")

    def note(self, text: str) -> None:
        """Show one line that matters to the user."""
        self.display.line(text)
