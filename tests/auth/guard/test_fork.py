import os
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_auth.errors import AdmissionRefusedError, PrivateStoreWarning, ProbeWaitTimeoutError
from cyara_auth.guard.waiters import ThreadWaiter
from cyara_auth.stores.registry import open_store
from cyara_auth.strikes.state import Outcome, TicketStatus

from .parts import (
    CONCURRENT,
    GUARDED,
    OLD,
    OTHER_PORTAL,
    PORTAL,
    STRICT,
    CountingStore,
    SharedStore,
    SlowStore,
    call,
    eventually,
    make,
    open_tickets,
    state,
    verify,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def in_child(work: Callable[[], str]) -> str:
    """Fork, run `work` in the child, and return what it returned; the child may not take longer than 20 seconds."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is what these tests are about
        pid = os.fork()
    if pid == 0:
        os.close(reader)
        warnings.simplefilter("ignore", PrivateStoreWarning)  # a store in memory says that the child has a copy
        threading.Timer(20.0, os._exit, [3]).start()
        try:
            answer = work()
        except BaseException as error:  # noqa: BLE001  # the parent reports it
            answer = repr(error)
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, "the child is stuck"
    return answer


def test_row_76_a_child_works_though_another_thread_held_the_locks() -> None:
    store = SlowStore()
    guard = make(CONCURRENT, store=store)
    verify(guard, OLD)
    held = threading.Event()
    go_on = threading.Event()

    def hold_lock() -> None:
        gates = guard._core.gates  # noqa: SLF001  # the locks are the point of this test
        gate = next(iter(gates.table.values()))
        with gate.lock, store._lock, guard._core.waiters._lock:  # noqa: SLF001  # as above
            held.set()
            go_on.wait(20)

    holder = threading.Thread(target=hold_lock, daemon=True)
    holder.start()
    assert held.wait(5)

    def child() -> str:
        for gate in guard._core.gates.table.values():  # noqa: SLF001  # take the slow path
            gate.until = 0.0
        call(guard, OLD, Outcome.VERIFICATION)
        call(guard, OLD, Outcome.REVERIFY)
        call(guard, OLD, Outcome.STRIKE)
        return str(state(guard).strikes)

    try:
        assert in_child(child) == "1"
    finally:
        go_on.set()
        holder.join()
    assert state(guard).strikes == 0


def test_row_76_the_parents_ticket_stays_the_parents() -> None:
    guard = make(STRICT)
    ticket = guard.admit(OLD, PORTAL)
    ticket.sent()

    def child() -> str:
        ticket.settle(Outcome.STRIKE)
        guard.close()
        return str((state(guard).strikes, [kept.status.value for kept in state(guard).tickets]))

    assert in_child(child) == "(0, ['open'])"
    ticket.settle(Outcome.VERIFICATION)
    assert state(guard).strikes == 0
    assert not state(guard).tickets


def test_a_child_charges_the_parents_open_calls_in_its_private_copy() -> None:
    guard = make(GUARDED)
    with guard.admit(OLD, PORTAL) as ticket:
        ticket.sent()

        def child() -> str:
            call(guard, OLD, Outcome.UNKNOWN)
            try:
                guard.admit(OLD, PORTAL, timeout=5.0)
            except AdmissionRefusedError as refusal:
                return type(refusal).__name__
            return "admitted"

        assert in_child(child) == "StrikeBudgetExhaustedError"
        assert [kept.status for kept in state(guard).tickets] == [TicketStatus.OPEN]


def test_a_child_keeps_what_is_verified() -> None:
    guard = make(CONCURRENT)
    verify(guard, OLD)
    assert in_child(lambda: str(len([guard.admit(OLD, PORTAL) for _ in range(100)]))) == "100"


def test_with_a_shared_store_the_parents_calls_are_waited_for() -> None:
    class Shared(SlowStore):
        shared = True

    guard = make(store=Shared())
    with guard.admit(OLD, PORTAL):

        def child() -> str:
            try:
                guard.admit(OLD, PORTAL, timeout=0.1)
            except AdmissionRefusedError as refusal:
                return type(refusal).__name__
            return "admitted"

        assert in_child(child) == "ProbeWaitTimeoutError"


def test_the_hook_with_a_shared_store_gives_nobody_up() -> None:
    class Shared(SlowStore):
        shared = True

    guard = make(store=Shared())
    with guard.admit(OLD, PORTAL):
        guard._core.after_fork_in_child()  # noqa: SLF001  # run here, where its coverage counts
        with pytest.raises(ProbeWaitTimeoutError):
            guard.admit(OLD, PORTAL, timeout=0.0)


@pytest.mark.filterwarnings("ignore::cyara_auth.errors.PrivateStoreWarning")
def test_the_hooks_run_here_do_what_they_do_in_a_child() -> None:
    # The children above end without writing their coverage; this runs the same lines where they are counted.
    guard = make(CONCURRENT)
    verify(guard, OLD)
    free = guard.admit(OLD, PORTAL)
    waiter = ThreadWaiter(guard._core.waiters, "key")  # noqa: SLF001  # the hooks are called by nobody else
    with guard.admit(OLD, OTHER_PORTAL) as ticket:
        guard.store.after_fork_in_child()  # type: ignore[attr-defined]  # a memory store
        with waiter:
            pass
        guard._core.after_fork_in_child()  # noqa: SLF001  # as above
        ticket.settle(Outcome.STRIKE)
        assert state(guard).strikes == 0
        assert not guard.admit(OLD, PORTAL, timeout=0.0).reserved
        assert guard.admit(OLD, OTHER_PORTAL, timeout=0.0).reserved
        free.settle(Outcome.VERIFICATION)


def test_before_a_fork_a_place_in_a_private_store_goes_back() -> None:
    store = CountingStore()
    guard = make(store=store)
    verify(guard, OLD)
    assert len(open_tickets(guard)) == 1

    def child() -> str:
        call(guard, OLD, Outcome.VERIFICATION, timeout=0.0)
        return str((store.asked["Admit"], len(open_tickets(guard))))

    assert in_child(child) == "(2, 1)"
    assert not open_tickets(guard)
    verify(guard, OLD)
    assert store.asked["Admit"] == 2


def test_a_child_that_shares_the_store_has_no_place_and_leaves_the_parents_alone(tmp_path: Path) -> None:
    guard = make(store=open_store(f"sqlite://{tmp_path}/state/strikes.sqlite3", environ={}))
    verify(guard, OLD)
    (held,) = open_tickets(guard)

    def child() -> str:
        places = guard._core._places  # noqa: SLF001  # what the child believes to hold
        before = places.count("key")
        call(guard, OLD, Outcome.VERIFICATION)
        with_its_own = len(open_tickets(guard))
        guard.close()
        return str((before, with_its_own, open_tickets(guard) == [held]))

    assert in_child(child) == "(0, 2, True)"
    assert open_tickets(guard) == [held]
    call(guard, OLD, Outcome.VERIFICATION)
    assert open_tickets(guard) == [held]
    guard.close()
    assert not state(guard).tickets


def test_a_child_writes_nothing_that_the_parent_has_still_to_write() -> None:
    store = SharedStore()
    guard = make(CONCURRENT, store=store)
    verify(guard, OLD)
    in_flight = guard.admit(OLD, PORTAL)
    store.down = True
    in_flight.settle(Outcome.STRIKE)  # without a ticket, so a second report of it would count again
    store.down = False

    def child() -> str:
        guard.close()
        return str(state(guard).strikes)

    assert in_child(child) == "0"
    guard.close()
    assert state(guard).strikes == 1


def test_children_of_a_process_whose_places_are_served_just_then_work(tmp_path: Path) -> None:
    guard = make(store=open_store(f"sqlite://{tmp_path}/state/strikes.sqlite3", environ={}))
    verify(guard, OLD)
    for number in range(10):
        time.sleep(number / 100)

        def child() -> str:
            for _ in range(3):
                call(guard, OLD, Outcome.VERIFICATION)
            own = guard._core._places  # noqa: SLF001  # its thread is the child's own
            eventually(lambda: own.count("key") == 0)
            return "handed back"

        def short_child() -> str:
            call(guard, OLD, Outcome.VERIFICATION)
            return "called"

        if number % 5 == 0:
            assert in_child(child) == "handed back"
        else:
            assert in_child(short_child) == "called"
        call(guard, OLD, Outcome.VERIFICATION)


def test_a_child_starts_workers_of_its_own() -> None:
    import asyncio

    class Shared(SlowStore):
        shared = True

    guard = make(store=Shared())

    async def one() -> None:
        with await guard.aadmit(OLD, PORTAL) as ticket:
            ticket.settle(Outcome.VERIFICATION)
        await asyncio.to_thread(guard.close)

    asyncio.run(one())

    def child() -> str:
        asyncio.run(one())
        return str([ticket.status.value for ticket in state(guard).tickets])

    assert in_child(child) == "[]"
