"""A strike that this process knows of and the store does not: nothing unverified of that key goes before it."""

import threading
from typing import TYPE_CHECKING

import pytest

from cyara_auth.errors import ProbeWaitTimeoutError, StrikeBudgetExhaustedError, StrikeStoreUnavailableError
from cyara_auth.strikes.events import Decision, Event, Settle
from cyara_auth.strikes.state import Admission, Outcome

from .parts import CONCURRENT, NEW, OLD, PORTAL, FragileStore, Pair, call, make, state, verify

if TYPE_CHECKING:
    from collections.abc import Callable


class StandsStill(FragileStore):
    """A store that stands still where a test tells it to, and lets others by meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.writes_strike = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.after_grant: Callable[[], None] | None = None

    def apply(self, key_id: str, event: Event) -> Decision:
        if isinstance(event, Settle) and event.outcome is Outcome.STRIKE and event.ticket is None:
            self.writes_strike.set()
            assert self.goes_on.wait(20)
        decision = super().apply(key_id, event)
        if self.after_grant is not None and decision.admission is Admission.GRANT:
            after_grant, self.after_grant = self.after_grant, None
            after_grant()
        return decision


def test_nothing_unverified_goes_while_another_thread_writes_a_strike() -> None:
    store = StandsStill()
    guard = make(CONCURRENT, store=store)
    verify(guard, OLD)
    in_flight = guard.admit(OLD, PORTAL)
    store.goes_on.clear()
    writer = threading.Thread(target=in_flight.settle, args=(Outcome.STRIKE,))
    writer.start()
    try:
        assert store.writes_strike.wait(20)
        with pytest.raises(ProbeWaitTimeoutError):
            guard.admit(NEW, PORTAL, timeout=0.0)
        assert not state(guard).tickets
        call(guard, Pair("a pair of", "another key"), Outcome.VERIFICATION)
    finally:
        store.goes_on.set()
        writer.join(20)
    call(guard, NEW, Outcome.STRIKE)
    with pytest.raises(StrikeBudgetExhaustedError):
        guard.admit(Pair("typo"), PORTAL)
    assert state(guard).strikes == 2


def test_a_strike_that_is_learnt_while_the_store_answers_takes_the_grant_back() -> None:
    store = StandsStill()
    guard = make(CONCURRENT, store=store)
    verify(guard, OLD)
    in_flight = guard.admit(OLD, PORTAL)

    def strike_that_cannot_be_written() -> None:
        store.down = True
        in_flight.settle(Outcome.STRIKE)

    store.after_grant = strike_that_cannot_be_written
    with pytest.raises(StrikeStoreUnavailableError):
        guard.admit(NEW, PORTAL, timeout=5.0)
    store.down = False
    call(guard, NEW, Outcome.VERIFICATION)
    assert state(guard).strikes == 1
    assert not state(guard).tickets
