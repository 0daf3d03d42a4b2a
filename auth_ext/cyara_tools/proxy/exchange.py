"""One request through the guard, for a caller who may leave at any time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cyara_auth._http import httpx
    from cyara_tools.proxy.body import CallerBody

_HEAD_LEAVES: Final = ".send_request_headers.started"


class Exchange:
    """Sends a request once, and hands the answer on.

    Attributes:
        sent: Whether the portal may have received the request.
    """

    def __init__(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        self.sent = False
        self._client, self._request = client, request
        self._answered = False
        self._abandoned = False
        request.extensions["trace"] = self._trace

    async def run(self, body: CallerBody, pass_on: Callable[[httpx.Response], Awaitable[None]]) -> None:
        """Send, and pass the answer on, until the caller has left.

        Raises:
            CyaraAuthError: There was no answer; nothing was passed on.
        """
        work = asyncio.ensure_future(self._work(pass_on))
        # A body that is still on its way notices by itself that its caller has left.
        watch = asyncio.ensure_future(body.gone()) if body.ended else None
        try:
            await asyncio.wait({work, watch} if watch else {work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                await self._leave(work)
            else:
                work.result()
        finally:
            for task in filter(None, (work, watch)):
                task.cancel()
            await asyncio.wait([task for task in (work, watch) if task])

    async def _leave(self, work: asyncio.Future[None]) -> None:
        """End the work of a caller who has left."""
        self._abandoned = True
        # A call that the portal may be judging right now is heard to its verdict: cut off, it would count as lost, and
        # impatient callers would use up what the key has left. One that waits, or downloads, ends at once.
        if not self.sent or self._answered:
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def _work(self, pass_on: Callable[[httpx.Response], Awaitable[None]]) -> None:
        response = await self._client.send(self._request, stream=True)
        self._answered = True
        try:
            if not self._abandoned:
                await pass_on(response)
        finally:
            await response.aclose()

    async def _trace(self, event: str, _: Mapping[str, Any]) -> None:
        self.sent = self.sent or event.endswith(_HEAD_LEAVES)
