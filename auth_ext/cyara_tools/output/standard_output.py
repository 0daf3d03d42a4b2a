"""What can go wrong with standard output itself: a full disk, a reader that has left, none at all."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from cyara_auth.errors import ConfigurationError
from cyara_tools.output.errors import OutputClosedError

if TYPE_CHECKING:
    from collections.abc import Generator


def standard_output() -> TextIO:
    """Return standard output, for commands that are for what they write there.

    Raises:
        ConfigurationError: there is none.
    """
    # None where it is closed, as under a service.
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # see above
        raise ConfigurationError("There is no standard output to write to. Next: lead it to a file or a pipe")
    return sys.stdout


@contextmanager
def written_to(out: object) -> Generator[None]:
    """Turn the system's errors about standard output into ours.

    Raises:
        OutputClosedError: nobody reads any more.
        ConfigurationError: the disk is full, or something else keeps it from being written.
    """
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
        os.dup2(nowhere, out.fileno())  # type: ignore[attr-defined]  # a stream has it, or suppress
        os.close(nowhere)
