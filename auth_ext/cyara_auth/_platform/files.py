"""Files that nobody else can read or replace, and the questions that tell whether they still are what was opened.

On Windows the profile folder's access list takes the place of owner and mode, so those checks are left out there.
"""

import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from cyara_auth._platform.system import this_system


class UnsafePathError(Exception):
    """A file or folder that others could read, replace or share between machines; the text is one sentence."""


def create_private(path: Path, *, companions: tuple[str, ...] = ()) -> None:
    """Create `path` empty, mode 0600, in a folder made with mode 0700 where there is none; accept it if it is there.

    Before a new file is made, the remains of an old one are removed: files named as it with an ending in `companions`.

    Raises:
        UnsafePathError: others could read, replace or share the file.
        OSError: it cannot be created.
    """
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _check_folder(path.parent)
    if not os.path.lexists(path):
        with _exclusive(path.parent):
            _create(path, companions)
    _check_file(path)


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode, which change when a file is deleted or replaced; None when there is no file."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def _create(path: Path, companions: tuple[str, ...]) -> None:
    if os.path.lexists(path):
        return  # another process was quicker
    for ending in companions:
        path.with_name(path.name + ending).unlink(missing_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    os.close(os.open(path, flags, 0o600))


@contextmanager
def _exclusive(folder: Path) -> Generator[None]:
    """Keep other processes from creating a file in `folder` at the same time.

    Not needed on Windows, which does not delete files that are open: there are no remains to remove.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _check_folder(folder: Path) -> None:
    if kind := this_system().network_file_system(folder):
        raise UnsafePathError(
            f"{folder} is on a network file system ({kind}), where SQLite cannot lock reliably; "
            "name a local path, or a Redis store for several machines",
        )
    mode = folder.stat().st_mode
    if sys.platform != "win32" and mode & 0o022 and not mode & stat.S_ISVTX:
        raise UnsafePathError(f"other users can replace files in {folder}; run: chmod 700 {folder}")


def _check_file(path: Path) -> None:
    facts = path.lstat()
    if not stat.S_ISREG(facts.st_mode):
        raise UnsafePathError(f"{path} is not a regular file")
    if sys.platform != "win32":
        if facts.st_uid != os.geteuid():
            raise UnsafePathError(f"{path} belongs to another user")
        if facts.st_mode & 0o077:
            raise UnsafePathError(f"other users can read {path}; run: chmod 600 {path}")
