"""Standard output: UTF-8 and the same bytes on every system in a pipe or file, harmless text on a terminal."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from cyara_auth.errors import ConfigurationError
from cyara_tools.output.errors import OutputClosedError
from cyara_tools.output.plain_text import neutral

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console
    from rich.table import Table

_LONGEST_KEPT: Final = 0.5
"""Seconds that a row may wait in a buffer while the next page is on its way."""


class Sink:
    """Where results go.

    Attributes:
        is_terminal: whether a person reads.

    Raises:
        ConfigurationError: there is no standard output.
    """

    def __init__(self) -> None:
        # None where it is closed, as under a service.
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # see above
            raise ConfigurationError("There is no standard output to write to. Next: lead it to a file or a pipe")
        self._out = sys.stdout
        self.is_terminal: Final = self._out.isatty()
        out: object = self._out
        if isinstance(out, io.TextIOWrapper) and not self.is_terminal:
            # A Windows code page has not every character, and no program expects it of JSON. Line ends are ours.
            out.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        self._flushed = monotonic()

    def write(self, text: str) -> None:
        """Write a text, whole lines as a rule.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: the disk is full, or something else keeps it from being written.
        """
        if self.is_terminal:
            text = neutral(text.replace("\r\n", "\n"), keep="\n\t")
        with _said_well(self._out):
            self._out.write(text)
        if monotonic() - self._flushed > _LONGEST_KEPT:
            self.flush()

    def write_bytes(self, content: bytes) -> None:
        """Write bytes as they are.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: the disk is full, or something else keeps them from being written.
        """
        with _said_well(self._out):
            self._out.flush()
            self._out.buffer.write(content)

    def draw(self, console: Console, table: Table) -> None:
        """Let Rich draw a table, whose texts are harmless already.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: the disk is full, or something else keeps it from being written.
        """
        # Not by the console itself, which has its own way with a pipe that is closed.
        with console.capture() as drawn:
            console.print(table)
        with _said_well(self._out):
            self._out.write(drawn.get())

    def flush(self) -> None:
        """Hand on what is in the buffer.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: the disk is full, or something else keeps it from being written.
        """
        with _said_well(self._out):
            self._out.flush()
        self._flushed = monotonic()


@contextmanager
def _said_well(out: io.TextIOBase | object) -> Generator[None]:
    """Turn the system's errors about standard output into ours."""
    try:
        yield
    except OSError as error:
        _give_up(out)
        # Windows says EINVAL of a pipe that nobody reads any more.
        if isinstance(error, BrokenPipeError) or (sys.platform == "win32" and error.errno == errno.EINVAL):
            raise OutputClosedError from None
        raise ConfigurationError(
            f"The output cannot be written: {error.strerror or error}. What is there of it is not all. Next: make "
            "room there, or choose another place, and run this again"
        ) from None


def _give_up(out: object) -> None:
    """Let what is left in the buffer go nowhere, or Python would complain at its end."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())  # type: ignore[attr-defined]
        os.close(nowhere)
