"""The same tools over HTTP, on loopback: who may come in is decided as the proxy decides it."""

from __future__ import annotations

import hmac
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager

from cyara_tools.proxy.door import Head, is_foreign_page, misdirected
from cyara_tools.proxy.loopback_server import LoopbackServer, listen
from cyara_tools.proxy.settings import ProxyAddress, check_listening_address

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp.server.lowlevel import Server
    from starlette.types import ASGIApp, Receive, Scope, Send

    from cyara_auth.client.cyara import Cyara

DEFAULT_PORT: Final = 8766
"""Beside the proxy's."""
PATH: Final = "/mcp"


class AssistantServer(LoopbackServer):
    """The tools over streamable HTTP, from `with` to its end.

    Attributes:
        address: Where it listens, and the secret that callers have to show.

    Raises:
        ConfigurationError: The port is taken, or there is no such port.
    """

    def __init__(self, server: Server[Any], cyara: Cyara, *, secret: str, port: int = DEFAULT_PORT) -> None:
        """Take the port; nothing is answered before `start`."""
        host = check_listening_address("127.0.0.1", port)
        listener = listen(host, port, what="The server of `cyara mcp`")
        self.address: Final = ProxyAddress(host=host, port=listener.getsockname()[1], secret=secret, by_header=True)
        manager = StreamableHTTPSessionManager(app=server)
        door = _Door(StreamableHTTPASGIApp(manager), self.address)
        super().__init__(door, listener, _running(manager, cyara))

    @property
    def url(self) -> str:
        """What assistants are told."""
        return f"{self.address.origin}{PATH}"


@asynccontextmanager
async def _running(manager: StreamableHTTPSessionManager, cyara: Cyara) -> AsyncGenerator[None]:
    # The client's connections belong to the server's loop.
    async with cyara, manager.run():
        yield


class _Door:
    """Lets in who shows the secret; anybody else gets a status and no word."""

    def __init__(self, inner: ASGIApp, address: ProxyAddress) -> None:
        self._inner, self._address = inner, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, headers = self._judged(scope)
        if not status:
            await self._inner(scope, receive, send)
            return
        headers = [*headers, (b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _judged(self, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Return the status that turns a request away, and headers of that answer; 0 for one that may come in."""
        head = Head(
            method=scope["method"],
            target=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"],
            headers=scope["headers"],
        )
        if status := misdirected(head, self._address):
            return status, []
        shown = head.values(b"authorization")
        wanted = f"Bearer {self._address.secret}".encode()
        # Not 404 as the proxy says it: by the protocol that would mean that a session has ended.
        if len(shown) != 1 or not hmac.compare_digest(shown[0], wanted):
            return 401, [(b"www-authenticate", b"Bearer")]
        if is_foreign_page(head, self._address):
            return 403, []
        return (0, []) if head.target == PATH else (404, [])
