"""Places that a process keeps from call to call: when they save a question, when they go back, when they are lost."""

import gc
import multiprocessing.process
import multiprocessing.util
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs
import pytest

from cyara_auth.errors import (
    AdmissionRefusedError,
    CredentialRejectedError,
    RotationInProgressError,
    StrikeStoreRolledBackWarning,
    StrikeStoreUnavailableError,
)
from cyara_auth.guard import places
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.machine import Instant
from cyara_auth.strikes.events import Decision, Event, Reset, RotateBegin, Settle
from cyara_auth.strikes.state import Incident, KeyState, Outcome, PairState, TicketStatus

from .parts import (
    GUARDED,
    NEW,
    OLD,
    OTHER_PORTAL,
    PORTAL,
    STRICT,
    Clock,
    CountingStore,
    FragileStore,
    Pair,
    SharedStore,
    SlowStore,
    call,
    eventually,
    make,
    open_tickets,
    state,
    verify,
    what_is,
)

HERE = Incident(wall=0.0, host="desk", pid=7)
RENEWAL = places.RENEW_AFTER + 1.0


def by_clock(settings: GuardSettings = GUARDED) -> tuple[StrikeGuard, CountingStore, Clock]:
    """Return a guard that keeps a place of the verified pair OLD, and whose time stands still."""
    clock = Clock()
    store = CountingStore(clock=clock.instant)
    guard = make(settings, store=store, clock=clock)
    verify(guard, OLD)
    store.asked.clear()
    return guard, store, clock


def change(guard: StrikeGuard, event: Event) -> Decision:
    return guard.store.apply("key", event)


def test_two_hundred_calls_in_a_row_ask_the_store_a_handful_of_times() -> None:
    store = CountingStore()
    guard = make(store=store)
    verify(guard, OLD, times=200)
    assert store.asked == {"Admit": 1, "Settle": 1}
    assert len(open_tickets(guard)) == 1
    guard.close()
    assert not state(guard).tickets


def test_strict_keeps_no_place_when_nobody_follows() -> None:
    guard, store, _ = by_clock(STRICT)
    assert not state(guard).tickets
    verify(guard, OLD)
    assert store.asked == {"Admit": 1, "Settle": 1}


def test_strict_passes_a_place_on_to_whoever_waits_in_the_process() -> None:
    store = CountingStore()
    guard = make(attrs.evolve(STRICT, budget=1), store=store)
    verify(guard, OLD)
    store.asked.clear()
    held = guard.admit(OLD, PORTAL)
    follower = threading.Thread(target=call, args=(guard, OLD, Outcome.VERIFICATION))
    follower.start()
    eventually(lambda: guard._core.waiters.has("key"))  # noqa: SLF001  # when the follower has queued up
    admitted = store.asked["Admit"]
    held.settle(Outcome.VERIFICATION)
    follower.join(10)
    assert store.asked["Admit"] == admitted
    assert not state(guard).tickets


def test_a_place_goes_back_after_a_second_without_a_call() -> None:
    guard = make()
    verify(guard, OLD)
    ended = time.monotonic()
    assert open_tickets(guard)
    eventually(lambda: not open_tickets(guard))
    assert 0.9 < time.monotonic() - ended < 5.0
    eventually(lambda: guard._core._places._thread is None)  # noqa: SLF001  # nothing is left to serve
    verify(guard, OLD)
    eventually(lambda: not open_tickets(guard))


def test_a_place_goes_back_sooner_when_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "IDLE", 60.0)
    guard = make(attrs.evolve(GUARDED, budget=1), store=SharedStore())
    elsewhere = make(attrs.evolve(GUARDED, budget=1), store=guard.store)
    verify(guard, OLD)
    began = time.monotonic()
    call(elsewhere, OLD, Outcome.VERIFICATION)
    assert time.monotonic() - began < 4.0


def test_a_place_goes_back_when_the_process_ends() -> None:
    script = textwrap.dedent("""
        import atexit
        atexit.register(lambda: print([t.status.value for t in store.read("key").tickets]))
        from types import SimpleNamespace
        from cyara_auth.guard.guard import StrikeGuard
        from cyara_auth.stores.memory import MemoryStrikeStore
        from cyara_auth.strikes.state import Outcome
        store = MemoryStrikeStore()
        guard = StrikeGuard(store=store)
        pair = SimpleNamespace(fingerprint="p", key_fingerprint="key", source=None)
        for _ in range(3):
            guard.admit(pair, "https://portal:443").settle(Outcome.VERIFICATION)
        print([t.status.value for t in store.read("key").tickets])
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout.split("\n"), done.stderr) == (["['open']", "[]", ""], "")


def test_a_place_goes_back_when_a_child_of_multiprocessing_ends(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(
        textwrap.dedent("""
            import multiprocessing, sys
            from pathlib import Path
            from types import SimpleNamespace
            from cyara_auth.guard.guard import StrikeGuard
            from cyara_auth.stores.sqlite import SqliteStrikeStore
            from cyara_auth.strikes.state import Outcome
            store = SqliteStrikeStore(Path(sys.argv[1]))
            guard = StrikeGuard(store=store)
            pair = SimpleNamespace(fingerprint="p", key_fingerprint="key", source=None)
            def work():
                for _ in range(3):
                    guard.admit(pair, "https://portal:443").settle(Outcome.VERIFICATION)
                print([t.status.value for t in store.read("key").tickets], flush=True)
            if __name__ == "__main__":
                child = multiprocessing.Process(target=work)
                child.start()
                child.join()
                print([t.status.value for t in store.read("key").tickets])
        """)
    )
    command = [sys.executable, str(script), str(tmp_path / "strikes.sqlite3")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout.split("\n"), done.stderr) == (["['open']", "[]", ""], "")


def test_what_ends_a_child_of_multiprocessing_does_here_what_it_does_there(monkeypatch: pytest.MonkeyPatch) -> None:
    # The child above ends without writing its coverage; this runs the same lines where they are counted.
    monkeypatch.setattr(multiprocessing.process, "parent_process", multiprocessing.current_process)
    others = set(vars(multiprocessing.util)["_finalizer_registry"].values())
    guard = make()
    verify(guard, OLD)
    assert len(open_tickets(guard)) == 1
    (end,) = set(vars(multiprocessing.util)["_finalizer_registry"].values()) - others
    end()
    assert not state(guard).tickets
    places._end(weakref.ref(Pair("a guard that is gone")))  # noqa: SLF001  # as when the child outlives its guard


def test_a_dropped_ticket_goes_back_though_its_process_calls_no_more() -> None:
    guard = make()
    ticket = guard.admit(OLD, PORTAL)
    assert len(open_tickets(guard)) == 1
    del ticket
    gc.collect()
    eventually(lambda: not state(guard).tickets)


@pytest.mark.parametrize("settings", [GUARDED, STRICT])
def test_an_outcome_reaches_a_store_that_comes_back_though_its_process_calls_no_more(settings: GuardSettings) -> None:
    store = FragileStore()
    guard = make(settings, store=store)
    ticket = guard.admit(OLD, PORTAL)
    ticket.sent()
    store.down = True
    ticket.settle(Outcome.STRIKE)
    time.sleep(0.3)
    store.down = False
    eventually(lambda: state(guard).strikes == 1)


def test_a_guard_that_is_closed_waits_for_what_its_thread_is_writing() -> None:
    store = SlowStore()
    guard = make(store=store)
    ticket = guard.admit(OLD, PORTAL)
    store.opened.clear()
    store.entered.clear()
    del ticket
    gc.collect()
    assert store.entered.wait(10)  # by the thread of the background, as nobody else calls
    threading.Timer(0.5, store.opened.set).start()
    guard.close()
    assert not state(guard).tickets


def test_places_go_back_after_a_warning_of_the_store_that_is_an_error() -> None:
    class Warns(CountingStore):
        warns = 0

        def read(self, key_id: str) -> KeyState:
            if self.warns:
                self.warns -= 1
                raise StrikeStoreRolledBackWarning
            return super().read(key_id)

    store = Warns()
    guard = make(store=store)
    verify(guard, OLD)
    assert len(open_tickets(guard)) == 1
    # The thread ends of it; the place that the next call keeps has a thread again.
    ended: list[object] = []
    hook, threading.excepthook = threading.excepthook, ended.append
    try:
        store.warns = 1
        eventually(lambda: bool(ended))
    finally:
        threading.excepthook = hook
    verify(guard, OLD)
    eventually(lambda: not state(guard).tickets)


def test_a_kept_place_is_renewed_between_two_calls_and_no_sooner_than_it_must() -> None:
    guard, store, clock = by_clock()
    for _ in range(10):
        clock.later(places.RENEW_AFTER / 4)
        verify(guard, OLD)
    assert store.asked == {"Renew": 2}
    assert state(guard).tickets[0].reserved_at == Instant(domain="test", seconds=1000.0 + 2 * places.RENEW_AFTER)


def test_the_wall_clock_alone_makes_a_renewal_due() -> None:
    store, wall = CountingStore(), Clock()
    guard = StrikeGuard(store=store, settings=GUARDED, wall=wall.steady)
    verify(guard, OLD, times=2)
    wall.later(RENEWAL)
    verify(guard, OLD)
    assert store.asked == {"Admit": 1, "Settle": 1, "Renew": 1}


def test_a_renewal_tells_of_the_last_success_and_makes_older_losses_refundable() -> None:
    guard, store, clock = by_clock()
    lost = guard.admit(OLD, OTHER_PORTAL)
    lost.sent()
    lost.settle(Outcome.UNKNOWN)
    call(guard, OLD, Outcome.VERIFICATION)
    held = open_tickets(guard)
    # `orphan_ttl` later the loss is over, and the next success is certain to be younger.
    for _ in range(7):
        clock.later(RENEWAL)
        verify(guard, OLD)
    assert open_tickets(guard) == held
    standing = state(guard).pairs[0].at(PORTAL)
    assert standing.verified_at == Instant(domain="test", seconds=clock.seconds - RENEWAL)
    assert [ticket.status for ticket in state(guard).tickets].count(TicketStatus.UNKNOWN) == 1
    guard.close()
    assert not state(guard).tickets
    assert store.asked["Renew"] >= 7


def gone(guard: StrikeGuard) -> None:
    (ticket,) = state(guard).tickets
    change(
        guard,
        Settle(
            now=guard.store.clock(),
            settings=GUARDED,
            pair=OLD.fingerprint,
            origin=PORTAL,
            outcome=Outcome.NOT_SENT,
            ticket=ticket.id,
            incident=HERE,
        ),
    )


def given_up(guard: StrikeGuard) -> None:
    (ticket,) = state(guard).tickets
    change(
        guard,
        Settle(
            now=guard.store.clock(),
            settings=GUARDED,
            pair=OLD.fingerprint,
            origin=PORTAL,
            outcome=Outcome.UNKNOWN,
            ticket=ticket.id,
            incident=HERE,
        ),
    )


def unverified(guard: StrikeGuard) -> None:
    change(guard, Reset(now=guard.store.clock()))


@pytest.mark.parametrize("lose", [gone, given_up, unverified])
def test_a_place_that_cannot_be_renewed_goes_back_and_is_asked_for_anew(lose: Callable[[StrikeGuard], None]) -> None:
    guard, store, clock = by_clock()
    (before,) = open_tickets(guard)
    lose(guard)
    store.asked.clear()
    clock.later(RENEWAL)
    with guard.admit(OLD, PORTAL, timeout=0.0) as ticket:
        assert store.asked == {"Renew": 1, "Settle": 1, "Admit": 1}
        assert open_tickets(guard) not in ([], [before])
        assert len(state(guard).tickets) == 1
        ticket.settle(Outcome.VERIFICATION)


def test_a_rotation_takes_the_kept_place_at_its_next_renewal() -> None:
    guard, _, clock = by_clock(attrs.evolve(GUARDED, rotation_wait=0.0))
    change(guard, RotateBegin(now=guard.store.clock(), incident=HERE))
    clock.later(RENEWAL)
    with pytest.raises(RotationInProgressError):
        guard.admit(OLD, PORTAL)
    assert not state(guard).tickets


def test_a_rotation_takes_the_kept_place_of_a_process_that_calls_and_calls() -> None:
    guard = make(attrs.evolve(GUARDED, rotation_wait=0.0))
    verify(guard, OLD)
    change(guard, RotateBegin(now=guard.store.clock(), incident=HERE))
    began = time.monotonic()
    with suppress(RotationInProgressError):
        while time.monotonic() - began < 10.0:
            call(guard, OLD, Outcome.VERIFICATION)
            time.sleep(0.01)
    assert time.monotonic() - began < 2.0
    assert not state(guard).tickets


def test_a_store_that_fails_during_a_renewal_leaves_the_place_kept() -> None:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    verify(guard, OLD, times=2)
    (held,) = open_tickets(guard)
    clock.later(RENEWAL)
    store.down = True
    for _ in range(3):
        with pytest.raises(StrikeStoreUnavailableError):
            guard.admit(OLD, PORTAL)
    store.down = False
    verify(guard, OLD)
    assert open_tickets(guard) == [held]


@pytest.mark.parametrize("outcome", [Outcome.STRIKE, Outcome.UNKNOWN, Outcome.REVERIFY, Outcome.BUSY])
def test_a_401_a_loss_and_a_doubt_settle_the_place(outcome: Outcome) -> None:
    guard, _, _ = by_clock()
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.sent()
        ticket.settle(outcome)
    assert not open_tickets(guard)
    assert state(guard).strikes == (outcome is Outcome.STRIKE)
    left = [ticket.status for ticket in state(guard).tickets]
    assert left == ([TicketStatus.UNKNOWN] if outcome is Outcome.UNKNOWN else [])


@pytest.mark.parametrize("outcome", [Outcome.VERIFICATION, Outcome.INCONCLUSIVE, Outcome.NOT_SENT])
def test_every_other_outcome_leaves_it(outcome: Outcome) -> None:
    guard, store, _ = by_clock()
    call(guard, OLD, outcome)
    assert not store.asked
    assert len(open_tickets(guard)) == 1


def test_an_idle_place_of_a_pair_that_was_rejected_meanwhile_is_not_used() -> None:
    guard, _, _ = by_clock()
    with guard.admit(OLD, PORTAL) as one, guard.admit(OLD, PORTAL) as other:
        one.settle(Outcome.VERIFICATION)
        other.settle(Outcome.STRIKE)
    with pytest.raises(CredentialRejectedError):
        guard.admit(OLD, PORTAL)


@pytest.mark.parametrize(
    ("pair", "origin", "read_timeout"),
    [(NEW, PORTAL, 30.0), (OLD, OTHER_PORTAL, 30.0), (OLD, PORTAL, 31.0)],
    ids=["another pair", "another origin", "a longer read timeout"],
)
def test_a_place_that_does_not_serve_a_call_goes_back_at_once(pair: Pair, origin: str, read_timeout: float) -> None:
    guard, store, _ = by_clock()
    (before,) = open_tickets(guard)
    with guard.admit(pair, origin, timeout=0.0, read_timeout=read_timeout) as ticket:
        assert store.asked == {"Settle": 1, "Admit": 1}
        assert before not in open_tickets(guard)
        ticket.settle(Outcome.NOT_SENT)


def test_a_call_with_a_shorter_read_timeout_is_served() -> None:
    guard, store, _ = by_clock()
    with guard.admit(OLD, PORTAL, read_timeout=1.0) as ticket:
        ticket.settle(Outcome.VERIFICATION)
    assert not store.asked


def test_the_ticket_of_the_call_before_cannot_settle_the_call_that_has_its_place() -> None:
    guard, _, _ = by_clock()
    before = guard.admit(OLD, PORTAL)
    before.settle(Outcome.VERIFICATION)
    with guard.admit(OLD, PORTAL):
        before.settle(Outcome.STRIKE)
        before.give_up()
        assert len(open_tickets(guard)) == 1
        assert state(guard).strikes == 0
        with guard.admit(OLD, PORTAL, timeout=0.0):
            assert len(open_tickets(guard)) == 2


def test_a_success_on_a_place_that_was_given_up_meanwhile_frees_it() -> None:
    # A laptop that slept while the portal answered: its ticket was given up, and then its call succeeded.
    guard = make()
    ticket = guard.admit(OLD, PORTAL)
    ticket.sent()
    given_up(guard)
    ticket.settle(Outcome.VERIFICATION)
    assert what_is(guard, OLD) is PairState.VERIFIED
    assert not state(guard).tickets


def test_a_success_that_comes_too_late_to_verify_anything_leaves_no_place_behind() -> None:
    guard = make()
    ticket = guard.admit(OLD, PORTAL)
    change(guard, Reset(now=guard.store.clock()))
    ticket.settle(Outcome.VERIFICATION)
    assert what_is(guard, OLD) is PairState.UNVERIFIED
    assert not state(guard).tickets


def test_a_first_success_that_cannot_be_written_keeps_its_place_once_it_is() -> None:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    ticket = guard.admit(OLD, PORTAL)
    store.down = True
    ticket.settle(Outcome.VERIFICATION)
    for _ in range(3):
        with pytest.raises(StrikeStoreUnavailableError):
            guard.admit(OLD, PORTAL)
    store.down = False
    (held,) = open_tickets(guard)
    verify(guard, OLD, times=3)
    assert held in open_tickets(guard)
    guard.close()
    assert not state(guard).tickets


def test_a_first_success_that_is_written_while_the_guard_closes_keeps_no_place() -> None:
    class Closing(FragileStore):
        """A store during whose write of a success another thread closes the guard."""

        def apply(self, key_id: str, event: Event) -> Decision:
            decision = super().apply(key_id, event)
            if isinstance(event, Settle) and event.keep:
                guard.close()
            return decision

    guard = make(store=Closing())
    verify(guard, OLD)
    assert not state(guard).tickets


def test_without_a_thread_that_would_hand_it_back_no_place_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    store = CountingStore()
    guard = make(store=store)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    verify(guard, OLD, times=3)
    assert not state(guard).tickets
    monkeypatch.undo()
    store.asked.clear()
    verify(guard, OLD, times=3)
    assert store.asked == {"Admit": 1}
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert guard._core._places._thread is not None  # noqa: SLF001  # it runs, so none has to be started
    verify(guard, OLD)
    assert len(open_tickets(guard)) == 1


def test_a_verified_place_goes_back_with_its_success_if_no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    guard, _, clock = by_clock()
    with guard.admit(OLD, PORTAL) as ticket:
        clock.later(5.0)
        monkeypatch.setattr(guard._core._places, "_start", lambda: False)  # noqa: SLF001  # as the system does
        ticket.settle(Outcome.VERIFICATION)
    assert not state(guard).tickets
    assert state(guard).pairs[0].at(PORTAL).verified_at == Instant(domain="test", seconds=clock.seconds)


def test_a_guard_that_is_waited_for_says_so_only_while_it_holds_nothing() -> None:
    guard, store, _ = by_clock(attrs.evolve(GUARDED, budget=1))
    store.waiting_lives.clear()
    elsewhere = make(attrs.evolve(GUARDED, budget=1), store=store)
    with pytest.raises(AdmissionRefusedError):
        elsewhere.admit(OLD, PORTAL, timeout=0.0)
    assert store.waiting_lives[0] == store.pace.waiting_life
    assert state(guard).waiting_at is not None


def test_somebody_waits_only_while_the_mark_is_young() -> None:
    guard, store, clock = by_clock()
    core = guard._core  # noqa: SLF001  # what the thread of the background asks
    assert not core.somebody_waits("key")
    for holder in (guard.admit(OLD, PORTAL), guard.admit(OLD, PORTAL)):
        holder.sent()
    with pytest.raises(AdmissionRefusedError):
        make(store=store, clock=clock).admit(OLD, PORTAL, timeout=0.0)
    assert core.somebody_waits("key")
    clock.later(store.pace.waiting_life)
    assert not core.somebody_waits("key")
    change(guard, RotateBegin(now=guard.store.clock(), incident=HERE))
    assert core.somebody_waits("key")


def test_a_store_that_cannot_be_read_shows_nobody_who_waits() -> None:
    store = FragileStore()
    guard = make(store=store)
    store.down = True
    assert not guard._core.somebody_waits("key")  # noqa: SLF001  # what the thread of the background asks


def test_the_thread_of_the_background_survives_a_store_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clockless(FragileStore):
        """A store whose clock is the server's, as with Redis."""

        def clock(self) -> Instant:
            self._check()
            return super().clock()

    monkeypatch.setattr(places, "RENEW_AFTER", 0.0)
    store = Clockless()
    guard = make(store=store)
    failed = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: failed.set())
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.sent()
        store.down = True
        time.sleep(0.5)
        store.down = False
        ticket.settle(Outcome.VERIFICATION)
    assert not failed.is_set()
    eventually(lambda: not state(guard).tickets)


def test_the_place_of_a_guard_that_is_gone_is_nobodys_business() -> None:
    guard, store, _ = by_clock()
    kept = guard._core._places  # noqa: SLF001  # as the thread of the background holds it for a moment
    del guard
    eventually(lambda: not store.read("key").tickets)
    eventually(lambda: gc.collect() >= 0 and kept._keeper() is None)  # noqa: SLF001  # as above
    assert not kept.serve({}, {})


def test_a_success_on_a_lapsed_verification_is_written_so_that_others_may_go_beside_it() -> None:
    clock = Clock()
    first = make(GUARDED, clock=clock)
    verify(first, OLD)
    first.close()
    clock.later(GUARDED.verification_ttl)
    assert what_is(first, OLD) is PairState.STALE
    call(first, OLD, Outcome.VERIFICATION)
    assert len(open_tickets(first)) == 1  # the place is kept
    assert what_is(first, OLD) is PairState.VERIFIED
    second = make(GUARDED, store=first.store, clock=clock)
    call(second, OLD, Outcome.VERIFICATION, timeout=0.0)
