"""Threads of the guard's own: where tasks ask the store, and where a settlement is written."""

import asyncio
import sys
import threading

import pytest

from cyara_auth.guard.workers import Workers


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
