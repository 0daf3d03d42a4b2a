"""`connect(event_hooks=...)`: each request and answer is seen, the credential never, and no strike is lost."""

import asyncio
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from cyara_auth import Cyara, RetryPolicy, connect
from cyara_auth._http import httpx
from cyara_auth.client.hooks import EventHookError
from cyara_auth.errors import ConfigurationError
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.faces import TLS, give_places_back
from ..wire.loopback import KEY, PAIR, TOKEN, Reply, WireServer

AT_ONCE = RetryPolicy(attempts=2, base=0.001)


def client_of(server: WireServer, **options: Any) -> Cyara:
    return connect(
        server.base_url, PAIR, **{"store": MemoryStrikeStore(), "verify": TLS, "retries": AT_ONCE, **options}
    )


def in_threads(cyara: Cyara, **changes: Any) -> httpx.Response:
    with cyara:
        return (cyara.with_options(**changes) if changes else cyara).raw("GET", "/v3.0/x")


def in_tasks(cyara: Cyara, **changes: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        async with cyara:
            return await (cyara.with_options(**changes) if changes else cyara).aio.raw("GET", "/v3.0/x")

    return asyncio.run(run())


Call = Callable[..., httpx.Response]
both = pytest.mark.parametrize("call", [in_threads, in_tasks])


class Seen(list[httpx.Request | httpx.Response]):
    """Hooks that keep what they are called with."""

    @property
    def hooks(self) -> dict[str, list[Callable[[Any], None]]]:
        return {"request": [self.append], "response": [self.append]}


def charges(cyara: Cyara) -> tuple[int, int]:
    give_places_back(cyara.guard)
    state = cyara.guard.store.read(cyara.credential.key_fingerprint)
    return state.strikes, len(state.tickets)


@both
def test_requests_and_answers_are_seen_and_the_credential_is_not(server: WireServer, call: Call) -> None:
    seen = Seen()
    call(client_of(server, event_hooks=seen.hooks))
    request, answer = seen
    assert isinstance(request, httpx.Request)
    assert isinstance(answer, httpx.Response)
    assert answer.request is request
    assert server.seen[0].authorization == [f"ApiKey {PAIR}"]
    assert "Authorization" not in request.headers
    for shown in (request.headers.raw, request.extensions, vars(request), answer.headers.raw, vars(answer)):
        assert KEY not in repr(shown)
        assert TOKEN not in repr(shown)


@both
def test_each_attempt_is_seen(server: WireServer, call: Call) -> None:
    store = MemoryStrikeStore()
    call(client_of(server, store=store))  # what is not verified is not repeated
    server.script = lambda _: Reply(status=503 if len(server.seen) == 2 else 200)
    seen = Seen()
    assert call(client_of(server, store=store, event_hooks=seen.hooks)).status_code == 200
    assert [it.status_code for it in seen if isinstance(it, httpx.Response)] == [503, 200]


@both
def test_a_client_with_other_options_keeps_them(server: WireServer, call: Call) -> None:
    seen = Seen()
    call(client_of(server, event_hooks=seen.hooks), timeout=7, account_id=3)
    assert len(seen) == 2


@both
def test_what_a_request_hook_raises_comes_through_and_nothing_is_sent(server: WireServer, call: Call) -> None:
    def refuse(_: object) -> None:
        raise LookupError("not today")

    cyara = client_of(server, event_hooks={"request": [refuse]})
    with pytest.raises(LookupError, match="not today"):
        call(cyara)
    assert server.seen == []
    assert charges(cyara) == (0, 0)


@both
def test_what_a_response_hook_raises_loses_no_strike_and_shows_no_secret(server: WireServer, call: Call) -> None:
    server.script = lambda _: Reply(status=401)
    cyara = client_of(server, event_hooks={"response": [httpx.Response.raise_for_status]})
    with pytest.raises(httpx.HTTPStatusError) as caught:
        call(cyara)
    assert charges(cyara) == (1, 0)
    assert len(server.seen) == 1
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert TOKEN not in told + repr(vars(caught.value))


@both
@pytest.mark.parametrize(("event", "visits"), [("request", 0), ("response", 1)])
def test_a_failure_of_a_hook_is_not_taken_for_one_of_the_portal(
    server: WireServer, call: Call, event: str, visits: int
) -> None:
    def report(_: object) -> None:
        raise httpx.ConnectError("the collector is away")

    cyara = client_of(server, event_hooks={event: [report]})
    with pytest.raises(EventHookError, match=f"^A {event} hook .* raised ConnectError") as caught:
        call(cyara)
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert len(server.seen) == visits
    assert charges(cyara) == (0, 0)


def test_async_hooks_are_awaited_in_tasks_and_refused_in_threads(server: WireServer) -> None:
    seen = Seen()

    async def keep(subject: httpx.Response) -> None:
        await subject.aread()
        seen.append(subject)

    class Keeper:
        async def __call__(self, subject: httpx.Response) -> None:
            seen.append(subject)

    hooks = {"response": [keep, Keeper(), seen.append]}
    in_tasks(client_of(server, event_hooks=hooks))
    assert len(seen) == 3
    for hook in hooks["response"][:2]:
        with pytest.raises(ConfigurationError, match="Nothing was sent"):
            in_threads(client_of(server, event_hooks={"response": [hook]}))
    assert len(server.seen) == 1


def test_hooks_are_those_of_the_time_of_connect(server: WireServer) -> None:
    seen = Seen()
    hooks = seen.hooks
    cyara = client_of(server, event_hooks=hooks)
    hooks["request"].clear()
    hooks.clear()
    in_threads(cyara)
    assert len(seen) == 2


@pytest.mark.parametrize(
    "hooks",
    [[print], {"requests": [print]}, {"request": print}, {"request": "print"}, {"response": [None]}, {1: []}, 7],
    ids=repr,
)
def test_what_httpx_would_take_unread_is_refused(server: WireServer, hooks: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^event_hooks= takes .* Next: event_hooks="):
        client_of(server, event_hooks=hooks)


def test_hooks_are_pickled_by_their_name(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYARA_API_CREDENTIAL", PAIR)
    with connect(server.base_url, store="memory:", event_hooks={"request": [print]}) as cyara:
        again = pickle.loads(pickle.dumps(cyara))  # noqa: S301 - our own
    with again:
        assert len(again.get_httpx_client().event_hooks["request"]) == 1
