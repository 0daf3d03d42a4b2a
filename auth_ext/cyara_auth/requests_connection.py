"""The connection by which `requests` reaches the portal: it prints no headers, and sends one head for one admission.

What urllib3 repeats is decided by an object that everybody may edit until the moment when it is used, and by pools that
everybody may replace. So the count is kept where each head has to pass: `http.client` begins it by `putrequest`.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from cyara_auth.errors import UnsupportedClientError

if TYPE_CHECKING:
    from collections.abc import Generator
    from http.client import HTTPConnection

REPEATS = (
    "max_retries of this adapter, or a pool of its own, makes urllib3 repeat one admitted call below the guard. Repeat "
    "calls above the session instead."
)

_heads_left: ContextVar[list[None] | None] = ContextVar("cyara_heads_left", default=None)


@contextmanager
def one_head() -> Generator[None]:
    """Let connections to the portal send one head within this block, and refuse the second."""
    token = _heads_left.set([None])
    try:
        yield
    finally:
        _heads_left.reset(token)


@cache
def guarded_connection(kind: type[HTTPConnection]) -> type[HTTPConnection]:
    """Return a class of connections for the portal, made from urllib3's.

    It ignores `http.client.HTTPConnection.debuglevel`, which prints the header, and keeps to `one_head`. The CONNECT
    that opens a tunnel is no head of it: `http.client` writes that without `putrequest`.
    """
    if getattr(kind, "is_guarded", False):
        return kind

    def putrequest(self: HTTPConnection, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as http.client
        _take_one()
        kind.putrequest(self, *args, **options)

    return type(kind.__name__, (kind,), {"debuglevel": 0, "is_guarded": True, "putrequest": putrequest})


def _take_one() -> None:
    left = _heads_left.get()
    if left is None:  # sent by something else than the adapter, and so without the credential
        return
    if not left:
        raise UnsupportedClientError(f"{REPEATS} The repetition was not sent.")
    left.pop()
