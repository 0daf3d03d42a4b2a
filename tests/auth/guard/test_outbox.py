"""Where an admission is settled: on a worker thread of the running loop, or at once."""

import asyncio
import sys
import threading

import pytest

from cyara_auth.guard.outbox import flush_soon


def test_a_loop_lends_a_worker_thread() -> None:
    ran = threading.Event()

    async def main() -> bool:
        took = flush_soon(ran.set)
        return took and await asyncio.to_thread(ran.wait, 10)

    assert asyncio.run(main())


def test_without_a_loop_nobody_takes_it() -> None:
    assert not flush_soon(pytest.fail)


def test_a_process_without_asyncio_is_not_made_to_load_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "asyncio")
    assert not flush_soon(pytest.fail)
    assert "asyncio" not in sys.modules
