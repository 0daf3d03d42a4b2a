"""What all stores on a server have in common: they read, decide here, and write if nobody has written in between.

The server only compares and sets, and its clock dates everything: machines that share a store need not agree on the
time.
"""

import random
import secrets
import time
import warnings
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final, cast

import attrs

from cyara_auth import failpoints
from cyara_auth._platform import machine_clock
from cyara_auth.errors import StrikeStoreRolledBackWarning, StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.versions import StateCache, first_version
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Decision, Event, Settle
from cyara_auth.strikes.state import EMPTY, KeyState
from cyara_auth.strikes.state_json import dump_state

_CLOCK_TRUST: Final = 10.0  # seconds for which the server's clock is extrapolated from the local one


@attrs.frozen(kw_only=True)
class Row:
    """What the server has of a key. A key that was never written has version 0 and empty texts."""

    version: int
    first_version: str
    write: str
    """Of its own for each write: two writers may want the same text, and only one of them gets it."""
    text: str
    now: Instant = attrs.field(eq=False)
    """The server's clock when it was read, or an earlier moment if the server does not tell."""
    tag: object = attrs.field(default=None, eq=False)
    """What the server itself calls this version."""


class RemoteStrikeStore(ABC):
    """Strikes on a server. What a kind of server can do stands in its subclass."""

    shared = True
    one_machine = False
    blocking = True

    unclear: ClassVar[tuple[type[Exception], ...]]
    """After these the server may have written or not."""
    pause: ClassVar[float] = 0.0
    """Seconds for which who was overtaken waits at most, so that many do not meet again and again."""
    step_bits: ClassVar[int] = 0
    """How far versions may lie apart, at random: where acknowledged writes can be lost, two processes may make the next
    version of the same one, and two states under one number would be taken for the same."""

    def __init__(self, where: str, *, lock_timeout: float) -> None:
        self._address = where
        self._lock_timeout = lock_timeout
        self._cache = StateCache()
        self._latest: dict[str, Row] = {}
        self._clock: tuple[float, Instant] | None = None

    def apply(self, key_id: str, event: Event) -> Decision:
        """Decide on `event` and keep the result: read, decide, and write if nobody has written in between."""
        deadline = time.monotonic() + self._lock_timeout
        attempts: dict[Row, Decision] = {}
        with self._errors_translated():
            row = self._fetch(key_id)
            # The server may have one of our rows though we were told otherwise: an answer was lost, or the client
            # library sent twice and was refused for its own first write.
            while row not in attempts:
                decision = decide(self._state(key_id, row), _with_server_time(event, self._server_time(row)))
                if not decision.changed:
                    return decision
                wanted = _following(row, decision.state, self.step_bits)
                attempts[wanted] = decision
                failure: Exception | None = None
                try:
                    if isinstance(event, Settle):
                        failpoints.hit("in_settle")
                    if self._replace(key_id, row, wanted):
                        row = wanted
                        continue
                except self.unclear as error:
                    failure = error
                time.sleep(random.uniform(0.0, self.pause))  # noqa: S311 - only spreads the losers
                row = self._fetch(key_id)
                # Each round of the loop was lost to somebody else's write, so the key as a whole goes on.
                if row not in attempts and time.monotonic() > deadline:
                    crowd = f"{self._address} is written by too many others at once"
                    raise failure or StrikeStoreUnavailableError(detail=crowd)
            self._cache.keep(key_id, row.version, attempts[row].state)
            return attempts[row]

    def read(self, key_id: str) -> KeyState:
        """Return the state of a key, `EMPTY` if it was never seen."""
        with self._errors_translated():
            return self._state(key_id, self._fetch(key_id))

    def version(self, key_id: str) -> int:
        """Return the key's version, 0 if the server has none."""
        with self._errors_translated():
            return self._read_row(key_id).version

    def clock(self) -> Instant:
        """Return the server's clock, at most ten seconds extrapolated."""
        # Good enough to date a call. `apply` dates the event that it decides on by what came with the state, so no
        # instant that another machine has written ever lies in the future there.
        here = machine_clock().seconds
        if self._clock is None or here - self._clock[0] > _CLOCK_TRUST:
            with self._errors_translated():
                self._remember_clock(self._read_clock())
        return self._extrapolated(here)

    @abstractmethod
    def _read_row(self, key_id: str) -> Row: ...

    @abstractmethod
    def _replace(self, key_id: str, row: Row, wanted: Row) -> bool:
        """Write `wanted` if the server still has `row`, and return whether it did."""

    @abstractmethod
    def _read_clock(self) -> Instant: ...

    @abstractmethod
    def _errors_translated(self) -> AbstractContextManager[None]:
        """Put every failure of the server, the network or the client library in one sentence."""

    @abstractmethod
    def describe(self) -> str:
        """Return where the states are, without a password."""

    def _server_time(self, row: Row) -> Instant:
        """Return what to date an event with that is decided on `row`."""
        return row.now

    def _remember_clock(self, reading: Instant) -> None:
        self._clock = (machine_clock().seconds, reading)

    def _extrapolated(self, here: float) -> Instant:
        assert self._clock is not None  # noqa: S101 - set by the callers
        # Another thread may have asked the server since `here` was read, so the difference can be negative.
        read_at, reading = self._clock
        return attrs.evolve(reading, seconds=reading.seconds + max(0.0, here - read_at))

    def _fetch(self, key_id: str) -> Row:
        # Taken before asking: a slower thread's older answer is no lost write.
        before = self._latest.get(key_id)
        row = self._read_row(key_id)
        self._notice_lost_writes(key_id, before, row)
        return row

    def _state(self, key_id: str, row: Row) -> KeyState:
        return self._cache.load(key_id, row.version, row.text) if row.version else EMPTY

    def _notice_lost_writes(self, key_id: str, before: Row | None, row: Row) -> None:
        # Versions grow and the first one stays. Either going back means that the server forgot what it acknowledged.
        self._latest[key_id] = attrs.evolve(row, text="")
        if before is not None and (row.version < before.version or before.first_version not in ("", row.first_version)):
            message = (
                f"{self.describe()} has lost writes (flushed, deleted, restored, restarted without persistence, or "
                "failed over); strikes may be forgotten. If calls with an invalid token were made today, regenerate "
                "the token."
            )
            warnings.warn(message, StrikeStoreRolledBackWarning, stacklevel=2)


def _following(row: Row, state: KeyState, step_bits: int) -> Row:
    version = row.version + 1 + secrets.randbits(step_bits) if row.version else first_version()
    first = row.first_version or str(version)
    return attrs.evolve(row, version=version, first_version=first, write=secrets.token_hex(8), text=dump_state(state))


def _with_server_time(event: Event, now: Instant) -> Event:
    """Replace an extrapolated reading of the server's clock by the reading that came with the state."""
    dated: Instant | None = getattr(event, "now", None)  # some events have no moment
    if dated is None or dated.domain != now.domain:
        return event
    # A call that ended a while ago keeps its own moment: dated by its writing, a verification would last too long.
    if isinstance(event, Settle) and dated.seconds < now.seconds:
        return event
    return cast("Event", attrs.evolve(cast("Any", event), now=now))
