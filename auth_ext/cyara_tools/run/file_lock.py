"""A lock that ends with its process, however that ends: two commands never take up the same runs."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from cyara_tools.export.locks import try_lock

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """A lock on a small file of its own, private to the user.

    Args:
        path: the file; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock, and return whether it was free.

        Raises:
            OSError: the file cannot be made.
        """
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self._path, flags, 0o600)
        # Whoever had it may have removed the file in between: a lock on a file without a name keeps nobody out.
        if try_lock(descriptor) and _is_there(descriptor, self._path):
            self._descriptor = descriptor
            return True
        os.close(descriptor)
        return False

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back, and remove its file if nobody will ask for it again."""
        if self._descriptor is None:
            return
        # While it is still locked; Windows removes no file that is open, and leaves an empty one behind.
        if remove:
            with suppress(OSError):
                self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = None


def _is_there(descriptor: int, path: Path) -> bool:
    if sys.platform == "win32":
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
