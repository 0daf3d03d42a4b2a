"""The last look before a request's head is written: is its admission still good, and is this the only sending of it?

httpcore calls a request's trace in that moment. Out of reach are a transport that does not end in httpcore, and one
that makes a new request, without the trace, each time.
"""

from collections.abc import Mapping
from typing import Any

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.arguments import wrong_library
from cyara_auth.errors import UnsupportedClientError
from cyara_auth.guard.tickets import Ticket

_OWN = (httpx.HTTPTransport, httpx.AsyncHTTPTransport)
_BEFORE_A_HEAD = ".send_request_headers.started"
_AFTER_A_BODY = ".send_request_body.complete"


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


class _Trace:
    """What a trace for one admitted request does before the caller's own is called."""

    def __init__(self, ticket: Ticket, extensions: Mapping[str, Any]) -> None:
        self._ticket = ticket
        self._traced_by_caller = extensions.get("trace")
        self.has_sent = False

    def look(self, event: str, info: Mapping[str, Any]) -> None:
        """Refuse a head that comes too late, and the second one."""
        if event.endswith(_AFTER_A_BODY):
            failpoints.hit("after_send")
        # The CONNECT that opens a tunnel shares the trace, and is not the request.
        if not event.endswith(_BEFORE_A_HEAD) or getattr(info.get("request"), "method", b"") == b"CONNECT":
            return
        if self.has_sent:
            raise UnsupportedClientError(
                "A transport of this httpx client repeats requests by itself, also those that cost a strike. The "
                "repetition was not sent. Take that transport out and let connect(retries=...) repeat, above the guard."
            )
        if self._ticket.is_stale():
            raise StaleAdmissionError
        self.has_sent = True


class HeadTrace(_Trace):
    """A trace that looks at a ticket; one of the caller's, in the extensions, is called as before."""

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Look, and hand on."""
        self.look(event, info)
        if self._traced_by_caller is not None:
            self._traced_by_caller(event, info)


class AsyncHeadTrace(_Trace):
    """The same, for transports that await their trace."""

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Look, and hand on."""
        self.look(event, info)
        if self._traced_by_caller is not None:
            await self._traced_by_caller(event, info)
