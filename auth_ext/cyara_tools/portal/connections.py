"""Connections that can be broken on purpose.

ASGI has no message for "close the socket now" or "stop after n bytes", so the server's protocol gets a transport that
can do both, and the application finds it by the caller's address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import MutableMapping

Address = tuple[str, int]


class CuttableTransport:
    """A transport that passes everything on until it is told to stop after so many bytes."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._bytes_left: int | None = None

    def __getattr__(self, name: str) -> Any:
        # Not a subclass: which transport it is, is decided by the event loop.
        return getattr(self._transport, name)

    def cut_after(self, count: int) -> None:
        """Close the connection once `count` more bytes have been written."""
        self._bytes_left = count

    def write(self, data: bytes) -> None:
        """Write, or write what is left to be written and close."""
        if self._bytes_left is None:
            self._transport.write(data)
            return
        if self._bytes_left > 0:
            self._transport.write(data[: self._bytes_left])
        self._bytes_left -= len(data)
        if self._bytes_left <= 0:
            # Closing, unlike aborting, still sends what was written.
            self._transport.close()


class Connections:
    """All open connections, by the caller's address."""

    def __init__(self) -> None:
        self._open: MutableMapping[Address, CuttableTransport] = {}

    def at(self, address: Address) -> CuttableTransport:
        """Return the connection that a request came by."""
        return self._open[address]

    def protocol(self) -> type[H11Protocol]:
        """Return the protocol class that keeps this registry."""
        # uvicorn makes a protocol for each connection by calling this class, and hands nothing of ours to it.
        registry = self._open

        class PortalProtocol(H11Protocol):
            """HTTP/1.1 over a transport that can be cut."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
                cuttable = CuttableTransport(transport)
                super().connection_made(cast("asyncio.Transport", cuttable))
                if self.client is not None:
                    registry[self.client] = cuttable

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    registry.pop(self.client, None)
                super().connection_lost(exc)

        return PortalProtocol
