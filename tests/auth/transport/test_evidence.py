"""What counts as an answer: what came over a real connection. The mocks and cassettes of a test suite teach nothing."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from requests.adapters import HTTPAdapter

from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import PairState
from cyara_auth.transport.guarded_connection import is_network

from ..wire.faces import AsyncFace, Face, MakeFace, RequestsFace, SyncFace
from ..wire.loopback import KEY, PAIR, TOKEN, Reply, WireServer

OTHER = f"{KEY}:{TOKEN[::-1][1:]}="
ROUTE = "/v3.0/x"


def mocked(status: int) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, json={}))


def application(status: int) -> httpx.ASGITransport:
    async def app(_: Any, __: Any, send: Callable[[dict[str, Any]], Any]) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    return httpx.ASGITransport(app)


def wsgi_application(status: int) -> httpx.WSGITransport:
    def app(_: Any, start_response: Callable[..., Any]) -> list[bytes]:
        start_response(f"{status} -", [("Content-Type", "application/json")])
        return [b"{}"]

    return httpx.WSGITransport(app)


def patched_send(status: int) -> Callable[..., requests.Response]:
    """Return what the library `responses` puts in the place of `HTTPAdapter.send`."""

    def send(_: Any, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code = status
        answer.headers["Content-Type"] = "application/json"
        answer.request = request
        answer.url = str(request.url)
        answer._content = b"{}"  # noqa: SLF001 - as such libraries do it
        return answer

    return send


@contextlib.contextmanager
def cassette(path: Path, method: Callable[[str], Any], server: WireServer, status: int) -> Iterator[None]:
    """Record one answer without any guard, and then replay it."""
    file = str(path / f"{status}.yaml")
    before, server.script = server.script, lambda _: Reply(status=status)
    with vcr.VCR().use_cassette(file):
        assert method(f"{server.base_url}{ROUTE}").status_code == status
    server.script = before
    with vcr.VCR().use_cassette(file, record_mode="none", allow_playback_repeats=True):
        yield


@contextlib.contextmanager
def unreal(kind: str, status: int, server: WireServer, path: Path, **options: Any) -> Iterator[Face]:
    """Yield a guarded client whose answers come over no wire."""
    with contextlib.ExitStack() as stack:
        if kind.startswith("cassette"):
            fetch = requests.get if kind.endswith("requests") else httpx.get
            stack.enter_context(cassette(path, fetch, server, status))
            made = {"requests": RequestsFace, "sync": SyncFace, "async": AsyncFace}[kind.rpartition(" ")[2]]
        elif kind == "patched requests":
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(HTTPAdapter, "send", patched_send(status))
            made = RequestsFace
        else:
            make, made = {
                "mock sync": (mocked, SyncFace),
                "mock async": (mocked, AsyncFace),
                "asgi": (application, AsyncFace),
                "wsgi": (wsgi_application, SyncFace),
            }[kind]
            options["transport"] = make(status)
        yield stack.enter_context(made(server.base_url, **options))


KINDS = pytest.mark.parametrize(
    "kind",
    [
        *("mock sync", "mock async", "asgi", "wsgi", "patched requests"),
        *("cassette of sync", "cassette of async", "cassette of requests"),
    ],
)


@KINDS
@pytest.mark.parametrize("status", [200, 401, 403, 503, 302, 502])
def test_it_neither_condemns_nor_verifies_nor_charges(
    server: WireServer, kind: str, status: int, tmp_path: Path
) -> None:
    store = MemoryStrikeStore()
    with unreal(kind, status, server, tmp_path, store=store, credential=PAIR) as client:
        arrived = len(server.seen)
        for _ in range(4):
            assert client.get(f"{server.base_url}{ROUTE}").status_code == status
            assert client.verdict is PairState.UNVERIFIED
            assert client.charges == 0
    assert len(server.seen) == arrived


@KINDS
def test_it_supersedes_nothing_and_ends_nothing(server: WireServer, kind: str, tmp_path: Path) -> None:
    store = MemoryStrikeStore()
    with SyncFace(server.base_url, store=store) as good:
        assert good.get(f"{server.base_url}{ROUTE}").status_code == 200
        assert good.charges == 0
        with unreal(kind, 200, server, tmp_path, store=store, credential=OTHER) as other:
            assert other.get(f"{server.base_url}{ROUTE}").status_code == 200
            assert other.charges == 0
        with unreal(kind, 401, server, tmp_path, store=store, credential=PAIR) as same:
            assert same.get(f"{server.base_url}{ROUTE}").status_code == 401
            assert same.charges == 0
        origin = good.injector.origin_text
        known = {pair.fingerprint: pair.at(origin).verdict for pair in good.state.pairs}
        assert known == {
            ApiCredential.parse(PAIR).fingerprint: PairState.VERIFIED,
            ApiCredential.parse(OTHER, allow_unusual_shape=True).fingerprint: PairState.UNVERIFIED,
        }
        assert good.get(f"{server.base_url}{ROUTE}").status_code == 200


@pytest.mark.parametrize("kind", [SyncFace, AsyncFace, RequestsFace])
def test_what_is_being_recorded_goes_over_the_wire_and_counts(
    server: WireServer, kind: MakeFace, tmp_path: Path
) -> None:
    server.script = lambda _: Reply(status=401)
    with vcr.VCR().use_cassette(str(tmp_path / "new.yaml")), kind(server.base_url) as client:
        assert client.get(f"{server.base_url}{ROUTE}").status_code == 401
        assert client.verdict is PairState.REJECTED
        with pytest.raises(CredentialRejectedError):
            client.get(f"{server.base_url}{ROUTE}")
        assert client.charges == 1
    assert len(server.seen) == 1


class Rebuilding(httpx.HTTPTransport):
    """Hands on an answer of its own making, as a transport does that decodes or measures."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        answer.read()
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


class AsyncRebuilding(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.mark.parametrize(("kind", "transport"), [(SyncFace, Rebuilding), (AsyncFace, AsyncRebuilding)])
def test_an_answer_that_is_made_anew_counts_since_its_request_left(
    server: WireServer, kind: MakeFace, transport: Callable[[], Any]
) -> None:
    server.script = lambda _: Reply(status=401)
    with kind(server.base_url, transport=transport()) as client:
        assert client.get(f"{server.base_url}{ROUTE}").status_code == 401
        with pytest.raises(CredentialRejectedError):
            client.get(f"{server.base_url}{ROUTE}")
        assert client.charges == 1
    assert len(server.seen) == 1


def test_a_socket_is_known_by_what_it_is() -> None:
    class Imitation:
        """What libraries for tests put in the place of a socket."""

    class Wrapped:
        """As urllib3's SSLTransport (TLS within TLS) and its wrapper of pyOpenSSL hold it."""

        def __init__(self, inner: object) -> None:
            self.socket = inner

    with contextlib.closing(socket.socket()) as real:
        assert is_network(real)
        assert is_network(Wrapped(real))
    assert not is_network(Imitation())
    assert not is_network(Wrapped(Imitation()))
    assert not is_network(None)


PUBLIC = {
    "a document of the API": ("GET", "/swagger.json", Reply()),
    "a page outside of the API": ("GET", "/../status/v3.0/x", Reply()),
    "OPTIONS": ("OPTIONS", ROUTE, Reply()),
    "HEAD": ("HEAD", ROUTE, Reply(body=b"")),
    "DELETE": ("DELETE", ROUTE, Reply()),
    "204": ("GET", ROUTE, Reply(status=204, body=b"", media_type="")),
    "204 that claims a type": ("GET", ROUTE, Reply(status=204, body=b"")),
    "304": ("GET", ROUTE, Reply(status=304, body=b"", media_type="")),
    "HTML without a type": ("GET", ROUTE, Reply(body=b"<html>welcome</html>", media_type="")),
    "a text": ("GET", ROUTE, Reply(body=b"ok", media_type="text/plain")),
}


@pytest.mark.parametrize("case", PUBLIC)
def test_what_succeeds_with_any_pair_verifies_none(server: WireServer, face: MakeFace, case: str) -> None:
    method, path, reply = PUBLIC[case]
    server.script = lambda _: reply
    client = face(server.base_url)
    for _ in range(3):
        assert client.call(method, f"{server.base_url}{path}").status_code == reply.status
        assert client.verdict is PairState.UNVERIFIED
        assert client.charges == 0


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
@pytest.mark.parametrize("media_type", ["application/json", "application/problem+json; charset=utf-8"])
def test_json_of_a_versioned_route_verifies(server: WireServer, face: MakeFace, method: str, media_type: str) -> None:
    server.script = lambda _: Reply(media_type=media_type)
    client = face(server.base_url)
    client.call(method, f"{server.base_url}{ROUTE}")
    assert client.verdict is PairState.VERIFIED
