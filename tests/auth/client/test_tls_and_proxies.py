"""Certificates and proxies work as httpx users know them, with the guard in between."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_auth import Cyara, connect, find_unguarded
from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError, InsecureOriginError
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.fixtures import PrivateCa
from ..wire.loopback import PAIR, TOKEN, ConnectProxy, Reply, WireServer

HEADER = [f"ApiKey {PAIR}"]


def client_of(base_url: str, **options: object) -> Cyara:
    return connect(base_url, PAIR, store=MemoryStrikeStore(), retries=0, **options)


@pytest.fixture
def proxy(tls_server: WireServer) -> Iterator[ConnectProxy]:
    with ConnectProxy(to_port=tls_server.port) as running:
        yield running


def test_unknown_authority_is_refused(tls_server: WireServer) -> None:
    with client_of(tls_server.base_url) as cyara, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        cyara.raw("GET", "/x")
    assert tls_server.seen == []


def test_private_authority_by_file_context_or_environment(
    tls_server: WireServer, private_ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(cafile=str(private_ca.file))
    for verify in (private_ca.file, str(private_ca.file), context, False):
        with client_of(tls_server.base_url, verify=verify) as cyara:
            assert cyara.raw("GET", "/x").status_code == 200
    monkeypatch.setenv("SSL_CERT_FILE", str(private_ca.file))
    with client_of(tls_server.base_url) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200
    assert [seen.authorization for seen in tls_server.seen] == [HEADER] * 5


def test_verify_that_names_nothing_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="verify="):
        client_of("https://portal.test", verify=tmp_path / "missing.pem")


def test_unverified_certificates_are_told(caplog: pytest.LogCaptureFixture) -> None:
    client_of("https://portal.test", verify=False).close()
    assert "not verified" in caplog.text


def test_private_authority_by_folder(tls_server: WireServer, private_ca: PrivateCa, tmp_path: Path) -> None:
    with client_of(tls_server.base_url, verify=tmp_path) as cyara, pytest.raises(httpx.ConnectError):
        cyara.raw("GET", "/x")


def test_certificate_for_another_host_is_refused(private_ca: PrivateCa) -> None:
    elsewhere = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private_ca.authority.issue_cert("elsewhere.test").configure_cert(elsewhere)
    with (
        WireServer(tls=elsewhere) as server,
        client_of(server.base_url, verify=private_ca.file) as cyara,
        pytest.raises(httpx.ConnectError, match="IP address mismatch"),
    ):
        cyara.raw("GET", "/x")
    assert server.seen == []


def test_client_certificate(private_ca: PrivateCa, tmp_path: Path) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private_ca.authority.issue_cert("127.0.0.1").configure_cert(server_side)
    server_side.verify_mode = ssl.CERT_REQUIRED
    server_side.load_verify_locations(private_ca.file)
    mine = private_ca.authority.issue_cert("client.test")
    certificate, key, both = tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "both.pem"
    mine.cert_chain_pems[0].write_to_path(str(certificate))
    mine.private_key_pem.write_to_path(str(key))
    mine.private_key_and_cert_chain_pem.write_to_path(str(both))
    with WireServer(tls=server_side) as server:
        for cert in (str(both), (str(certificate), str(key))):
            with client_of(server.base_url, verify=private_ca.file, cert=cert) as cyara:
                assert cyara.raw("GET", "/x").status_code == 200


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment_is_a_closed_tunnel(
    proxy: ConnectProxy, tls_server: WireServer, private_ca: PrivateCa, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    with client_of("https://portal.test", verify=private_ca.file) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200
        assert find_unguarded(cyara.get_httpx_client()) == []
    assert proxy.connects == ["CONNECT portal.test:443"]
    assert tls_server.seen[0].authorization == HEADER
    assert TOKEN.encode() not in proxy.readable
    assert b"uthorization" not in proxy.readable


@pytest.mark.anyio
async def test_proxy_of_the_environment_for_tasks(
    proxy: ConnectProxy, tls_server: WireServer, private_ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    async with client_of("https://portal.test", verify=private_ca.file) as cyara:
        assert (await cyara.aio.raw("GET", "/x")).status_code == 200
    assert proxy.connects == ["CONNECT portal.test:443"]
    assert tls_server.seen[0].authorization == HEADER


def test_no_proxy_is_kept(
    proxy: ConnectProxy, tls_server: WireServer, private_ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "other.test,127.0.0.1")
    with client_of(tls_server.base_url, verify=private_ca.file) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200
    assert proxy.connects == []
    assert tls_server.seen[0].authorization == HEADER


def test_proxy_argument(proxy: ConnectProxy, tls_server: WireServer, private_ca: PrivateCa) -> None:
    with client_of("https://portal.test", verify=private_ca.file, proxy=proxy.url) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200
    assert proxy.connects == ["CONNECT portal.test:443"]
    assert tls_server.seen[0].authorization == HEADER


def test_plain_http_never_goes_through_a_proxy(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy(to_port=server.port) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        with client_of(server.base_url) as cyara:
            assert cyara.raw("GET", "/x").status_code == 200
        with client_of(server.base_url, proxy=proxy.url) as cyara, pytest.raises(InsecureOriginError, match="proxy"):
            cyara.raw("GET", "/x")
    assert proxy.connects == []
    assert len(server.seen) == 1


def test_proxy_that_refuses_costs_nothing_and_is_not_retried_blindly(
    tls_server: WireServer, private_ca: PrivateCa
) -> None:
    with (
        ConnectProxy(to_port=tls_server.port, refuse=407) as proxy,
        client_of("https://portal.test", verify=private_ca.file, proxy=proxy.url) as cyara,
    ):
        with pytest.raises(httpx.ProxyError):
            cyara.raw("GET", "/x")
        assert len(proxy.connects) == 1
        assert cyara.guard.store.read(cyara.credential.key_fingerprint).tickets == ()


def test_answers_through_a_proxy_are_counted(
    proxy: ConnectProxy, tls_server: WireServer, private_ca: PrivateCa
) -> None:
    tls_server.script = lambda _: Reply(status=401)
    with client_of("https://portal.test", verify=private_ca.file, proxy=proxy.url) as cyara:
        assert cyara.raw("GET", "/x").status_code == 401
        assert cyara.guard.store.read(cyara.credential.key_fingerprint).strikes == 1
