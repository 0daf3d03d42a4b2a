"""Who may come in, decided by the head of a request alone: the secret, the host that was meant, the page that asks.

Whoever has not shown the secret learns nothing: a status, and no word.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.proxy.problems import Refusal, bad_request
from cyara_tools.proxy.settings import SECRET_HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_tools.proxy.settings import ProxyAddress

MAX_HEADERS: Final = 100
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_OWN_PAGES: Final = frozenset({b"same-origin", b"none"})
_MISLEADING: Final = re.compile(r"//|\\|%2f|%5c|%00|%25(?:2f|5c|2e)|/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
"""What servers on the way read in different ways: whether it is a slash, and which folder is meant."""


@attrs.frozen(kw_only=True)
class Head:
    """The head of a request as it arrived.

    Attributes:
        method: As it was sent.
        target: Path as it was sent, percent-encoded.
        query: What followed the question mark.
        headers: Names in lower case, in the order of the wire.
    """

    method: str
    target: str
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]

    def values(self, name: bytes) -> list[bytes]:
        """Return all values of a header."""
        return [value for key, value in self.headers if key == name]


@attrs.frozen(kw_only=True)
class Caller:
    """A request that may come in.

    Attributes:
        path: Path behind the secret, with a slash in front.
        origin: Origin of a page that was allowed to call (`--cors`), to be named in the answer.
        preflight: Whether a browser only asks what such a page may do.
    """

    path: str
    origin: str | None = None
    preflight: bool = False


def enter(head: Head, address: ProxyAddress, cors: frozenset[str]) -> Caller | Refusal | int:
    """Let a request in.

    Returns:
        The caller; or a refusal for a caller who has shown the secret; or a bare status for anybody else.
    """
    if status := misdirected(head, address):
        return status
    origin = next(iter(head.values(b"origin")), b"").decode("latin-1")
    allowed = origin if origin in cors else None
    if address.by_header:
        # A browser asks first without any header of the page's own.
        if allowed and _is_preflight(head):
            return Caller(path=head.target, origin=allowed, preflight=True)
        shown, path = head.values(SECRET_HEADER.encode()), head.target
    else:
        first, slash, rest = head.target[1:].partition("/")
        # Without a slash behind it, `/SECRET` is the page as people type it.
        shown, path = [first.encode("latin-1")], f"/{rest}" if slash else "/"
    if len(shown) != 1 or not hmac.compare_digest(shown[0], address.secret.encode()):
        return 404
    if refusal := _foreign_page(head, allowed, address) or _ambiguous(head, path, address):
        return refusal
    return Caller(path=path, origin=allowed, preflight=allowed is not None and _is_preflight(head))


def misdirected(head: Head, address: ProxyAddress) -> int | None:
    """Return the status for a request that is not meant for this server, or that two servers could read in two ways."""
    # CONNECT, `*` and the absolute form are for proxies of another kind, which fetch from anywhere.
    if head.method not in METHODS or not head.target.startswith("/"):
        return 400
    if len(head.headers) > MAX_HEADERS:
        return 431
    lengths = head.values(b"content-length")
    if len(lengths) > 1 or (lengths and head.values(b"transfer-encoding")):
        return 400
    # A name that somebody's DNS has turned to this machine would make a foreign page one of ours.
    hosts = [value.decode("latin-1").lower() for value in head.values(b"host")]
    return None if len(hosts) == 1 and hosts[0] in address.hosts else 421


def _is_preflight(head: Head) -> bool:
    return head.method == "OPTIONS" and bool(head.values(b"access-control-request-method"))


def is_foreign_page(head: Head, address: ProxyAddress) -> bool:
    """Return whether a page of another origin asks, which could have been given the address by a link."""
    origins = {origin.decode("latin-1") for origin in head.values(b"origin")}
    own = origins <= {"", *(f"http://{host}" for host in address.hosts)}
    return not own or any(value not in _OWN_PAGES for value in head.values(b"sec-fetch-site"))


def _foreign_page(head: Head, allowed: str | None, address: ProxyAddress) -> Refusal | None:
    """Refuse a page of a browser that nobody allowed."""
    if allowed or not is_foreign_page(head, address):
        return None
    return bad_request(
        "A page of another origin asked for this, and that origin is not allowed. Next, if you trust the page: cyara "
        "proxy --cors ORIGIN, with the origin as the browser's tools show it.",
        "ForeignPage",
    )


def _ambiguous(head: Head, path: str, address: ProxyAddress) -> Refusal | None:
    if len(head.values(b"authorization")) > 1:
        return bad_request("There are two Authorization headers. Next: send none; the proxy has the credential.")
    if _MISLEADING.search(path):
        return bad_request(
            "The path has empty or dotted segments, or encoded slashes, which servers read in different ways. Next: "
            "write the path as the document has it."
        )
    secret = address.secret.encode()
    # It would be told to the portal.
    others = (value for name, value in head.headers if name not in {b"referer", SECRET_HEADER.encode()})
    if any(secret in text for text in (path.encode("latin-1"), head.query, *others)):
        return bad_request("The secret of this proxy stands where it would be sent on. Next: take it out there.")
    return None
