"""What the guard costs when a pair is verified, and what it saves when a pair is stale, beside its alternatives.

Peers: no guard at all; a counter that trips at two failures, as most scripts would write it; the circuit breakers
pybreaker, aiobreaker and purgatory, each set to trip at two (left out where they are not installed). A third invalid
call voids the token.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from harness import PAIR as PAIR_TEXT
from harness import Row, seconds
from no_system_calls import can_forbid_system_calls, runs_without_system_calls

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import AdmissionRefusedError
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import GuardPolicy, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = ApiCredential.parse(PAIR_TEXT)
ORIGIN = "https://portal.example:443"
CALLERS = 100
LATENCY = 0.02
TRIP = 2
BATCH = 2_000
BATCHES = 100
FAST_BAR_US = 2.0


class InvalidPairError(Exception):
    """What a client makes of a 401."""


class Portal:
    """A portal without a network: it takes its time, counts, and says whether the pair is valid."""

    def __init__(self, *, valid: bool) -> None:
        self.valid = valid
        self.invalid = 0

    def call(self) -> None:
        """Answer a thread."""
        self.invalid += not self.valid
        time.sleep(LATENCY)
        self._answer()

    async def acall(self) -> None:
        """Answer a task."""
        self.invalid += not self.valid
        await asyncio.sleep(LATENCY)
        self._answer()

    def _answer(self) -> None:
        if not self.valid:
            raise InvalidPairError


class LockedCounter:
    """Trips at two failures, and takes a lock to look and another to count: what one writes in an afternoon."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0

    def call(self, work: Callable[[], None]) -> None:
        """Call `work` unless two calls have failed."""
        with self._lock:
            if self._failures >= TRIP:
                return
        # Counted after the answer: a hundred callers who start together have all sent by then.
        try:
            work()
        except InvalidPairError:
            with self._lock:
                self._failures += 1
            raise


def threads(call: Callable[[], object]) -> float:
    """Let a hundred threads call once, and return the seconds until the last has ended."""

    def work() -> None:
        with suppress(Exception):
            call()

    workers = [threading.Thread(target=work) for _ in range(CALLERS)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


def tasks(call: Callable[[], Any]) -> float:
    """Let a hundred tasks call once, and return the seconds until the last has ended."""

    async def main() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(CALLERS)), return_exceptions=True)
        return time.perf_counter() - began

    return asyncio.run(main())


def guarded(portal: Portal) -> Callable[[], None]:
    """Return a call through the guard."""
    guard = StrikeGuard(store=MemoryStrikeStore())

    def call() -> None:
        with suppress(AdmissionRefusedError), guard.admit(PAIR, ORIGIN) as ticket:
            ticket.sent()
            try:
                portal.call()
            except InvalidPairError:
                ticket.settle(Outcome.STRIKE)
            else:
                ticket.settle(Outcome.VERIFICATION)

    return call


def contenders() -> dict[str, Callable[[Portal], float]]:
    """Return for each contender what lets a hundred callers loose on a portal and says how long it took."""
    known: dict[str, Callable[[Portal], float]] = {
        "this guard": lambda portal: threads(guarded(portal)),
        "no guard": lambda portal: threads(portal.call),
        "a counter": lambda portal: threads(_counted(portal)),
    }
    # Imported by name, since neither the benchmarks nor their type checks should need any of these.
    with suppress(ImportError):
        pybreaker: Any = importlib.import_module("pybreaker")
        known["pybreaker"] = lambda portal: threads(_bound(pybreaker.CircuitBreaker(fail_max=TRIP).call, portal.call))
    with suppress(ImportError):
        aiobreaker: Any = importlib.import_module("aiobreaker")
        known["aiobreaker"] = lambda portal: tasks(
            _bound(aiobreaker.CircuitBreaker(fail_max=TRIP, timeout_duration=timedelta(60)).call_async, portal.acall)
        )
    with suppress(ImportError):
        purgatory: Any = importlib.import_module("purgatory")
        known["purgatory"] = lambda portal: tasks(_purgatory(purgatory, portal))
    return known


def _counted(portal: Portal) -> Callable[[], None]:
    counter = LockedCounter()
    return lambda: counter.call(portal.call)


def _bound(breaker: Callable[[Any], Any], work: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: breaker(work)


def _purgatory(purgatory: Any, portal: Portal) -> Callable[[], Any]:
    factory = purgatory.AsyncCircuitBreakerFactory(default_threshold=TRIP, default_ttl=60)

    async def call() -> None:
        async with await factory.get_breaker("portal"):
            await portal.acall()

    return call


def verified_call(settings: GuardSettings) -> Callable[[], None]:
    """Return one admission and settlement of a pair that is verified, after enough calls for the fast path."""
    guard = StrikeGuard(store=MemoryStrikeStore(), settings=settings)

    def one() -> None:
        ticket = guard.admit(PAIR, ORIGIN)
        ticket.sent()
        ticket.settle(Outcome.VERIFICATION)

    for _ in range(200):
        one()
    return one


def per_call(one: Callable[[], object]) -> float:
    """Return the microseconds of one call in the best of many batches: what it costs when nobody interrupts."""

    def run() -> None:
        for _ in range(BATCH):
            one()

    # The best and not the median: whatever makes a batch slower comes from outside.
    return min(seconds(run) for _ in range(BATCHES)) / BATCH * 1e6


def measure() -> list[Row]:
    """Return the cost of a verified call, then calls let through and time for each contender."""
    one = verified_call(GuardSettings(policy=GuardPolicy.CONCURRENT))
    counter = LockedCounter()
    rows = [
        Row(claim="CONCURRENT, admit and settle of a verified pair", figure=per_call(one), unit="us", bar=FAST_BAR_US),
        Row(
            claim="the same by a counter behind a lock",
            figure=per_call(lambda: counter.call(lambda: None)),
            unit="us",
        ),
    ]
    if can_forbid_system_calls():
        # With a sync interval longer than the test, so that the look at the store does not fall into it.
        calls = (
            0
            if runs_without_system_calls(
                verified_call(GuardSettings(policy=GuardPolicy.CONCURRENT, sync_interval=60.0))
            )
            else 1
        )
        rows.append(Row(claim="system calls in it between two looks at the store", figure=calls, unit="calls", bar=0))
    for name, run in contenders().items():
        stale, good = Portal(valid=False), Portal(valid=True)
        run(stale)
        took = run(good)
        rows.append(
            Row(
                claim=f"stale pair, {CALLERS} callers, {name}",
                figure=stale.invalid,
                unit="invalid calls",
                bar=1 if name == "this guard" else None,
                note=f"{CALLERS} good calls of {LATENCY * 1000:.0f} ms: {took:.2f} s",
            )
        )
    return rows
