import pytest

from cyara_auth.errors import CredentialRejectedError, StrikeStoreUnavailableError
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.machine import Instant
from cyara_auth.strikes.state import GuardPolicy, Outcome, PairState

from .parts import NEW, OLD, PORTAL, STRICT, SYNC_ALWAYS, Clock, FragileStore, call, make, state, verify, what_is


def test_an_unverified_pair_is_refused_without_a_store() -> None:
    store = FragileStore()
    guard = make(store=store)
    store.down = True
    for _ in range(3):
        with pytest.raises(StrikeStoreUnavailableError):
            guard.admit(OLD, PORTAL)
    store.down = False
    call(guard, OLD, Outcome.VERIFICATION)


def test_strict_sends_nothing_without_a_store() -> None:
    store = FragileStore()
    guard = make(STRICT, store=store)
    verify(guard, OLD)
    store.down = True
    with pytest.raises(StrikeStoreUnavailableError):
        guard.admit(OLD, PORTAL)


def test_a_verified_pair_goes_on_for_as_long_as_a_verification_lasts() -> None:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(SYNC_ALWAYS, store=store, clock=clock)
    verify(guard, OLD)
    store.down = True
    for _ in range(10):
        clock.later(SYNC_ALWAYS.verification_ttl / 2)
        call(guard, OLD, Outcome.VERIFICATION)
    clock.later(SYNC_ALWAYS.verification_ttl)
    with pytest.raises(StrikeStoreUnavailableError):
        guard.admit(OLD, PORTAL)


def test_a_grant_whose_answer_got_lost_is_given_back() -> None:
    store = FragileStore()
    guard = make(store=store)
    store.lose_next_answer = True
    with pytest.raises(StrikeStoreUnavailableError):
        guard.admit(OLD, PORTAL)
    assert len(state(guard).tickets) == 1
    call(guard, OLD, Outcome.VERIFICATION)
    guard.close()  # which gives the kept place back
    assert not state(guard).tickets


def test_a_401_is_honoured_here_even_if_the_store_cannot_be_told() -> None:
    store = FragileStore()
    guard = make(store=store)
    verify(guard, OLD)
    store.down = True
    call(guard, OLD, Outcome.STRIKE)
    for _ in range(3):
        with pytest.raises(CredentialRejectedError, match="01234567"):
            guard.admit(OLD, PORTAL)
    store.down = False
    assert state(guard).strikes == 0
    with pytest.raises(CredentialRejectedError):
        guard.admit(OLD, PORTAL)
    assert state(guard).strikes == 1
    assert what_is(guard, OLD) is PairState.REJECTED


def test_nothing_unverified_goes_before_the_store_has_been_told_of_a_401() -> None:
    store = FragileStore()
    guard = make(GuardSettings(budget=1), store=store)
    verify(guard, OLD)
    store.down = True
    call(guard, OLD, Outcome.STRIKE)
    store.down = False
    with pytest.raises(Exception, match="budget of possibly invalid calls is used up"):
        guard.admit(NEW, PORTAL)


@pytest.mark.parametrize("policy", GuardPolicy)
def test_row_81_a_store_that_lost_its_writes_does_not_reopen_a_rejected_pair(policy: GuardPolicy) -> None:
    store = FragileStore()
    guard = make(GuardSettings(policy=policy), store=store)
    call(guard, OLD, Outcome.STRIKE)
    store.flush()
    for _ in range(3):
        with pytest.raises(CredentialRejectedError):
            guard.admit(OLD, PORTAL)


def test_a_failed_settlement_is_dated_by_when_it_was_learnt() -> None:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(STRICT, store=store, clock=clock)
    ticket = guard.admit(OLD, PORTAL)
    store.down = True
    ticket.settle(Outcome.VERIFICATION)
    clock.later(600.0)
    store.down = False
    guard.close()
    standing = state(guard).pairs[0].at(PORTAL)
    assert standing.verified_at == Instant(domain="test", seconds=clock.seconds - 600.0)


def test_two_flushes_at_a_time_write_each_report_once() -> None:
    guard = reentrant()
    call(guard, OLD, Outcome.STRIKE)
    guard.close()
    assert state(guard).strikes == 1


def reentrant() -> StrikeGuard:
    """Return a guard whose store flushes the guard again while it writes, as a second thread might."""
    guard: StrikeGuard

    class Flushing(FragileStore):
        def clock(self) -> Instant:
            guard.close()
            return super().clock()

    guard = make(store=Flushing())
    return guard
