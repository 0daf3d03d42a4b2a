"""What one process may do with one verified pair before it asks the store again, under CONCURRENT.

That policy lets a verified, fresh pair go without a reservation. Then the whole admission is one comparison of a clock
with `Gate.until`: no lock, no system call.
"""

import math
import threading
import time
from collections.abc import Callable

import attrs

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.machine import Instant
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.admit import is_fresh
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import KeyMode, KeyState

_REFRESH_SHARE = 4
"""Later successes are written to the store when a quarter of `verification_ttl` has passed: soon enough for others."""


@attrs.define(kw_only=True, eq=False)
class Gate:
    """What this process knows of one pair at one origin, for free calls. Changed under `lock` only, but for flags.

    Attributes:
        key_id: Fingerprint of the key.
        pair: Fingerprint of the pair.
        origin: Where the calls go.
        until: Reading of `time.monotonic` up to which calls go without asking anything else; 0 if they may not.
        is_admitting: Whether calls go at all, after the store was asked.
        rejected_here: The pair got a 401 or a login page here: this object never admits again.
        succeeded: A free call was accepted since the store was last asked.
        delayed_success: Steady clock of a moment not later than a success that came back when the gate had stopped.
        version: The store's version when it was last asked, None if the gate learnt its state in another way.
        checked_at: Steady clock when the store was last asked.
        verified_at: Steady clock of a moment not later than the last success; long ago if there is none to rely on.
        synced_at: The same, as far as the store knows.
        lock: Held while one thread asks the store and decides for the others.
    """

    key_id: str
    pair: str
    origin: str
    until: float = 0.0
    is_admitting: bool = False
    rejected_here: bool = False
    succeeded: bool = False
    delayed_success: float | None = None
    version: int | None = None
    checked_at: float = 0.0
    verified_at: float = -math.inf
    synced_at: float = 0.0
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def reject(self) -> None:
        """Stop admitting for good, at once and without waiting for a thread that holds the lock."""
        # The flag first: a thread that starts to admit in this moment cannot undo it, and every passage reads it.
        self.rejected_here = True
        self.stop_admitting()

    def stop_admitting(self) -> None:
        """Let nobody through until the store says otherwise."""
        self.is_admitting = False
        self.until = 0.0

    def start_admitting(self, *, verified_at: float) -> None:
        """Let calls through."""
        self.verified_at = max(self.verified_at, verified_at)
        self.synced_at = verified_at
        self.is_admitting = not self.rejected_here

    def reverify(self, now: float) -> None:
        """Let only a probe through, unless a call in flight succeeds after this moment."""
        self.succeeded = False
        self.delayed_success = None
        self.checked_at = now
        self.stop_admitting()

    def note_success(self) -> None:
        """Date the successes since the store was last asked."""
        if not self.succeeded:
            return
        self.succeeded = False
        # By that moment, not by now: a success is never dated later than it was.
        if self.is_admitting:
            self.verified_at = max(self.verified_at, self.checked_at)
        else:  # only the store can let the pair go again, so the success waits to be written there
            self.delayed_success = self.checked_at


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

    def reject(self, pair: str, origin: str) -> None:
        """Let the gate of a pair stop for good."""
        gate = self.table.get((pair, origin))
        if gate is not None:
            gate.reject()

    def update(self, key_id: str, pair: str, origin: str, state: KeyState, now: Instant) -> Gate:
        """Return the gate of a pair after a store has said that it is verified; a rejected one is replaced."""
        gate = self.table.get((pair, origin))
        if gate is None or gate.rejected_here:
            gate = Gate(key_id=key_id, pair=pair, origin=origin)
            self.table[pair, origin] = gate
        with gate.lock:
            self._learn(gate, state, now)
            # The state came without its version, and others may have written since: the next check reads it anew.
            gate.version = None
            gate.checked_at = self._steady()
        return gate

    def lets_through(self, gate: Gate) -> bool:
        """Ask a gate for one call, and the store before that if it was last asked too long ago.

        Raises:
            StrikeStoreUnavailableError: the store cannot be read and the last success is too old to go without it.
        """
        with gate.lock:
            age = self._steady() - gate.checked_at
            if age >= self._settings.sync_interval:
                self._check_store(gate)
                age = 0.0
            passes = gate.is_admitting and not gate.rejected_here
            if passes:
                # Never further away than `sync_interval`: so soon does a process notice what others have learnt.
                gate.until = time.monotonic() + self._settings.sync_interval - age
            ahead = gate.verified_at - gate.synced_at
            is_due = gate.is_admitting and ahead > self._settings.verification_ttl / _REFRESH_SHARE
        # Without the lock: whatever else waits to be written may update this very gate.
        if is_due:
            gate.synced_at = gate.verified_at
            self._refresh(gate, gate.synced_at)
        return passes

    def take_delayed_success(self, gate: Gate) -> float | None:
        """Return, once, a moment not later than a success that came back when the gate had stopped admitting."""
        # Its date is that of the last check, however long nobody has called since: dated by now, one answer that was
        # delayed would let a whole fleet go free after any idle gap.
        with gate.lock:
            gate.note_success()
            at, gate.delayed_success = gate.delayed_success, None
        return at

    def after_fork_in_child(self) -> None:
        """Keep what is verified; locks may be held by threads of the parent."""
        for key, gate in tuple(self.table.items()):
            self.table[key] = attrs.evolve(gate, lock=threading.Lock())

    def _check_store(self, gate: Gate) -> None:
        now = self._steady()
        gate.note_success()
        try:
            version = self._store.version(gate.key_id)
            if version != gate.version:
                self._learn(gate, self._store.read(gate.key_id), self._store.clock())
                gate.version = version
        except StrikeStoreUnavailableError:
            # What is verified does not become invalid because a disk is full: go on while the verification lasts.
            if now - gate.verified_at >= self._settings.verification_ttl:
                raise
        gate.checked_at = now
        if now - gate.verified_at >= self._settings.verification_ttl:
            gate.stop_admitting()

    def _learn(self, gate: Gate, state: KeyState, now: Instant) -> None:
        record = state.pair(gate.pair)
        standing = None if record is None or record.retired is not None else record.at(gate.origin)
        if state.mode is KeyMode.DRAINING or standing is None or not is_fresh(standing, now, self._settings):
            gate.stop_admitting()
            return
        assert standing.verified_at is not None  # noqa: S101  # fresh
        # The store's clock and the steady clock have nothing in common but the length of a second.
        gate.start_admitting(verified_at=self._steady() - (now.since(standing.verified_at) or 0.0))
