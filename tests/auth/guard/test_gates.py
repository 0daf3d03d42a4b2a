import sys
from contextlib import suppress
from types import FrameType

import pytest

from cyara_auth.errors import (
    CredentialRejectedError,
    CredentialSupersededError,
    ProbeWaitTimeoutError,
    RotationInProgressError,
)
from cyara_auth.guard.guard import StrikeGuard, Ticket
from cyara_auth.strikes.events import Reset, RotateAbort, RotateBegin
from cyara_auth.strikes.state import Incident, Outcome, PairState

from .parts import (
    CONCURRENT,
    NEW,
    OLD,
    OTHER_PORTAL,
    PORTAL,
    STRICT,
    SYNC_ALWAYS,
    SYNC_SELDOM,
    Clock,
    Pair,
    call,
    make,
    state,
    verify,
    what_is,
)

HERE = Incident(wall=0.0, host="desk", pid=7)


def places(guard: StrikeGuard, pair: Pair = OLD) -> int:
    """Return how many calls may be in flight at a time, looking no further than 100."""
    tickets: list[Ticket] = []
    with suppress(ProbeWaitTimeoutError):
        while len(tickets) < 100:
            tickets.append(guard.admit(pair, PORTAL, timeout=0.0))
    return len(tickets)


def test_after_one_call_alone_concurrency_is_unlimited() -> None:
    guard = make(CONCURRENT)
    assert places(guard) == 1
    call(guard, OLD, Outcome.VERIFICATION)
    assert places(guard) == 100


def test_a_verified_call_between_two_looks_touches_nothing() -> None:
    guard = make(SYNC_SELDOM)
    verify(guard, OLD)
    called: set[str] = set()

    def note(frame: FrameType, event: str, function: object) -> None:
        if event == "c_call":
            called.add(getattr(function, "__name__", ""))
        elif event == "call":
            called.add(frame.f_code.co_name)

    guard.admit(OLD, PORTAL)
    sys.setprofile(note)
    ticket = guard.admit(OLD, PORTAL, operation="GetCampaigns")
    ticket.sent()
    ticket.settle(Outcome.VERIFICATION)
    sys.setprofile(None)
    assert called == {"admit", "get", "monotonic", "time", "__init__", "sent", "settle", "setprofile"}


def test_the_gate_closes_here_at_the_first_401() -> None:
    guard = make(SYNC_SELDOM)
    verify(guard, OLD)
    in_flight = [guard.admit(OLD, PORTAL) for _ in range(10)]
    in_flight[0].settle(Outcome.STRIKE)
    for _ in range(3):
        with pytest.raises(CredentialRejectedError):
            guard.admit(OLD, PORTAL)
    for ticket in in_flight[1:]:
        ticket.settle(Outcome.STRIKE)
    assert state(guard).strikes == 10
    assert what_is(guard, OLD) is PairState.REJECTED


def test_a_late_success_does_not_open_the_gate_again() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    late = guard.admit(OLD, PORTAL)
    guard.admit(OLD, PORTAL).settle(Outcome.STRIKE)
    late.settle(Outcome.VERIFICATION)
    with pytest.raises(CredentialRejectedError):
        guard.admit(OLD, PORTAL)


def test_the_gate_closes_elsewhere_within_the_sync_interval() -> None:
    clock = Clock()
    first = make(CONCURRENT, clock=clock)
    second = make(CONCURRENT, store=first.store, clock=clock)
    verify(first, OLD)
    verify(second, OLD)
    first.admit(OLD, PORTAL).settle(Outcome.STRIKE)
    clock.later(CONCURRENT.sync_interval)
    second.admit(OLD, PORTAL).give_up()  # the fast path goes by the real clock: this one may still pass
    for gate in second._core.gates.table.values():  # noqa: SLF001  # let the real interval pass without sleeping
        gate.until = 0.0
    with pytest.raises(CredentialRejectedError):
        second.admit(OLD, PORTAL)


def test_a_success_elsewhere_spares_this_process_its_probe() -> None:
    first = make(CONCURRENT)
    second = make(CONCURRENT, store=first.store)
    verify(first, OLD)
    assert not second.admit(OLD, PORTAL).reserved


def test_an_idle_gap_asks_for_a_new_probe() -> None:
    clock = Clock()
    guard = make(SYNC_ALWAYS, clock=clock)
    verify(guard, OLD)
    clock.later(CONCURRENT.verification_ttl)
    assert what_is(guard, OLD) is PairState.STALE
    with guard.admit(OLD, PORTAL) as ticket:
        assert ticket.reserved
        assert ticket.verified
        assert places(guard) == 0
        ticket.settle(Outcome.VERIFICATION)
    assert places(guard) == 100


def test_a_verification_that_another_process_renewed_after_an_idle_gap_is_enough() -> None:
    clock = Clock()
    first = make(SYNC_ALWAYS, clock=clock)
    second = make(SYNC_ALWAYS, store=first.store, clock=clock)
    verify(first, OLD)
    verify(second, OLD)
    clock.later(CONCURRENT.verification_ttl + 1.0)
    call(first, OLD, Outcome.VERIFICATION)
    assert places(second) == 100


def test_steady_use_keeps_a_pair_fresh_and_tells_the_store() -> None:
    clock = Clock()
    guard = make(SYNC_ALWAYS, clock=clock)
    verify(guard, OLD)
    for _ in range(20):
        clock.later(CONCURRENT.verification_ttl / 2)
        assert not guard.admit(OLD, PORTAL).reserved
        call(guard, OLD, Outcome.VERIFICATION)
    other = make(SYNC_ALWAYS, store=guard.store, clock=clock)
    assert not other.admit(OLD, PORTAL).reserved


def test_a_success_is_never_dated_later_than_it_was() -> None:
    clock = Clock()
    guard = make(SYNC_ALWAYS, clock=clock)
    verify(guard, OLD)
    ticket = guard.admit(OLD, PORTAL)
    ticket.settle(Outcome.VERIFICATION)
    clock.later(CONCURRENT.verification_ttl)
    assert guard.admit(OLD, PORTAL).reserved


def test_a_denial_sends_the_next_call_alone() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    call(guard, OLD, Outcome.REVERIFY)
    with guard.admit(OLD, PORTAL, timeout=0.0) as ticket:
        assert ticket.reserved
        ticket.settle(Outcome.VERIFICATION)
    assert places(guard) == 100


def test_a_success_in_flight_clears_a_denial() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    in_flight = guard.admit(OLD, PORTAL)
    call(guard, OLD, Outcome.REVERIFY)
    in_flight.settle(Outcome.VERIFICATION)
    assert not guard.admit(OLD, PORTAL).reserved


def test_a_success_that_came_late_does_not_outlast_an_idle_gap() -> None:
    clock = Clock()
    guard = make(SYNC_ALWAYS, clock=clock)
    verify(guard, OLD)
    in_flight = guard.admit(OLD, PORTAL)
    call(guard, OLD, Outcome.REVERIFY)
    clock.later(1.0)
    in_flight.settle(Outcome.VERIFICATION)
    clock.later(CONCURRENT.verification_ttl)
    with guard.admit(OLD, PORTAL) as ticket:
        assert ticket.reserved


def test_a_success_before_a_denial_is_no_answer_to_it() -> None:
    clock = Clock()
    guard = make(SYNC_ALWAYS, clock=clock)
    verify(guard, OLD)
    early, denied = guard.admit(OLD, PORTAL), guard.admit(OLD, PORTAL)
    early.settle(Outcome.VERIFICATION)
    denied.settle(Outcome.REVERIFY)
    assert guard.admit(OLD, PORTAL).reserved


@pytest.mark.parametrize("outcome", [Outcome.AMBIGUOUS, Outcome.INTERCEPTED])
def test_what_may_be_a_gateways_answer_closes_the_gate_too(outcome: Outcome) -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    call(guard, OLD, outcome)
    assert what_is(guard, OLD) is PairState.SUSPECT
    with pytest.raises(CredentialRejectedError, match="suspicion"):
        guard.admit(OLD, PORTAL)


def test_a_rotation_closes_the_gates_and_its_end_opens_them() -> None:
    guard = make(SYNC_ALWAYS)
    verify(guard, OLD)
    guard.store.apply("key", RotateBegin(now=guard.store.clock(), incident=HERE))
    with pytest.raises(RotationInProgressError):
        guard.admit(OLD, PORTAL, timeout=0.0)
    guard.store.apply("key", RotateAbort())
    assert not guard.admit(OLD, PORTAL).reserved


def test_a_verification_of_another_pair_closes_the_gate_of_the_old_one() -> None:
    guard = make(SYNC_ALWAYS)
    verify(guard, OLD)
    verify(guard, NEW)
    with pytest.raises(CredentialSupersededError):
        guard.admit(OLD, PORTAL)


def test_another_origin_has_its_own_gate() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    with guard.admit(OLD, OTHER_PORTAL) as ticket:
        assert ticket.reserved
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.settle(Outcome.STRIKE)
    with pytest.raises(CredentialRejectedError, match="https://portal:443 said so"):
        guard.admit(OLD, PORTAL)
    # A verdict stays where it was given.
    with guard.admit(OLD, OTHER_PORTAL) as ticket:
        assert ticket.reserved


def test_an_operators_word_opens_a_pair_that_was_rejected_here() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    call(guard, OLD, Outcome.STRIKE)
    guard.store.apply("key", Reset(now=guard.store.clock(), forgive=frozenset({OLD.fingerprint})))
    with guard.admit(OLD, PORTAL) as ticket:
        assert ticket.reserved
        ticket.settle(Outcome.VERIFICATION)
    assert places(guard) == 100


def test_a_rejection_closes_the_gates_of_its_own_pair_only() -> None:
    guard = make(CONCURRENT)
    verify(guard, Pair("another pair", key_fingerprint="another key"))
    verify(guard, OLD)
    call(guard, OLD, Outcome.STRIKE)
    assert not guard.admit(Pair("another pair", key_fingerprint="another key"), PORTAL).reserved


def test_strict_has_no_gates() -> None:
    guard = make(STRICT)
    for _ in range(50):
        with guard.admit(OLD, PORTAL) as ticket:
            assert ticket.reserved
            ticket.settle(Outcome.VERIFICATION)
