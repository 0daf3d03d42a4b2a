"""Threads of the guard's own: where tasks ask the store, and where a settlement is written."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.guard.workers import Workers
from cyara_auth.strikes.state import Outcome

from .parts import OLD, PORTAL, SlowStore, make, state


def test_a_loop_lends_a_worker_thread() -> None:
    ran = threading.Event()

    async def main() -> bool:
        took = Workers().soon(ran.set)
        return took and await asyncio.to_thread(ran.wait, 10)

    assert asyncio.run(main())


def test_without_a_loop_nobody_takes_it() -> None:
    assert not Workers().soon(pytest.fail)


def test_a_process_without_asyncio_is_not_made_to_load_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "asyncio")
    assert not Workers().soon(pytest.fail)
    assert "asyncio" not in sys.modules


async def acall(guard: StrikeGuard) -> None:
    with await guard.aadmit(OLD, PORTAL) as ticket:
        await asyncio.sleep(0.002)
        ticket.settle(Outcome.VERIFICATION)


def test_a_call_is_answered_while_the_loops_own_threads_wait_for_it() -> None:
    # What many programs do: asyncio.to_thread with something that waits, in the end, for a guarded call.
    async def main() -> None:
        guard = make(store=SlowStore())
        loop = asyncio.get_running_loop()
        answered = threading.Event()
        with ThreadPoolExecutor(2) as few:
            loop.set_default_executor(few)
            waiting = [asyncio.create_task(asyncio.to_thread(answered.wait, 20)) for _ in range(10)]
            await asyncio.sleep(0.05)
            async with asyncio.timeout(10):
                await asyncio.gather(*(acall(guard) for _ in range(5)))
            answered.set()
            assert all(await asyncio.gather(*waiting))
        assert all(ticket.origin == PORTAL for ticket in state(guard).tickets)

    asyncio.run(main())


def test_loops_in_threads_that_bridge_into_blocking_code_do_not_wait_for_each_other() -> None:
    guard = make(store=SlowStore())
    done: list[int] = []

    def sync() -> None:
        with guard.admit(OLD, PORTAL, timeout=20.0) as ticket:
            ticket.settle(Outcome.VERIFICATION)

    async def main() -> None:
        for _ in range(5):
            await acall(guard)
            await asyncio.to_thread(sync)
            sync()  # frowned upon, and done: the loop stands still meanwhile
        await asyncio.gather(*(acall(guard) for _ in range(3)))

    def work() -> None:
        asyncio.run(main())
        done.append(1)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 6, "they wait for each other"


def test_a_fork_leaves_the_threads_to_the_parent() -> None:
    workers = Workers()

    async def main() -> None:
        assert await workers.run(lambda: 1) == 1
        workers.after_fork_in_child()
        assert await workers.run(lambda: 2) == 2

    asyncio.run(main())


def test_what_waits_for_a_program_runs_on_the_guards_threads() -> None:
    async def main() -> str:
        return await make().run_blocking(lambda: threading.current_thread().name)

    assert asyncio.run(main()).startswith("cyara-guard")
