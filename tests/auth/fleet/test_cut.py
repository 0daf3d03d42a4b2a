"""A connection cut at every byte of the exchange, in either direction: never more than two invalid calls."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.testing import CuttingProxy, LocalPortal

from .conftest import Scene
from .crowd import Client, acall, call

ATTEMPTS = 4
REFUSALS = {"CredentialRejectedError", "StrikeBudgetExhaustedError"}


@pytest.fixture(scope="module")
def near_portal() -> Iterator[LocalPortal]:
    """Run in this process: thousands of questions for its counters would be slow over a pipe."""
    with LocalPortal() as running:
        yield running


def attempts_by_thread(options: dict[str, Any]) -> list[str]:
    with Client(**options) as client:
        return [call(client) for _ in range(ATTEMPTS)]


def attempts_by_task(options: dict[str, Any]) -> list[str]:
    async def attempts() -> list[str]:
        client = Client(**options)
        seen = [await acall(client) for _ in range(ATTEMPTS)]
        await client.tasks.aclose()
        return seen

    return asyncio.run(attempts())


@pytest.mark.parametrize("direction", ["request", "answer"])
@pytest.mark.parametrize(
    ("policy", "attempts", "stride"),
    [("guarded", attempts_by_thread, 1), ("strict", attempts_by_thread, 3), ("guarded", attempts_by_task, 3)],
    ids=["guarded-thread", "strict-thread", "guarded-task"],
)
@pytest.mark.timeout(180)
def test_row_55_a_cut_at_every_byte(
    near_portal: LocalPortal, direction: str, policy: str, attempts: Callable[[dict[str, Any]], list[str]], stride: int
) -> None:
    stale = near_portal.credential
    near_portal.regenerate_token()
    worst = 0
    complete = False
    with CuttingProxy(near_portal.origin) as proxy:
        options = {
            "base_url": proxy.origin + "/cyarawebapi",
            "credential": stale,
            "policy": policy,
        }
        offset = 0
        while not complete:
            setattr(proxy, f"{direction}_bytes", offset)
            before = near_portal.invalid_calls
            seen = attempts(options | {"store": MemoryStrikeStore()})
            charged = near_portal.invalid_calls - before
            assert charged <= 2, (offset, seen)
            assert seen[-1] in REFUSALS or charged == 0, (offset, seen)
            worst = max(worst, charged)
            complete = seen[0] == "401"
            offset += stride
            assert offset < 5000, "the exchange never became complete"
    assert offset > 100
    # Where the request was cut nothing was evaluated twice; where the answer was cut, two calls were.
    assert worst == (2 if direction == "answer" else worst)


def test_a_good_pair_recovers_when_the_line_does(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    with (
        CuttingProxy(scene.portal.origin, answer_bytes=5) as proxy,
        scene.client(scene.portal.credential, base_url=proxy.origin + "/cyarawebapi") as client,
    ):
        assert call(client) == "RemoteProtocolError"
        proxy.answer_bytes = None
        assert [call(client) for _ in range(3)] == ["200"] * 3
    assert scene.invalid_calls == 0
