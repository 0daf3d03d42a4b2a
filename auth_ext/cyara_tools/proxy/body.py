"""The body of a caller's request: its begin is read before anything is sent, and the rest is streamed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive

HELD: Final = 1 << 20
"""Bytes: a body up to this length is checked by the document before anything is sent."""

PATIENCE: Final = 10.0
"""Seconds: for the begin of a body, and for each further piece."""


class CallerGoneError(Exception):
    """The caller has closed the connection."""


class SlowBodyError(Exception):
    """The caller has stopped sending, or drips."""


class CallerBody:
    """The body of one request.

    Attributes:
        ended: Whether all of it has been read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def begin(self) -> bytes:
        """Read until the end, or until more than `HELD` bytes are there.

        Raises:
            CallerGoneError: The caller has left.
            SlowBodyError: It took too long. As nothing was sent, nothing is lost.
        """
        pieces, size = list[bytes](), 0
        try:
            async with asyncio.timeout(PATIENCE):
                while not self.ended and size <= HELD:
                    pieces.append(await self._piece())
                    size += len(pieces[-1])
        except TimeoutError:
            raise SlowBodyError from None
        return b"".join(pieces)

    async def all(self, begin: bytes) -> AsyncIterator[bytes]:
        """Yield what was read first, and then the rest as it comes.

        Raises:
            CallerGoneError, SlowBodyError: As above.
        """
        yield begin
        while not self.ended:
            try:
                async with asyncio.timeout(PATIENCE):
                    piece = await self._piece()
            except TimeoutError:
                raise SlowBodyError from None
            if piece:
                yield piece

    async def gone(self) -> None:
        """Return when the caller has left; only to be waited for after the body has ended."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise CallerGoneError
        self.ended = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body
