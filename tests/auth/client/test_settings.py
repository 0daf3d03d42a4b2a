"""Settings of TLS and proxies that cannot be used: one sentence, before anything is sent, no piece of a password."""

import sys
import traceback
from pathlib import Path

import pytest

from cyara_auth import Cyara, connect
from cyara_auth._http import httpx
from cyara_auth.client.proxies import proxy_address
from cyara_auth.errors import ConfigurationError, MissingExtraError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.transport.next_step import proxy_of

from ..wire.fixtures import PrivateCa
from ..wire.loopback import PAIR, WireServer

PASSWORD = "geheim"


def client_of(**options: object) -> Cyara:
    return connect("https://portal.test", PAIR, store=MemoryStrikeStore(), retries=0, **options)


def refusal(**options: object) -> str:
    with pytest.raises(ConfigurationError) as caught, client_of(**options) as cyara:
        cyara.raw("GET", "/x")
    assert "Nothing was sent. " in str(caught.value)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


NO_ADDRESSES = [
    f"http://robot:{PASSWORD}/x@proxy:80",
    f"http://robot:{PASSWORD}#@proxy:80",
    f"htp://robot:{PASSWORD}@p",
    f"http://robot:12#{PASSWORD}@proxy:80",
    f"robot:12/{PASSWORD}@proxy:80",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_a_proxy_that_is_no_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "percent-encoded" in refusal(proxy=address if "://" in address else f"http://{address}")
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert refusal().startswith("HTTPS_PROXY is no address of a proxy")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:80")
    monkeypatch.setenv("ALL_PROXY", address)
    assert refusal().startswith("ALL_PROXY is no address of a proxy")
    assert PASSWORD not in refusal()


WITHOUT_SCHEME = ["foo", "foo:3128", f"robot:{PASSWORD}@proxy", "//proxy.test", httpx.URL("proxy.test:80")]
NO_PLACES = [
    "",
    "http://",
    "http://:3128",
    "http://proxy.test:99999",
    f"http://robot:{PASSWORD}@",
]


@pytest.mark.parametrize(
    ("said", "address"),
    [
        *(("has no scheme", address) for address in WITHOUT_SCHEME),
        *(("is no address of a proxy", address) for address in [*NO_PLACES, *NO_ADDRESSES[:4]]),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_when_the_client_is_made(said: str, address: str | httpx.URL) -> None:
    with pytest.raises(ConfigurationError, match=rf"^proxy= {said}. Nothing was sent\. Next: .*http://") as caught:
        client_of(proxy=address)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_variable_without_a_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://:3128")
    assert refusal().startswith("HTTPS_PROXY is no address of a proxy")


@pytest.mark.anyio
async def test_the_same_for_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", NO_ADDRESSES[0])
    async with client_of() as cyara:
        with pytest.raises(ConfigurationError, match="HTTPS_PROXY is no address"):
            await cyara.aio.raw("GET", "/x")


def test_a_portal_on_this_machine_needs_no_proxy(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", NO_ADDRESSES[0])
    with connect(server.base_url, PAIR, store=MemoryStrikeStore()) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200


def test_an_exemption_that_is_no_host_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:80")
    monkeypatch.setenv("NO_PROXY", "http://[::1")
    with client_of() as cyara:
        assert proxy_of(cyara.get_httpx_client(), httpx.URL(cyara.base_url)) == "proxy.test"


def test_a_socks_proxy_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # as if it were not installed
    monkeypatch.setenv("ALL_PROXY", f"socks5://robot:{PASSWORD}@proxy.test:1080")
    with client_of() as cyara, pytest.raises(MissingExtraError, match=rf"pip install '{httpx.__name__}\[socks\]'"):
        cyara.raw("GET", "/x")


def test_an_address_is_read_with_or_without_its_scheme() -> None:
    for text in ("proxy.test:81", f"http://robot:{PASSWORD}@proxy.test:81", f"http://robot:{PASSWORD}@@proxy.test:81"):
        assert str(proxy_address(text)) == "http://proxy.test:81"
    assert proxy_address(NO_ADDRESSES[0]) is None


def test_authorities_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    assert f"verify={garbage} cannot be used: " in refusal(verify=garbage)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    for place in (garbage, tmp_path / "missing.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(place))
        assert f"certificate authorities (SSL_CERT_FILE={place}) cannot be used: " in refusal()


def test_a_client_certificate_that_cannot_be_read_is_named(tmp_path: Path, private_ca: PrivateCa) -> None:
    missing = tmp_path / "missing.pem"
    said = refusal(verify=private_ca.file, cert=str(missing))
    assert said.startswith(f"The client certificate {missing} (cert=) cannot be used: No such file")


def test_a_password_that_is_missing_is_not_asked_for(tmp_path: Path, private_ca: PrivateCa) -> None:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    mine = private_ca.authority.issue_cert("client.test")
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    mine.cert_chain_pems[0].write_to_path(str(certificate))
    plain = load_pem_private_key(mine.private_key_pem.bytes(), None)
    sealed = plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    key.write_bytes(sealed)
    files = (str(certificate), str(key))
    assert "cert=(certificate, key, password)" in refusal(verify=private_ca.file, cert=files)
    assert "(cert=) cannot be used" in refusal(verify=private_ca.file, cert=(*files, "wrong"))
    with client_of(verify=private_ca.file, cert=(*files, "word")) as cyara:
        cyara.get_httpx_client()
