"""`connect()` and what it returns."""

import asyncio
import gc
import multiprocessing
import os
import pickle
import pkgutil
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest

import cyara_auth
from cyara_auth import Cyara, GuardPolicy, RetryPolicy, connect
from cyara_auth._http import httpx
from cyara_auth.client.retrying_clients import ClosedClientError, Effects
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    BaseUrlError,
    ConfigurationError,
    CredentialFormatError,
    CredentialNotFoundError,
    CredentialRejectedError,
    SharedStoreRequiredError,
)
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.stores.registry import reset_stores

from ..wire.loopback import KEY, PAIR, TOKEN, Reply, WireServer

HEADER = [f"ApiKey {PAIR}"]


def client_of(base_url: str, **options: object) -> Cyara:
    return connect(base_url, PAIR, **{"store": MemoryStrikeStore(), **options})


@pytest.fixture
def environment(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYARA_BASE_URL", server.base_url)
    monkeypatch.setenv("CYARA_ACCOUNT_ID", "17")
    monkeypatch.setenv("CYARA_API_CREDENTIAL", f"Authorization: ApiKey {PAIR}")
    monkeypatch.setenv("CYARA_STRIKE_STORE", "memory:")
    reset_stores()


@pytest.mark.usefixtures("environment")
def test_everything_may_come_from_the_environment(server: WireServer) -> None:
    with connect() as cyara:
        assert cyara.base_url == server.base_url
        assert cyara.account_id == 17
        assert cyara.raw("GET", "/v3.0/x").status_code == 200
    assert server.seen[0].target == "/cyarawebapi/v3.0/x"
    assert server.seen[0].authorization == HEADER


def test_environment_can_be_given(server: WireServer) -> None:
    environ = {"CYARA_BASE_URL": server.base_url, "CYARA_API_CREDENTIAL": PAIR, "CYARA_STRIKE_STORE": "memory:"}
    with connect(environ=environ) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200
        assert cyara.account_id is None


def test_what_is_missing_is_said_before_anything_is_sent(server: WireServer) -> None:
    with pytest.raises(BaseUrlError, match="CYARA_BASE_URL"):
        connect(credential=PAIR)
    with pytest.raises(CredentialNotFoundError, match="CYARA_API_CREDENTIAL"):
        connect(server.base_url)
    with pytest.raises(CredentialFormatError):
        connect(server.base_url, "not a pair")
    assert server.seen == []


@pytest.mark.parametrize(
    "options",
    [
        {"policy": "lenient"},
        {"budget": 0},
        {"budget": 3},
        {"retries": -1},
        {"user_agent": "a\r\nX: y"},
        {"store": "x:"},
    ],
)
def test_unusable_options_are_refused(server: WireServer, options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        client_of(server.base_url, **options)


def test_options_reach_the_guard(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = client_of(server.base_url, policy="strict", budget=1).guard.settings
    assert (settings.policy, settings.budget) == (GuardPolicy.STRICT, 1)
    monkeypatch.setenv("CYARA_AUTH_POLICY", "STRICT\n")
    assert client_of(server.base_url).guard.settings.policy is GuardPolicy.STRICT


def test_row_51_private_store_is_refused_where_a_shared_one_is_required(server: WireServer) -> None:
    with client_of(server.base_url, require_shared_store=True) as cyara, pytest.raises(SharedStoreRequiredError):
        cyara.raw("GET", "/x")
    assert server.seen == []


def test_timeouts_are_finite_by_default(server: WireServer) -> None:
    with client_of(server.base_url) as cyara:
        assert cyara.get_httpx_client().timeout == httpx.Timeout(30.0, connect=5.0)
    with client_of(server.base_url, timeout=2) as cyara:
        assert cyara.get_httpx_client().timeout == httpx.Timeout(2)
    with client_of(server.base_url, timeout=None) as cyara:
        assert cyara.get_httpx_client().timeout == httpx.Timeout(None)


def test_timeout_holds_on_the_wire(server: WireServer) -> None:
    release = threading.Event()
    server.script = lambda _: Reply(wait=release)
    with client_of(server.base_url, timeout=0.1) as cyara, pytest.raises(httpx.ReadTimeout):
        cyara.raw("GET", "/x")
    release.set()


def test_user_agent_names_package_platform_python_and_caller(server: WireServer) -> None:
    with client_of(server.base_url, user_agent="nightly-gate/2.1") as cyara:
        cyara.raw("GET", "/x")
    (value,) = server.seen[0].values("user-agent")
    package, platform, python, caller = value.split(" ")
    assert package.startswith("cyara-client/")
    assert platform.startswith("platform/")
    assert python.startswith("python/3.")
    assert caller == "nightly-gate/2.1"


def test_redirects_are_not_followed(server: WireServer) -> None:
    server.script = lambda _: Reply(status=302, headers=(("Location", "/elsewhere"),), body=b"")
    with client_of(server.base_url) as cyara:
        assert cyara.raw("GET", "/x").status_code == 302
    assert len(server.seen) == 1


def test_retries_are_admissions_of_their_own(server: WireServer) -> None:
    server.script = lambda _: Reply(status=503 if len(server.seen) == 2 else 200)
    with client_of(server.base_url, retries=RetryPolicy(base=0.0)) as cyara:
        cyara.raw("GET", "/v3.0/x")
        response = cyara.raw("GET", "/x")
    assert response.extensions["cyara.attempt"] == 2
    assert [seen.authorization for seen in server.seen] == [HEADER] * 3


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_call_of_a_pair_that_is_not_verified_is_not_repeated(server: WireServer, status: int) -> None:
    """The portal may count each of them as invalid, whatever it answers."""
    with client_of(server.base_url, retries=RetryPolicy(attempts=5, base=0.0)) as cyara:
        server.script = lambda _: Reply(status=status)
        response = cyara.raw("GET", "/v3.0/x")
        assert (response.status_code, response.extensions["cyara.attempt"]) == (status, 1)
        assert len(server.seen) == 1
        server.script = lambda _: Reply()
        assert cyara.raw("GET", "/v3.0/x").status_code == 200
        server.script = lambda _: Reply(status=status)
        assert cyara.raw("GET", "/v3.0/x").status_code == status
    assert len(server.seen) == 2 + (1 if status == 500 else 5)


@pytest.mark.parametrize(("status", "calls"), [(503, 5), (429, 5), (502, 1), (504, 1), (408, 1)])
def test_strict_repeats_nothing_that_stays_charged(server: WireServer, status: int, calls: int) -> None:
    with client_of(server.base_url, retries=RetryPolicy(attempts=5, base=0.0), policy="strict") as cyara:
        assert cyara.raw("GET", "/v3.0/x").status_code == 200
        server.script = lambda _: Reply(status=status)
        assert cyara.raw("GET", "/v3.0/x").status_code == status
    assert len(server.seen) == 1 + calls


def test_a_refusal_is_not_retried(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    with client_of(server.base_url, retries=RetryPolicy(attempts=5, base=0.0)) as cyara:
        assert cyara.raw("GET", "/x").status_code == 401
        with pytest.raises(CredentialRejectedError):
            cyara.raw("GET", "/x")
    assert len(server.seen) == 1


@pytest.mark.usefixtures("environment")
def test_ten_clients_in_a_row_with_a_stale_pair_make_one_call(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    refused = 0
    for _ in range(10):
        with connect() as cyara:
            try:
                cyara.raw("GET", "/x")
            except CredentialRejectedError:
                refused += 1
    assert (len(server.seen), refused) == (1, 9)


def test_repr_shows_no_secret(server: WireServer) -> None:
    with client_of(server.base_url, account_id=5) as cyara:
        cyara.raw("GET", "/x")
        shown = [repr(cyara), str(cyara), f"{cyara}", repr(vars(cyara)), repr(cyara.credential), repr(cyara.aio)]
    assert server.base_url in shown[0]
    assert "account 5" in shown[0]
    for text in shown:
        assert TOKEN not in text
        assert KEY not in text


def test_64_threads_get_one_httpx_client(server: WireServer) -> None:
    barrier = threading.Barrier(64)
    with client_of(server.base_url) as cyara, ThreadPoolExecutor(64) as pool:

        def get(_: int) -> httpx.Client:
            barrier.wait(10)
            return cyara.get_httpx_client()

        assert len(set(map(id, pool.map(get, range(64))))) == 1


def test_64_threads_share_one_pool_of_connections(server: WireServer) -> None:
    with client_of(server.base_url) as cyara, ThreadPoolExecutor(64) as pool:
        cyara.raw("GET", "/x")
        assert list(pool.map(lambda _: cyara.raw("GET", "/x").status_code, range(256))) == [200] * 256
    assert len(server.seen) == 257


def test_each_event_loop_gets_its_own_client(server: WireServer) -> None:
    cyara = client_of(server.base_url)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def twice() -> int:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        async with cyara:
            assert cyara.get_async_httpx_client() is cyara.get_async_httpx_client()
            answers = await asyncio.gather(*(cyara.aio.raw("GET", "/x") for _ in range(20)))
            assert {answer.status_code for answer in answers} == {200}
            return id(cyara.get_async_httpx_client())

    async def first() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        assert (await cyara.aio.raw("GET", "/x")).status_code == 200
        await cyara.get_async_httpx_client().aclose()

    asyncio.run(first())
    asyncio.run(twice())
    gc.collect()
    assert [loop() for loop in loops] == [None, None], "the client keeps loops that have ended"
    assert [seen.authorization for seen in server.seen] == [HEADER] * 21


@pytest.mark.anyio
async def test_async_resources_share_the_guard(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    async with client_of(server.base_url) as cyara:
        results = await asyncio.gather(*(cyara.aio.raw("GET", "/x") for _ in range(50)), return_exceptions=True)
    assert len(server.seen) == 1
    assert sum(isinstance(result, CredentialRejectedError) for result in results) == 49


CLOSED = r"^This client is closed\. Nothing was sent\. Next: make another one with connect\(\)$"


def test_closed_client_says_so(server: WireServer) -> None:
    cyara = client_of(server.base_url)
    cyara.close()
    with pytest.raises(ClosedClientError, match=CLOSED):
        cyara.raw("GET", "/x")
    with client_of(server.base_url) as used:
        kept = used.get_httpx_client()
        used.raw("GET", "/x")
    with pytest.raises(ClosedClientError, match=CLOSED) as caught:
        used.raw("GET", "/x")
    assert isinstance(caught.value, RuntimeError), "programs that caught httpx's error go on doing so"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes
    with pytest.raises(ClosedClientError, match=CLOSED):
        kept.get("/x")


@pytest.mark.anyio
async def test_closed_client_says_so_to_tasks(server: WireServer) -> None:
    async with client_of(server.base_url) as cyara:
        kept = cyara.get_async_httpx_client()
    for call in (kept.get, lambda path: cyara.aio.raw("GET", path)):
        with pytest.raises(ClosedClientError, match=CLOSED):
            await call("/x")
    assert server.seen == []


def test_client_that_is_closed_before_a_retry_says_so(server: WireServer) -> None:
    with client_of(server.base_url, retries=RetryPolicy(base=0.0)) as cyara:
        cyara.raw("GET", "/v3.0/x")
        server.script = lambda _: Reply(status=503)
        client = cyara.get_httpx_client()

        def close_meanwhile(_: float) -> None:
            cyara.close()

        client._retrying = attrs.evolve(client._retrying, effects=Effects(sleep=close_meanwhile))  # noqa: SLF001 - the pause is when another thread closes it
        with pytest.raises(ClosedClientError, match=CLOSED):
            client.get("/x")
    assert len(server.seen) == 2


def test_with_options_shares_guard_and_credential(server: WireServer) -> None:
    with client_of(server.base_url, account_id=1) as cyara:
        cyara.raw("GET", "/x")
        other = cyara.with_options(account_id=2, timeout=1.0, user_agent="x/1")
        assert (other.account_id, cyara.account_id) == (2, 1)
        assert other.guard is cyara.guard
        assert other.get_httpx_client().timeout == httpx.Timeout(1.0)
        assert other.raw("GET", "/x").status_code == 200
        assert server.seen[1].values("user-agent")[0].endswith(" x/1")
        other.close()
        assert cyara.raw("GET", "/x").status_code == 200
    assert server.connections == 1
    with pytest.raises(RuntimeError, match="closed"):
        cyara.with_options(timeout=1.0).raw("GET", "/x")


@pytest.mark.anyio
async def test_with_options_shares_connections_of_tasks(server: WireServer) -> None:
    async with client_of(server.base_url) as cyara:
        await cyara.aio.raw("GET", "/x")
        other = cyara.with_options(timeout=1.0)
        assert (await other.aio.raw("GET", "/x")).status_code == 200
    assert server.connections == 1


@pytest.mark.usefixtures("environment")
def test_row_88_client_pickles_as_a_reference_to_its_source(server: WireServer) -> None:
    with connect(timeout=3.0) as cyara:
        data = pickle.dumps(cyara)
        assert TOKEN.encode() not in data
        assert KEY.encode() not in data
        again = pickle.loads(data)  # noqa: S301 - our own bytes
        with again:
            assert again.raw("GET", "/x").status_code == 200
            assert again.get_httpx_client().timeout == httpx.Timeout(3.0)


@pytest.mark.parametrize(
    "credential", [PAIR, ApiCredential.parse(PAIR), lambda: ApiCredential.parse(PAIR)], ids=["text", "value", "closure"]
)
def test_row_88_client_that_holds_the_credential_does_not_pickle(server: WireServer, credential: object) -> None:
    cyara = connect(server.base_url, credential, store="memory:")
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(cyara)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "options",
    [
        {"proxy": "http://user:hunter2@proxy.test:3128"},
        {"proxy": httpx.Proxy("http://proxy.test:3128", auth=("user", "hunter2"))},
        {"cert": ("c.pem", "k.pem", "hunter2")},
        {"environ": {"CYARA_API_CREDENTIAL": PAIR, "CYARA_STRIKE_STORE": "memory:"}},
        {"store": MemoryStrikeStore()},
    ],
)
def test_row_88_client_that_holds_another_secret_does_not_pickle_nor_show_it(
    server: WireServer, options: dict[str, object]
) -> None:
    cyara = connect(server.base_url, **options)
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(cyara)
    assert "hunter2" not in repr(vars(cyara))


def in_a_fork(work: Callable[[], object]) -> object:
    """Run in a forked child and return what it returned."""
    receive, send = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=lambda: send.send(work()))
    process.start()
    assert receive.poll(20), "the child did not answer"
    result = receive.recv()
    process.join(10)
    return result


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::cyara_auth.errors.PrivateStoreWarning")
def test_row_76_forked_child_has_a_pool_of_its_own(server: WireServer) -> None:
    with client_of(server.base_url) as cyara:
        cyara.raw("GET", "/parent")
        mine = id(cyara.get_httpx_client())

        def child() -> tuple[bool, int]:
            return id(cyara.get_httpx_client()) != mine, cyara.raw("GET", "/child").status_code

        assert in_a_fork(child) == (True, 200)
        assert cyara.raw("GET", "/parent").status_code == 200
        assert id(cyara.get_httpx_client()) == mine
    assert [seen.authorization for seen in server.seen] == [HEADER] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::cyara_auth.errors.PrivateStoreWarning")
def test_row_76_fork_while_another_thread_builds_the_client(server: WireServer) -> None:
    cyara = client_of(server.base_url)
    with cyara._here()._lock:  # noqa: SLF001 - stands for the other thread that holds it at the fork
        assert in_a_fork(lambda: cyara.raw("GET", "/child").status_code) == 200
    cyara.close()


def test_public_names_are_sorted_and_keep_their_meaning_whatever_was_imported_before() -> None:
    assert cyara_auth.__all__ == sorted(cyara_auth.__all__)
    for module in pkgutil.iter_modules(cyara_auth.__path__):
        assert module.name not in cyara_auth.__all__, "importing this submodule would replace the public name"
    for name in cyara_auth.__all__:
        assert getattr(cyara_auth, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        cyara_auth.nonsense  # noqa: B018 - the access is the test
