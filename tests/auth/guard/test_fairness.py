"""Nobody starves: threads of a process take turns, and processes hand places over when somebody else waits."""

import statistics
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import attrs
import pytest

from cyara_auth.errors import PlaceWaitTimeoutError
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.strikes.state import Outcome

from .parts import GUARDED, OLD, PORTAL, Clock, CountingStore, call, eventually, make, open_tickets, state, verify

ONE_PLACE = attrs.evolve(GUARDED, budget=1)


def test_eight_threads_on_two_places_take_turns() -> None:
    guard = make()
    verify(guard, OLD)
    counts = [0] * 8
    end = time.monotonic() + 1.5

    def work(number: int) -> None:
        while time.monotonic() < end:
            with guard.admit(OLD, PORTAL) as ticket:
                time.sleep(0.003)
                ticket.settle(Outcome.VERIFICATION)
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads), "somebody is stuck"
    assert min(counts) >= statistics.median(counts) / 2, counts
    assert sum(counts) > 100, counts


PROCESS = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from types import SimpleNamespace
    from cyara_auth.guard.guard import StrikeGuard
    from cyara_auth.stores.registry import open_store
    from cyara_auth.strikes.state import Outcome

    guard = StrikeGuard(store=open_store(sys.argv[1], environ={}))
    pair = SimpleNamespace(fingerprint="p" * 32, key_fingerprint="key", source=None)
    print("ready", flush=True)
    sys.stdin.readline()
    end, count = time.monotonic() + 4.0, 0
    while time.monotonic() < end:
        with guard.admit(pair, "https://portal:443") as ticket:
            ticket.sent()
            time.sleep(0.01)
            ticket.settle(Outcome.VERIFICATION)
        count += time.monotonic() < end
    print(count, flush=True)
""")


def test_four_processes_on_two_places_of_one_file_take_turns(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, f"sqlite://{tmp_path}/state/strikes.sqlite3"]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(4)
        ]
        for process in processes:
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        counts = [int(process.communicate(timeout=40)[0]) for process in processes]
    # Four seconds on two places are eight, so a fair share is two seconds of calls that take at least 10 ms.
    assert min(counts) >= statistics.mean(counts) / 3, counts
    assert sum(counts) > 200, counts


class Calling:
    """A guard that makes one call after the other, in a thread."""

    def __init__(self, guard: StrikeGuard) -> None:
        self.calls = 0
        self._stop = threading.Event()
        self._guard = guard
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.calls > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            call(self._guard, OLD, Outcome.VERIFICATION, timeout=20.0)
            self.calls += 1
            time.sleep(0.002)


def test_a_place_goes_over_after_a_quantum_when_somebody_waits() -> None:
    store = CountingStore()
    with Calling(make(ONE_PLACE, store=store)) as busy:
        began = time.monotonic()
        call(make(ONE_PLACE, store=store), OLD, Outcome.VERIFICATION, timeout=20.0)
        assert time.monotonic() - began < 2.0
        before = busy.calls
        eventually(lambda: busy.calls > before)  # and comes back
    quantum = store.pace.quantum
    assert state(make(store=store)).grants < 3 + 2 * (time.monotonic() - began) / quantum


def test_no_place_goes_over_when_nobody_waits() -> None:
    store = CountingStore()
    with Calling(make(ONE_PLACE, store=store)):
        time.sleep(4 * store.pace.quantum)
    assert store.asked["Admit"] == 1


def handed_over(clock: Clock) -> tuple[StrikeGuard, StrikeGuard]:
    """Return a guard that has just given its place to the second one, which has not come for it yet."""
    store = CountingStore(clock=clock.instant)
    first, second = make(ONE_PLACE, store=store, clock=clock), make(ONE_PLACE, store=store, clock=clock)
    verify(first, OLD)
    held = first.admit(OLD, PORTAL)
    with pytest.raises(PlaceWaitTimeoutError):
        second.admit(OLD, PORTAL, timeout=0.0)
    clock.later(store.pace.quantum)
    wanted = first._core._places._wanted  # noqa: SLF001  # what its thread has seen
    eventually(lambda: "key" in wanted)
    held.settle(Outcome.VERIFICATION)
    assert not open_tickets(first)
    return first, second


def test_who_handed_over_does_not_take_the_place_before_it_has_been_used() -> None:
    clock = Clock()
    first, second = handed_over(clock)
    with pytest.raises(PlaceWaitTimeoutError):
        first.admit(OLD, PORTAL, timeout=0.0)
    with second.admit(OLD, PORTAL, timeout=0.0) as ticket:
        ticket.settle(Outcome.NOT_SENT)
    second.close()
    call(first, OLD, Outcome.VERIFICATION, timeout=0.0)


def test_who_handed_over_takes_it_again_if_nobody_has_come_for_three_polls() -> None:
    clock = Clock()
    first, _ = handed_over(clock)
    clock.later(2.9 * first.store.pace.poll)
    with pytest.raises(PlaceWaitTimeoutError):
        first.admit(OLD, PORTAL, timeout=0.0)
    clock.later(0.2 * first.store.pace.poll)
    call(first, OLD, Outcome.VERIFICATION, timeout=0.0)


def test_a_place_younger_than_the_quantum_stays_though_somebody_waits() -> None:
    clock = Clock()
    store = CountingStore(clock=clock.instant)
    first, second = make(ONE_PLACE, store=store, clock=clock), make(ONE_PLACE, store=store, clock=clock)
    verify(first, OLD)
    held = first.admit(OLD, PORTAL)
    with pytest.raises(PlaceWaitTimeoutError):
        second.admit(OLD, PORTAL, timeout=0.0)
    # The thread looks once in a quantum, and may have looked too early: the clock stands still.
    first._core._places.serve({}, {})  # noqa: SLF001  # one turn of that thread
    assert "key" in first._core._places._wanted  # noqa: SLF001  # what it has seen
    clock.later(0.9 * store.pace.quantum)
    held.settle(Outcome.VERIFICATION)
    assert len(open_tickets(first)) == 1
