"""Hold a transport that is not httpx's own to one wire call for one admission.

Each admitted request that goes through one carries a trace, which httpcore calls before it writes a request's head: the
second head of one request is refused before a byte of it leaves. Out of its reach are a transport that does not end in
httpcore, and one that makes a new request, without the trace, each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyara_auth._http import httpx
from cyara_auth.arguments import wrong_library
from cyara_auth.errors import UnsupportedClientError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

_OWN = (httpx.HTTPTransport, httpx.AsyncHTTPTransport)
_BEFORE_A_HEAD = ".send_request_headers.started"


def is_custom(transport: object) -> bool:
    """Say whether a transport is anything but exactly one of httpx's own.

    Raises:
        UnsupportedClientError: it is of the HTTP library that calls do not run on.
    """
    if refusal := wrong_library("The transport", transport):
        raise UnsupportedClientError(refusal)
    # httpx's own never repeat, and need no trace. A subclass may: what it does inside cannot be seen from outside.
    return type(transport) not in _OWN


def with_single_send_trace(extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the extensions with a trace that refuses a second sending; a trace of the caller's is called as before."""
    return {**extensions, "trace": _SingleSendTrace(extensions.get("trace"))}


def with_async_single_send_trace(extensions: Mapping[str, Any]) -> dict[str, Any]:
    """Do as `with_single_send_trace` does, for transports that await their trace."""
    return {**extensions, "trace": _AsyncSingleSendTrace(extensions.get("trace"))}


class _SingleSendTrace:
    """A trace for one admitted request."""

    def __init__(self, traced_by_caller: Callable[[str, Any], object] | None) -> None:
        self._traced_by_caller = traced_by_caller
        self._sent = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self.check(event, info)
        if self._traced_by_caller is not None:
            self._traced_by_caller(event, info)

    def check(self, event: str, info: Mapping[str, Any]) -> None:
        """Refuse the second head."""
        # The CONNECT that opens a tunnel shares the trace, and is not the request.
        if not event.endswith(_BEFORE_A_HEAD) or getattr(info.get("request"), "method", b"") == b"CONNECT":
            return
        if self._sent:
            raise UnsupportedClientError(
                "A transport of this httpx client repeats requests by itself, also those that cost a strike. The "
                "repetition was not sent. Take that transport out and let connect(retries=...) repeat, above the guard."
            )
        self._sent = True


class _AsyncSingleSendTrace:
    """The same, awaited."""

    def __init__(self, traced_by_caller: Callable[[str, Any], Awaitable[object]] | None) -> None:
        self._once = _SingleSendTrace(None)
        self._traced_by_caller = traced_by_caller

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        self._once.check(event, info)
        if self._traced_by_caller is not None:
            await self._traced_by_caller(event, info)
