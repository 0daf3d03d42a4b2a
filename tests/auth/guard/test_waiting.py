"""How long a caller waits for others, what it says meanwhile, and when it stops; by hand-set clocks where it can be."""

import asyncio
import logging
import os
import signal
import socket
import threading
import time

import attrs
import pytest

from cyara_auth.errors import (
    AdmissionRefusedError,
    CredentialSupersededError,
    PlaceWaitTimeoutError,
    ProbeWaitTimeoutError,
    RotationInProgressError,
)
from cyara_auth.guard import waiters, waiting
from cyara_auth.guard.call import Call
from cyara_auth.guard.core import Wait
from cyara_auth.guard.guard import GuardSettings, StrikeGuard, Ticket
from cyara_auth.guard.waiting import PollSchedule, Told
from cyara_auth.strikes.events import Renew, RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.state import Incident, Outcome

from .parts import (
    CONCURRENT,
    GUARDED,
    NEW,
    OLD,
    PORTAL,
    STRICT,
    Clock,
    SharedStore,
    call,
    eventually,
    make,
    open_tickets,
    state,
    verify,
)

HERE = Incident(wall=0.0, host="desk", pid=7)
LIMIT = GUARDED.read_timeout + GUARDED.orphan_margin
ALL = pytest.mark.parametrize("settings", [GUARDED, STRICT, CONCURRENT], ids=["guarded", "strict", "concurrent"])


class Waiting:
    """One caller that waits for the calls of another guard, in a time that a test sets."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.store = SharedStore(clock=clock.instant)
        self.holder = make(store=self.store, clock=clock)
        self.guard = make(store=self.store, clock=clock)
        self.told = Told()
        self.held: list[Ticket] = []

    def hold(self, places: int, *, read_timeout: float | None = None) -> None:
        for _ in range(places):
            # Not sent: the thread that serves places would date a sending anew whenever the clock has gone far enough.
            self.held.append(
                self.holder.admit(OLD, PORTAL, operation="UploadAudio", timeout=0.0, read_timeout=read_timeout)
            )

    def progress(self) -> None:
        """Date the reservation of a call anew, as a holder does whose upload takes long."""
        event = Renew(now=self.store.clock(), settings=GUARDED, ticket=open_tickets(self.guard)[0], sending=True)
        assert self.store.apply("key", event).changed

    def call(self) -> Call:
        return self.guard._call(OLD, PORTAL, None, None, confirm=False)  # noqa: SLF001  # as `admit` does

    def schedule(self, *, timeout: float | None = None) -> PollSchedule:
        return PollSchedule(self.guard.settings, self.told, timeout=timeout)

    def ask(self, schedule: PollSchedule, *, turns: int = 0, poll: float = 0.025) -> float:
        """Ask the store once, and return for how long the caller would sleep then."""
        answer = self.guard._core.attempt(self.call())  # noqa: SLF001  # one step of `admit`
        assert isinstance(answer, Wait)
        return schedule.next_sleep(self.call(), answer.decision, turns, poll=poll, retry_in=answer.retry_in)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waiting, "monotonic", clock.steady)
    return clock


@pytest.fixture
def on_places(clock: Clock) -> Waiting:
    """Return a caller that waits for the two places of a verified pair."""
    scene = Waiting(clock)
    verify(scene.holder, OLD)
    scene.hold(2)
    return scene


@pytest.fixture
def on_probe(clock: Clock) -> Waiting:
    """Return a caller that waits for the call that verifies the pair."""
    scene = Waiting(clock)
    scene.hold(1)
    return scene


def test_a_wait_for_a_place_lasts_for_as_long_as_others_make_progress(on_places: Waiting) -> None:
    schedule = on_places.schedule()
    for _ in range(10):
        on_places.clock.later(LIMIT - 1.0)
        on_places.ask(schedule)
        on_places.progress()
        on_places.ask(schedule)


def test_a_wait_for_a_place_ends_when_nobody_has_made_progress_for_as_long_as_a_call_may_take(
    on_places: Waiting,
) -> None:
    schedule = on_places.schedule()
    on_places.ask(schedule)
    stuck = on_places.guard._core.attempt(on_places.call())  # noqa: SLF001  # its last word before the store is frozen
    assert isinstance(stuck, Wait)
    on_places.clock.later(LIMIT - 0.01)
    assert schedule.next_sleep(on_places.call(), stuck.decision, 0, poll=0.025, retry_in=None) <= 0.0101
    on_places.clock.later(0.02)
    with pytest.raises(PlaceWaitTimeoutError) as caught:
        schedule.next_sleep(on_places.call(), stuck.decision, 0, poll=0.025, retry_in=None)
    text = str(caught.value)
    assert "waited 150.0 s, last for a call of UploadAudio" in text
    assert f"in process {os.getpid()} on {socket.gethostname()}" in text
    assert "policy='concurrent'" in text
    assert "cyara auth status" in text
    assert "Nothing was sent." in text


def test_the_longest_call_in_flight_bounds_the_wait(clock: Clock) -> None:
    scene = Waiting(clock)
    with scene.holder.admit(OLD, PORTAL, read_timeout=600.0) as ticket:
        ticket.settle(Outcome.VERIFICATION)
    scene.hold(2, read_timeout=600.0)
    schedule = scene.schedule()
    scene.ask(schedule)
    clock.later(700.0)
    scene.ask(schedule)
    clock.later(19.0)
    scene.ask(schedule)
    stuck = scene.guard._core.attempt(scene.call())  # noqa: SLF001  # as above
    assert isinstance(stuck, Wait)
    clock.later(2.0)
    with pytest.raises(PlaceWaitTimeoutError):
        schedule.next_sleep(scene.call(), stuck.decision, 0, poll=0.025, retry_in=None)


def test_a_wait_for_a_probe_ends_after_probe_wait_without_progress(on_probe: Waiting) -> None:
    schedule = on_probe.schedule()
    for _ in range(5):
        on_probe.ask(schedule)
        on_probe.clock.later(GUARDED.probe_wait - 1.0)
        on_probe.ask(schedule)
        on_probe.held.pop().settle(Outcome.NOT_SENT)
        on_probe.hold(1)
    on_probe.ask(schedule)
    on_probe.clock.later(GUARDED.probe_wait)
    with pytest.raises(ProbeWaitTimeoutError, match=r"waited 175\.0 s for the call of UploadAudio") as caught:
        on_probe.ask(schedule)
    assert type(caught.value) is ProbeWaitTimeoutError


def test_what_ends_in_this_process_is_progress_that_no_store_sees(on_places: Waiting) -> None:
    schedule = on_places.schedule()
    for turns in range(10):
        on_places.clock.later(LIMIT - 1.0)
        schedule.next_sleep(on_places.call(), None, turns, poll=0.025, retry_in=None)
    on_places.clock.later(LIMIT)
    with pytest.raises(PlaceWaitTimeoutError, match="last for a call"):
        schedule.next_sleep(on_places.call(), None, 9, poll=0.025, retry_in=None)


def test_a_caller_that_says_how_long_it_waits_means_every_wait(on_places: Waiting) -> None:
    schedule = on_places.schedule(timeout=2.0)
    for _ in range(2):
        on_places.ask(schedule)
        on_places.clock.later(1.0)
        on_places.progress()
    with pytest.raises(PlaceWaitTimeoutError, match=r"waited 2\.0 s"):
        on_places.ask(schedule)


def test_polls_are_jittered_around_one_interval_that_does_not_grow(on_places: Waiting) -> None:
    schedule = on_places.schedule()
    sleeps = [on_places.ask(schedule) for _ in range(200)]
    assert 0.0125 <= min(sleeps) < 0.016
    assert 0.034 < max(sleeps) <= 0.0375
    assert len(set(sleeps)) > 100
    decision = None
    assert schedule.next_sleep(on_places.call(), decision, 0, poll=10.0, retry_in=0.5) == 0.5
    assert schedule.next_sleep(on_places.call(), decision, 0, poll=0.025, retry_in=0.0) == 0.001


def test_after_ten_seconds_the_log_tells_once_of_the_other_policy(
    on_places: Waiting, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = on_places.schedule()
    on_places.clock.later(waiting.HINT_AFTER - 0.1)
    on_places.ask(schedule)
    assert not caplog.records
    on_places.clock.later(0.2)
    for _ in range(3):
        on_places.ask(schedule)
        on_places.ask(on_places.schedule())
    (record,) = caplog.records
    assert record.name == "cyara_auth"
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("A call has waited 10 s for one of the two places")
    assert "policy='concurrent'" in record.getMessage()
    assert "the third voids the token" in record.getMessage()


def test_after_thirty_seconds_the_log_names_who_holds_the_place(
    on_places: Waiting, caplog: pytest.LogCaptureFixture
) -> None:
    schedule = on_places.schedule()
    on_places.clock.later(waiting.NAME_AFTER)
    on_places.ask(schedule)
    on_places.ask(schedule)
    said = [record.getMessage() for record in caplog.records]
    assert said[1:] == [
        f"A call has waited 30 s for a place, which process {os.getpid()} on {socket.gethostname()} holds."
    ]


def test_nobody_is_named_who_does_not_hold_a_place(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    scene = Waiting(clock)
    call(scene.holder, OLD, Outcome.BUSY)  # no call is in flight, and probes wait all the same
    schedule = scene.schedule()
    answer = scene.guard._core.attempt(scene.call())  # noqa: SLF001  # one step of `admit`
    assert isinstance(answer, Wait)
    schedule.next_sleep(scene.call(), answer.decision, 0, poll=0.025, retry_in=answer.retry_in)
    clock.later(waiting.NAME_AFTER - 0.1)
    schedule.next_sleep(scene.call(), answer.decision, 1, poll=0.025, retry_in=answer.retry_in)
    clock.later(1.0)
    schedule.next_sleep(scene.call(), answer.decision, 1, poll=0.025, retry_in=answer.retry_in)
    assert not caplog.records


def test_each_key_and_each_process_is_told_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    for key_id in ("one", "two", "one"):
        told.say("hint", key_id, "Look at %s.", key_id)
    told.after_fork_in_child()
    told.say("hint", "one", "Look at %s.", "one")
    assert [record.getMessage() for record in caplog.records] == ["Look at one.", "Look at two.", "Look at one."]


def test_a_hundred_waiters_of_a_probe_give_up_together() -> None:
    guard = make(GuardSettings(probe_wait=1.0))
    ended: list[float] = []

    def wait() -> None:
        with pytest.raises(ProbeWaitTimeoutError):
            guard.admit(OLD, PORTAL)
        ended.append(time.monotonic())

    with guard.admit(OLD, PORTAL):
        threads = [threading.Thread(target=wait, daemon=True) for _ in range(100)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert len(ended) == 100
    assert min(ended) - began >= 0.9
    assert max(ended) - began < 4.0  # one after the other it would be 100 s


def rotate(guard: StrikeGuard) -> None:
    guard.store.apply("key", RotateBegin(now=guard.store.clock(), incident=HERE))


def rotating(settings: GuardSettings, clock: Clock | None = None) -> StrikeGuard:
    """Return a guard whose key has been in rotation for nine minutes if a clock is given, else since now."""
    guard = make(settings, clock=clock)
    verify(guard, OLD)
    guard.close()
    rotate(guard)
    if clock is not None:
        clock.later(540.0)
    else:
        time.sleep(settings.sync_interval)
    return guard


class InThread:
    """A caller that waits in a thread of its own, and what it was told in the end."""

    def __init__(self, guard: StrikeGuard) -> None:
        self.error: Exception | None = None
        self.admitted = False
        self.ended = 0.0
        self._guard = guard
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        eventually(lambda: guard._core.waiters.has("key"))  # noqa: SLF001  # until it has queued up

    def join(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive(), "it waits for ever"

    def _run(self) -> None:
        try:
            with self._guard.admit(OLD, PORTAL) as ticket:
                self.admitted = True
                ticket.settle(Outcome.VERIFICATION)
        except AdmissionRefusedError as error:
            self.error = error
        self.ended = time.monotonic()


@pytest.mark.parametrize("settings", [GUARDED, STRICT], ids=["guarded", "strict"])
def test_the_wait_for_a_rotation_counts_from_its_begin_and_not_from_the_callers_start(
    settings: GuardSettings, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    guard = rotating(settings, clock)
    waiter = InThread(guard)
    time.sleep(0.1)
    assert not waiter.ended
    clock.later(61.0)
    waiter.join()
    assert type(waiter.error) is RotationInProgressError
    with pytest.raises(RotationInProgressError, match="process 7 on desk"):
        guard.admit(OLD, PORTAL)
    assert [record.getMessage() for record in caplog.records] == [
        "The token of this key is being rotated; calls wait for its end, at most 600 s after it began."
    ]


@ALL
def test_the_wait_for_a_rotation_ends_within_a_second_of_its_end(settings: GuardSettings) -> None:
    guard = rotating(settings)
    waiter = InThread(guard)
    guard.store.apply("key", RotateAbort())
    began = time.monotonic()
    waiter.join()
    assert waiter.admitted
    assert waiter.ended - began < 1.0


@ALL
def test_after_a_commit_the_callers_of_the_old_pair_are_told_that_it_is_over(settings: GuardSettings) -> None:
    guard = rotating(settings)
    waiter = InThread(guard)
    guard.store.apply("key", RotateCommit(now=guard.store.clock(), incident=HERE, pair=NEW.fingerprint))
    waiter.join()
    assert type(waiter.error) is CredentialSupersededError
    call(guard, NEW, Outcome.VERIFICATION)


def test_a_rotation_outlasts_a_caller_that_says_how_long_it_waits() -> None:
    guard = rotating(GUARDED)
    began = time.monotonic()
    with pytest.raises(RotationInProgressError):
        guard.admit(OLD, PORTAL, timeout=0.2)
    assert 0.2 <= time.monotonic() - began < 1.0


def test_a_rotation_of_another_boot_is_waited_for_too() -> None:
    # Its age cannot be known, and the first operator who looks ends it.
    guard = make()
    now = attrs.evolve(guard.store.clock(), domain="before the reboot")
    guard.store.apply("key", RotateBegin(now=now, incident=HERE))
    waiter = InThread(guard)
    guard.store.apply("key", RotateAbort())
    waiter.join()
    assert waiter.admitted


def test_a_rotation_of_another_boot_is_not_waited_for_for_ever() -> None:
    guard = make(GuardSettings(rotation_wait=0.2))
    now = attrs.evolve(guard.store.clock(), domain="before the reboot")
    guard.store.apply("key", RotateBegin(now=now, incident=HERE))
    began = time.monotonic()
    with pytest.raises(RotationInProgressError):
        guard.admit(OLD, PORTAL)
    assert 0.2 <= time.monotonic() - began < 2.0


def test_a_cancelled_task_waits_for_no_rotation() -> None:
    guard = rotating(GUARDED)

    async def main() -> None:
        waiting_task = asyncio.create_task(guard.aadmit(OLD, PORTAL))
        await asyncio.sleep(0.05)
        assert not waiting_task.done()
        began = time.monotonic()
        waiting_task.cancel()
        await asyncio.gather(waiting_task, return_exceptions=True)
        assert waiting_task.cancelled()
        assert time.monotonic() - began < 0.5

    asyncio.run(main())
    assert not guard._core.waiters.has("key")  # noqa: SLF001  # it stands in nobody's way


def test_ctrl_c_ends_the_wait_for_a_rotation() -> None:
    guard = rotating(GUARDED)
    began = time.monotonic()
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        guard.admit(OLD, PORTAL)
    timer.join()
    assert time.monotonic() - began < 2.0
    assert not guard._core.waiters.has("key")  # noqa: SLF001  # it stands in nobody's way
    guard.store.apply("key", RotateAbort())
    call(guard, OLD, Outcome.VERIFICATION)


def test_callers_of_a_process_go_in_the_order_in_which_they_came() -> None:
    guard = make(attrs.evolve(GUARDED, budget=1))
    verify(guard, OLD)
    order: list[int] = []
    held = guard.admit(OLD, PORTAL)

    def work(number: int) -> None:
        with guard.admit(OLD, PORTAL) as ticket:
            order.append(number)
            time.sleep(0.002)
            ticket.settle(Outcome.VERIFICATION)

    threads: list[threading.Thread] = []
    queues = guard._core.waiters._queues  # noqa: SLF001  # to know who has queued up
    for number in range(20):
        threads.append(threading.Thread(target=work, args=(number,), daemon=True))
        threads[-1].start()
        eventually(lambda: len(queues.get("key", ())) > number)  # noqa: B023  # called at once
    with pytest.raises(PlaceWaitTimeoutError):
        guard.admit(OLD, PORTAL, timeout=0.0)
    held.settle(Outcome.VERIFICATION)
    for thread in threads:
        thread.join(10)
    assert order == list(range(20))


def test_a_newcomer_does_not_overtake_those_who_wait_though_a_place_is_free() -> None:
    guard = make(attrs.evolve(GUARDED, budget=1))
    verify(guard, OLD)  # and its place is kept, idle
    waiter = waiters.ThreadWaiter(guard._core.waiters, "key")  # noqa: SLF001  # somebody who has been woken and is not there yet
    with waiter:
        with pytest.raises(PlaceWaitTimeoutError):
            guard.admit(OLD, PORTAL, timeout=0.0)
        assert len(open_tickets(guard)) == 1
    guard.admit(OLD, PORTAL, timeout=0.0).settle(Outcome.NOT_SENT)


def test_a_waiter_that_hangs_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its event loop stands still, or a Ctrl-C hit just the moment in which it would have left the queue.
    monkeypatch.setattr(waiters, "_HANGS", 0.3)
    guard = make()
    left_behind = waiters.ThreadWaiter(guard._core.waiters, "key")  # noqa: SLF001  # nobody but `admit` makes one
    guard._core.waiters.enter("key", left_behind)  # noqa: SLF001  # and never leaves
    call(guard, OLD, Outcome.VERIFICATION)
    call(guard, OLD, Outcome.VERIFICATION, timeout=0.0)
    assert state(guard).grants >= 1
