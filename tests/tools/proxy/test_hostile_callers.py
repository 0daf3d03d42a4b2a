"""Callers who mean harm: each is turned away in time, nothing is sent, and a good caller is served meanwhile."""

import contextlib
import io
import logging
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator

import attrs
import pytest

from cyara_tools.proxy import GuardProxy
from cyara_tools.proxy.log import LOGGER

from .kit import CAMPAIGNS, curl, head_and_body, proxied, talk
from .upstream import KEY, PAIR, Upstream, upstream

TURNED_AWAY = {400, 404, 408, 413, 421, 431}
OURS = "http://pages.example"


@attrs.frozen
class Scene:
    """A proxy whose pair is verified, and what its log says."""

    portal: Upstream
    proxy: GuardProxy
    log: io.StringIO
    calls: list[int] = attrs.field(factory=lambda: [1])
    """The one that verified the pair, and those of good callers."""

    @property
    def path(self) -> str:
        return self.proxy.base_url.removeprefix(self.proxy.address.origin) + CAMPAIGNS

    @property
    def host(self) -> str:
        return f"Host: 127.0.0.1:{self.proxy.address.port}\r\n"

    def check(self) -> None:
        """See that a good caller is served, that it alone was sent, and that the log tells nothing."""
        began = time.monotonic()
        assert head_and_body(curl("-i", self.proxy.base_url + CAMPAIGNS))[0] == 200
        assert time.monotonic() - began < 2
        self.calls[0] += 1
        assert self.portal.calls == self.calls[0]
        written = self.log.getvalue()
        assert not any(secret in written for secret in (*PAIR.split(":"), self.proxy.address.secret, "smuggled"))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        with upstream() as portal, proxied(portal, cors=frozenset({OURS})) as proxy:
            curl(proxy.base_url + CAMPAIGNS)
            yield Scene(portal, proxy, log)
    finally:
        LOGGER.removeHandler(handler)


REQUESTS = {
    "a host that somebody's DNS led here": "GET {path} HTTP/1.1\r\nHost: rebound.example:{port}\r\n\r\n",
    "a host with another port": "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n",
    "no host": "GET {path} HTTP/1.1\r\n\r\n",
    "two hosts": "GET {path} HTTP/1.1\r\n{host}Host: evil.example\r\n\r\n",
    "a foreign page": "GET {path} HTTP/1.1\r\n{host}Origin: https://evil.example\r\n\r\n",
    "a page without an origin": "GET {path} HTTP/1.1\r\n{host}Origin: null\r\n\r\n",
    "an image of a foreign page": "GET {path} HTTP/1.1\r\n{host}Sec-Fetch-Site: cross-site\r\n\r\n",
    "a page of another port": "GET {path} HTTP/1.1\r\n{host}Sec-Fetch-Site: same-site\r\n\r\n",
    "a foreign page's question": "OPTIONS {path} HTTP/1.1\r\n{host}Origin: https://evil.example\r\n"
    "Access-Control-Request-Method: GET\r\n\r\n",
    "the absolute form": "GET http://127.0.0.1:{port}{path} HTTP/1.1\r\n{host}\r\n",
    "an absolute form that leads elsewhere": "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "a tunnel": "CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{host}\r\n",
    "a trace": "TRACE {path} HTTP/1.1\r\n{host}\r\n",
    "a method of its own": "smuggled {path} HTTP/1.1\r\n{host}\r\n",
    "dots": "GET {path}/../../users HTTP/1.1\r\n{host}\r\n",
    "encoded dots": "GET {path}/%2e%2e/users HTTP/1.1\r\n{host}\r\n",
    "encoded slashes": "GET {path}%2f812 HTTP/1.1\r\n{host}\r\n",
    "slashes encoded twice": "GET {path}%252f812 HTTP/1.1\r\n{host}\r\n",
    "a backslash": "GET {path}\\812 HTTP/1.1\r\n{host}\r\n",
    "two slashes": "GET /{path} HTTP/1.1\r\n{host}\r\n",
    "dots around the secret": "GET /x/..{path} HTTP/1.1\r\n{host}\r\n",
    "no secret": "GET /cyarawebapi/v3.0/accounts/1/campaigns HTTP/1.1\r\n{host}\r\n",
    "a wrong secret": "GET /smuggledsmuggledsmuggled/cyarawebapi HTTP/1.1\r\n{host}\r\n",
    "the secret in the wrong place": "GET /cyarawebapi/ HTTP/1.1\r\n{host}Cyara-Proxy: {secret}\r\n\r\n",
    "the page without the secret": "GET / HTTP/1.1\r\n{host}\r\n",
    "the secret on its way to the portal": "GET {path}?pageSize={secret} HTTP/1.1\r\n{host}\r\n",
    "two credentials": "GET {path} HTTP/1.1\r\n{host}Authorization: ApiKey smuggled\r\nAuthorization: Basic x\r\n\r\n",
    "two lengths": "POST {path} HTTP/1.1\r\n{host}Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "two ways to say a length": "POST {path} HTTP/1.1\r\n{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    "0\r\n\r\nGET {path} HTTP/1.1\r\n{host}\r\n",
    "an unknown coding of the body": "POST {path} HTTP/1.1\r\n{host}Transfer-Encoding: smuggled, chunked\r\n\r\n"
    "0\r\n\r\n",
    "a length that is none": "POST {path} HTTP/1.1\r\n{host}Content-Length: +3\r\n\r\nabc",
    "a header with a line end": "GET {path} HTTP/1.1\r\n{host}X: a\rAuthorization: smuggled\r\n\r\n",
    "a blank before a colon": "GET {path} HTTP/1.1\r\n{host}Content-Length : 3\r\n\r\nabc",
    "ten thousand headers": "GET {path} HTTP/1.1\r\n{host}" + "a:b\r\n" * 10_000 + "\r\n",
    "ten thousand long headers": "GET {path} HTTP/1.1\r\n{host}" + f"a: {'b' * 200}\r\n" * 10_000 + "\r\n",
    "an endless target": "GET {path}" + "a" * 1_000_000 + " HTTP/1.1\r\n{host}\r\n",
    "no HTTP": "\x16\x03\x01\x02\x00\x01\x00",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.0 without a host": "GET {path} HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_turned_away_and_nothing_is_sent(scene: Scene, name: str):
    address = scene.proxy.address
    facts = {"path": scene.path, "port": address.port, "host": scene.host, "secret": address.secret}
    text = re.sub(r"\{(path|port|host|secret)\}", lambda found: str(facts[found[1]]), REQUESTS[name])
    statuses = statuses_of(address.port, text.encode("latin-1"))
    assert statuses <= TURNED_AWAY, statuses
    assert len(statuses) <= 1
    scene.check()


def statuses_of(port: int, data: bytes) -> set[int]:
    """Send, and return the statuses of all answers within the time that is given; a closed connection has none."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(data)
            # Some of these close the connection, and some keep it: a further request, refused, makes all of them close.
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                received += part
    found = {int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", received)}
    # The last request's own answer.
    return found - {421} if len(found) > 1 else found


def test_a_stranger_learns_nothing(scene: Scene):
    status, headers, body = head_and_body(curl("-i", f"{scene.proxy.address.origin}/swagger"))
    assert (status, headers, body) == (404, [("connection", "close"), ("content-length", "0")], b"")


def test_a_head_that_comes_drop_by_drop_ends_in_time(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cyara_tools.proxy.connections.HEAD_PATIENCE", 1.0)
    drops = iter(f"GET {scene.path} HTTP/1.1\r\n{scene.host}X: {'a' * 10_000}")
    answers: list[bytes] = []

    def drip() -> None:
        with socket.create_connection(("127.0.0.1", scene.proxy.address.port), timeout=15) as connection:
            connection.settimeout(0.02)
            for drop in drops:
                try:
                    connection.sendall(drop.encode())
                    answers.append(connection.recv(100))
                except TimeoutError:
                    continue
                except OSError:
                    return
                if not answers[-1]:
                    return

    slow = [threading.Thread(target=drip) for _ in range(5)]
    began = time.monotonic()
    for each in slow:
        each.start()
    scene.check()
    for each in slow:
        each.join(timeout=15)
    assert time.monotonic() - began < 10
    assert any(answer.startswith(b"HTTP/1.1 408") for answer in answers)


def test_a_second_head_that_never_ends_is_given_no_more_time_than_the_first(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cyara_tools.proxy.connections.HEAD_PATIENCE", 0.5)
    good = f"GET {scene.path.removesuffix(CAMPAIGNS)}/none HTTP/1.1\r\n{scene.host}\r\n"
    answer = talk(scene.proxy.address.port, (good + "GET /").encode())
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"404", b"408"]
    scene.check()


def test_a_thousand_idle_connections_hold_nobody_up_and_end(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cyara_tools.proxy.connections.HEAD_PATIENCE", 2.0)
    address = ("127.0.0.1", scene.proxy.address.port)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as open_ones:
        for _ in range(1000):
            open_ones.register(stack.enter_context(socket.create_connection(address, timeout=5)), selectors.EVENT_READ)
        scene.check()
        deadline = time.monotonic() + 15
        while open_ones.get_map() and time.monotonic() < deadline:
            for key, _ in open_ones.select(timeout=1):
                open_ones.unregister(key.fileobj)
        assert not open_ones.get_map()


def test_the_patience_is_below_the_limit():
    from cyara_tools.proxy import body, connections

    assert body.PATIENCE <= 12
    assert connections.HEAD_PATIENCE <= 12


def test_a_body_that_nobody_waits_for_ends_with_its_connection(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cyara_tools.proxy.connections.HEAD_PATIENCE", 0.5)
    unknown = (
        f"POST {scene.path.removesuffix(CAMPAIGNS)}/v3.0/none HTTP/1.1\r\n{scene.host}Content-Length: 99\r\n\r\nhalf"
    )
    assert talk(scene.proxy.address.port, unknown.encode()).startswith(b"HTTP/1.1 404")
    scene.check()


def test_only_the_page_that_was_allowed_may_call(scene: Scene):
    url = scene.proxy.base_url + CAMPAIGNS
    asked = ("-X", "OPTIONS", "-H", "Access-Control-Request-Method: PUT", "-H", "Access-Control-Request-Headers: x-a")
    status, headers, _ = head_and_body(curl("-i", "-H", f"Origin: {OURS}", *asked, url))
    granted = dict(headers)
    assert status == 204
    assert granted["access-control-allow-origin"] == OURS
    assert (granted["access-control-allow-methods"], granted["access-control-allow-headers"]) == ("PUT", "x-a")
    assert not any(name.startswith("access-control") for name, _ in head_and_body(curl("-i", scene.proxy.page))[1])
    refused = head_and_body(curl("-i", "-H", f"Origin: {OURS}", f"{scene.proxy.base_url}/v3.0/none"))
    assert dict(refused[1])["access-control-allow-origin"] == OURS
    scene.check()


def test_the_portals_own_word_on_pages_is_not_passed_on(scene: Scene):
    from .upstream import canned_json

    scene.portal.answers[CAMPAIGNS] = canned_json("{}", ("Access-Control-Allow-Origin", "*"))
    done = head_and_body(curl("-i", "-H", f"Origin: {scene.proxy.address.origin}", scene.proxy.base_url + CAMPAIGNS))
    assert done[0] == 200
    assert not any(name.lower().startswith("access-control") for name, _ in done[1])
    assert scene.portal.seen[-1].values("origin") == []
    assert KEY not in str(done)
