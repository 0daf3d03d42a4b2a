"""What only tasks do: they are cancelled, and they must not wait for each other's threads."""

import asyncio
import threading

import pytest

from cyara_auth import install
from cyara_auth._http import httpx
from cyara_auth.errors import CredentialRejectedError, StrikeBudgetExhaustedError
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.faces import KEY_FINGERPRINT, TLS
from ..wire.loopback import PAIR, Reply, WireServer, wait_until

pytestmark = pytest.mark.anyio


def client_of(server: WireServer, store: MemoryStrikeStore) -> httpx.AsyncClient:
    return install(httpx.AsyncClient(base_url=server.base_url, verify=TLS), credential=PAIR, store=store)


async def until_seen(server: WireServer, calls: int) -> None:
    await asyncio.to_thread(wait_until, lambda: len(server.seen) >= calls)


async def test_task_cancelled_on_the_wire_stays_charged(server: WireServer) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    store = MemoryStrikeStore()
    async with client_of(server, store) as client:
        for calls in (1, 2):
            task = asyncio.create_task(client.get("/x"))
            await until_seen(server, calls)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert len(store.read(KEY_FINGERPRINT).tickets) == calls
        with pytest.raises(StrikeBudgetExhaustedError):
            await client.get("/x")
    release.set()
    assert len(server.seen) == 2


async def test_task_cancelled_while_it_waits_costs_nothing_and_leaves_nobody_stuck(server: WireServer) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    store = MemoryStrikeStore()
    async with client_of(server, store) as client:
        probe = asyncio.create_task(client.get("/x"))
        await until_seen(server, 1)
        waiting = [asyncio.create_task(client.get("/x")) for _ in range(20)]
        await asyncio.sleep(0.05)
        for task in waiting[:10]:
            task.cancel()
        release.set()
        results = await asyncio.wait_for(asyncio.gather(probe, *waiting, return_exceptions=True), 20)
    assert [type(result) for result in results[1:11]] == [asyncio.CancelledError] * 10
    assert [result.status_code for result in (results[0], *results[11:])] == [200] * 11
    assert len(server.seen) == 11
    assert store.read(KEY_FINGERPRINT).tickets == ()


async def test_row_49_stale_pair_in_200_tasks_with_cancellations(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    store = MemoryStrikeStore()
    async with client_of(server, store) as client:
        tasks = [asyncio.create_task(client.get("/x")) for _ in range(200)]
        await asyncio.sleep(0)
        for task in tasks[50::3]:
            task.cancel()
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert len(server.seen) == 1
    kinds = {type(result) for result in results}
    assert kinds == {httpx.Response, asyncio.CancelledError, CredentialRejectedError}


async def test_a_waiting_task_does_not_block_the_loop(server: WireServer) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    async with client_of(server, MemoryStrikeStore()) as client:
        probe = asyncio.create_task(client.get("/x"))
        await until_seen(server, 1)
        waiting = asyncio.create_task(client.get("/x"))
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(0.05)
        assert asyncio.get_running_loop().time() - began < 1
        release.set()
        assert {(await probe).status_code, (await waiting).status_code} == {200}


async def test_timeout_scope_around_a_call_settles_it(server: WireServer) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    store = MemoryStrikeStore()
    async with client_of(server, store) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.get("/x")
        assert len(store.read(KEY_FINGERPRINT).tickets) == 1
    release.set()
