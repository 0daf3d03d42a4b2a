"""The last look before a request's head is written: is its admission still good, and is this the only sending of it?

httpcore calls a request's trace in that moment. Out of reach are a transport that does not end in httpcore, and one
that makes a new request, without the trace, each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_auth._http import httpx
from cyara_auth.arguments import wrong_library
from cyara_auth.errors import UnsupportedClientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cyara_auth.guard.tickets import Ticket

_OWN = (httpx.HTTPTransport, httpx.AsyncHTTPTransport)
_BEFORE_A_HEAD = ".send_request_headers.started"


class StaleAdmissionError(Exception):
    """Too much time has passed since the admission; nothing was sent, and the call is admitted again."""


def is_custom(transport: object) -> bool:
    """Say whether a transport is anything but exactly one of httpx's own.

    Raises:
        UnsupportedClientError: it is of the HTTP library that calls do not run on.
    """
    if refusal := wrong_library("The transport", transport):
        raise UnsupportedClientError(refusal)
    # httpx's own never repeat. A subclass may: what it does inside cannot be seen from outside.
    return type(transport) not in _OWN


def with_head_trace(extensions: Mapping[str, Any], ticket: Ticket) -> dict[str, Any]:
    """Return the extensions with a trace that looks at a ticket; a trace of the caller's is called as before."""
    return {**extensions, "trace": _HeadTrace(ticket, extensions.get("trace"))}


def with_async_head_trace(extensions: Mapping[str, Any], ticket: Ticket) -> dict[str, Any]:
    """Do as `with_head_trace` does, for transports that await their trace."""
    return {**extensions, "trace": _AsyncHeadTrace(ticket, extensions.get("trace"))}


class _HeadTrace:
    """A trace for one admitted request."""

    def __init__(self, ticket: Ticket, traced_by_caller: Callable[[str, Any], object] | None) -> None:
        self._ticket = ticket
        self._traced_by_caller = traced_by_caller
        self.has_sent = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(_BEFORE_A_HEAD):
            self.check(info)
        if self._traced_by_caller is not None:
            self._traced_by_caller(event, info)

    def check(self, info: Mapping[str, Any]) -> None:
        """Refuse a head that comes too late, and the second one."""
        # The CONNECT that opens a tunnel shares the trace, and is not the request.
        if getattr(info.get("request"), "method", b"") == b"CONNECT":
            return
        if self.has_sent:
            raise UnsupportedClientError(
                "A transport of this httpx client repeats requests by itself, also those that cost a strike. The "
                "repetition was not sent. Take that transport out and let connect(retries=...) repeat, above the guard."
            )
        if self._ticket.is_stale():
            raise StaleAdmissionError
        self.has_sent = True


class _AsyncHeadTrace:
    """The same, awaited."""

    def __init__(self, ticket: Ticket, traced_by_caller: Callable[[str, Any], Awaitable[object]] | None) -> None:
        self._once = _HeadTrace(ticket, None)
        self._traced_by_caller = traced_by_caller

    @property
    def has_sent(self) -> bool:
        return self._once.has_sent

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self._once(event, info)
        if self._traced_by_caller is not None:
            await self._traced_by_caller(event, info)
