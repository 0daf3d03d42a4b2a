"""What one process may do with one proven pair between two looks at the store: the gate, and the ramp behind it.

GUARDED lets a proven, fresh pair go without a reservation. Then the whole admission is one comparison of a clock with
`Gate.until`: no lock, no system call. `until` is never further away than `sync_interval`, so a process notices within
that time what others have learnt; it is zero whenever the slow path has something to decide.

After a proof the gate opens slowly (ramp). A new token reaches the portal's servers one after the other, and a burst
right after the first success would turn every server that lags behind into a strike.
"""

import threading
from collections import deque

import attrs

from cyara_auth.strikes.settings import GuardSettings


class Ramp:
    """The calls in flight that a process allows itself after a proof. Not thread-safe but for `give_back`."""

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
        proven_at: Steady clock of a moment not later than the last success; None if there is none to rely on.
        stored_at: The same, as far as the store has been told.
        ramp: Limits calls right after a proof.
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
    proven_at: float | None = None
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

    def open(self, *, proven_at: float, settings: GuardSettings) -> None:
        """Let calls through: slowly, unless this process never stopped trusting the pair."""
        lapsed = self.proven_at is None or proven_at - self.proven_at >= settings.proof_ttl
        if lapsed:
            self.ramp = Ramp(settings)
        self.proven_at = proven_at if self.proven_at is None else max(self.proven_at, proven_at)
        self.stored_at = proven_at
        self.is_open = not self.condemned

    def doubt(self, now: float) -> None:
        """Let only a probe through, unless a call in flight succeeds after this moment."""
        self.succeeded = False
        self.late_success = None
        self.looked_at = now
        self.close()

    def copy_for_child(self, settings: GuardSettings) -> "Gate":
        """Return this gate for a forked child: what is proven stays, locks and places in use do not."""
        ramp = self.ramp if self.ramp.finished else Ramp(settings)
        return attrs.evolve(self, lock=threading.Lock(), ramp=ramp)

    def untold(self) -> float:
        """Return by how many seconds this process's knowledge is ahead of the store's."""
        return 0.0 if self.proven_at is None else self.proven_at - self.stored_at

    def told(self) -> float:
        """Note that the store is told of the last success, and return its date."""
        self.stored_at = self.looked_at if self.proven_at is None else self.proven_at
        return self.stored_at

    def note_success(self) -> None:
        """Date the successes since the last look by that look: never later than they were.

        What succeeds behind a closed gate is left to be told to the store, which alone can open it.
        """
        if not self.succeeded:
            return
        self.succeeded = False
        if self.is_open:
            self.proven_at = self.looked_at if self.proven_at is None else max(self.proven_at, self.looked_at)
        else:
            self.late_success = self.looked_at

    def is_fresh(self, now: float, settings: GuardSettings) -> bool:
        """Return whether the last success is recent enough, by the steady clock."""
        return self.proven_at is not None and now - self.proven_at < settings.proof_ttl
