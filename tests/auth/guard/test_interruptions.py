"""A Ctrl-C at any moment, a collected ticket, a cancelled task: none leaves a place that nobody will ever give back."""

import asyncio
import gc
import itertools
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import pytest

from cyara_auth.errors import StrikeStoreUnavailableError
from cyara_auth.guard import places, waiters
from cyara_auth.guard.guard import GuardSettings, StrikeGuard, _finish
from cyara_auth.strikes.events import Decision, Event
from cyara_auth.strikes.state import Outcome, TicketStatus

from .parts import (
    CONCURRENT,
    GUARDED,
    OLD,
    PORTAL,
    STRICT,
    Clock,
    CountingStore,
    FragileStore,
    SlowStore,
    call,
    eventually,
    make,
    open_tickets,
    state,
    verify,
)

# A Ctrl-C in a destructor is reported and not raised.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def interrupt_at(number: int, work: Callable[[], object]) -> bool:
    """Run `work` with a Ctrl-C at the n-th moment at which the interpreter looks for one; return whether it came.

    It looks when a function of Python's begins, and when one of C's has returned.
    """
    moments = itertools.count()

    def strike(frame: FrameType, event: str, argument: object) -> None:
        del frame, argument
        if event in ("call", "c_return") and next(moments) == number:
            sys.setprofile(None)
            raise KeyboardInterrupt

    came = False
    sys.setprofile(strike)
    try:
        work()
    except KeyboardInterrupt:
        came = True
    finally:
        sys.setprofile(None)
    return came


def first_call(settings: GuardSettings) -> StrikeGuard:
    return make(settings, store=CountingStore())


def on_a_kept_place(settings: GuardSettings) -> StrikeGuard:
    guard = first_call(settings)
    verify(guard, OLD)
    return guard


def on_an_old_place(settings: GuardSettings) -> StrikeGuard:
    clock = Clock()
    guard = make(settings, store=CountingStore(clock=clock.instant), clock=clock)
    verify(guard, OLD)
    clock.later(places.RENEW_AFTER)
    return guard


def on_a_lost_place(settings: GuardSettings) -> StrikeGuard:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(settings, store=store, clock=clock)
    verify(guard, OLD)
    store.flush()
    clock.later(places.RENEW_AFTER)
    return guard


SCENES = pytest.mark.parametrize("scene", [first_call, on_a_kept_place, on_an_old_place, on_a_lost_place])


def assert_nothing_is_left(guard: StrikeGuard) -> None:
    """Check that the key is free in this process, and in the store as soon as the guard has said what it knows."""
    assert not guard._core._places.busy()  # noqa: SLF001  # the leak that would stop the key
    guard.close()
    assert not open_tickets(guard)


@SCENES
@pytest.mark.parametrize("settings", [GUARDED, STRICT, CONCURRENT], ids=["guarded", "strict", "concurrent"])
def test_ctrl_c_at_any_moment_of_an_admission(
    settings: GuardSettings, scene: Callable[[GuardSettings], StrikeGuard]
) -> None:
    for number in itertools.count():
        guard = scene(settings)
        if not interrupt_at(number, lambda: guard.admit(OLD, PORTAL)):  # noqa: B023  # called at once
            break
        assert_nothing_is_left(guard)
        call(guard, OLD, Outcome.VERIFICATION, timeout=0.0)
    assert number > 10


@SCENES
def test_ctrl_c_at_any_moment_of_a_call_leaves_no_place_busy(scene: Callable[[GuardSettings], StrikeGuard]) -> None:
    def work() -> None:
        with guard.admit(OLD, PORTAL) as ticket:
            ticket.sent()
            ticket.settle(Outcome.VERIFICATION)

    for number in itertools.count():
        guard = scene(GUARDED)
        if not interrupt_at(number, work):
            break
        assert not guard._core._places.busy()  # noqa: SLF001  # the leak that would stop the key
        guard.close()
        # At worst the call counts as lost, or its place ages in the store until `orphan_ttl`.
        assert len(state(guard).tickets) <= 1
    assert number > 20


def test_ctrl_c_at_any_moment_of_a_wait_stands_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiters, "_HANGS", 0.01)
    for number in itertools.count():
        guard = make(store=CountingStore())
        held = guard.admit(OLD, PORTAL)

        def wait() -> None:
            with suppress(StrikeStoreUnavailableError):
                guard.admit(OLD, PORTAL, timeout=0.001)  # noqa: B023  # called at once

        try:
            came = interrupt_at(number, wait)
        except Exception:  # noqa: BLE001  # the time was up before the moment came
            break
        assert came
        held.settle(Outcome.NOT_SENT)
        call(guard, OLD, Outcome.VERIFICATION, timeout=2.0)
        assert_nothing_is_left(guard)
    assert number > 20


def test_a_ticket_may_be_collected_while_this_very_thread_holds_every_lock() -> None:
    guard = make()
    verify(guard, OLD)
    core = guard._core  # noqa: SLF001  # the locks are the point of this test

    class Cycle:
        def __init__(self) -> None:
            self.itself = self
            self.ticket = guard.admit(OLD, PORTAL)

    gone = weakref.ref(Cycle())
    done = threading.Event()

    def collect() -> None:
        # A memory store has a lock; the Protocol promises none.
        with core._places._lock, core.waiters._lock, core.store._lock, core.told._lock:  # type: ignore[attr-defined]  # noqa: SLF001
            gc.collect()
        done.set()

    threading.Thread(target=collect, daemon=True).start()
    assert done.wait(10), "the garbage collector waits for a lock that its own thread holds"
    assert gone() is None
    assert_nothing_is_left(guard)


def test_a_guard_may_be_collected_while_this_very_thread_holds_the_locks_of_its_store() -> None:
    store = CountingStore()

    class Cycle:
        def __init__(self) -> None:
            self.itself = self
            self.guard = make(store=store)
            verify(self.guard, OLD)

    gone = weakref.ref(Cycle())
    assert store.read("key").tickets
    done = threading.Event()

    def collect() -> None:
        with store._lock:  # noqa: SLF001  # as in the middle of another guard's decision
            gc.collect()
        done.set()

    threading.Thread(target=collect, daemon=True).start()
    assert done.wait(10), "the garbage collector waits for a lock that its own thread holds"
    assert gone() is None
    eventually(lambda: not store.read("key").tickets)


def test_a_guard_gives_its_places_back_by_itself_if_there_is_no_thread_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    store = CountingStore()
    guard = make(store=store)
    verify(guard, OLD)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    del guard
    gc.collect()
    assert not store.read("key").tickets


@pytest.mark.parametrize("tasks", [1, 7])
def test_cancelled_tasks_leave_no_place_busy_wherever_they_stand(tasks: int) -> None:
    async def one(guard: StrikeGuard) -> None:
        with await guard.aadmit(OLD, PORTAL) as ticket:
            ticket.sent()
            await asyncio.sleep(0.001)
            ticket.settle(Outcome.VERIFICATION)

    async def main() -> None:
        for delay in range(40):
            guard = make(store=SlowStore())
            await one(guard)
            running = [asyncio.create_task(one(guard)) for _ in range(tasks)]
            await asyncio.sleep(delay / 10_000)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await one(guard)
            await asyncio.to_thread(guard.close)
            assert not guard._core._places.busy()  # noqa: SLF001  # the leak that would stop the key
            assert not guard._core.waiters.has("key")  # noqa: SLF001  # nor anybody who would stand in the way

    asyncio.run(main())


def test_an_interrupted_renewal_leaves_the_place_kept() -> None:
    class Interrupted(CountingStore):
        """A store during whose next renewal somebody presses Ctrl-C."""

        interrupts = False

        def apply(self, key_id: str, event: Event) -> Decision:
            decision = super().apply(key_id, event)
            if self.interrupts:
                self.interrupts = False
                raise KeyboardInterrupt
            return decision

    clock = Clock()
    store = Interrupted(clock=clock.instant)
    guard = make(store=store, clock=clock)
    verify(guard, OLD)
    held = open_tickets(guard)
    clock.later(places.RENEW_AFTER)
    store.interrupts = True
    with pytest.raises(KeyboardInterrupt):
        guard.admit(OLD, PORTAL)
    verify(guard, OLD)
    assert open_tickets(guard) == held
    assert [ticket.status for ticket in state(guard).tickets] == [TicketStatus.OPEN]
    assert_nothing_is_left(guard)


def test_an_interrupted_renewal_gives_the_place_back_if_no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    store = FragileStore(clock=clock.instant)
    guard = make(store=store, clock=clock)
    verify(guard, OLD)
    clock.later(places.RENEW_AFTER)
    monkeypatch.setattr(guard._core._places, "_start", lambda: False)  # noqa: SLF001  # as the system does
    store.down = True
    with pytest.raises(StrikeStoreUnavailableError):
        guard.admit(OLD, PORTAL)
    store.down = False
    assert_nothing_is_left(guard)


def test_at_the_end_of_the_interpreter_a_guard_gives_its_places_back_at_once() -> None:
    # As `weakref.finalize` calls it then, while somebody still holds the guard; subprocesses do not count coverage.
    guard = make()
    verify(guard, OLD)
    _finish(weakref.ref(guard), guard._core)  # noqa: SLF001  # nobody but the guard calls it
    assert not state(guard).tickets
