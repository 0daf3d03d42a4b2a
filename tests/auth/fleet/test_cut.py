"""A connection cut at every byte of the exchange, in either direction: never more than two invalid calls."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.portal import CuttingProxy, LocalPortal

from .conftest import Scene
from .crowd import Client, acall, call

ATTEMPTS = 4
OFFSET = "x-cut-at"
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
    near_portal.forget_requests()
    sent: Counter[str] = Counter()
    with CuttingProxy(near_portal.origin) as proxy:
        for offset in itertools.count(step=stride):
            assert offset < 5000, "the exchange never became complete"
            setattr(proxy, f"{direction}_bytes", offset)
            options = {
                "base_url": proxy.origin + "/cyarawebapi",
                "credential": stale,
                "policy": policy,
                "store": MemoryStrikeStore(),
                "headers": {OFFSET: f"{offset:04}"},
            }
            seen = attempts(options)
            sent[f"{offset:04}"] = sum(outcome not in REFUSALS for outcome in seen)
            if seen[0] == "401":
                break
    time.sleep(0.3)  # what was sent before its answer was cut may be judged a little later
    judged = Counter(
        dict(visit.headers)[OFFSET] for visit in near_portal.requests if visit.credential_result == "rejected"
    )
    assert len(sent) > 300 // stride
    assert all(judged[place] <= 2 for place in sent), judged.most_common(3)
    if direction == "answer":
        # Nobody heard the answer, so the second call was allowed, and the third refused. At the end the answer came.
        assert all(sent[place] == 2 for place in list(sent)[:50])
        assert max(judged.values()) == 2
        assert list(sent.values())[-1] == 1
    else:
        # A request that was not complete is not judged; the last byte before the line held may be the request's last.
        assert set(judged) <= set(list(sent)[-2:])
        assert judged[list(sent)[-1]] == 1


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
