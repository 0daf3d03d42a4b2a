"""Files that nobody else can read or replace, and the questions that tell whether they still are what was opened.

On Windows the profile folder's access list takes the place of owner and mode, so those checks are left out there.
"""

import os
import stat
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from cyara_auth._platform.system import this_system
from cyara_auth.machine import Disk

OTHERS = 0o077
"""Mode bits that let anybody but the owner do anything."""

_OTHERS_WRITE = 0o022
_ROOT = 0


class UnsafePathError(Exception):
    """A file or folder that others could read, replace or share between machines; the text is one sentence."""


class UnknownFileSystemError(UnsafePathError):
    """A folder on a file system of which nobody knows whether other machines write to it."""


def create_private(
    path: Path, *, fill: Callable[[Path], object], companions: tuple[str, ...] = (), unsafe_filesystem: bool = False
) -> bool:
    """Create `path`, mode 0600, in a folder made with mode 0700 where there is none; accept it if it is there.

    Before a new file is made, the remains of an old one are removed: files named as it with an ending in `companions`.

    Args:
        path: The file.
        fill: Writes into the new file, which has another name until it is complete.
        companions: Endings of the names of files that belong to it.
        unsafe_filesystem: Whether a file system of an unknown kind is accepted.

    Returns:
        Whether it was made now.

    Raises:
        UnsafePathError: others could read, replace or share the file.
        OSError: it cannot be created.
    """
    # Folders above may exist for other purposes, with the mode that the user chose; only the last one is ours.
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    _check_folder(path, unsafe_filesystem=unsafe_filesystem)
    made = False
    if not os.path.lexists(path):
        with _exclusive(path.parent):
            made = _create(path, fill, companions)
    _check_file(path)
    # Whoever may add files to a sticky folder could lay a log beside ours, to be replayed into it.
    for ending in companions:
        with suppress(FileNotFoundError):
            _check_file(path.with_name(path.name + ending))
    return made


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode, which change when a file is deleted or replaced; None if it is missing or empty."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return (facts.st_dev, facts.st_ino) if facts.st_size else None


def others_can_replace(folder: Path, *, trust_owner: bool = False) -> bool:
    """Return whether users other than this one (and root) can replace a file of ours in an existing folder.

    `trust_owner` says that the folder's owner may, whoever that is.
    """
    if sys.platform == "win32":
        return False
    facts = folder.stat()
    sticky = bool(facts.st_mode & stat.S_ISVTX)
    # Sticky, as /tmp is: a file is renamed or removed by its owner, the folder's owner and root alone. Whoever else can
    # write there may add files, but one that takes the place of ours before we make it is refused for its owner.
    if facts.st_mode & _OTHERS_WRITE and not sticky:
        return True
    # Sticky does not bind the folder's owner. In /tmp that is root, from whom no folder protects.
    return not (trust_owner or facts.st_uid == os.geteuid() or (sticky and facts.st_uid == _ROOT))


def _create(path: Path, fill: Callable[[Path], object], companions: tuple[str, ...]) -> bool:
    if os.path.lexists(path):
        return False  # another process was quicker
    # The log of a deleted database would be replayed into the new one.
    for ending in companions:
        path.with_name(path.name + ending).unlink(missing_ok=True)
    new = path.with_name(f"{path.name}.{token_hex(4)}.new")
    # O_EXCL: a link that appears in between is refused, and not followed to a file elsewhere.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        os.close(os.open(new, flags, 0o600))
        fill(new)
        # Nobody ever sees it half made, so an empty file is a damaged one.
        new.rename(path)
    except FileExistsError:
        return False  # Windows, where nothing keeps two processes apart
    finally:
        new.unlink(missing_ok=True)
    return True


@contextmanager
def _exclusive(folder: Path) -> Generator[None]:
    """Keep other processes from creating a file in `folder` at the same time."""
    if sys.platform == "win32":
        # Windows does not delete files that are open, so there are no remains to remove and nothing to keep apart.
        yield
        return
    import fcntl

    # The lock is on the folder: a lock file would be one more thing that can be deleted or left behind.
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Closing unlocks, also when the process dies.
        os.close(descriptor)


def _check_folder(path: Path, *, unsafe_filesystem: bool) -> None:
    folder = path.parent
    found = this_system().file_system(folder)
    if found.disk is Disk.NETWORK:
        raise UnsafePathError(
            f"{folder} is on a network file system ({found.kind}), where SQLite cannot lock reliably; "
            "name a local path, or a Redis store for several machines"
        )
    if found.disk is Disk.UNKNOWN and not unsafe_filesystem:
        kind = f"the unknown kind {found.kind!r}" if found.kind else "a kind that cannot be told"
        raise UnknownFileSystemError(
            f"{folder} is on a file system of {kind}, where SQLite may not lock reliably; if only this machine writes "
            f"there, set CYARA_STRIKE_STORE=sqlite{path.absolute().as_uri().removeprefix('file')}?unsafe_filesystem=1"
        )
    # In a container root often keeps its state on a volume that belongs to a user of the host.
    if others_can_replace(folder, trust_owner=True):
        raise UnsafePathError(f"other users can replace files in {folder}; run: chmod 700 {folder}")


def _check_file(path: Path) -> None:
    # lstat, since a link to a private file elsewhere can be turned to another one at any time.
    facts = path.lstat()
    if not stat.S_ISREG(facts.st_mode):
        raise UnsafePathError(f"{path} is not a regular file")
    if sys.platform != "win32":
        if facts.st_uid != os.geteuid():
            raise UnsafePathError(f"{path} belongs to another user")
        if facts.st_mode & OTHERS:
            raise UnsafePathError(f"other users can read {path}; run: chmod 600 {path}")
