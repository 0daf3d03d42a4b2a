"""What a command has started, in a private file: so that another one can take it up after Ctrl-C, `kill` or a restart.

It holds campaigns, their starts and the gate, and no secret. A file is whole at any moment, and is locked as long as a
command works on it. One that nobody took up is forgotten after a week.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth._platform.folders import Folder, user_folder
from cyara_auth.errors import ConfigurationError, CyaraAuthError
from cyara_auth.providers.private_file import read_private, write_private
from cyara_tools.run.file_lock import FileLock
from cyara_tools.run.job import Job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_auth.providers import Variables

FOLDER: Final = "CYARA_RUNS_DIR"
"""The variable that names another folder for these files."""
KEPT: Final = dt.timedelta(days=7)
"""How long a file is kept that nobody took up."""
_FORMAT: Final = 1
# The listing of a campaign that has run for years is in it.
_MAX_BYTES: Final = 64 << 20


@attrs.define(kw_only=True)
class Journal:
    """What one command does.

    Attributes:
        portal: base URL.
        account: number of the account, as text.
        parallel: how many campaigns at once.
        fail_fast: whether the first that does not pass keeps the rest from being started.
        interval: seconds between two questions.
        jobs: the campaigns, in the order of the selection.
    """

    portal: str
    account: str
    parallel: int
    fail_fast: bool
    interval: float
    jobs: list[Job]

    @property
    def is_open(self) -> bool:
        """Whether a campaign of it is not over."""
        return any(job.is_open for job in self.jobs)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        plain = attrs.asdict(self, recurse=False)
        return {"format": _FORMAT, **plain, "jobs": [job.to_json() for job in self.jobs]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Journal:
        """Return the journal that `to_json` wrote down.

        Raises:
            KeyError, TypeError, ValueError: it did not write this.
        """
        return cls(
            portal=str(values["portal"]),
            account=str(values["account"]),
            parallel=int(values["parallel"]),
            fail_fast=bool(values["fail_fast"]),
            interval=float(values["interval"]),
            jobs=[Job.from_json(job) for job in values["jobs"]],
        )


class JournalFile:
    """A journal on the disk, locked by this process; or nowhere, where there is no place for it.

    Attributes:
        journal: what it holds.
        problem: why nothing is kept, as a sentence; None where all is well.
    """

    def __init__(self, journal: Journal, path: Path | None, lock: FileLock | None, problem: str | None) -> None:
        self.journal, self.problem = journal, problem
        self._path, self._lock = path, lock

    @classmethod
    def create(cls, journal: Journal, folder: Path | None) -> JournalFile:
        """Make the file of a new command; where it cannot be made, `problem` says why."""
        if folder is None:
            what = f"No home folder is known, so nothing was noted for --resume. Next: set {FOLDER} to a folder"
            return cls(journal, None, None, what)
        # Sorted by name, they are sorted by time.
        name = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}.json"
        path = folder / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(_lock_path(path))
            lock.acquire()
        except OSError as error:
            return cls(journal, None, None, _unusable(folder, error))
        made = cls(journal, path, lock, None)
        made.save()
        return made

    @classmethod
    def take_up(cls, path: Path) -> JournalFile | None:
        """Lock and read the file of an earlier command; None if another command has it, or it is gone.

        Raises:
            ConfigurationError: it cannot be read.
        """
        lock = FileLock(_lock_path(path))
        try:
            if not lock.acquire():
                return None
        except OSError as error:
            raise ConfigurationError(_unusable(path.parent, error)) from None
        try:
            journal = read_journal(path)
        except ConfigurationError:
            lock.release()
            raise
        if journal is None:
            lock.release(remove=True)
            return None
        return cls(journal, path, lock, None)

    def save(self) -> None:
        """Write it down. What cannot be written is told by `problem`, and ends nothing: the run itself goes on."""
        if self._path is None:
            return
        try:
            write_private(self._path, json.dumps(self.journal.to_json(), separators=(",", ":")))
        except (OSError, CyaraAuthError) as error:
            self.problem = _unusable(self._path.parent, error)
            _withdraw(self._path)
            self._path = None

    def close(self, *, is_told: bool) -> None:
        """Give it back: removed if all is over, kept for `--resume` if not.

        Args:
            is_told: whether what came of it was reported, too.
        """
        is_over = is_told and not self.journal.is_open
        if is_over and self._path is not None:
            with suppress(OSError):
                self._path.unlink()
        if self._lock is not None:
            self._lock.release(remove=is_over)


def runs_folder(variables: Variables) -> Path | None:
    """Return where journals are kept: the folder that `CYARA_RUNS_DIR` names, or one of the user; None for nowhere."""
    named = variables.get(FOLDER).strip()
    if named:
        return Path(named).expanduser().absolute()
    folder = user_folder(Folder.STATE)
    return None if folder is None else folder / "runs"


def journals(folder: Path | None) -> Iterator[Path]:
    """Yield the files of earlier commands, the newest first; one that is older than `KEPT` is removed."""
    if folder is None or not folder.is_dir():
        return
    oldest = time.time() - KEPT.total_seconds()
    for path in sorted(folder.glob("*.json"), reverse=True):
        with suppress(OSError):
            if path.stat().st_mtime >= oldest:
                yield path
            else:
                _forget(path)


def read_journal(path: Path) -> Journal | None:
    """Read a file; None if it is gone.

    Raises:
        ConfigurationError: it is not private, damaged, or of another version.
    """
    try:
        data = read_private(path, max_bytes=_MAX_BYTES)
    except CyaraAuthError as error:
        # It names its own remedy where that is another mode; all others are about a credential.
        what = f"{error}" if "chmod" in str(error) else f"{_first_clause(error)}. {_way_out(path)}"
        raise ConfigurationError(what) from None
    if data is None:
        return None
    try:
        values = json.loads(data)
        found = values["format"]
        if found == _FORMAT:
            return Journal.from_json(values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError(f"The note of a run, {path}, is damaged. {_way_out(path)}") from None
    raise ConfigurationError(
        f"The note of a run, {path}, has format {found!r}, and this version reads {_FORMAT}. {_way_out(path)}"
    )


def _way_out(path: Path) -> str:
    return (
        "Nothing was sent. Next: look at the portal which runs go on, follow them by their numbers: cyara run --resume "
        f"CAMPAIGN/RUN; then delete {path}"
    )


def _withdraw(path: Path) -> None:
    """Remove a note that has fallen behind: by it, `--resume` would start what was started since once more."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # In a folder that nobody may write to, a file can be emptied all the same; it is then told to be damaged.
        with suppress(OSError):
            path.write_bytes(b"")


def _forget(path: Path) -> None:
    lock = FileLock(_lock_path(path))
    if lock.acquire():
        path.unlink(missing_ok=True)
        lock.release(remove=True)


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _unusable(folder: Path, error: Exception) -> str:
    reason = error.strerror or type(error).__name__ if isinstance(error, OSError) else _first_clause(error)
    return (
        f"{folder} cannot be used, so nothing was noted for --resume: {reason}. Next: set {FOLDER} to a private folder"
    )


def _first_clause(error: Exception) -> str:
    return str(error).partition(". Nothing was sent")[0]
