"""Connections that never say what they want, or say it drop by drop: each ends in time, and they hold nobody up."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEAD_PATIENCE: Final = 10.0
"""Seconds from the first byte of a head, or from the connection, to the end of the head."""

WAITING: Final = 256
"""Connections without a whole head that are kept; the oldest goes first. A caller's head comes at once."""

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class ProxyProtocol(H11Protocol):
    """HTTP/1.1 whose heads have to come in time; uvicorn waits for them for ever."""

    waiting: OrderedDict[ProxyProtocol, asyncio.TimerHandle]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
        """Begin to wait for a head; too many who wait make room."""
        super().connection_made(transport)
        self._wait()
        if len(self.waiting) > WAITING:
            next(iter(self.waiting)).give_up(b"")

    def data_received(self, data: bytes) -> None:
        """Read, and see whether the head is whole."""
        super().data_received(data)
        if self.transport.is_closing() or not self._owes_something():
            self._stop_waiting()
        elif self not in self.waiting:
            self._wait()

    def on_response_complete(self) -> None:
        """Let a caller end a body that nobody waits for any more; cut off at once, many would not read the answer."""
        super().on_response_complete()
        # A part of the next head may have come together with this call.
        idle = self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]
        if not idle and self._owes_something() and self not in self.waiting:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def give_up(self, farewell: bytes) -> None:
        """Close without waiting for the rest of a head."""
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(farewell)
            self.transport.close()

    def _owes_something(self) -> bool:
        """Whether the caller has begun what it should end soon: a head, or the body of a call that is answered."""
        state = self.conn.their_state
        return state is h11.IDLE or (state is h11.SEND_BODY and self.cycle.response_complete)

    def _wait(self) -> None:
        farewell = _TOO_SLOW if self.conn.their_state is h11.IDLE else b""
        self.waiting[self] = self.loop.call_later(HEAD_PATIENCE, self.give_up, farewell)

    def _stop_waiting(self) -> None:
        if timer := self.waiting.pop(self, None):
            timer.cancel()


def proxy_protocol() -> type[ProxyProtocol]:
    """Return a protocol class whose connections share one room to wait in."""
    # uvicorn makes a protocol for each connection by calling a class, and hands nothing of ours to it.
    return type("ProxyProtocol", (ProxyProtocol,), {"waiting": OrderedDict()})
