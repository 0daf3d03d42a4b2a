"""Retries: the decision as a table, and what reaches the wire."""

import asyncio
import ssl
import threading
from datetime import UTC, datetime

import attrs
import pytest

from cyara_auth import Cyara, connect
from cyara_auth._http import httpx
from cyara_auth.client.retry import FailedAttempt, RetryPolicy, RetryQuota, pause_before_next
from cyara_auth.client.retrying_clients import AsyncRetryingClient, Effects, Retrying, RetryingClient
from cyara_auth.errors import ConfigurationError
from cyara_auth.extensions import seconds_of_retry_after
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.loopback import PAIR, Reply, WireServer

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one for all: reading the authorities takes longer than a test
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAILED = FailedAttempt(number=1, elapsed=0.0, repeatable=True, status=503)


@pytest.mark.parametrize(
    ("changes", "pause"),
    [
        ({}, 0.5),
        ({"number": 2}, 1.0),
        ({"number": 3}, None),
        ({"repeatable": False}, None),
        ({"unrepeatable": True}, None),
        ({"status": None}, 0.5),
        ({"status": 500}, None),
        ({"status": 401}, None),
        ({"retry_after": 3.0}, 3.0),
        ({"retry_after": 0.0}, 0.5),
        ({"retry_after": 31.0}, None),
        ({"elapsed": 59.6}, None),
        ({"elapsed": 58.0, "retry_after": 3.0}, None),
    ],
)
def test_pause_before_the_next_attempt(changes: dict[str, object], pause: float | None) -> None:
    assert pause_before_next(RetryPolicy(), attrs.evolve(FAILED, **changes), draw=1.0) == pause


def test_jitter_is_full_and_pauses_are_bounded() -> None:
    policy = RetryPolicy(attempts=50, deadline=1000)
    late = attrs.evolve(FAILED, number=20)
    assert pause_before_next(policy, late, draw=0.0) == 0.0
    assert pause_before_next(policy, late, draw=1.0) == policy.longest_pause


@pytest.mark.parametrize(
    ("wrong", "takes"),
    [
        ({"attempts": 0}, "a whole number from 1, not 0"),
        ({"attempts": "3"}, "a whole number from 1, not a value of type str"),
        ({"attempts": 2.5}, "a whole number from 1, not 2.5"),
        ({"attempts": True}, "a whole number from 1, not True"),
        ({"deadline": 0}, "a number above 0, not 0"),
        ({"base": -0.5}, "a number from 0, not -0.5"),
        ({"longest_pause": None}, "a number from 0, not None"),
        ({"statuses": 503}, "a set of statuses, not 503"),
        ({"statuses": "503"}, "a set of statuses, not a value of type str"),
        ({"also_idempotent": "ExecuteCampaign"}, "a set of operation ids, not a value of type str"),
        ({"also_idempotent": None}, "a set of operation ids, not None"),
        ({"also_idempotent": [7]}, "a set of operation ids, not a value of type list"),
    ],
)
def test_a_policy_of_the_wrong_kind_is_refused_in_one_sentence(wrong: dict[str, object], takes: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RetryPolicy(**wrong)
    assert str(caught.value).startswith(f"{next(iter(wrong))}= takes {takes}. Nothing was sent. Next: ")


def test_an_operation_that_the_client_does_not_have_is_refused_when_it_is_made(server: WireServer) -> None:
    def client_of(*names: str) -> Cyara:
        policy = RetryPolicy(also_idempotent=names)
        return connect(server.base_url, PAIR, store=MemoryStrikeStore(), retries=policy)

    with pytest.raises(ConfigurationError, match=r"'ExecuteCampain', .*Next: write 'ExecuteCampaign'"):
        client_of("ExecuteCampaign", "ExecuteCampain")
    with pytest.raises(ConfigurationError, match=r"'qqq', .*Next: look its id up in client.operations"):
        client_of("qqq")
    with client_of("ExecuteCampaign") as cyara, pytest.raises(ConfigurationError, match="ExecuteCampain"):
        cyara.with_options(retries=RetryPolicy(also_idempotent={"ExecuteCampain"}))


@pytest.mark.parametrize("status", [401, 403, 400, 500, 200])
def test_only_transient_statuses_can_be_configured(status: int) -> None:
    with pytest.raises(ConfigurationError, match=str(status)):
        RetryPolicy(statuses=frozenset({503, status}))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("Thu, 01 Jan 2026 00:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 00:01:30", 90.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("-1", None),
        ("1e3", None),
        ("soon", None),
        ("\u0667", None),
        ("", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert seconds_of_retry_after({"retry-after": value}, NOW) == seconds


def test_quota_ends_a_storm_and_successes_fill_it_again() -> None:
    quota = RetryQuota()
    assert [quota.take() for _ in range(21)] == [True] * 20 + [False]
    for _ in range(4):
        quota.give_back(retried=False)
    assert not quota.take()
    quota.give_back(retried=False)
    assert quota.take()
    quota.give_back(retried=True)
    assert quota.take()


class Harness:
    """A retrying client, sync or async, whose pauses are recorded instead of waited."""

    def __init__(self, *, policy: RetryPolicy | None = None) -> None:
        self.pauses: list[float] = []
        self.quota = RetryQuota()
        effects = Effects(now=lambda: NOW, draw=lambda: 1.0, sleep=self.pauses.append, async_sleep=self._async_sleep)
        self.retrying = Retrying(policy=policy or RetryPolicy(), quota=self.quota, effects=effects)

    async def _async_sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def call(self, request: httpx.Request, *, asynchronous: bool) -> httpx.Response:
        if not asynchronous:
            with RetryingClient(retrying=self.retrying, verify=TLS) as client:
                return client.send(request)

        async def run() -> httpx.Response:
            async with AsyncRetryingClient(retrying=self.retrying, verify=TLS) as client:
                return await client.send(request)

        return asyncio.run(run())


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def asynchronous(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def answers(server: WireServer, *replies: Reply) -> None:
    left = list(replies)
    lock = threading.Lock()

    def script(_: object) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    server.script = script


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_transient_status_is_retried(server: WireServer, status: int, *, asynchronous: bool) -> None:
    answers(server, Reply(status=status), Reply())
    harness = Harness()
    response = harness.call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert response.status_code == 200
    assert response.extensions["cyara.attempt"] == 2
    assert len(server.seen) == 2
    assert harness.pauses == [0.5]


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 500, 501])
def test_other_statuses_are_one_call(server: WireServer, status: int, *, asynchronous: bool) -> None:
    answers(server, Reply(status=status))
    response = Harness().call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert response.status_code == status
    assert len(server.seen) == 1


def test_last_answer_is_returned(server: WireServer, *, asynchronous: bool) -> None:
    answers(server, Reply(status=503))
    response = Harness().call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert (response.status_code, response.extensions["cyara.attempt"], len(server.seen)) == (503, 3, 3)


def test_post_is_never_repeated_unless_the_caller_says_so(server: WireServer, *, asynchronous: bool) -> None:
    answers(server, Reply(status=503))
    Harness().call(httpx.Request("POST", server.origin, json={}), asynchronous=asynchronous)
    assert len(server.seen) == 1
    request = httpx.Request("POST", server.origin, content=b"once", extensions={"cyara.idempotent": True})
    Harness().call(request, asynchronous=asynchronous)
    assert [seen.body for seen in server.seen[1:]] == [b"once"] * 3


def test_operation_named_in_the_policy_is_repeated(server: WireServer, *, asynchronous: bool) -> None:
    @attrs.frozen
    class Named:
        operation_id: str

    answers(server, Reply(status=503))
    request = httpx.Request("POST", server.origin, extensions={"cyara.operation": Named("ExecuteCampaign")})
    policy = RetryPolicy(also_idempotent=frozenset({"ExecuteCampaign"}))
    Harness(policy=policy).call(request, asynchronous=asynchronous)
    assert len(server.seen) == 3


def test_body_that_can_be_read_once_is_sent_once(server: WireServer) -> None:
    answers(server, Reply(status=503))
    request = httpx.Request("PUT", server.origin, content=iter([b"a", b"b"]), headers={"content-length": "2"})
    Harness().call(request, asynchronous=False)
    assert len(server.seen) == 1


def test_no_connection_is_retried_and_then_raised(*, asynchronous: bool) -> None:
    with WireServer() as gone:
        url = gone.origin
    harness = Harness()
    with pytest.raises(httpx.ConnectError):
        harness.call(httpx.Request("GET", url), asynchronous=asynchronous)
    assert harness.pauses == [0.5, 1.0]


def test_lost_answer_is_not_retried(server: WireServer, *, asynchronous: bool) -> None:
    answers(server, Reply(cut=True))
    with pytest.raises(httpx.RemoteProtocolError):
        Harness().call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert len(server.seen) == 1


def test_retry_after_is_waited_or_reported(server: WireServer, *, asynchronous: bool) -> None:
    answers(server, Reply(status=429, headers=(("Retry-After", "9"),)), Reply())
    harness = Harness()
    harness.call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert harness.pauses == [9.0]
    answers(server, Reply(status=429, headers=(("Retry-After", "3600"),)))
    response = harness.call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert response.headers["retry-after"] == "3600"
    assert harness.pauses == [9.0]


def test_quota_bounds_the_calls_of_a_storm(server: WireServer) -> None:
    answers(server, Reply(status=503))
    harness = Harness()
    for _ in range(30):
        harness.call(httpx.Request("GET", server.origin), asynchronous=False)
    assert len(server.seen) == 30 + RetryQuota.CAPACITY // RetryQuota.COST


def test_one_attempt_switches_retries_off(server: WireServer, *, asynchronous: bool) -> None:
    answers(server, Reply(status=503))
    Harness(policy=RetryPolicy(attempts=1)).call(httpx.Request("GET", server.origin), asynchronous=asynchronous)
    assert len(server.seen) == 1
