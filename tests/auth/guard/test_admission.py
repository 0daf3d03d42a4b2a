import os
import socket
import threading
import time

import attrs
import pytest

from cyara_auth.errors import (
    AdmissionRefusedError,
    CredentialRejectedError,
    CredentialSupersededError,
    CredentialSuspectError,
    PlaceWaitTimeoutError,
    ProbeWaitTimeoutError,
    RotationInProgressError,
    SharedStoreRequiredError,
    StrikeBudgetExhaustedError,
)
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.providers.renewal import LoginSource
from cyara_auth.stores.base import StorePace
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.events import RotateBegin, StillValid
from cyara_auth.strikes.state import Incident, Outcome, PairState, TicketStatus

from .parts import CONCURRENT, GUARDED, NEW, OLD, PORTAL, STRICT, Clock, Pair, call, make, state, verify, what_is

ALL = pytest.mark.parametrize("settings", [GUARDED, STRICT, CONCURRENT], ids=["guarded", "strict", "concurrent"])
BOTH = pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])


def burst(guard: StrikeGuard, outcome: Outcome, *, threads: int = 100) -> tuple[int, list[AdmissionRefusedError], int]:
    """Let many threads call at once; return the calls sent, the refusals, and the most calls at a time."""
    sent, most, now = 0, 0, 0
    refusals: list[AdmissionRefusedError] = []
    lock = threading.Lock()

    def work() -> None:
        nonlocal sent, most, now
        try:
            with guard.admit(OLD, PORTAL) as ticket:
                ticket.sent()
                with lock:
                    sent += 1
                    now += 1
                    most = max(most, now)
                time.sleep(0.005)
                with lock:
                    now -= 1
                ticket.settle(outcome)
        except AdmissionRefusedError as refusal:
            refusals.append(refusal)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert not any(worker.is_alive() for worker in workers), "somebody is stuck"
    return sent, refusals, most


@ALL
def test_a_hundred_threads_with_a_stale_pair_send_one_call(settings: GuardSettings) -> None:
    guard = make(settings)
    sent, refusals, _ = burst(guard, Outcome.STRIKE)
    assert sent == 1
    assert len(refusals) == 99
    assert all(type(refusal) is CredentialRejectedError for refusal in refusals)
    assert state(guard).strikes == 1


def test_concurrent_lets_a_hundred_threads_with_a_good_pair_through() -> None:
    sent, refusals, most = burst(make(CONCURRENT), Outcome.VERIFICATION)
    assert (sent, refusals) == (100, [])
    assert most > 2


@BOTH
def test_never_are_more_calls_in_flight_than_the_budget(settings: GuardSettings) -> None:
    sent, refusals, most = burst(make(settings), Outcome.VERIFICATION)
    assert (sent, refusals) == (100, [])
    assert most == 2


def test_offline_threads_take_turns_and_are_never_charged() -> None:
    guard = make()
    sent, refusals, most = burst(guard, Outcome.NOT_SENT)
    assert (sent, refusals, most) == (100, [], 1)
    assert not state(guard).tickets


def test_two_time_outs_exhaust_the_budget_and_the_others_are_told() -> None:
    sent, refusals, _ = burst(make(), Outcome.UNKNOWN)
    assert sent == 2
    assert {type(refusal) for refusal in refusals} == {StrikeBudgetExhaustedError}


def test_the_rejection_text_says_everything() -> None:
    guard = make()
    call(guard, OLD, Outcome.STRIKE)
    with pytest.raises(CredentialRejectedError) as caught:
        call(guard, OLD, Outcome.VERIFICATION)
    text = str(caught.value)
    assert "01234567 from a test" in text
    assert OLD.fingerprint not in text
    assert f"in process {os.getpid()} on {socket.gethostname()}" in text
    assert "Nothing was sent." in text
    assert "to its source (a test), then: cyara auth verify; if this very pair is active there" in text
    assert text.endswith("cyara auth reset --still-valid --forgive 01234567")
    assert caught.value.when is not None
    assert abs(caught.value.when.timestamp() - time.time()) < 60


def test_another_guard_on_the_store_refuses_without_having_seen_the_401() -> None:
    first = make()
    call(first, OLD, Outcome.STRIKE)
    second = make(store=first.store)
    for _ in range(2):
        with pytest.raises(CredentialRejectedError, match="01234567"):
            call(second, OLD, Outcome.VERIFICATION)


@pytest.mark.parametrize(
    "source", [LoginSource("keyring entry portal"), LoginSource("profile file /srv/portal.json"), None]
)
def test_who_reads_what_login_stores_is_told_to_log_in(source: str | None) -> None:
    guard = make()
    call(guard, OLD, Outcome.STRIKE)
    with pytest.raises(CredentialRejectedError, match="cyara auth login"):
        guard.admit(Pair(OLD.fingerprint, source=source), PORTAL)


def test_a_pair_that_comes_from_elsewhere_now_is_told_both_sources() -> None:
    guard = make()
    call(guard, OLD, Outcome.STRIKE)
    for asked in (guard, make(store=guard.store)):
        with pytest.raises(CredentialRejectedError, match=r"another source then \(a test\)") as caught:
            asked.admit(Pair(OLD.fingerprint, source="environment variable X"), PORTAL)
        assert "01234567 from environment variable X." in str(caught.value)
        assert "to its source (environment variable X)" in str(caught.value)


def test_a_superseded_pair_is_told_by_which() -> None:
    guard = make()
    call(guard, OLD, Outcome.VERIFICATION)
    call(guard, NEW, Outcome.VERIFICATION)
    for _ in range(2):
        with pytest.raises(CredentialSupersededError, match="pair fedcba98 took its place"):
            make(store=guard.store).admit(OLD, PORTAL)


@pytest.mark.parametrize("outcome", [Outcome.AMBIGUOUS, Outcome.INTERCEPTED])
def test_a_suspect_pair_waits_for_an_operator(outcome: Outcome) -> None:
    guard = make()
    verify(guard, OLD)
    call(guard, OLD, outcome)
    with pytest.raises(CredentialSuspectError, match="cyara auth reset --still-valid"):
        guard.admit(OLD, PORTAL)
    with guard.admit(OLD, PORTAL, confirm=True) as ticket:
        ticket.settle(Outcome.VERIFICATION)
    assert what_is(guard, OLD) is PairState.VERIFIED
    call(guard, OLD, Outcome.VERIFICATION)


def test_a_login_page_where_the_api_never_answered_makes_no_pair_suspect() -> None:
    guard = make()
    call(guard, OLD, Outcome.INTERCEPTED)
    assert what_is(guard, OLD) is PairState.UNVERIFIED
    call(guard, OLD, Outcome.VERIFICATION)
    assert what_is(guard, OLD) is PairState.VERIFIED


def test_an_operator_who_looked_lets_one_call_go() -> None:
    guard = make()
    call(guard, OLD, Outcome.UNKNOWN)
    call(guard, OLD, Outcome.UNKNOWN)
    with pytest.raises(StrikeBudgetExhaustedError, match="--still-valid"):
        guard.admit(OLD, PORTAL)
    guard.store.apply("key", StillValid())
    call(guard, OLD, Outcome.UNKNOWN)
    with pytest.raises(StrikeBudgetExhaustedError):
        guard.admit(OLD, PORTAL)


def test_exhausted_by_strikes_tells_of_the_last_one() -> None:
    guard = make(GuardSettings(budget=1))
    call(guard, OLD, Outcome.STRIKE)
    with pytest.raises(StrikeBudgetExhaustedError, match=r"strikes 1, .*unknown outcome 0, budget 1") as caught:
        guard.admit(NEW, PORTAL)
    assert caught.value.pid == os.getpid()


def test_exhausted_by_unknowns_tells_of_the_last_one() -> None:
    guard = make(GuardSettings(budget=1))
    call(guard, OLD, Outcome.UNKNOWN)
    with pytest.raises(StrikeBudgetExhaustedError, match=r"reset --still-valid.*reset --regenerated") as caught:
        guard.admit(OLD, PORTAL)
    assert caught.value.when is not None


def test_exhausted_by_losses_tells_what_came_instead_of_an_answer() -> None:
    guard = make()
    for reason in ("ReadTimeout", "ReadTimeout"):
        with guard.admit(OLD, PORTAL) as ticket:
            ticket.sent()
            ticket.settle(Outcome.UNKNOWN, reason=reason)
    with pytest.raises(StrikeBudgetExhaustedError, match=r"unknown outcome 2, budget 2: ReadTimeout twice\."):
        guard.admit(OLD, PORTAL)


def test_exhausted_in_a_store_without_stories() -> None:
    guard = make(GuardSettings(budget=1))
    call(guard, OLD, Outcome.STRIKE)
    with pytest.raises(StrikeBudgetExhaustedError) as caught:
        make(GuardSettings(budget=1), store=guard.store).admit(Pair("x" * 32, source=None), PORTAL)
    assert caught.value.source is None  # what is known of another pair's source is not this one's


@ALL
def test_a_rotation_in_progress_names_who_began_it(settings: GuardSettings) -> None:
    guard = make(attrs.evolve(settings, rotation_wait=0.0))
    verify(guard, OLD)
    guard.close()
    event = RotateBegin(now=guard.store.clock(), incident=Incident(wall=0.0, host="desk", pid=7))
    guard.store.apply("key", event)
    time.sleep(guard.settings.sync_interval)
    with pytest.raises(RotationInProgressError, match="in process 7 on desk"):
        guard.admit(OLD, PORTAL)


def test_a_wait_ends_and_says_whose_call_it_waited_for() -> None:
    guard = make()
    with guard.admit(OLD, PORTAL, operation="UploadAudio"):
        with pytest.raises(ProbeWaitTimeoutError, match="for the call of UploadAudio") as caught:
            guard.admit(OLD, PORTAL, timeout=0.05)
        assert caught.value.pid == os.getpid()
        with pytest.raises(ProbeWaitTimeoutError, match="waited"):
            guard.admit(OLD, PORTAL, timeout=0.0)


@BOTH
def test_a_wait_for_a_place_ends_too(settings: GuardSettings) -> None:
    guard = make(settings)
    call(guard, OLD, Outcome.VERIFICATION)
    with guard.admit(OLD, PORTAL), guard.admit(OLD, PORTAL), pytest.raises(PlaceWaitTimeoutError, match="waited"):
        guard.admit(OLD, PORTAL, timeout=0.05)
    call(guard, OLD, Outcome.VERIFICATION)


def test_the_settings_say_how_long_to_wait() -> None:
    guard = make(GuardSettings(probe_wait=0.05))
    with guard.admit(OLD, PORTAL), pytest.raises(ProbeWaitTimeoutError):
        guard.admit(OLD, PORTAL)


def test_a_private_store_is_refused_where_a_shared_one_is_required() -> None:
    guard = make(GuardSettings(require_shared_store=True))
    with pytest.raises(SharedStoreRequiredError, match="memory of process"):
        guard.admit(OLD, PORTAL)


class SeldomAsked(MemoryStrikeStore):
    """A store that wants to be asked three times a minute."""

    pace = StorePace(poll=20.0, quantum=0.25, waiting_life=60.0)


def test_a_waiter_is_woken_not_polled() -> None:
    guard = make(store=SeldomAsked())
    ticket = guard.admit(OLD, PORTAL)
    timer = threading.Timer(0.05, ticket.settle, [Outcome.NOT_SENT])
    timer.start()
    began = time.monotonic()
    call(guard, OLD, Outcome.VERIFICATION, timeout=20.0)
    assert time.monotonic() - began < 5.0
    timer.join()


def test_a_waiter_notices_what_another_process_settles() -> None:
    first = make()
    second = make(store=first.store)
    ticket = first.admit(OLD, PORTAL)
    timer = threading.Timer(0.05, ticket.settle, [Outcome.VERIFICATION])
    timer.start()
    call(second, OLD, Outcome.VERIFICATION)
    timer.join()


def test_the_read_timeout_of_a_call_bounds_how_long_it_can_be_lost() -> None:
    guard = make(clock=Clock())
    with guard.admit(OLD, PORTAL, read_timeout=600.0):
        assert [ticket.orphan_ttl for ticket in state(guard).tickets] == [720.0]
    with guard.admit(OLD, PORTAL):
        assert [ticket.orphan_ttl for ticket in state(guard).tickets] == [150.0]


def test_the_guard_names_its_parts() -> None:
    guard = make(STRICT)
    assert guard.settings is STRICT
    assert guard.store.describe() == f"memory of process {os.getpid()}"
    call(guard, OLD, Outcome.NOT_SENT)
    assert guard.store.key_ids() == ["key"]
    guard.store.close()


def test_an_unverified_call_that_times_out_stays_charged() -> None:
    guard = make()
    call(guard, OLD, Outcome.UNKNOWN)
    assert [ticket.status for ticket in state(guard).tickets] == [TicketStatus.UNKNOWN]
