"""Fixtures of tests over a real socket: servers on loopback, a private certificate authority, an environment."""

import contextlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import trustme

from .faces import ALL_FACES, HTTPX_FACES, MakeFace
from .loopback import WireServer


@attrs.frozen(kw_only=True)
class PrivateCa:
    """A certificate authority nobody trusts, its file, and a server context for 127.0.0.1 and portal.test."""

    file: Path
    authority: trustme.CA
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def private_ca(tmp_path_factory: pytest.TempPathFactory) -> PrivateCa:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "portal.test", "localhost").configure_cert(server)
    return PrivateCa(file=file, authority=authority, server=server)


@pytest.fixture
def anyio_backend() -> str:
    """The guard waits with asyncio."""
    return "asyncio"


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def foreign() -> Iterator[WireServer]:
    """Another server: same host, other port, so another origin."""
    with WireServer() as running:
        yield running


@pytest.fixture
def tls_server(private_ca: PrivateCa) -> Iterator[WireServer]:
    with WireServer(tls=private_ca.server) as running:
        yield running


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxy, credential or store of the machine that runs the tests takes part in them."""
    for name in list(os.environ):
        if name.startswith("CYARA_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(params=ALL_FACES, ids=lambda face: face.__name__)
def face(request: pytest.FixtureRequest) -> Iterator[MakeFace]:
    """Make guarded clients of one kind; every test that takes this runs for httpx, sync and async, and for requests."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(request.param(*args, **options))


@pytest.fixture(params=HTTPX_FACES, ids=lambda face: face.__name__)
def httpx_face(request: pytest.FixtureRequest) -> Iterator[MakeFace]:
    """Do as `face`, for what only httpx has."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(request.param(*args, **options))
