"""Proxies for tests: in this process, or as the program that people start."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from cyara_auth import connect
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.proxy import GuardProxy
from cyara_tools.proxy.secret import new_secret
from cyara_tools.proxy.settings import ProxySettings

from .upstream import PAIR, Upstream

CAMPAIGNS = "/v3.0/accounts/1/campaigns"
CAMPAIGN = "/v3.0/accounts/1/campaigns/812"
EXPORT = "/v3.0/accounts/1/testcases/7/export"
_SETTINGS = re.compile(r"CYARA_|(?i:(https?|all|no)_proxy)")


@contextmanager
def proxied(
    portal: Upstream, pair: str = PAIR, *, options: dict[str, Any] | None = None, **settings: Any
) -> Iterator[GuardProxy]:
    """Run a proxy in this process; `options` are those of `connect`, `settings` those of the proxy, and its host."""
    host = settings.pop("host", "127.0.0.1")
    with connect(
        portal.base_url, pair, account_id=1, retries=0, **{"store": MemoryStrikeStore(), **(options or {})}
    ) as cyara:
        told = ProxySettings(**{"secret": new_secret(), **settings})
        with GuardProxy(cyara, told, host=host, port=0) as running:
            yield running


@attrs.define
class Started:
    """`cyara proxy` in a process of its own."""

    process: subprocess.Popen[str]
    facts: dict[str, Any]
    lines: list[str]

    @property
    def base_url(self) -> str:
        return str(self.facts["base_url"])


def environment(portal_url: str, folder: Path, pair: str = PAIR, **more: str) -> dict[str, str]:
    """Return the environment of somebody who has set up the client."""
    return {
        **{name: value for name, value in os.environ.items() if not _SETTINGS.match(name)},
        "CYARA_BASE_URL": portal_url,
        "CYARA_ACCOUNT_ID": "1",
        "CYARA_API_CREDENTIAL": pair,
        "CYARA_STRIKE_STORE": f"sqlite://{folder}/strikes.sqlite3",
        "CYARA_CONFIG_DIR": str(folder / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **more,
    }


@contextmanager
def started(environ: dict[str, str], *arguments: str) -> Iterator[Started]:
    """Run `cyara proxy --json` until the end of the block."""
    command = [sys.executable, "-m", "cyara_tools.cli", "proxy", "--port", "0", "--json", *arguments]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
    reader.start()
    try:
        yield Started(process, json.loads(process.stdout.readline()), lines)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        reader.join(timeout=5)
        process.stdout.close()
        process.stderr.close()


def curl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run curl, which is not ours, and knows nothing of what surrounds it."""
    return subprocess.run(["curl", "-sS", "--noproxy", "*", "-m", "40", *arguments], capture_output=True, check=False)


def head_and_body(done: subprocess.CompletedProcess[bytes]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of what `curl -i` printed."""
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    # What came before is `100 Continue`.
    while head.startswith(b"HTTP/1.1 1"):
        head, _, body = body.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines]
    return int(status.split()[1]), [(name, value) for name, value in pairs], body


def talk(port: int, data: bytes, *, seconds: float = 15.0) -> bytes:
    """Write bytes to a port, and return what comes until the other side closes, for as long as is given."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(data)
        received = b""
        while part := _part(connection):
            received += part
        return received


def _part(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""
