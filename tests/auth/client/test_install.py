"""`install` guards a client that the caller made, completely or not at all."""

import asyncio
from typing import Any

import pytest

from cyara_auth import RetryPolicy, find_unguarded, install
from cyara_auth._http import httpx
from cyara_auth.errors import (
    AdmissionRefusedError,
    BaseUrlError,
    ConfigurationError,
    CredentialRejectedError,
    InsecureOriginError,
    UnsupportedClientError,
)
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.transport.httpx_transports import GuardedTransport

from ..wire.loopback import PAIR, ConnectProxy, Reply, WireServer

HEADER = [f"ApiKey {PAIR}"]


class RetryTransport(httpx.HTTPTransport):
    """Stands for the retrying transports that people add: a few lines, and every 401 four times on the wire."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(4):
            response = super().handle_request(request)
            if response.status_code < 400:
                break
        return response


class Timing(httpx.BaseTransport):
    """An honest wrapper, such as instrumentation brings."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


def installed(client: httpx.Client, base_url: str | None = None) -> httpx.Client:
    return install(client, base_url, PAIR, store=MemoryStrikeStore())


def test_every_way_of_calling_is_guarded(server: WireServer) -> None:
    with installed(httpx.Client(base_url=server.base_url)) as client:
        client.get("/x")
        client.request("POST", "/x", json={})
        client.send(client.build_request("PUT", "/x"))
        with client.stream("GET", "/x") as response:
            response.read()
        client.get(f"{server.origin}/absolute")
        assert find_unguarded(client) == []
    assert [seen.authorization for seen in server.seen] == [HEADER] * 5


def test_async_client(server: WireServer) -> None:
    async def run() -> list[str]:
        async with httpx.AsyncClient(base_url=server.base_url) as client:
            assert install(client, credential=PAIR, store=MemoryStrikeStore()) is client
            await client.get("/x")
            return find_unguarded(client)

    assert asyncio.run(run()) == []
    assert server.seen[0].authorization == HEADER


def test_mounts_are_wrapped_too(server: WireServer) -> None:
    mounts = {"http://127.0.0.1": httpx.HTTPTransport(), "all://nowhere.test": None}
    with installed(httpx.Client(base_url=server.base_url, mounts=mounts)) as client:
        client.get("/x")
        assert find_unguarded(client) == []
    assert server.seen[0].authorization == HEADER


def test_row_44_mount_added_afterwards_is_found(server: WireServer) -> None:
    with installed(httpx.Client(base_url=server.base_url)) as client:
        other = httpx.Client(mounts={"http://": httpx.HTTPTransport()})
        client._mounts.update(other._mounts)  # noqa: SLF001 - what people do
        assert find_unguarded(client) == ["mount http://"]
        client.get("/x")
        assert server.seen[0].authorization == []
        installed(client, server.base_url)
        assert find_unguarded(client) == []
        client.get("/x")
        assert server.seen[1].authorization == HEADER


def test_row_43_bare_client_sends_no_authorization_and_is_found(server: WireServer) -> None:
    with httpx.Client(base_url=server.base_url) as bare:
        assert find_unguarded(bare) == ["transport"]
        bare.get("/x")
    assert server.seen[0].authorization == []


def test_installing_twice_guards_once(server: WireServer) -> None:
    with installed(installed(httpx.Client(base_url=server.base_url))) as client:
        assert isinstance(client._transport, GuardedTransport)  # noqa: SLF001 - what install() replaces
        assert not isinstance(client._transport.wrapped, GuardedTransport)  # noqa: SLF001 - what install() replaces
        client.get("/x")
    assert server.seen[0].authorization == HEADER


def test_stale_pair_is_one_call(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    with installed(httpx.Client(base_url=server.base_url)) as client:
        assert client.get("/x").status_code == 401
        for _ in range(3):
            with pytest.raises(CredentialRejectedError):
                client.get("/x")
    assert len(server.seen) == 1


def test_retrying_transport_below_is_refused_and_left_as_it_was(server: WireServer) -> None:
    for transport in (RetryTransport(), Timing(RetryTransport())):
        with httpx.Client(base_url=server.base_url, transport=transport) as client:
            with pytest.raises(UnsupportedClientError, match="retries="):
                installed(client)
            assert client._transport is transport  # noqa: SLF001 - what install() replaces


def test_honest_wrapper_below_is_kept(server: WireServer) -> None:
    timing = Timing(httpx.HTTPTransport())
    with installed(httpx.Client(base_url=server.base_url, transport=timing)) as client:
        client.get("/x")
    assert timing.calls == 1
    assert server.seen[0].authorization == HEADER


def test_connect_retries_of_httpx_are_kept(server: WireServer) -> None:
    with installed(httpx.Client(base_url=server.base_url, transport=httpx.HTTPTransport(retries=2))) as client:
        assert client.get("/x").status_code == 200


def test_client_without_the_known_transports_is_refused() -> None:
    class Other:
        base_url = httpx.URL("https://portal.example")

    with pytest.raises(UnsupportedClientError, match="connect"):
        installed(Other())


def test_proxy_that_could_read_the_header_is_refused(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy(to_port=server.port) as proxy:
        with httpx.Client(base_url=server.base_url, proxy=proxy.url) as client, pytest.raises(InsecureOriginError):
            installed(client)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with httpx.Client(base_url=server.base_url) as client, pytest.raises(InsecureOriginError, match="NO_PROXY"):
            installed(client)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with installed(httpx.Client(base_url=server.base_url)) as client:
            client.get("/x")
    assert proxy.connects == []
    assert server.seen[0].authorization == HEADER


def test_portal_must_be_known() -> None:
    with httpx.Client() as client, pytest.raises(BaseUrlError):
        installed(client)


def test_retries_belong_to_connect() -> None:
    with pytest.raises(TypeError):
        install(httpx.Client(), "https://portal.example", PAIR, retries=RetryPolicy())


class Innocent(httpx.BaseTransport):
    """Repeats whatever fails, and says so nowhere in its name or in its attributes."""

    def __init__(self) -> None:
        inner = httpx.HTTPTransport()
        self.send = inner.handle_request

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.send(request)
        for _ in range(3):
            if response.status_code >= 400:
                response.read()
                response = self.send(request)
        return response


class AsyncInnocent(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.send = httpx.AsyncHTTPTransport().handle_async_request

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.send(request)
        for _ in range(3):
            if response.status_code >= 400:
                await response.aread()
                response = await self.send(request)
        return response


def test_a_transport_that_repeats_in_secret_gets_one_call_through(server: WireServer) -> None:
    server.script = lambda _seen: Reply(status=401)
    with installed(httpx.Client(transport=Innocent(), base_url=server.base_url)) as client:
        for _ in range(5):
            with pytest.raises((UnsupportedClientError, AdmissionRefusedError)) as caught:
                client.get("/x")
            assert PAIR.partition(":")[2] not in str(caught.value)
    assert 1 <= len(server.seen) <= 2


def test_an_async_transport_that_repeats_in_secret_gets_one_call_through(server: WireServer) -> None:
    server.script = lambda _seen: Reply(status=401)

    async def run() -> None:
        own = httpx.AsyncClient(transport=AsyncInnocent(), base_url=server.base_url)
        async with install(own, None, PAIR, store=MemoryStrikeStore()) as client:
            for _ in range(5):
                with pytest.raises((UnsupportedClientError, AdmissionRefusedError)):
                    await client.get("/x")

    asyncio.run(run())
    assert 1 <= len(server.seen) <= 2


def test_an_honest_transport_of_the_caller_keeps_its_trace(server: WireServer) -> None:
    heard: list[str] = []
    with installed(httpx.Client(transport=Timing(httpx.HTTPTransport()), base_url=server.base_url)) as client:
        for _ in range(3):
            client.get("/x", extensions={"trace": lambda event, _info: heard.append(event)})
    assert len(server.seen) == 3
    assert sum(event.endswith("send_request_headers.started") for event in heard) == 3


class AiohttpTransport(httpx.BaseTransport):
    """Stands for a transport that sends by another library: its answers come over no connection that httpx names."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.url} may not be sent")


def test_a_transport_that_sends_by_another_library_is_refused(server: WireServer) -> None:
    # Its 401 would look like a mock's, and never be counted.
    for transport in (AiohttpTransport(), Timing(AiohttpTransport())):
        with (
            httpx.Client(base_url=server.base_url, transport=transport) as client,
            pytest.raises(UnsupportedClientError, match="another library than httpcore"),
        ):
            installed(client)
    assert server.seen == []


@pytest.mark.parametrize("timeout", ["5", httpx.Timeout(5.0, read="5")])  # type: ignore[arg-type]  # what is refused
def test_a_timeout_that_is_none_is_refused_before_anything_is_sent(server: WireServer, timeout: Any) -> None:
    with (
        installed(httpx.Client(base_url=server.base_url)) as client,
        pytest.raises(ConfigurationError, match=r"timeout= takes seconds.*Nothing was sent"),
    ):
        client.get("/x", timeout=timeout)
    assert server.seen == []
