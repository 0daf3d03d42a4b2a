"""An unreachable portal: the error names the host, the proxy without its password, and the next step."""

import socket
import ssl

import pytest

from cyara_auth import Cyara, TransportError, connect
from cyara_auth._http import httpx
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.transport.next_step import next_step, proxy_of

from ..wire.fixtures import PrivateCa
from ..wire.loopback import PAIR, ConnectProxy, Listener, Reply, WireServer

HOST = "portal.test"
PROXY_USER = "robot"
PROXY_PASSWORD = "geheim%2Fwort"


class NoTls(Listener):
    """Answers a handshake as a web server without TLS does."""

    def serve(self, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def client_of(base_url: str = f"https://{HOST}", **options: object) -> Cyara:
    return connect(base_url, PAIR, store=MemoryStrikeStore(), retries=0, **options)


def failure(cyara: Cyara, method: str = "GET") -> TransportError:
    with cyara, pytest.raises(TransportError) as caught:
        cyara.raw(method, "/x")
    return caught.value


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(client_of())
    assert (error.host, error.proxy, error.nothing_sent) == (HOST, None, True)
    assert str(error) == (
        f"GET at {HOST} got no answer: ConnectError: [Errno {socket.EAI_NONAME}] Name or service not known. "
        f"Nothing was sent. Next: check the host {HOST} in CYARA_BASE_URL (or base_url=) and the VPN; if this machine "
        "goes out through a proxy, set HTTPS_PROXY=http://HOST:PORT."
    )


@pytest.mark.anyio
async def test_nobody_listens_for_tasks_either() -> None:
    async with client_of("http://127.0.0.1:9") as cyara:
        with pytest.raises(TransportError, match=r"check host and port 127\.0\.0\.1:9 in CYARA_BASE_URL"):
            await cyara.aio.raw("GET", "/x")


def test_a_certificate_of_the_company(tls_server: WireServer) -> None:
    error = failure(client_of(tls_server.base_url))
    assert f"signed the certificate of 127.0.0.1:{tls_server.port}, name its authority with SSL_CERT_FILE" in str(error)


def test_a_certificate_of_another_host(private_ca: PrivateCa) -> None:
    elsewhere = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private_ca.authority.issue_cert("elsewhere.test").configure_cert(elsewhere)
    with WireServer(tls=elsewhere) as server:
        error = failure(client_of(server.base_url, verify=private_ca.file))
    assert "write the host in CYARA_BASE_URL as its certificate has it, not as 127.0.0.1" in str(error)


def test_a_port_without_tls() -> None:
    with NoTls() as server:
        error = failure(client_of(f"https://127.0.0.1:{server.port}"))
    assert f"check that 127.0.0.1:{server.port} speaks TLS" in str(error)


@pytest.mark.parametrize(
    ("refuse", "step"),
    [
        (407, "a user and password in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"),
        (403, f"allow CONNECT to {HOST}, or go around it with NO_PROXY={HOST}"),
    ],
)
def test_a_proxy_that_refuses_is_named_without_its_password(
    refuse: int, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(to_port=9, refuse=refuse) as proxy:
        address = f"127.0.0.1:{proxy.port}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{PROXY_USER}:{PROXY_PASSWORD}@{address}")
        error = failure(client_of())
    assert error.proxy == address
    assert f"at {HOST} through the proxy {address} got no answer: ProxyError: {refuse}" in str(error)
    assert step in str(error)
    text = str(error) + repr(error) + repr(vars(error))
    assert not any(secret in text for secret in (PROXY_USER, PROXY_PASSWORD, "geheim", PAIR))


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{PROXY_USER}:{PROXY_PASSWORD}@127.0.0.1:9")
    error = failure(client_of())
    assert "check the address of the proxy 127.0.0.1:9 (HTTPS_PROXY, or proxy=), or go around it with" in str(error)
    assert PROXY_USER not in str(error) + repr(vars(error))


def test_a_proxy_spoken_to_in_tls_that_does_not_speak_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with NoTls() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        error = failure(client_of())
    assert f"write the address of the proxy 127.0.0.1:{proxy.port} as http://HOST:PORT" in str(error)


def test_what_is_not_idempotent_is_looked_at_first(server: WireServer) -> None:
    server.script = lambda _: Reply(cut=True)
    error = failure(client_of(server.base_url), "POST")
    assert "Next: look at the portal whether it took effect before you call again" in str(error)


def test_a_hook_of_the_caller_may_fail_without_a_request(server: WireServer) -> None:
    def fail(_: httpx.Request) -> None:
        raise httpx.ConnectTimeout("")

    cyara = client_of(server.base_url)
    cyara.get_httpx_client().event_hooks = {"request": [fail]}
    assert f"check VPN and firewall on the way to 127.0.0.1:{server.port}" in str(failure(cyara))


def expired() -> httpx.ConnectError:
    refusal = ssl.SSLCertVerificationError("certificate has expired")
    refusal.verify_code = 10
    error = httpx.ConnectError("certificate has expired")
    error.__cause__ = refusal
    return error


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (httpx.PoolTimeout(""), "fewer calls at once"),
        (httpx.UnsupportedProtocol("no scheme"), "https://"),
        (httpx.ProxyError("SOCKS says no"), "whoever runs the proxy allow"),
        (httpx.WriteTimeout(""), "longer connect(timeout=SECONDS)"),
        (expired(), "the clock of this machine, then tell whoever runs portal.test"),
    ],
)
def test_the_rarer_ones(error: httpx.RequestError, step: str) -> None:
    assert step in next_step(error, method="GET", host=HOST, proxy=None)


def test_a_socks_proxy_without_a_port_is_named_by_its_host() -> None:
    with httpx.Client(proxy="http://proxy.test") as client:
        assert proxy_of(client, httpx.URL(f"https://{HOST}")) == "proxy.test"
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        assert proxy_of(client, httpx.URL(f"https://{HOST}")) is None
