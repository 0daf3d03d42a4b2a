"""One regeneration at a time per tree, and a work folder that leaves nothing behind.

The work folder ``.regenerate`` lies in the tree itself, so that installing is renaming on one file system. The lock is
the operating system's, so a killed process holds nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pipeline.errors import BusyError, file_system_error
from pipeline.install.interrupts import defer_interrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


_BEING_REMOVED = (FileNotFoundError, PermissionError) if sys.platform == "win32" else FileNotFoundError
"""What opening the lock raises while its last holder removes the folder, or on Windows the file."""

WORK_FOLDER = ".regenerate"
LOCK = "lock"
JOURNAL = "journal.json"
"""In the work folder: what is being installed, from the moment of decision until all of it stands."""
WAIT = 10.0
"""Seconds to wait for another regeneration of the same tree; installing takes less than one."""


@contextmanager
def work_folder(
    root: Path,
    *,
    wait: float = WAIT,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Path]:
    """Hold the tree's work folder; remove it at the end unless an unfinished install lies in it.

    A root that was not there is made, and goes away again if nothing was put into it.

    Raises:
        BusyError: another process holds it for longer than ``wait`` seconds.
        FileSystemError: it cannot be made there, or the block met a fault of the file system.
    """
    folder = root / WORK_FOLDER
    deadline = clock() + wait
    held: list[int] = []
    made = [path for path in (root, *root.parents) if not path.exists()]
    try:
        while not held:
            # Between locking the file and remembering it, Ctrl-C would leave a lock that nobody gives back.
            with defer_interrupt():
                held += _open_locked(folder)
            if not held and clock() >= deadline:
                raise BusyError(
                    f"Another regeneration is at work in {root}. Nothing was changed; run this again when it is done."
                )
            if not held:
                sleep(0.05)
        yield folder
    except OSError as error:
        begun = "The install has begun, and any regenerate command finishes it."
        raise file_system_error(error, begun if (folder / JOURNAL).exists() else "Nothing was changed.") from error
    finally:
        with defer_interrupt():
            for descriptor in held:
                _leave(folder, descriptor)
            # A root that got the client stays: it holds something.
            with suppress(OSError):
                for path in made:
                    path.rmdir()


def _open_locked(folder: Path) -> list[int]:
    """Return the descriptor of the locked file, or nothing if another process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except _BEING_REMOVED:
        return []
    if _try_lock(descriptor):
        # The last holder removes the file: what was opened just before that is a file without a name, which the next
        # process would never meet.
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return [descriptor]
    os.close(descriptor)
    return []


def empty_folder(folder: Path) -> None:
    """Remove everything from a work folder that is held, but the lock."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def _leave(folder: Path, descriptor: int) -> None:
    # An install that has begun: the next command finds everything here and finishes it.
    if (folder / JOURNAL).exists():
        os.close(descriptor)
        return
    empty_folder(folder)
    # On POSIX the file goes while it is locked, so that nobody locks one that is about to go. Windows removes no open
    # file, so there it is closed first; if the next holder has it open by then, it stays.
    if sys.platform == "win32":
        os.close(descriptor)
    with suppress(OSError):
        (folder / LOCK).unlink()
    if sys.platform != "win32":
        os.close(descriptor)
    with suppress(OSError):
        folder.rmdir()
