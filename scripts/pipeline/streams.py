"""Results and sentences for streams that may be closed, or that nobody reads any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.errors import FileSystemError, file_system_error

if TYPE_CHECKING:
    from typing import TextIO

_STANDARD = (0, 1, 2)


def open_closed_streams() -> None:
    """Give the process the standard streams that its caller closed (``>&-``): no other file must get their place."""
    for descriptor in _STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            # The system gives the lowest free number, which is this one: the numbers are gone through in their order.
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        # Python sets None where the stream was closed when it started, whatever the declared type says.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the process's life


def write_stdout(text: str) -> None:
    """Write a result to stdout.

    Raises:
        FileSystemError: it cannot be written.
    """
    write_to(sys.stdout, text)


def write_stderr(text: str) -> None:
    """Write to stderr; where that is impossible, the exit status has to say it."""
    with suppress(FileSystemError):
        write_to(sys.stderr, text)


def write_to(stream: TextIO, text: str) -> None:
    """Write text; a reader that left, as `head` does, is no error, and what was done stays done.

    Raises:
        FileSystemError: it cannot be written for another reason.
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard_pending(stream)
    except OSError as error:
        _discard_pending(stream)
        consequence = "The command did its work; only what it had to say is missing."
        raise file_system_error(error, consequence, stream.name) from error


def _discard_pending(stream: TextIO) -> None:
    """Send to nowhere what a stream still holds."""
    # The interpreter flushes the standard streams at its end, and would fail there once more, with a traceback.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
