"""Ctrl-C, and what CI sends to cancel: the first time the run is left in order, the second time at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

from cyara_tools.cli.own_process import is_program

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator
    from types import FrameType


@attrs.define
class Interruption:
    """Whether somebody wants it to end, and who has to be told.

    Attributes:
        wanted: whether Ctrl-C was pressed, or SIGTERM sent.
        at_once: whether that happened twice.
    """

    wanted: bool = False
    at_once: bool = False
    _loop: asyncio.AbstractEventLoop | None = None
    _cancel: Callable[[], object] | None = None
    _stop: asyncio.Event | None = None
    _is_writing: bool = False

    @contextmanager
    def cancels(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any] | None) -> Generator[None]:
        """Have a signal cancel a task: an error that is raised wherever the loop is would tear at other tasks."""
        self._loop, self._cancel = loop, None if task is None else task.cancel
        try:
            yield
        finally:
            self._loop = self._cancel = None

    @contextmanager
    def stops(self, stop: asyncio.Event) -> Generator[None]:
        """Have the first signal set an event, while something runs that ends in order when it is set."""
        self._stop = stop
        try:
            yield
        finally:
            self._stop = None

    @contextmanager
    def waits(self) -> Generator[None]:
        """Let the first signal wait while reports are written, and the second end that at once."""
        self._is_writing = True
        try:
            yield
        finally:
            self._is_writing = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Take a signal; Python calls this."""
        del number, frame
        first, self.at_once, self.wanted = not self.wanted, self.wanted, True
        if first and self._is_writing:
            return
        loop, cancel = self._loop, self._cancel
        if loop is None or cancel is None or self._is_writing:
            raise KeyboardInterrupt
        if first and self._stop is not None:
            loop.call_soon_threadsafe(self._stop.set)
            return
        # Once: whoever asks a third time wants it whatever is torn, and to hear nothing of it.
        self._cancel = None
        loop.set_exception_handler(lambda _, __: None)
        loop.call_soon_threadsafe(cancel)


@contextmanager
def interruption() -> Generator[Interruption]:
    """Take signals in place of Python; where only its main thread may, do nothing."""
    made = Interruption()
    wanted = [signal.SIGINT, signal.SIGTERM]
    try:
        before = {number: signal.signal(number, made.on_signal) for number in wanted}
    except ValueError:
        yield made
        return
    try:
        yield made
    finally:
        for number, handler in before.items():
            # What came of it is decided and written: one more signal would only tear at what ends already.
            signal.signal(number, signal.SIG_IGN if is_program() else handler)
