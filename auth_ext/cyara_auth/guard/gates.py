"""All gates of a process, and the look at the store that opens and closes them."""

import time
from collections.abc import Callable
from enum import Enum, auto

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.guard.gate import Gate, Ramp
from cyara_auth.machine import Instant
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.admit import is_fresh
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import KeyMode, KeyState

_REFRESH_SHARE = 4
"""The store is told of later successes when a quarter of `proof_ttl` has passed: often enough for the others."""


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
        """Return the gate of a pair after a store has said that it is proven; a condemned one is replaced."""
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
            ahead = gate.is_open and gate.untold() > self._settings.proof_ttl / _REFRESH_SHARE
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
        """Keep what is proven; places on a ramp belong to calls of the parent."""
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
            # What is proven does not become invalid because a disk is full: go on for as long as a proof lasts.
            if not gate.is_fresh(now, self._settings):
                raise
        gate.looked_at = now
        if not gate.is_fresh(now, self._settings):
            gate.close()

    def _learn(self, gate: Gate, state: KeyState, now: Instant) -> None:
        record = state.pair(gate.pair)
        proof = None if record is None else record.proof_at(gate.origin)
        age = None if proof is None or proof.at is None else now.since(proof.at)
        if state.mode is KeyMode.DRAINING or age is None or not is_fresh(proof, now, self._settings):
            gate.close()
        else:
            gate.open(proven_at=self._steady() - age, settings=self._settings)
