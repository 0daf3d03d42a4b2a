"""A fleet with a stale pair: however many callers, of whatever kind, on whatever store, the portal sees one call."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from cyara_auth.credential import ApiCredential
from cyara_auth.requests import GuardedAdapter, guarded_session
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Admit, Decision, Event
from cyara_auth.strikes.state import EMPTY
from cyara_tools.portal.faults import Fault, Stage

from .conftest import Scene
from .crowd import PATH, Client, Crowd, call

REJECTED = "CredentialRejectedError"


@pytest.mark.parametrize("policy", ["guarded", "strict", "concurrent"])
def test_row_47_a_hundred_threads(scene: Scene, policy: str) -> None:
    crowd = Crowd()
    with scene.client(policy=policy) as client:
        crowd.add_threads(client, 100)
        assert crowd.run() == {"401": 1, REJECTED: 99}
    assert scene.invalid_calls == 1
    assert scene.state.strikes == 1
    assert scene.state.tickets == ()


def test_row_46_one_thread_that_does_not_give_up(scene: Scene) -> None:
    crowd = Crowd()
    with scene.client() as client:
        crowd.add_threads(client, 1, calls=50)
        assert crowd.run() == {"401": 1, REJECTED: 49}
    assert scene.invalid_calls == 1


def test_row_47_a_hundred_threads_with_requests(scene: Scene) -> None:
    crowd = Crowd()
    options: dict[str, Any] = {"base_url": scene.portal.base_url, "credential": scene.stale, "store": scene.store_url}

    def script() -> str:
        adapter = GuardedAdapter(**options, environ={})
        with requests.Session() as session:
            session.trust_env = False
            session.mount(adapter.prefix, adapter)
            return str(session.get(scene.portal.base_url + PATH).status_code)

    crowd.add_calls(script, 100)
    assert crowd.run() == {"401": 1, REJECTED: 99}
    assert scene.invalid_calls == 1


def test_ten_clients_in_a_row(scene: Scene) -> None:
    seen: list[str] = []
    for _ in range(10):
        crowd = Crowd()
        with scene.client() as client:
            crowd.add_threads(client, 1)
            seen += crowd.run()
    assert seen == ["401"] + [REJECTED] * 9
    assert scene.invalid_calls == 1


def threads_and_loops(scene: Scene, *, cancelled: float) -> Counter[str]:
    """Let 50 threads and two event loops of 100 tasks begin at the same moment."""
    crowd = Crowd()
    with scene.client() as one, scene.client() as two, scene.client() as three:
        crowd.add_threads(one, 50)
        crowd.add_loop(two, 100, cancelled=cancelled)
        crowd.add_loop(three, 100, cancelled=cancelled)
        return crowd.run()


def test_threads_and_two_event_loops(scene: Scene) -> None:
    assert threads_and_loops(scene, cancelled=0) == {"401": 1, REJECTED: 249}
    assert scene.invalid_calls == 1
    assert scene.open_tickets() == 0


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_row_49_threads_and_two_event_loops_with_cancellations(scene: Scene, share: float) -> None:
    seen = threads_and_loops(scene, cancelled=share)
    answered = seen["401"]
    assert sum(seen.values()) == 250
    # A second call is allowed only where the answer to the first was lost, that is where a probe was cancelled.
    assert scene.invalid_calls <= 2
    assert scene.invalid_calls == 1 or answered < 2
    assert answered <= 1
    assert scene.state.strikes + len(scene.state.tickets) <= 2
    assert scene.open_tickets() == 0


def test_row_48_eight_processes_of_sixteen_threads(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("sqlite")
    assert scene.fleet(processes=8, threads=16) == {"401": 1, REJECTED: 127}
    assert scene.invalid_calls == 1


PUBLIC = {
    "a document": ("GET", "/swagger.json", {"body": "{}", "media_type": "application/json"}),
    "OPTIONS": ("OPTIONS", PATH, {"body": "{}", "media_type": "application/json"}),
    "a page": ("GET", PATH, {"body": "<html></html>", "media_type": "text/plain"}),
    "nothing": ("GET", PATH, {"status": 204}),
}


@pytest.mark.parametrize("what", PUBLIC)
@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_row_48_after_something_that_anybody_gets(make_scene: Callable[[str], Scene], library: str, what: str) -> None:
    """A success that needed no credential lets no crowd go."""
    scene = make_scene("sqlite")
    method, path, answer = PUBLIC[what]
    scene.portal.inject(Fault(stage=Stage.BEFORE_EVALUATION, **{"status": 200, **answer}))
    options: dict[str, Any] = {"base_url": scene.portal.base_url, "credential": scene.stale, "store": scene.store_url}
    if library == "requests":
        with guarded_session(**options, environ={}) as session:
            assert session.request(method, scene.portal.base_url + path, timeout=20).ok
    else:
        with scene.client() as client:
            assert client.threads.request(method, path).is_success
    assert scene.fleet(processes=8, threads=16) == {"401": 1, REJECTED: 127}
    assert scene.invalid_calls == 1


def test_row_50_sixteen_processes_on_redis(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("redis")
    assert scene.fleet(processes=16, threads=3, loops=1, tasks=3) == {"401": 1, REJECTED: 95}
    assert scene.invalid_calls == 1


def test_row_51_private_stores_spend_one_call_each(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("memory")
    # Documented: without a shared store nobody can promise more than the budget of each process.
    assert scene.fleet(processes=2, threads=8) == {"401": 2, REJECTED: 14}
    assert scene.invalid_calls == 2


def test_row_51_a_private_store_is_refused_where_a_shared_one_is_required(make_scene: Callable[[str], Scene]) -> None:
    scene = make_scene("memory")
    arrivals = scene.portal.arrivals
    with scene.client(require_shared_store=True) as client:
        assert call(client) == "SharedStoreRequiredError"
    assert scene.portal.arrivals == arrivals


def test_row_71_old_token_typo_and_second_typo_are_two_calls_in_all(scene: Scene) -> None:
    key, _, token = scene.stale.partition(":")
    typos = [f"{key}:{letter}{token[1:]}" for letter in ("A", "B") if not token.startswith(letter)]
    seen = []
    for pair in (scene.stale, *typos, scene.portal.credential):
        crowd = Crowd()
        with scene.client(pair) as client:
            crowd.add_threads(client, 20)
            seen.append(crowd.run())
    assert [outcome["401"] for outcome in seen][:2] == [1, 1]
    assert sum(outcome["401"] for outcome in seen) == 2
    assert scene.invalid_calls == 2
    assert not scene.portal.token_void


def test_the_counting_finds_a_store_that_forgets_reservations(make_scene: Callable[[str], Scene]) -> None:
    class Forgetful(MemoryStrikeStore):
        """Answers the first fifty callers together, so that none of them knows of another's 401."""

        numbers = itertools.count()
        together = threading.Barrier(50)

        def apply(self, key_id: str, event: Event) -> Decision:
            del key_id
            if isinstance(event, Admit) and next(self.numbers) < self.together.parties:
                self.together.wait(20)
            return decide(EMPTY, event)

    scene = make_scene("memory")
    crowd = Crowd()
    with Client(base_url=scene.portal.base_url, credential=scene.stale, store=Forgetful()) as client:
        crowd.add_threads(client, 50)
        crowd.run()
    assert scene.invalid_calls > 2
    assert scene.portal.token_void


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_no_store_holds_a_secret(
    make_scene: Callable[[str], Scene], kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    scene = make_scene(kind)
    for pair in (scene.stale, scene.portal.credential):
        with scene.client(pair) as client:
            call(client)
    if kind == "sqlite":
        kept = b"".join(file.read_bytes() for file in (tmp_path / "state").iterdir())
    else:
        with redis.Redis.from_url(request.getfixturevalue("redis_server").url) as client:
            kept = b"".join(value for name in client.scan_iter() for value in client.hgetall(name).values())
    assert ApiCredential.parse(scene.stale).fingerprint.encode() in kept
    for pair in (scene.stale, scene.portal.credential):
        for secret in pair.split(":"):
            assert secret.encode() not in kept
