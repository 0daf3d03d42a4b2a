"""A call that leaves too late could hit a token that was rotated meanwhile: both clocks are read before it leaves."""

import time

import pytest

from cyara_auth.guard import places
from cyara_auth.guard.call import FENCE, Moment
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.strikes.events import Decision, Event
from cyara_auth.strikes.state import Outcome, TicketStatus

from .parts import (
    GUARDED,
    OLD,
    PORTAL,
    SYNC_SELDOM,
    Clock,
    CountingStore,
    FragileStore,
    eventually,
    make,
    state,
    verify,
)


def test_a_moment_is_as_far_away_as_the_clock_says_that_saw_more() -> None:
    earlier = Moment(steady=10.0, wall=1000.0)
    assert Moment(steady=13.0, wall=1001.0).since(earlier) == 3.0
    assert Moment(steady=11.0, wall=1007.0).since(earlier) == 7.0
    assert Moment(steady=11.0, wall=900.0).since(earlier) == 1.0  # somebody put the clock back


@pytest.mark.parametrize("clock", ["steady", "wall"])
def test_either_clock_alone_makes_a_reservation_stale(clock: str) -> None:
    steady, wall = Clock(), Clock()
    store = CountingStore(clock=steady.instant)
    guard = StrikeGuard(store=store, settings=GUARDED, steady=steady.steady, wall=wall.steady)
    with guard.admit(OLD, PORTAL) as ticket:
        moving = {"steady": steady, "wall": wall}[clock]
        moving.later(FENCE - 0.1)
        assert not ticket.is_stale()
        moving.later(0.2)
        assert ticket.is_stale()


class SlowToAnswer(CountingStore):
    """A store that takes a minute, of a clock set by hand, to answer."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock.instant)
        self.seconds = 0.0
        self.time = clock

    def apply(self, key_id: str, event: Event) -> Decision:
        self.time.later(self.seconds)
        return super().apply(key_id, event)


def test_the_clocks_are_read_before_the_store_is_asked() -> None:
    clock = Clock()
    store = SlowToAnswer(clock)
    guard = make(store=store, clock=clock)
    store.seconds = FENCE
    with guard.admit(OLD, PORTAL) as ticket:
        assert ticket.is_stale()


def test_the_clocks_are_read_before_a_place_is_renewed() -> None:
    clock = Clock()
    store = SlowToAnswer(clock)
    guard = make(store=store, clock=clock)
    verify(guard, OLD)
    clock.later(places.RENEW_AFTER)
    store.seconds = FENCE
    with guard.admit(OLD, PORTAL) as ticket:
        assert store.asked["Renew"] == 1
        assert ticket.is_stale()
        store.seconds = 0.0


def test_a_kept_place_is_as_old_as_its_grant_and_as_young_as_its_renewal() -> None:
    clock = Clock()
    guard = make(clock=clock, store=CountingStore(clock=clock.instant))
    verify(guard, OLD)
    clock.later(places.RENEW_AFTER - 1.0)
    with guard.admit(OLD, PORTAL) as ticket:
        clock.later(places.RENEW_AFTER)
        assert not ticket.is_stale()
        clock.later(1.0)
        assert ticket.is_stale()
        ticket.settle(Outcome.NOT_SENT)
    with guard.admit(OLD, PORTAL) as ticket:
        clock.later(FENCE - 1.0)
        assert not ticket.is_stale()


def test_a_free_call_is_stale_by_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = make(SYNC_SELDOM)
    verify(guard, OLD)
    with guard.admit(OLD, PORTAL) as ticket:
        assert not ticket.reserved
        assert not ticket.is_stale()
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + FENCE)
        assert ticket.is_stale()


def test_a_stale_call_that_is_given_up_costs_nothing() -> None:
    clock = Clock()
    guard = make(clock=clock, store=CountingStore(clock=clock.instant))
    with guard.admit(OLD, PORTAL) as ticket:
        clock.later(FENCE)
        assert ticket.is_stale()
        ticket.settle(Outcome.NOT_SENT)
    assert not state(guard).tickets
    with guard.admit(OLD, PORTAL, timeout=0.0) as ticket:
        assert not ticket.is_stale()


def sending_for(clock: Clock, guard: StrikeGuard, seconds: float) -> None:
    """Let time pass for a call that sends, in steps in which the thread of the background can look."""
    core_places = guard._core._places  # noqa: SLF001  # what its thread does
    (reservation,) = core_places.busy()
    for _ in range(int(seconds / places.RENEW_AFTER)):
        clock.later(places.RENEW_AFTER)
        eventually(lambda: reservation.taken.steady == clock.seconds)


def test_a_call_that_sends_for_minutes_outlives_its_orphan_ttl() -> None:
    clock = Clock()
    store = CountingStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.sent()
        sending_for(clock, guard, 600.0)
        assert store.asked["Renew"] == 20
        (reserved,) = state(guard).tickets
        assert reserved.reserved_at.seconds == clock.seconds
        assert not ticket.is_stale()
        ticket.settle(Outcome.VERIFICATION)
    with make(store=store, clock=clock).admit(OLD, PORTAL, timeout=0.0):
        assert all(left.status is TicketStatus.OPEN for left in state(guard).tickets)


def test_a_call_that_has_not_begun_to_send_is_not_renewed() -> None:
    clock = Clock()
    store = CountingStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    with guard.admit(OLD, PORTAL) as ticket:
        clock.later(places.RENEW_AFTER)
        time.sleep(0.3)
        assert not store.asked["Renew"]
        assert not ticket.is_stale()


def test_a_machine_that_slept_past_the_fence_does_not_make_its_call_young_again() -> None:
    # The thread of the background may wake before the call: the token may have been rotated while both slept.
    clock = Clock()
    store = CountingStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.sent()
        clock.later(FENCE)
        time.sleep(0.3)
        assert ticket.is_stale()
        assert not store.asked["Renew"]
        ticket.settle(Outcome.NOT_SENT)


def test_a_renewal_that_the_store_refuses_leaves_the_call_as_old_as_it_is() -> None:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.sent()
        store.flush()  # the reservation is gone
        clock.later(places.RENEW_AFTER)
        time.sleep(0.3)
        clock.later(places.RENEW_AFTER)
        assert ticket.is_stale()
