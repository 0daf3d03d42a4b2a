"""The SQLite file of strikes: made private before SQLite sees it, checked, opened, and every failure put in a sentence.

One connection serves one thread at a time.
"""

import atexit
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from weakref import WeakSet

from cyara_auth._platform.files import UnsafePathError, create_private, file_identity
from cyara_auth._platform.fork import watch_forks
from cyara_auth.errors import StrikeStoreDamagedError, StrikeStoreUnavailableError

LOCK_TIMEOUT: Final = 2.0
"""Seconds to wait for another process's transaction, which takes milliseconds."""

APPLICATION_ID: Final = 0x43595253
"""Marks the file as ours ("CYRS"), so that a mistyped path does not write into somebody else's database."""

SCHEMA_VERSION: Final = 1
"""Grows when the tables change; a file with a larger number is refused."""

_COMPANIONS: Final = ("-wal", "-shm", "-journal")
_IDENTIFY: Final = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE key_state (fingerprint TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""

_SENTENCES: Final = {
    sqlite3.SQLITE_BUSY: "another process kept {path} locked",
    sqlite3.SQLITE_READONLY: "{path} or its folder cannot be written",
    sqlite3.SQLITE_PERM: "{path} or its folder cannot be written",
    sqlite3.SQLITE_IOERR: "the disk refused to read or write {path}",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged",
    sqlite3.SQLITE_NOTADB: "{path} is damaged or not a database",
    sqlite3.SQLITE_FULL: "there is no space left for {path}",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened",
}
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE: Final = 0xFF  # extended result codes carry the primary one in their lowest byte
_RETRY_SECONDS: Final = 0.005


_files: Final["WeakSet[StrikeFile]"] = WeakSet()
_ending = threading.Event()


class StrikeFile:
    """One connection to the file, opened when needed and again when the file was deleted or replaced."""

    def __init__(self, path: Path, *, unsafe_filesystem: bool) -> None:
        self._path = path
        self._unsafe_filesystem = unsafe_filesystem
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._full = False
        watch_forks(self)
        _files.add(self)

    @contextmanager
    def session(self) -> Generator[sqlite3.Connection]:
        """Hand out the connection to one thread at a time; whatever transaction is open at the end is rolled back.

        Raises:
            StrikeStoreUnavailableError: anything that keeps the file from being read or written.
        """
        # Within a process a plain lock queues more fairly than SQLite's polling does.
        if not self._lock.acquire(timeout=LOCK_TIMEOUT):
            raise StrikeStoreUnavailableError(detail=f"other threads kept {self._path} busy")
        try:
            yield self._current()
        except UnsafePathError as error:
            raise StrikeStoreUnavailableError(detail=str(error)) from error
        except OSError as error:
            detail = f"{self._path} cannot be opened: {error.strerror}"
            raise StrikeStoreUnavailableError(detail=detail) from error
        except sqlite3.Error as error:
            # Whatever is wrong with the file may be mended by opening it anew; somebody else's lock may not.
            if _code(error) != sqlite3.SQLITE_BUSY:
                self._drop()
            sentence = _SENTENCES.get(_code(error), "{path} cannot be used: {error}")
            detail = sentence.format(path=self._path, error=error)
            if _code(error) in _DAMAGE:
                raise StrikeStoreDamagedError.at(self._path, detail) from error
            raise StrikeStoreUnavailableError(detail=detail) from error
        finally:
            if self._connection is not None and self._connection.in_transaction:
                # A disk that fails here fails the next session too, and says so there.
                with suppress(sqlite3.Error):
                    self._connection.rollback()
            if _ending.is_set():
                self._drop()
            self._lock.release()

    def synchronise(self, *, full: bool) -> None:
        """Choose, inside a session and outside a transaction, whether commits survive a power cut or only a crash."""
        if full != self._full and self._connection is not None:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            self._full = full

    def close(self) -> None:
        """Let go of the file; a later session opens it again."""
        with self._lock:
            self._drop()

    def before_fork(self) -> None:
        """Let nobody use the file during the fork, and leave no open connection for the child to inherit."""
        # SQLite must not be carried across a fork, and the child may not even close what it has inherited:
        # https://www.sqlite.org/howtocorrupt.html, section 2.6.
        self._lock.acquire()
        self._drop()

    def after_fork_in_parent(self) -> None:
        """Go on; the next session opens the file again."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Go on with a lock of our own."""
        self._lock = threading.Lock()

    def __del__(self) -> None:
        self._drop()

    def _current(self) -> sqlite3.Connection:
        # A deleted file lives on for whoever has it open: strikes would go where nobody else reads them.
        if self._connection is None or self._identity != file_identity(self._path):
            self._drop()
            create_strike_file(self._path, unsafe_filesystem=self._unsafe_filesystem)
            self._identity = file_identity(self._path)
            # SQLite would take it for a new database. Ours are never empty, so what was in it is lost.
            if self._identity is None:
                raise StrikeStoreDamagedError.at(self._path, f"{self._path} is damaged: it is empty")
            self._connection = open_checked(self._path)
            self._full = True
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


@atexit.register
def _end() -> None:
    """Close every file, and from now on after each use."""
    # The last connection to close moves the log into the file, which then is complete by itself: CI keeps that one
    # file. Threads that outlive this, and what others do at exit, would leave a log behind again.
    _ending.set()
    for file in list(_files):
        file.close()


def create_strike_file(path: Path, *, unsafe_filesystem: bool = False) -> bool:
    """Make the file where there is none, private before SQLite sees it; return whether it was made now.

    Raises:
        UnsafePathError: others could read, replace or share it.
        OSError, sqlite3.Error: it cannot be made.
    """
    return create_private(path, fill=_fill, companions=_COMPANIONS, unsafe_filesystem=unsafe_filesystem)


def open_checked(path: Path) -> sqlite3.Connection:
    """Open an existing file of ours in write-ahead mode with full synchronisation.

    Raises:
        UnsafePathError: it is another program's, a newer release's, or its folder does not allow write-ahead mode.
        StrikeStoreDamagedError: it lacks pages, or they contradict each other.
        sqlite3.Error: SQLite's own reasons.
    """
    connection = _connect(path)
    try:
        _prepare_with_retries(connection, path, deadline=time.monotonic() + LOCK_TIMEOUT)
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    # Mode rw: SQLite must never create the file itself, since it would do so with everybody's permissions.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)


def _fill(path: Path) -> None:
    with closing(_connect(path)) as connection:
        # No journal beside a file that nobody else knows.
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.executescript(_SCHEMA)


def _prepare_with_retries(connection: sqlite3.Connection, path: Path, *, deadline: float) -> None:
    """Wait for other processes that make the same file."""
    # SQLite's own timeout does not cover the switch to write-ahead mode.
    while True:
        try:
            return _prepare(connection, path)
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_SECONDS)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    application, version = connection.execute(_IDENTIFY).fetchone()
    if application != APPLICATION_ID:
        raise UnsafePathError(f"{path} is another program's database; name another path")
    if version > SCHEMA_VERSION:
        raise UnsafePathError(
            f"{path} was written by a newer release of cyara-client (schema {version}, this one reads "
            f"{SCHEMA_VERSION}); upgrade this installation"
        )
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise UnsafePathError(f"the file system of {path} does not allow SQLite's write-ahead mode")
    # SQLite reads what a truncated page lacks as zeros, and finds no strikes there.
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise StrikeStoreDamagedError.at(path, f"{path} is damaged")


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
