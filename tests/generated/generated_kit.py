"""What tests of generated clients share: a build of any document, and a server whose answers the test decides."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

ROOT = Path(__file__).resolve().parents[2]


def build_package(document: dict[str, Any], folder: Path, name: str) -> Path:
    """Send a document through the whole pipeline; return the source root of the package, renamed to `name`."""
    source = folder / "document.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    command = [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "build", "--source", str(source)]
    done = subprocess.run(
        [*command, "--into", str(folder / "built"), "--no-verify"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copytree(folder / "built" / "generated" / "cyara_client", folder / "root" / name)
    return folder / "root"


@attrs.define
class ReceivedRequest:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@attrs.define
class Reply:
    """What the server answers; `cut` ends the connection in the middle of the body."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = attrs.field(factory=dict)
    cut: bool = False

    @classmethod
    def of(cls, value: object, status: int = 200) -> Reply:
        return cls(status=status, body=json.dumps(value).encode())


@attrs.define
class Wire:
    """A server whose answers the test decides, and that keeps what it saw."""

    base_url: str = ""
    answer: Callable[[ReceivedRequest], Reply] = attrs.field(default=lambda _: Reply(204))
    requests: list[ReceivedRequest] = attrs.field(factory=list)
    account_id: int | None = 7
    _client: httpx.Client | None = None
    _loop_client: httpx.AsyncClient | None = None

    def get_httpx_client(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(base_url=self.base_url, timeout=10, trust_env=False)
        return self._client

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        if self._loop_client is None:
            self._loop_client = httpx.AsyncClient(base_url=self.base_url, timeout=10, trust_env=False)
        return self._loop_client

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a call in an event loop of its own, with an async client that ends with it."""

        async def main() -> Any:
            try:
                return await work
            finally:
                if self._loop_client is not None:
                    await self._loop_client.aclose()
                self._loop_client = None

        return asyncio.run(main())

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def handler_of(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # head and body in one packet: a delayed acknowledgement costs 40 ms

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _serve(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = ReceivedRequest(method=self.command, target=self.path, headers=headers, body=self._body())
            wire.requests.append(request)
            reply = wire.answer(request)
            self.send_response_only(reply.status)
            if reply.body:
                self.send_header("Content-Type", reply.media_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
            self.close_connection = reply.cut

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
