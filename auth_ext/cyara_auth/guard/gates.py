"""What one process may do with one verified pair between two looks at the store: the gate, and the ramp behind it.

GUARDED lets a verified, fresh pair go without a reservation. Then the whole admission is one comparison of a clock with
`Gate.until`: no lock, no system call. `until` is never further away than `sync_interval`, so a process notices within
that time what others have learnt; it is zero whenever the slow path has something to decide.

After a verification the gate opens slowly (ramp). A new token reaches the portal's servers one after the other, and a
burst right after the first success would turn every server that lags behind into a strike.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

import attrs

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.admit import is_fresh
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import KeyMode, KeyState

_REFRESH_SHARE = 4
"""The store is told of later successes when a quarter of `verification_ttl` has passed: often enough for the others."""


class Ramp:
    """The calls in flight that a process allows itself after a verification. Not thread-safe but for `give_back`."""

    __slots__ = ("_ceiling", "_due", "_in_flight", "_returned", "_window")

    def __init__(self, settings: GuardSettings) -> None:
        self._window = settings.ramp_window
        self._due = settings.ramp_successes
        self._ceiling = settings.ramp_ceiling
        self._in_flight = 0
        self._returned: deque[bool] = deque()

    @property
    def finished(self) -> bool:
        """Whether concurrency is unlimited from now on."""
        self._fold()
        return self._window >= self._ceiling

    def take(self) -> bool:
        """Take a place in the window, if one is free."""
        self._fold()
        if self._in_flight >= self._window:
            return False
        self._in_flight += 1
        return True

    def give_back(self, *, success: bool) -> None:
        """Return a place. Only appends, so that a ticket may do it while the garbage collector runs in any thread."""
        self._returned.append(success)

    def _fold(self) -> None:
        while self._returned:
            self._in_flight -= 1
            if self._returned.popleft():
                self._due -= 1
            if self._due <= 0 and self._window < self._ceiling:
                self._window *= 2
                self._due = self._window


@attrs.define(kw_only=True, eq=False)
class Gate:
    """What this process knows of one pair at one origin, for GUARDED calls. Changed under `lock` only, but for flags.

    Attributes:
        key_id: Fingerprint of the key.
        pair: Fingerprint of the pair.
        origin: Where the calls go.
        until: Reading of `time.monotonic` up to which calls go without a look at anything else; 0 if they may not.
        is_open: Whether calls go at all, after a look.
        condemned: The pair got a 401 here: this object never opens again.
        succeeded: A free call was accepted since the last look.
        late_success: Steady clock of a moment not later than a success that came back to a closed gate.
        version: The store's version at the last look, None if that was something else than a look.
        looked_at: Steady clock at the last look.
        verified_at: Steady clock of a moment not later than the last success; None if there is none to rely on.
        stored_at: The same, as far as the store has been told.
        ramp: Limits calls right after a verification.
        lock: Held while one thread looks and decides for the others.
    """

    key_id: str
    pair: str
    origin: str
    ramp: Ramp
    until: float = 0.0
    is_open: bool = False
    condemned: bool = False
    succeeded: bool = False
    late_success: float | None = None
    version: int | None = None
    looked_at: float = 0.0
    verified_at: float | None = None
    stored_at: float = 0.0
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def condemn(self) -> None:
        """Close for good, at once and without waiting for a thread that holds the lock."""
        self.condemned = True
        self.close()

    def close(self) -> None:
        """Let nobody through until a look at the store says otherwise."""
        self.is_open = False
        self.until = 0.0

    def open(self, *, verified_at: float, settings: GuardSettings) -> None:
        """Let calls through: slowly, unless this process never stopped trusting the pair."""
        lapsed = self.verified_at is None or verified_at - self.verified_at >= settings.verification_ttl
        if lapsed:
            self.ramp = Ramp(settings)
        self.verified_at = verified_at if self.verified_at is None else max(self.verified_at, verified_at)
        self.stored_at = verified_at
        self.is_open = not self.condemned

    def reverify(self, now: float) -> None:
        """Let only a probe through, unless a call in flight succeeds after this moment."""
        self.succeeded = False
        self.late_success = None
        self.looked_at = now
        self.close()

    def copy_for_child(self, settings: GuardSettings) -> "Gate":
        """Return this gate for a forked child: what is verified stays, locks and places in use do not."""
        ramp = self.ramp if self.ramp.finished else Ramp(settings)
        return attrs.evolve(self, lock=threading.Lock(), ramp=ramp)

    def untold(self) -> float:
        """Return by how many seconds this process's knowledge is ahead of the store's."""
        return 0.0 if self.verified_at is None else self.verified_at - self.stored_at

    def told(self) -> float:
        """Note that the store is told of the last success, and return its date."""
        self.stored_at = self.looked_at if self.verified_at is None else self.verified_at
        return self.stored_at

    def note_success(self) -> None:
        """Date the successes since the last look by that look: never later than they were.

        What succeeds behind a closed gate is left to be told to the store, which alone can open it.
        """
        if not self.succeeded:
            return
        self.succeeded = False
        if self.is_open:
            self.verified_at = self.looked_at if self.verified_at is None else max(self.verified_at, self.looked_at)
        else:
            self.late_success = self.looked_at

    def is_fresh(self, now: float, settings: GuardSettings) -> bool:
        """Return whether the last success is recent enough, by the steady clock."""
        return self.verified_at is not None and now - self.verified_at < settings.verification_ttl


class Passage(Enum):
    """What a gate says to one call."""

    FREE = auto()
    RAMPED = auto()
    FULL = auto()
    CLOSED = auto()


class Gates:
    """Gates by pair and origin. `table` is public because the fast path of the guard reads it without a call."""

    def __init__(
        self,
        store: StrikeStore,
        settings: GuardSettings,
        *,
        steady: Callable[[], float],
        refresh: Callable[[Gate, float], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._steady = steady
        self._refresh = refresh
        self.table: dict[tuple[str, str], Gate] = {}

    def condemn(self, pair: str) -> None:
        """Close every gate of a pair for good."""
        for gate in tuple(self.table.values()):
            if gate.pair == pair:
                gate.condemn()

    def opened(self, key_id: str, pair: str, origin: str, state: KeyState, now: Instant) -> Gate:
        """Return the gate of a pair after a store has said that it is verified; a condemned one is replaced."""
        gate = self.table.get((pair, origin))
        if gate is None or gate.condemned:
            gate = Gate(key_id=key_id, pair=pair, origin=origin, ramp=Ramp(self._settings))
            self.table[pair, origin] = gate
        with gate.lock:
            self._learn(gate, state, now)
            gate.version = None  # whatever the store wrote since is read at the next look
            gate.looked_at = self._steady()
        return gate

    def passage(self, gate: Gate) -> Passage:
        """Ask a gate for one call, looking at the store if the last look is too old.

        Raises:
            StrikeStoreUnavailableError: the store cannot be read and the last success is too old to go without it.
        """
        with gate.lock:
            age = self._steady() - gate.looked_at
            if age >= self._settings.sync_interval:
                self._look(gate)
                age = 0.0
            answer = self._answer(gate, age)
            ahead = gate.is_open and gate.untold() > self._settings.verification_ttl / _REFRESH_SHARE
        if ahead:  # without the lock: what else is on its way to the store may open this gate
            self._refresh(gate, gate.told())
        return answer

    def late_success(self, gate: Gate) -> float | None:
        """Return, once, a moment not later than a success that came back to a closed gate, for the store to be told.

        Its date is that of the look before it, however long nobody has called since: dated by now, one answer that
        came late would let a whole fleet go free after any idle gap.
        """
        with gate.lock:
            gate.note_success()
            at, gate.late_success = gate.late_success, None
        return at

    def _answer(self, gate: Gate, age: float) -> Passage:
        if gate.condemned or not gate.is_open:
            return Passage.CLOSED
        if gate.ramp.finished:
            gate.until = time.monotonic() + self._settings.sync_interval - age
            return Passage.FREE
        return Passage.RAMPED if gate.ramp.take() else Passage.FULL

    def after_fork_in_child(self) -> None:
        """Keep what is verified; places on a ramp belong to calls of the parent."""
        for key, gate in tuple(self.table.items()):
            self.table[key] = gate.copy_for_child(self._settings)

    def _look(self, gate: Gate) -> None:
        now = self._steady()
        gate.note_success()
        try:
            version = self._store.version(gate.key_id)
            if version != gate.version:
                self._learn(gate, self._store.read(gate.key_id), self._store.clock())
                gate.version = version
        except StrikeStoreUnavailableError:
            # What is verified does not become invalid because a disk is full: go on while the verification lasts.
            if not gate.is_fresh(now, self._settings):
                raise
        gate.looked_at = now
        if not gate.is_fresh(now, self._settings):
            gate.close()

    def _learn(self, gate: Gate, state: KeyState, now: Instant) -> None:
        record = state.pair(gate.pair)
        verification = None if record is None else record.verification_at(gate.origin)
        age = None if verification is None or verification.at is None else now.since(verification.at)
        if state.mode is KeyMode.DRAINING or age is None or not is_fresh(verification, now, self._settings):
            gate.close()
        else:
            gate.open(verified_at=self._steady() - age, settings=self._settings)
