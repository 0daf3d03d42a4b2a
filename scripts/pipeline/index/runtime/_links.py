"""Links to the next page, which never lead away: neither to another portal nor to another list.

A link is judged by its origin and path, and followed by its query alone, on the path that was asked first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from .errors import PageError

if TYPE_CHECKING:
    from ._http import httpx

_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[^?#]*\?[^=&?#]+=")
_HOST_NAME = re.compile(r"[\w.:-]{1,253}", re.ASCII)


class Origin(NamedTuple):
    """The origin that a client is bound to: that of its base URL.

    Attributes:
        scheme: in lower case.
        hosts: the spellings of the host, with Unicode and in Punycode.
        port: written out; None for a scheme without one of its own.
        error: what a link to another origin raises.
    """

    scheme: str
    hosts: tuple[str, str]
    port: int | None
    error: type[PageError] = PageError

    def __str__(self) -> str:
        return _shown(self.scheme, self.hosts[1], self.port)


def origin_of(http: httpx.Client | httpx.AsyncClient) -> Origin:
    """Return what an httpx client is bound to.

    A client that knows a closer error than `PageError` for a link to another origin has it in `foreign_page_error`.
    """
    base = http.base_url
    port = _PORTS.get(base.scheme) if base.port is None else base.port
    error: type[PageError] = getattr(http, "foreign_page_error", PageError)
    return Origin(base.scheme, (base.host, base.raw_host.decode("ascii")), port, error)


class Links:
    """What links mean that came with the pages of one list.

    Args:
        url: relative URL of the first page, with its query.
        origin: the origin that links may lead to.
    """

    def __init__(self, url: str, origin: Origin) -> None:
        own = urlsplit(url)
        self._origin = origin
        self._path = own.path
        self._list = _compared(own.path)
        self._query = [(_name(part), part) for part in own.query.split("&") if part]

    def is_link(self, text: str) -> bool:
        """Say whether a text is an address, and not a token that means something to the portal only.

        A token may hold a slash, even in front; an address has a scheme, a query of its own, or the path of this list.
        """
        own = self._list != "" and _compared(text.partition("?")[0]).endswith(self._list)
        return own or _ADDRESS.match(text) is not None

    def follow(self, link: str) -> str:
        """Return the relative URL of a page: our own path, the link's query, our own other parameters.

        Raises:
            PageError: the link is no address, or leads to another path than the list that it came with. For one that
                leads to another scheme, host or port it is the error that the client has for that.
        """
        try:
            found = urlsplit(link)
            port = found.port
        except ValueError:
            raise PageError("the link to the next page is not a valid address; nothing was sent there") from None
        if found.scheme or found.netloc:
            _require_same_origin(found, port, self._origin)
        # Our path is relative to the base URL and theirs need not be, so only the ends have to agree.
        theirs = _compared(found.path)
        if theirs and not theirs.endswith(self._list):
            raise PageError("the link to the next page leads to another list; nothing was sent there")
        pairs = parse_qsl(found.query, keep_blank_values=True)
        # The caller's filters stay, even if the portal forgets them in its links.
        named = {name.lower() for name, _ in pairs}
        query = [part for name, part in self._query if name not in named]
        query += [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs]
        return f"{self._path}?{'&'.join(query)}"


def _require_same_origin(found: SplitResult, port: int | None, origin: Origin) -> None:
    """Refuse an absolute link to another origin than the client's own."""
    scheme, host = found.scheme or origin.scheme, found.hostname or ""
    port = _PORTS.get(scheme) if port is None else port
    if scheme != origin.scheme or host not in origin.hosts or port != origin.port:
        raise origin.error(
            f"the link to the next page leads to {_shown(scheme, host, port)}, and this client is bound to {origin}; "
            "nothing was sent there. If both are the same portal, make the client with the address that its links "
            "have, or ask for each page by its number"
        )


def _shown(scheme: str, host: str, port: int | None) -> str:
    """Spell an origin for people; a host that is none is not repeated."""
    if not _HOST_NAME.fullmatch(host):
        return "another address"
    written = "" if port == _PORTS.get(scheme) else f":{port}"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{written}"


def _compared(path: str) -> str:
    return unquote(path).lower().strip("/")


def _name(part: str) -> str:
    (pair,) = parse_qsl(part, keep_blank_values=True) or [("", "")]
    return pair[0].lower()


__all__ = ["Links", "Origin", "origin_of"]
