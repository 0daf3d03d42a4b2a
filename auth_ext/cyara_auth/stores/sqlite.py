"""The default store: one SQLite file in the user's state directory, shared by all processes of the machine.

One row per key: a version and the state as JSON. Strikes and probes are synchronised to the disk before `apply`
returns; the reservations of a verified pair survive the death of the process, while a power cut may lose the last of
them.
"""

from functools import cached_property
from pathlib import Path
from typing import Final

from cyara_auth import failpoints
from cyara_auth._platform import machine_clock
from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import LOCAL_PACE
from cyara_auth.stores.sqlite_file import StrikeFile
from cyara_auth.stores.versions import StateCache, first_version
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Decision, Event, Settle
from cyara_auth.strikes.state import EMPTY, KeyState
from cyara_auth.strikes.state_json import dump_state

_SELECT: Final = "SELECT version, state FROM key_state WHERE fingerprint = ?"
_SELECT_VERSION: Final = "SELECT version FROM key_state WHERE fingerprint = ?"
_REPLACE: Final = "INSERT OR REPLACE INTO key_state (fingerprint, version, state) VALUES (?, ?, ?)"


class SqliteStrikeStore:
    """Strikes in a file."""

    shared = True
    one_machine = True
    blocking = True
    pace = LOCAL_PACE

    def __init__(self, path: Path, *, unsafe_filesystem: bool = False) -> None:
        self._path = path
        # A connection serves one thread at a time. With two, reading never waits for another thread's sync of the disk.
        self._writer = StrikeFile(path, unsafe_filesystem=unsafe_filesystem)
        self._reader = StrikeFile(path, unsafe_filesystem=unsafe_filesystem)
        self._cache = StateCache(path)

    @cached_property
    def was_new(self) -> bool:
        """Whether nothing was known when this was first asked; False where that cannot be told."""
        try:
            return not self.key_ids()
        except StrikeStoreUnavailableError:  # the store says so at the first call
            return False

    def apply(self, key_id: str, event: Event) -> Decision:
        """Decide on `event` and keep the result, as one transaction."""
        with self._writer.session() as database:
            while True:
                # Decided without the write lock: waiting callers and refusals, the most frequent ones, take none.
                before = database.execute(_SELECT, (key_id,)).fetchone()
                decision = decide(self._state(key_id, before), event)
                if not decision.changed:
                    return decision
                self._writer.synchronise(full=decision.durable)
                database.execute("BEGIN IMMEDIATE")
                # Under the lock, and only if the version still is the one that was decided on.
                now = database.execute(_SELECT_VERSION, (key_id,)).fetchone()
                if (before and before[0]) != (now and now[0]):
                    database.execute("ROLLBACK")
                    continue
                version = now[0] + 1 if now else first_version()
                database.execute(_REPLACE, (key_id, version, dump_state(decision.state)))
                if isinstance(event, Settle):
                    failpoints.hit("in_settle")
                database.execute("COMMIT")
                # After the commit: a state that was rolled back must not be found under a version that comes again.
                self._cache.keep(key_id, version, decision.state)
                return decision

    def read(self, key_id: str) -> KeyState:
        """Return the state of a key, `EMPTY` if it was never seen."""
        with self._reader.session() as database:
            return self._state(key_id, database.execute(_SELECT, (key_id,)).fetchone())

    def version(self, key_id: str) -> int:
        """Return the row's version, 0 if there is none; a deleted and a replaced file have another one."""
        with self._reader.session() as database:
            row = database.execute(_SELECT_VERSION, (key_id,)).fetchone()
            return row[0] if row else 0

    def key_ids(self) -> list[str]:
        """Return the key fingerprints that the store knows, sorted."""
        with self._reader.session() as database:
            rows = database.execute("SELECT fingerprint FROM key_state ORDER BY fingerprint").fetchall()
            return [fingerprint for (fingerprint,) in rows]

    def clock(self) -> Instant:
        """Return the machine's steady clock, which all users of the file share."""
        return machine_clock()

    def describe(self) -> str:
        """Return the path."""
        return f"SQLite file {self._path}"

    def close(self) -> None:
        """Let go of the file. The next call opens it again."""
        self._writer.close()
        self._reader.close()

    def _state(self, key_id: str, row: tuple[int, str] | None) -> KeyState:
        return self._cache.load(key_id, *row) if row else EMPTY
