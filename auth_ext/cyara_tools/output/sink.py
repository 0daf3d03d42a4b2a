"""Standard output: UTF-8 and the same bytes on every system in a pipe or file, harmless text on a terminal."""

from __future__ import annotations

import io
from time import monotonic
from typing import TYPE_CHECKING, Final

from cyara_tools.output.plain_text import neutral
from cyara_tools.output.standard_output import standard_output, written_to

if TYPE_CHECKING:
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
        self._out = standard_output()
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
        with written_to(self._out):
            self._out.write(text)
        if monotonic() - self._flushed > _LONGEST_KEPT:
            self.flush()

    def write_bytes(self, content: bytes) -> None:
        """Write bytes as they are.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: the disk is full, or something else keeps them from being written.
        """
        with written_to(self._out):
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
        with written_to(self._out):
            self._out.write(drawn.get())

    def flush(self) -> None:
        """Hand on what is in the buffer.

        Raises:
            OutputClosedError: nobody reads any more.
            ConfigurationError: the disk is full, or something else keeps it from being written.
        """
        with written_to(self._out):
            self._out.flush()
        self._flushed = monotonic()
