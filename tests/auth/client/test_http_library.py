"""httpx or its fork httpx2: `CYARA_HTTP_LIBRARY` chooses, and what belongs to the other is refused in a sentence."""

import importlib
import os
import subprocess
import sys
import urllib.request

import pytest
import requests

from cyara_auth import connect, find_unguarded, install
from cyara_auth._http import httpx
from cyara_auth.client.binding import bind
from cyara_auth.errors import ConfigurationError, UnsupportedClientError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.transport.httpx_transports import GuardedTransport

from ..wire.loopback import PAIR, WireServer

OTHER = "httpx" if httpx.__name__ == "httpx2" else "httpx2"
other = importlib.import_module(OTHER)
CURE = f"CYARA_HTTP_LIBRARY={OTHER}"


class OfTheOther(other.BaseTransport):
    """A transport that somebody wrote for the other library."""


class Wrapper(httpx.BaseTransport):
    """A transport of the right library around one of the other."""

    def __init__(self) -> None:
        self.inner = other.HTTPTransport()

    def close(self) -> None:
        self.inner.close()


def run(code: str, library: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CYARA_HTTP_LIBRARY": library}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=50
    )


@pytest.mark.parametrize(
    ("said", "used"),
    [("", "httpx"), ("httpx", "httpx"), ("httpx2", "httpx2"), (" HTTPX2 ", "httpx2")],
)
def test_the_variable_chooses_for_both_packages(said: str, used: str) -> None:
    code = (
        "import sys, cyara_auth._http, cyara_client._http, cyara_client._files as files, cyara_auth\n"
        "assert cyara_auth._http.httpx is cyara_client._http.httpx is files.httpx\n"
        "assert issubclass(cyara_auth.TransportError, files.httpx.RequestError)\n"
        "other = 'httpx' if files.httpx.__name__ == 'httpx2' else 'httpx2'\n"
        "print(files.httpx.__name__, other in sys.modules)"
    )
    ran = run(code, said)
    assert ran.stdout == f"{used} False\n", ran.stderr


@pytest.mark.parametrize("package", ["cyara_auth.arguments", "cyara_client._files"])
def test_any_other_value_is_one_sentence(package: str) -> None:
    for kind in ("CyaraError", "ImportError"):
        code = f"from cyara_client.errors import *\ntry:\n    import {package}\nexcept {kind} as it:\n    print(it)"
        ran = run(code, PAIR)
        assert "set it to httpx or httpx2" in ran.stdout, ran.stderr
        assert len(ran.stdout.splitlines()) == 1
        assert PAIR not in ran.stdout


def test_a_library_that_is_not_installed_is_named_with_its_command() -> None:
    code = (
        "import sys\nsys.modules['httpx2'] = None\n"  # as if it were not installed
        "try:\n    from cyara_auth import connect\nexcept ImportError as error:\n    print(error)"
    )
    assert "pip install 'cyara-client[httpx2]'" in run(code, "httpx2").stdout


def test_the_command_line_says_it_too() -> None:
    ran = run("import sys\nfrom cyara_tools.cli import main\nsys.argv[1:] = ['auth', 'status']\nmain()", "aiohttp")
    assert ran.returncode == 7
    assert ran.stderr.startswith("CYARA_HTTP_LIBRARY names no library")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": other.Timeout(5)},
        {"proxy": other.URL("http://proxy.test")},
        {"proxy": other.Proxy("http://proxy.test")},
        {"base_url": other.URL("https://portal.test")},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_option_of_the_other_library(options: dict[str, object]) -> None:
    given = {"base_url": "https://portal.test", "credential": PAIR, "store": MemoryStrikeStore(), **options}
    with pytest.raises(ConfigurationError, match=CURE):
        connect(**given)


@pytest.mark.anyio
async def test_an_option_of_a_call_costs_no_strike(server: WireServer) -> None:
    options = (
        {"timeout": other.Timeout(5)},
        {"auth": other.BasicAuth("user", "password")},
        {"params": other.QueryParams([("a", "1"), ("a", "2")])},
    )
    with connect(server.base_url, PAIR, store=MemoryStrikeStore()) as cyara:
        for each in options:
            with pytest.raises(ConfigurationError, match=rf"^{next(iter(each))}= .*{CURE}"):
                cyara.raw("GET", "/x", **each)
            with pytest.raises(ConfigurationError, match=CURE):
                await cyara.aio.raw("GET", "/x", **each)
        with pytest.raises(ConfigurationError, match=rf"^timeout= .*{CURE}"):
            cyara.with_options(timeout=other.Timeout(5))
        with pytest.raises(ConfigurationError, match=rf"^request= .*{CURE}"):
            cyara.get_httpx_client().send(other.Request("GET", f"{server.base_url}/x"))
        with pytest.raises(ConfigurationError, match=CURE):
            await cyara.get_async_httpx_client().send(other.Request("GET", f"{server.base_url}/x"))
        assert server.seen == []
        assert cyara.raw("GET", "/x").status_code == 200
        await cyara.aclose()


@pytest.mark.parametrize("kind", [other.Client, other.AsyncClient])
def test_a_client_of_the_other_library_is_refused_and_left_as_it_was(kind: type) -> None:
    client = kind(base_url="https://portal.test")
    before = client._transport  # noqa: SLF001 - what install() replaces
    with pytest.raises(UnsupportedClientError, match=CURE):
        install(client, credential=PAIR, store=MemoryStrikeStore())
    with pytest.raises(UnsupportedClientError, match=CURE):
        find_unguarded(client)
    assert client._transport is before  # noqa: SLF001 - what install() replaces


@pytest.mark.parametrize(
    ("client", "cure"),
    [
        (requests.Session(), r"not a requests\.sessions\.Session\. .*guarded_session\(\), or mount a GuardedAdapter"),
        (urllib.request.build_opener(), r"not a urllib\.request\.OpenerDirector\. .*cyara_auth\.connect\(\)"),
        (None, r"cyara_auth\.connect\(\)"),
        (httpx.Client, r"cyara_auth\.connect\(\)"),
    ],
    ids=["requests", "urllib", "nothing", "class"],
)
def test_anything_else_is_refused_with_what_to_use(client: object, cure: str) -> None:
    for refused in (lambda: install(client, "https://portal.test", PAIR), lambda: find_unguarded(client)):
        with pytest.raises(UnsupportedClientError, match=cure):
            refused()


@pytest.mark.parametrize("transport", [other.HTTPTransport, OfTheOther, Wrapper])
def test_a_transport_of_the_other_library_below_is_refused(server: WireServer, transport: type) -> None:
    for options in ({"transport": transport()}, {"mounts": {"http://": transport()}}):
        with httpx.Client(base_url=server.base_url, **options) as client:
            with pytest.raises(UnsupportedClientError, match=CURE):
                install(client, credential=PAIR, store=MemoryStrikeStore())
            assert find_unguarded(client)


def test_a_guarded_transport_takes_none_of_the_other_library(server: WireServer) -> None:
    parts = bind(server.base_url, PAIR, store=MemoryStrikeStore())
    with pytest.raises(UnsupportedClientError, match=CURE):
        GuardedTransport(other.HTTPTransport(), source=parts.source, guard=parts.guard, origin=parts.base.origin)


def test_offline_calls_cost_nothing_on_the_library_in_use() -> None:
    with httpx.Client(base_url="http://127.0.0.1:1") as client:
        install(client, credential=PAIR, store=MemoryStrikeStore())
        for _ in range(4):
            with pytest.raises(httpx.ConnectError):
                client.get("/x")
