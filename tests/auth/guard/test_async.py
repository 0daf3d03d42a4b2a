import asyncio
import random
import threading
import time
from typing import Any

import pytest

from cyara_auth.errors import (
    AdmissionRefusedError,
    CredentialRejectedError,
    ProbeWaitTimeoutError,
    UnsupportedClientError,
)
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import Outcome, TicketStatus

from .parts import CONCURRENT, GUARDED, OLD, PORTAL, STRICT, SYNC_SELDOM, SlowStore, make, state, verify, what_is

ALL = pytest.mark.parametrize("settings", [GUARDED, STRICT, CONCURRENT], ids=["guarded", "strict", "concurrent"])
STORES = pytest.mark.parametrize("store", [MemoryStrikeStore, SlowStore], ids=["inline", "worker thread"])


async def acall(guard: StrikeGuard, outcome: Outcome, *, pause: float = 0.002, sent: list[int] | None = None) -> None:
    with await guard.aadmit(OLD, PORTAL, operation="GetCampaigns") as ticket:
        ticket.sent()
        if sent is not None:
            sent.append(1)
        await asyncio.sleep(pause)
        ticket.settle(outcome)


async def settled(guard: StrikeGuard) -> None:
    """Let worker threads write what is on its way."""
    await asyncio.to_thread(guard.close)


@ALL
@STORES
def test_a_hundred_tasks_with_a_stale_pair_send_one_call(
    settings: GuardSettings, store: type[MemoryStrikeStore]
) -> None:
    async def main() -> None:
        guard = make(settings, store=store())
        sent: list[int] = []
        answers = await asyncio.gather(
            *(acall(guard, Outcome.STRIKE, sent=sent) for _ in range(100)), return_exceptions=True
        )
        assert len(sent) == 1
        assert sum(isinstance(answer, CredentialRejectedError) for answer in answers) == 99
        assert state(guard).strikes == 1

    asyncio.run(main())


@ALL
@STORES
def test_a_hundred_tasks_with_a_good_pair_all_pass(settings: GuardSettings, store: type[MemoryStrikeStore]) -> None:
    async def main() -> None:
        guard = make(settings, store=store())
        await asyncio.gather(*(acall(guard, Outcome.VERIFICATION) for _ in range(100)))
        await settled(guard)
        assert not state(guard).tickets

    asyncio.run(main())


@STORES
def test_threads_two_loops_and_cancellations_send_at_most_what_the_budget_allows(
    store: type[MemoryStrikeStore],
) -> None:
    guard = make(store=store())
    sent: list[int] = []
    cancelled_after_sending: list[int] = []
    dice = random.Random(7)  # noqa: S311  # the same cancellations in every run

    def thread() -> None:
        try:
            with guard.admit(OLD, PORTAL) as ticket:
                ticket.sent()
                sent.append(1)
                time.sleep(0.01)
                ticket.settle(Outcome.STRIKE)
        except AdmissionRefusedError:
            pass

    async def task() -> None:
        before = len(sent)
        try:
            await acall(guard, Outcome.STRIKE, pause=0.01, sent=sent)
        except asyncio.CancelledError:
            if len(sent) > before:
                cancelled_after_sending.append(1)
            raise

    async def main() -> None:
        tasks = [asyncio.create_task(task()) for _ in range(100)]
        for victim in dice.sample(tasks, 40):
            asyncio.get_running_loop().call_later(dice.random() * 0.02, victim.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)

    workers = [threading.Thread(target=thread, daemon=True) for _ in range(50)]
    workers += [threading.Thread(target=lambda: asyncio.run(main()), daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert not any(worker.is_alive() for worker in workers), "somebody is stuck"
    assert 1 <= len(sent) <= 2
    assert len(sent) == 1 or cancelled_after_sending
    guard.close()
    assert all(ticket.status is TicketStatus.UNKNOWN for ticket in state(guard).tickets)
    assert state(guard).strikes + len(state(guard).tickets) <= 2


def test_a_verified_pair_needs_no_loop_time_at_all() -> None:
    guard = make(SYNC_SELDOM)
    verify(guard, OLD, times=2)
    admission = guard.aadmit(OLD, PORTAL)
    with pytest.raises(StopIteration) as done:
        admission.send(None)
    assert not done.value.value.reserved


def test_waiting_does_not_block_the_loop() -> None:
    async def main() -> None:
        guard = make(CONCURRENT)
        first = await guard.aadmit(OLD, PORTAL)
        second = asyncio.create_task(guard.aadmit(OLD, PORTAL, timeout=5.0))
        await asyncio.sleep(0.02)
        assert not second.done()
        first.settle(Outcome.VERIFICATION)
        assert not (await second).reserved

    asyncio.run(main())


def test_a_wait_ends_in_a_task_too() -> None:
    async def main() -> None:
        guard = make()
        with await guard.aadmit(OLD, PORTAL), pytest.raises(ProbeWaitTimeoutError):
            await guard.aadmit(OLD, PORTAL, timeout=0.05)

    asyncio.run(main())


def test_a_task_that_is_cancelled_while_it_waits_leaves_nothing_behind() -> None:
    async def main() -> None:
        guard = make()
        first = await guard.aadmit(OLD, PORTAL)
        waiting = asyncio.create_task(guard.aadmit(OLD, PORTAL))
        await asyncio.sleep(0.02)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        first.settle(Outcome.NOT_SENT)
        assert not state(guard).tickets
        await acall(guard, Outcome.VERIFICATION)

    asyncio.run(main())


def test_a_ticket_granted_to_a_cancelled_task_is_given_back() -> None:
    async def main() -> None:
        store = SlowStore()
        guard = make(store=store)
        store.opened.clear()
        cancelled = asyncio.create_task(guard.aadmit(OLD, PORTAL))
        await asyncio.to_thread(store.entered.wait, 5)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert cancelled.cancelled()
        store.opened.set()
        await asyncio.to_thread(store.answered.wait, 5)
        await acall(guard, Outcome.VERIFICATION)
        await settled(guard)
        assert not state(guard).tickets

    asyncio.run(main())


def test_a_refusal_to_a_cancelled_task_is_not_reported_as_lost(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        store = SlowStore()
        guard = make(store=store)
        await acall(guard, Outcome.STRIKE)
        other = make(store=store)
        store.opened.clear()
        store.entered.clear()
        cancelled = asyncio.create_task(other.aadmit(OLD, PORTAL))
        await asyncio.to_thread(store.entered.wait, 5)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        store.opened.set()
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert not caplog.records


def test_a_blocking_store_is_asked_on_other_threads_but_for_a_rejection() -> None:
    async def main() -> None:
        store = SlowStore()
        guard = make(STRICT, store=store)
        for _ in range(5):
            await acall(guard, Outcome.VERIFICATION)
        await settled(guard)
        assert threading.get_ident() not in store.threads
        await acall(guard, Outcome.STRIKE)
        assert threading.get_ident() in store.threads

    asyncio.run(main())


def test_a_waiter_whose_loop_is_gone_is_nobodys_problem() -> None:
    guard = make()
    ticket = guard.admit(OLD, PORTAL)
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(guard.aadmit(OLD, PORTAL))
    loop.run_until_complete(asyncio.sleep(0.02))
    loop.close()
    ticket.settle(Outcome.VERIFICATION)
    assert what_is(guard, OLD).value == "verified"
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # the test abandons it on purpose


def test_a_loop_that_closes_while_it_is_rung_is_nobodys_problem() -> None:
    class Closing(asyncio.SelectorEventLoop):
        """A loop that another thread closes in the very moment."""

        def call_soon_threadsafe(self, *arguments: Any, **options: Any) -> Any:
            self.close()
            return super().call_soon_threadsafe(*arguments, **options)

    guard = make()
    ticket = guard.admit(OLD, PORTAL)
    loop = Closing()
    waiting = loop.create_task(guard.aadmit(OLD, PORTAL))
    loop.run_until_complete(asyncio.sleep(0.02))
    ticket.settle(Outcome.VERIFICATION)
    assert what_is(guard, OLD).value == "verified"
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # the test abandons it on purpose


@STORES
def test_another_event_loop_than_asyncio_s_is_refused(store: type[MemoryStrikeStore]) -> None:
    guard = make(store=store())
    with pytest.raises(UnsupportedClientError, match="make the blocking calls in worker threads"):
        guard.aadmit(OLD, PORTAL).send(None)
    assert not state(guard).tickets
    guard.admit(OLD, PORTAL).settle(Outcome.VERIFICATION)
