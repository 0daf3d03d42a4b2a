"""Reads and writes a small file that only its owner may see.

Every check is made on the opened file, not on its name, so that nothing can be put in its place in between. On
Windows the access list of the user's profile folder takes the place of owner and mode.
"""

import os
import stat
import sys
import tempfile
from pathlib import Path

from cyara_auth._platform.files import OTHERS, others_can_replace
from cyara_auth.errors import CredentialPermissionsError, CredentialSourceError


def read_private(path: Path, *, max_bytes: int) -> bytes | None:
    """Return the file's bytes, or `None` when there is no such file.

    Raises:
        CredentialPermissionsError: Not a regular file, a symbolic link, another owner's, or visible to others.
        CredentialSourceError: Larger than `max_bytes`, or changed while it was read.
    """
    # O_NONBLOCK: opening a FIFO must not wait for a writer. It changes nothing for regular files.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        # A folder above is closed to this user, as root's home is to another user of a container: so it has no file.
        if isinstance(error, PermissionError) and not os.path.lexists(path):
            return None
        # Systems do not agree on the number that O_NOFOLLOW fails with, so the name is asked.
        if path.is_symlink():
            raise _refused(path, "is a symbolic link", "put the file itself there") from None
        raise _refused(path, f"cannot be opened ({error.strerror})", "check who owns it") from None
    try:
        facts = os.fstat(descriptor)
        _check_private(path, facts)
        if facts.st_size > max_bytes:
            raise CredentialSourceError(f"The file {path} is larger than {max_bytes} bytes. Nothing was sent.")
        data = os.read(descriptor, max_bytes + 1)
    finally:
        os.close(descriptor)
    # Who writes in place can be caught half-way, and half a token is an invalid one.
    if len(data) != facts.st_size:
        raise CredentialSourceError(f"The file {path} changed while it was read. Nothing was sent. Next: try again")
    return data


def write_private(path: Path, text: str) -> None:
    """Write the file so that readers see the old content or the new, never a part, and others see nothing.

    Raises:
        CredentialPermissionsError: The folder is another owner's or others can write to it.
        OSError: It cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_folder(path.parent)
    # In the same folder, because a file is replaced in one step only within a file system.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")  # mode 0600 by itself
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            # Before the rename: after a power cut the new name must not lead to an empty file.
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def file_version(path: Path) -> object:
    """Return what changes when the file is replaced or written to; `None` when there is no file."""
    try:
        facts = path.lstat()
    except OSError:
        return None
    # The inode too: on a coarse clock two files of equal length can have the same time.
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _check_private(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise _refused(path, "is not a regular file", "remove it and run: cyara auth login")
    if sys.platform != "win32":
        if facts.st_uid != os.geteuid():
            raise _refused(path, "belongs to another user", "cyara auth login")
        if facts.st_mode & OTHERS:
            raise _refused(path, f"can be read by others (mode {stat.S_IMODE(facts.st_mode):04o})", f"chmod 600 {path}")
        _check_folder(path.parent)


def _check_folder(folder: Path) -> None:
    if sys.platform == "win32" or not others_can_replace(folder):
        return
    # Only its owner can change a folder's mode, so another's gets another remedy.
    if folder.stat().st_uid != os.geteuid():
        raise _refused(folder, "belongs to another user", "choose a folder of your own with CYARA_CONFIG_DIR")
    raise _refused(folder, "can be written by others", f"chmod 700 {folder}")


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut."""
    if sys.platform == "win32":
        return  # Windows does not open folders as files
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refused(path: Path, what: str, remedy: str) -> CredentialPermissionsError:
    return CredentialPermissionsError(f"{path} {what}. Nothing was sent. Next: {remedy}")
