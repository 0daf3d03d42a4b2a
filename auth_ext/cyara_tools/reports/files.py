"""Writes a report whole or not at all: who reads it sees the old one or the new one, whenever the process ends."""

import contextlib
import os
import secrets
from pathlib import Path

from cyara_auth.errors import ConfigurationError

_NEXT = "Next: give another file, or make this one writable"


class ReportFileError(ConfigurationError):
    """A report cannot be written to where it should go. What was there before is unchanged."""


def check_writable(path: Path) -> None:
    """Refuse a path that a report cannot be written to, before anything is started; folders that lack are made.

    Raises:
        ReportFileError: It is a folder, or nothing can be written there.
    """
    target = _target(path)
    if target.exists() and not target.is_file():
        return
    try:
        _write_beside(target, b"").unlink()
    except OSError as error:
        raise _refused(path, error) from None


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file in one step, with the mode that the umask gives to new files; text as UTF-8.

    A symbolic link stays one, and what it leads to is replaced. A device or pipe, such as /dev/stdout, is written to.

    Raises:
        ReportFileError: It is a folder, or nothing can be written there; a file that was there is unchanged.
    """
    content = data.encode("utf-8", "replace") if isinstance(data, str) else data
    target = _target(path)
    try:
        if target.exists() and not target.is_file():
            # To replace /dev/null by a file would be a surprise to the whole machine.
            target.write_bytes(content)
            return
        made = _write_beside(target, content)
        try:
            made.replace(target)
        except BaseException:
            made.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _refused(path, error) from None


def _target(path: Path) -> Path:
    try:
        target = path.resolve()
        if target.is_dir():
            raise ReportFileError(f"The report cannot be written to {path}: it is a folder. Next: name a file in it")
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that leads to itself, before Python 3.13
        raise _refused(path, error) from None
    return target


def _write_beside(target: Path, content: bytes) -> Path:
    """Write a new file in the folder of another, since files are replaced in one step only within a file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = target.with_name(f".{secrets.token_hex(8)}.new")
    # Not `tempfile`: its files are for their owner alone, and a report is read by the CI's own user. So the system
    # puts the umask to 0666 here, as it does with every file that is opened.
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            # Before the rename: after a power cut the new name must not lead to an empty file.
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise
    return made


def _refused(path: Path, error: Exception) -> ReportFileError:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ReportFileError(f"The report cannot be written to {path}: {why}. What was there is unchanged. {_NEXT}")
