"""The last look before a request of `requests` is written, in the connection that urllib3 made for it.

What `head_trace` does for httpx: is the admission still good, is this the only sending of it, and is there a network?
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from http.client import HTTPConnection
from socket import socket
from typing import Any, Final

import attrs

from cyara_auth.errors import UnsupportedClientError
from cyara_auth.guard.tickets import Ticket
from cyara_auth.transport.head_trace import StaleAdmissionError

REPEATS: Final = (
    "max_retries of this adapter, or a pool of its own, makes urllib3 repeat one admitted call below the guard. Repeat "
    "calls above the session instead."
)
"""What is wrong with whoever repeats."""


@attrs.define
class _Sending:
    """One admitted request on its way; `is_real` once a network connection has taken its head."""

    ticket: Ticket
    begun: bool = False
    is_real: bool = False

    def begin(self) -> None:
        """Count the request that is about to be written."""
        if self.begun:
            raise UnsupportedClientError(f"{REPEATS} The repetition was not sent.")
        self.begun = True


_sending: ContextVar[_Sending | None] = ContextVar("cyara_sending", default=None)


@contextmanager
def single_send(ticket: Ticket) -> Generator[_Sending]:
    """Let connections to the portal send one request within this block, in time, and refuse the second."""
    sending = _Sending(ticket)
    token = _sending.set(sending)
    try:
        yield sending
    finally:
        _sending.reset(token)


@cache
def guarded_connection(kind: type[HTTPConnection]) -> type[HTTPConnection]:
    """Return a class of connections for the portal, made from urllib3's.

    It ignores `http.client.HTTPConnection.debuglevel`, which prints the header, and keeps to `single_send`.
    """
    if getattr(kind, "is_guarded", False):
        return kind

    # The CONNECT that opens a tunnel is not counted: http.client writes that without putrequest.
    def putrequest(self: HTTPConnection, *args: Any, **options: Any) -> None:
        # None: sent by something else than the adapter, and so without the credential.
        if (sending := _sending.get()) is not None:
            sending.begin()
        kind.putrequest(self, *args, **options)

    # The head leaves here, after a connection was made, which may have taken long.
    def endheaders(self: HTTPConnection, *args: Any, **options: Any) -> None:
        if (sending := _sending.get()) is not None:
            if self.sock is None:
                self.connect()
            if sending.ticket.is_stale():
                raise StaleAdmissionError
            sending.is_real = is_network(self.sock)
        kind.endheaders(self, *args, **options)

    # VCR.py's connection writes nothing itself: what it records goes through one of urllib3's, which it holds.
    def request(self: HTTPConnection, *args: Any, **options: Any) -> None:
        held: Any = vars(self).get("real_connection")
        if held is not None:
            held.__class__ = guarded_connection(held.__class__)
        kind.request(self, *args, **options)

    methods = {method.__name__: method for method in (putrequest, endheaders, request)}
    return type(kind.__name__, (kind,), {"debuglevel": 0, "is_guarded": True, **methods})


def is_network(sock: object) -> bool:
    """Return whether a connection's socket is a real one, and no imitation of a library for tests."""
    # TLS within TLS and pyOpenSSL wrap the socket; gevent's class is none of Python's.
    inner = getattr(sock, "socket", sock)
    return isinstance(inner, socket) or type(inner).__module__.startswith("gevent.")
