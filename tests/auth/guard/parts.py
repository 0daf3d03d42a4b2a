"""Parts that the guard's tests are made of: a credential without a secret, a hand-set clock, a store that can fail."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import attrs

from cyara_auth._platform import machine_clock
from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.machine import Instant
from cyara_auth.stores.base import StrikeStore
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.decide import pair_state
from cyara_auth.strikes.events import Admit, Decision, Event
from cyara_auth.strikes.state import GuardPolicy, KeyState, Outcome, PairState, TicketStatus

PORTAL = "https://portal:443"
OTHER_PORTAL = "https://www.portal:443"
GUARDED = GuardSettings(policy=GuardPolicy.GUARDED)
STRICT = GuardSettings(policy=GuardPolicy.STRICT)
CONCURRENT = GuardSettings(policy=GuardPolicy.CONCURRENT)
SYNC_ALWAYS = GuardSettings(policy=GuardPolicy.CONCURRENT, sync_interval=0.0)
"""CONCURRENT, but every call asks the store."""
SYNC_SELDOM = GuardSettings(policy=GuardPolicy.CONCURRENT, sync_interval=60.0)


@attrs.frozen
class Pair:
    """What a guard sees of a credential."""

    fingerprint: str
    key_fingerprint: str = "key"
    source: str | None = "a test"


OLD = Pair("0123456789abcdef" * 2)
NEW = Pair("fedcba9876543210" * 2)


@attrs.define
class Clock:
    """Seconds that pass only when a test says so."""

    seconds: float = 1000.0

    def steady(self) -> float:
        return self.seconds

    def instant(self) -> Instant:
        return Instant(domain="test", seconds=self.seconds)

    def later(self, seconds: float) -> None:
        self.seconds += seconds


class FragileStore(MemoryStrikeStore):
    """A memory store that can be switched off, and lose the answer of its next write."""

    down = False
    lose_next_answer = False

    def apply(self, key_id: str, event: Event) -> Decision:
        self._check()
        decision = super().apply(key_id, event)
        if self.lose_next_answer:
            self.lose_next_answer = False
            raise StrikeStoreUnavailableError(detail="the answer got lost")
        return decision

    def read(self, key_id: str) -> KeyState:
        self._check()
        return super().read(key_id)

    def version(self, key_id: str) -> int:
        self._check()
        return super().version(key_id)

    def flush(self) -> None:
        """Lose everything, as a flushed Redis does."""
        self._entries.clear()

    def _check(self) -> None:
        if self.down:
            raise StrikeStoreUnavailableError(detail="switched off")


class SlowStore(MemoryStrikeStore):
    """A memory store that says of itself that it blocks, and does so while `closed` is set."""

    blocking = True

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.opened.set()
        self.threads: set[int] = set()
        self.answered = threading.Event()

    def apply(self, key_id: str, event: Event) -> Decision:
        self.threads.add(threading.get_ident())
        self.entered.set()
        assert self.opened.wait(20)
        decision = super().apply(key_id, event)
        self.answered.set()
        return decision


class CountingStore(MemoryStrikeStore):
    """A memory store that counts what it is asked, by the name of the event, and says what of it was granted."""

    def __init__(self, *, clock: Callable[[], Instant] = machine_clock) -> None:
        super().__init__(clock=clock)
        self.asked: Counter[str] = Counter()
        self.waiting_lives: list[float | None] = []

    def apply(self, key_id: str, event: Event) -> Decision:
        self.asked[type(event).__name__] += 1
        if isinstance(event, Admit):
            self.waiting_lives.append(event.waiting_life)
        return super().apply(key_id, event)


class SharedStore(FragileStore):
    """A memory store that says of itself that others share it: forks and tests with two guards take its word."""

    shared = True


def make(
    settings: GuardSettings = GUARDED, *, store: StrikeStore | None = None, clock: Clock | None = None
) -> StrikeGuard:
    """Return a guard; with a clock, store and guard run by it."""
    if clock is None:
        return StrikeGuard(store=store or MemoryStrikeStore(), settings=settings)
    return StrikeGuard(
        store=store or MemoryStrikeStore(clock=clock.instant), settings=settings, steady=clock.steady, wall=clock.steady
    )


def call(guard: StrikeGuard, pair: Pair, outcome: Outcome, *, timeout: float = 5.0) -> None:
    """Make one call that ends at once."""
    with guard.admit(pair, PORTAL, operation="GetCampaigns", timeout=timeout) as ticket:
        ticket.sent()
        ticket.settle(outcome)


def verify(guard: StrikeGuard, pair: Pair, *, times: int = 1) -> None:
    """Verify a pair."""
    for _ in range(times):
        call(guard, pair, Outcome.VERIFICATION)


def hand_back(guard: StrikeGuard) -> None:
    """Let a guard give back the places that it keeps, as it does by itself after a second."""
    guard.close()


def eventually(holds: Callable[[], bool], *, within: float = 10.0) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def open_tickets(guard: StrikeGuard) -> list[str]:
    """Return the ids of the places that the store knows to be held."""
    return [ticket.id for ticket in state(guard).tickets if ticket.status is TicketStatus.OPEN]


def state(guard: StrikeGuard) -> KeyState:
    return guard.store.read("key")


def what_is(guard: StrikeGuard, pair: Pair) -> PairState:
    return pair_state(state(guard), pair.fingerprint, PORTAL, now=guard.store.clock(), settings=guard.settings)
