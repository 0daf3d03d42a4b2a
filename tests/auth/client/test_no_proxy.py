"""NO_PROXY as machines have it: ranges, brackets, ports, wildcards and rubbish; calls go on, and by the right way."""

import pytest

from cyara_auth import Cyara, connect
from cyara_auth._http import httpx
from cyara_auth.client.no_proxy import read_exemptions
from cyara_auth.client.proxies import environment_mounts
from cyara_auth.origin import Origin
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.transport.next_step import proxy_of

from ..wire.fixtures import PrivateCa
from ..wire.loopback import PAIR, ConnectProxy, WireServer

PROXY = "http://proxy.test:8080"
PORTAL = "https://portal.corp.test/cyarawebapi"
# What Docker, virtual machines, VPN clients, Windows and people write there.
NO_HOSTS = [
    "[::1",
    "http://[::1",
    "fd00::/200",
    "300.1.1.1",
    "10.0.0.0/99",
    "10.*.*.*",
    "<local>",
    "a;b",
    "::g",
    "a b@c",
    "/",
]


def client_of(base_url: str, **options: object) -> Cyara:
    return connect(base_url, PAIR, store=MemoryStrikeStore(), retries=0, **options)


def way_to(base_url: str) -> str | None:
    with client_of(base_url) as cyara:
        return proxy_of(cyara.get_httpx_client(), httpx.URL(cyara.base_url))


@pytest.mark.parametrize(
    ("entry", "base_url", "direct"),
    [
        ("::1", "https://[::1]/x", True),
        ("[::1]", "https://[::1]/x", True),
        ("[::1]:443", "https://[::1]/x", True),
        ("[::1]:444", "https://[::1]/x", False),
        ("0:0:0:0:0:0:0:1", "https://[::1]/x", True),
        ("fd07:b51a::/32", "https://[fd07:b51a::9]/x", True),
        ("fd07:b51a::/32", "https://[fd08:b51a::9]/x", False),
        ("[fd07:b51a::]/32", "https://[fd07:b51a::9]:8443/x", True),
        ("fd07:b51a::/32", PORTAL, False),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("10.9.9.9/8", "https://10.1.2.3/x", True),
        ("10.0.0.0/8", "https://11.1.2.3/x", False),
        ("10.1.2.3", "https://10.1.2.3:8443/x", True),
        ("10.1.2.3:8443", "https://10.1.2.3:8443/x", True),
        ("10.1.2.3:8443", "https://10.1.2.3/x", False),
        ("portal.corp.test", PORTAL, True),
        ("Portal.Corp.Test.", PORTAL, True),
        ("portal.corp.test:443", PORTAL, True),
        ("portal.corp.test:8080", PORTAL, False),
        ("https://portal.corp.test/", PORTAL, True),
        ("corp.test", PORTAL, True),
        (".corp.test", PORTAL, True),
        ("*.corp.test", PORTAL, True),
        ("*.portal.corp.test", PORTAL, False),
        ("rp.test", PORTAL, False),
        ("localhost", "https://localhost/x", True),
        ("*", PORTAL, True),
    ],
)
def test_an_entry_exempts_what_it_means(
    monkeypatch: pytest.MonkeyPatch, entry: str, base_url: str, *, direct: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    # Alone, and among others, with and without blanks.
    for text in (entry, f"127.0.0.1, {entry} ,fe80::/10", f"other.test {entry}"):
        monkeypatch.setenv("NO_PROXY", text)
        assert way_to(base_url) == (None if direct else "proxy.test:8080"), text


@pytest.mark.parametrize("entry", NO_HOSTS)
def test_what_is_no_host_is_skipped_and_known(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("ALL_PROXY", PROXY)
    monkeypatch.setenv("no_proxy", f",, {entry},")
    assert way_to(PORTAL) == "proxy.test:8080"
    skipped = read_exemptions(entry, Origin.parse(PORTAL)).skipped
    assert skipped
    assert "@" not in " ".join(skipped)
    monkeypatch.setenv("no_proxy", f"{entry},.corp.test")
    assert way_to(PORTAL) is None


@pytest.mark.parametrize("entry", ["", "::1/128", "[::1]", "fe80::/10", "10.0.0.0/8", *NO_HOSTS])
def test_a_client_is_made_without_a_proxy_as_well(monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    monkeypatch.setenv("NO_PROXY", entry)
    assert way_to(PORTAL) is None


def test_calls_go_directly_into_a_range(
    tls_server: WireServer, private_ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(to_port=tls_server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "fd07:b51a:cc66:f0::/64,127.0.0.0/8")
        with client_of(tls_server.base_url, verify=private_ca.file) as cyara:
            assert cyara.raw("GET", "/x").status_code == 200
        assert proxy.connects == []
        with client_of("https://portal.test", verify=private_ca.file) as cyara:
            assert cyara.raw("GET", "/x").status_code == 200
        assert proxy.connects == ["CONNECT portal.test:443"]


@pytest.mark.anyio
async def test_the_same_for_tasks(
    tls_server: WireServer, private_ca: PrivateCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(to_port=tls_server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "::1/128,127.0.0.0/8")
        async with client_of(tls_server.base_url, verify=private_ca.file) as cyara:
            assert (await cyara.aio.raw("GET", "/x")).status_code == 200
        assert proxy.connects == []
        async with client_of("https://portal.test", verify=private_ca.file) as cyara:
            assert (await cyara.aio.raw("GET", "/x")).status_code == 200
        assert proxy.connects == ["CONNECT portal.test:443"]


@pytest.mark.parametrize(
    "text", ["", "localhost", "example.test", ".example.test", "127.0.0.1", "::1", "a.test,b.test:81", "*", "a.test,*"]
)
def test_where_httpx_can_read_it_other_hosts_are_reached_as_by_httpx(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("HTTP_PROXY", "proxy.test:81")
    monkeypatch.setenv("NO_PROXY", text)
    mounts = environment_mounts(Origin.parse(PORTAL), lambda address: httpx.HTTPTransport(proxy=address))
    with httpx.Client() as theirs, httpx.Client(mounts=mounts, trust_env=False) as ours:
        for host in ("localhost", "example.test", "a.example.test", "127.0.0.1", "[::1]", "b.test:81", "b.test"):
            for scheme in ("http", "https"):
                url = httpx.URL(f"{scheme}://{host}/x")
                assert proxy_of(ours, url) == proxy_of(theirs, url), url
