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
            os.open(os.devnull, os.O_RDWR)  # the system gives the lowest free number
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # so it is where it was closed, whatever the type says
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the process's life


def say(text: str) -> None:
    """Write a result to stdout.

    Raises:
        FileSystemError: it cannot be written.
    """
    show(text, sys.stdout)


def complain(text: str) -> None:
    """Write to stderr; where that is impossible, the exit status has to say it."""
    with suppress(FileSystemError):
        show(text, sys.stderr)


def show(text: str, stream: TextIO) -> None:
    """Write text; a reader that left, as `head` does, is no error, and what was done stays done.

    Raises:
        FileSystemError: it cannot be written for another reason.
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _let_go(stream)
    except OSError as error:
        _let_go(stream)
        consequence = "The command did its work; only what it had to say is missing."
        raise file_system_error(error, consequence, stream.name) from error


def _let_go(stream: TextIO) -> None:
    """Send to nowhere what a stream still holds, so that the interpreter does not stumble over it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
