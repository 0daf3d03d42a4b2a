"""Plain http to another machine: only to a host that somebody named, past every proxy, and told once."""

import pickle
import ssl
import warnings

import pytest

from cyara_auth import connect, install
from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError, InsecureOriginError, PlainHttpWarning
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.faces import MakeFace
from ..wire.fixtures import PrivateCa
from ..wire.loopback import PAIR, ConnectProxy, Reply, WireServer

HEADER = [f"ApiKey {PAIR}"]
VARIABLE = "CYARA_ALLOW_PLAIN_HTTP"
ELSEWHERE = "127.1"
"""The system takes it for 127.0.0.1; by its spelling it is another machine."""

pytestmark = pytest.mark.filterwarnings("ignore::cyara_auth.errors.PlainHttpWarning")


def plain(server: WireServer) -> str:
    return f"http://{ELSEWHERE}:{server.port}"


def test_row_32_refused_unless_named(server: WireServer, face: MakeFace, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "portal.internal", f"{ELSEWHERE}:{server.port + 1}"):
        monkeypatch.setenv(VARIABLE, value)
        with pytest.raises(InsecureOriginError, match=rf"{VARIABLE}={ELSEWHERE}:{server.port}"):
            face(plain(server))
    assert server.connections == 0


@pytest.mark.parametrize("port", ["", ":PORT"])
def test_reached_when_named(server: WireServer, face: MakeFace, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv(VARIABLE, ELSEWHERE + port.replace("PORT", str(server.port)))
    assert face(plain(server)).get(f"{plain(server)}/x").status_code == 200
    assert [seen.authorization for seen in server.seen] == [HEADER]


def test_other_servers_of_a_named_host_get_no_header(
    server: WireServer, foreign: WireServer, face: MakeFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, ELSEWHERE)
    server.script = lambda _: Reply(status=302, headers=(("Location", f"{plain(foreign)}/x"),))
    face(plain(server), follow_redirects=True).get(f"{plain(server)}/first")
    assert [seen.authorization for seen in foreign.seen] == [[]]


def test_downgrade_to_a_named_host_gets_no_header(server: WireServer, private_ca: PrivateCa) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    private_ca.authority.issue_cert(ELSEWHERE).configure_cert(context)
    with WireServer(tls=context) as secure:
        secure.script = lambda _: Reply(status=302, headers=(("Location", f"{plain(server)}/x"),))
        base_url = f"https://{ELSEWHERE}:{secure.port}"
        trust = ssl.create_default_context(cafile=str(private_ca.file))
        client = httpx.Client(verify=trust, follow_redirects=True)
        with install(client, base_url, PAIR, store=MemoryStrikeStore(), allow_plain_http=ELSEWHERE):
            assert client.get(f"{base_url}/first").status_code == 200
    assert [seen.authorization for seen in secure.seen] == [HEADER]
    assert [seen.authorization for seen in server.seen] == [[]]


def test_the_argument_outranks_the_variable(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(plain(server), PAIR, store=MemoryStrikeStore(), allow_plain_http=ELSEWHERE) as cyara:
        assert cyara.raw("GET", "/x").status_code == 200
    monkeypatch.setenv(VARIABLE, ELSEWHERE)
    for other in ("", "portal.internal"):
        with pytest.raises(InsecureOriginError):
            connect(plain(server), PAIR, store=MemoryStrikeStore(), allow_plain_http=other)


def test_a_pickled_client_keeps_the_permission(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYARA_API_CREDENTIAL", PAIR)
    with connect(plain(server), store="memory:", allow_plain_http=ELSEWHERE) as cyara:
        copy = pickle.dumps(cyara)
    with pickle.loads(copy) as again:  # noqa: S301 - made here
        assert again.raw("GET", "/x").status_code == 200
    assert server.seen[0].authorization == HEADER


def test_no_proxy_sees_it(server: WireServer, face: MakeFace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, ELSEWHERE)
    with ConnectProxy(to_port=server.port) as proxy:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with connect(plain(server), PAIR, store=MemoryStrikeStore()) as cyara:
            assert cyara.raw("GET", "/x").status_code == 200
        # A client of the caller's keeps its proxies, so it is refused.
        with pytest.raises(InsecureOriginError, match=f"Add {ELSEWHERE} to NO_PROXY"):
            install(httpx.Client(), plain(server), PAIR, store=MemoryStrikeStore())
    assert proxy.readable == b""


def test_told_once_for_each_host() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for host in ("one.told.test", "two.told.test:8080", "one.told.test:81"):
            for _ in range(2):
                connect(f"http://{host}", PAIR, store=MemoryStrikeStore(), allow_plain_http=host).close()
    told = [(str(warning.message), warning.filename) for warning in caught if warning.category is PlainHttpWarning]
    assert [text.partition(" over plain http")[0] for text, _ in told] == [
        "The credential goes to one.told.test",
        "The credential goes to two.told.test",
    ]
    # It points at the line of the program that connects.
    assert {file for _, file in told} == {__file__}


def test_encrypted_and_local_portals_are_not_told_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for base_url in ("https://portal.test", "http://127.0.0.1:9"):
            connect(base_url, PAIR, store=MemoryStrikeStore(), allow_plain_http="portal.test").close()


@pytest.mark.parametrize("value", [True, ["portal.internal"], b"portal.internal"])
def test_the_argument_is_a_text(value: object) -> None:
    with pytest.raises(ConfigurationError, match="allow_plain_http"):
        connect("https://portal.test", PAIR, store=MemoryStrikeStore(), allow_plain_http=value)
