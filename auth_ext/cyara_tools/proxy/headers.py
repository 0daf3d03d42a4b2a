"""Which headers go on to the portal and back: all but those of one connection, and those that are the proxy's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cyara_tools.proxy.coding import READABLE
from cyara_tools.proxy.settings import SECRET_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Header = tuple[bytes, bytes]

_OF_ONE_CONNECTION: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""RFC 9110, section 7.6.1, and what old clients send for it."""

_OWN: Final = frozenset({b"host", b"authorization", b"expect", b"origin", b"referer", SECRET_HEADER.encode()})
"""The portal's host and credential take their place; the referrer would tell the portal the proxy's secret."""

_SUFFIX: Final = b"-cyara-proxy"
"""Behind the tag of an answer whose links were changed: it is not the portal's version any more, byte for byte."""


def to_portal(headers: Sequence[Header], *, whole: bool) -> list[Header]:
    """Return the caller's headers as they go on.

    Args:
        headers: Names in lower case.
        whole: Whether the body is at hand, so that its length is written anew.
    """
    dropped = _OF_ONE_CONNECTION | _OWN | _named_by_connection(headers)
    if whole:
        dropped |= {b"content-length"}
    if any(name == b"sec-fetch-site" for name, _ in headers):
        # Cookies know no ports: a browser would send the portal those of every other program on this machine.
        dropped |= {b"cookie"}
    if any(name == b"if-range" and _SUFFIX in value for name, value in headers):
        # A part of the portal's version does not continue the changed one, so the caller gets all of it.
        dropped |= {b"if-range", b"range"}
    return [
        (name, _sent(name, value))
        for name, value in headers
        if name not in dropped and not name.startswith((b"sec-", b"access-control-request-"))
    ]


def to_caller(headers: Iterable[Header]) -> list[Header]:
    """Return the portal's headers as they go back, spelled as they came, without its word on which pages may read."""
    kept = list(headers)
    dropped = _OF_ONE_CONNECTION | _named_by_connection(kept)
    return [
        (name, value)
        for name, value in kept
        if name.lower() not in dropped and not name.lower().startswith(b"access-control-")
    ]


def of_changed_body(headers: Iterable[Header], length: int) -> list[Header]:
    """Return the headers of an answer whose body was changed: length and validators are those of the new one."""
    stale = {b"content-length", b"accept-ranges", b"content-md5", b"digest", b"content-digest", b"repr-digest"}
    kept = [(name, _marked(value) if name.lower() == b"etag" else value) for name, value in headers]
    kept = [(name, value) for name, value in kept if name.lower() not in stale]
    return [*kept, (b"content-length", str(length).encode())]


def of_unchanged(headers: Iterable[Header], asked: Sequence[Header]) -> list[Header]:
    """Return the headers of a 304 with the tag by which the caller asked."""
    was_marked = any(name == b"if-none-match" and _SUFFIX in value for name, value in asked)
    return [(name, _marked(value) if was_marked and name.lower() == b"etag" else value) for name, value in headers]


def cors(origin: str, asked: Sequence[Header], *, preflight: bool) -> list[Header]:
    """Return what tells a browser that a page of this origin may read the answer."""
    granted: list[Header] = [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]
    if preflight:
        methods = [value for name, value in asked if name == b"access-control-request-method"]
        names = [value for name, value in asked if name == b"access-control-request-headers"]
        granted += [(b"access-control-allow-methods", value) for value in methods]
        granted += [(b"access-control-allow-headers", value) for value in names]
        # A page on the internet asks for a machine of a private network.
        granted += [(b"access-control-allow-private-network", b"true"), (b"access-control-max-age", b"600")]
    return granted


def value_of(headers: Iterable[Header], name: bytes) -> str:
    """Return the first value of a header by its name in lower case; empty where there is none."""
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")


def _named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    named = (value.lower().split(b",") for name, value in headers if name.lower() == b"connection")
    # Lengths belong to the message, whatever a caller calls them.
    return frozenset(part.strip() for parts in named for part in parts) - {b"content-length", b"content-type"}


def _sent(name: bytes, value: bytes) -> bytes:
    if name == b"accept-encoding":
        return b", ".join(_readable_codings(value)) or b"identity"
    if name in {b"if-match", b"if-none-match"}:
        return value.replace(_SUFFIX + b'"', b'"')
    return value


def _readable_codings(value: bytes) -> Iterator[bytes]:
    """Yield the codings in which links can be found. In another one they would lead around the proxy."""
    for part in value.split(b","):
        if part.partition(b";")[0].strip().lower().decode("latin-1") in READABLE:
            yield part.strip()


def _marked(tag: bytes) -> bytes:
    return tag[:-1] + _SUFFIX + b'"' if tag.endswith(b'"') else tag
