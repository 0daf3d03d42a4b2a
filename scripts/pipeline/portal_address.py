"""Where a portal may keep its document: what people paste, turned into addresses to ask, in order.

People paste the portal's host, the API's base, the address of the Swagger UI, or of the document itself. All of them
are understood. Nothing here sends anything. Facts: the vendor's portals serve the document at
``<portal>/cyarawebapi/swagger/v3/swagger.json`` and the Swagger UI at ``.../swagger/index.html?url=...``; the other
places are the defaults of Swashbuckle, NSwag and Microsoft.AspNetCore.OpenApi.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit, urlunsplit

from attrs import frozen

from pipeline.errors import FetchError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

API_PATH = "/cyarawebapi"
FIRST = "swagger/v3/swagger.json"
PAGES = ("swagger/index.html", "swagger/", "swagger/ui/index", "swagger/index.js", "swagger/swagger-initializer.js")
"""Pages and scripts of a Swagger UI that name its documents: newer ones keep the list in a script."""
OTHERS = (
    "swagger/v3.0/swagger.json",
    "swagger/v1/swagger.json",
    "swagger/v2/swagger.json",
    "swagger/docs/v3",
    "swagger/docs/v1",
    "openapi/v3.json",
    "openapi/v1.json",
    "swagger.json",
    "openapi.json",
)
MOST = 20
"""Addresses taken from one page."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_DOCUMENT = re.compile(
    r"(?:swagger|openapi)[^/]*\.(?:json|ya?ml)$|/docs/v?[0-9.]+$|/(?:openapi|swagger)/[^/]+\.(?:json|ya?ml)$"
)
_QUOTED = re.compile(r"""(?<=["'])[^"'\s<>\\]{1,300}(?=["'])""")


@frozen(kw_only=True, slots=True)
class PortalAddress:
    """What an address that a user gave stands for."""

    api: str
    """The API's base, without a slash at the end."""
    document: str | None
    """The document's address, where the user's address names it."""


def understand(address: str) -> PortalAddress:
    """Return what a pasted address stands for.

    Raises:
        FetchError: it is no https address (plain http reaches this machine only), or it carries a password.
    """
    parts = urlsplit(address.strip() if "://" in address else "https://" + address.strip())
    if not parts.hostname:
        raise FetchError(f"{quoted(address)} is no address. Say https://<portal>/cyarawebapi.")
    if parts.username or parts.password:
        raise FetchError("An address with a user name or password in it is refused. Leave that part out.")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise FetchError(f"Only https is used, and plain http on this machine; {quoted(parts.scheme)} is neither.")
    origin = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return PortalAddress(api=origin + _api_path(parts.path), document=_named_document(parts, origin))


def same_origin(address: str, origin: str) -> bool:
    """Return whether an address is on the scheme, host and port of another one."""
    return urlsplit(address)[:2] == urlsplit(origin)[:2]


def documents_in_page(text: str, page: str) -> list[str]:
    """Return the addresses of documents that a Swagger UI page or script lists, in its order.

    Only addresses on the page's own origin count: a page must not make us call another host.
    """
    plain = html.unescape(text).replace("\\u002F", "/").replace("\\/", "/").replace('\\"', '"').replace("\\u0022", '"')
    named = (match[0] for match in _QUOTED.finditer(plain))
    found = (urljoin(page, name) for name in named if _DOCUMENT.search(urlsplit(name).path))
    return _unique(address for address in found if same_origin(address, page))[:MOST]


def preferred(addresses: Iterable[str]) -> list[str]:
    """Return addresses with those of version 3 first: the API that this client is for."""
    return sorted(_unique(addresses), key=lambda address: not re.search(r"/v3(?:\.0)?(?:/|\.json|$)", address))


def _api_path(path: str) -> str:
    before = re.split(r"/(?:swagger|openapi)(?:/|\.|$)|/v3\.0(?:/|$)", path, maxsplit=1)[0].rstrip("/")
    return before or API_PATH


def _named_document(parts: SplitResult, origin: str) -> str | None:
    asked = parse_qs(parts.query).get("url", [])
    here = urlunsplit((*parts[:3], "", ""))
    if asked:
        address = urljoin(here, asked[0])
        if not same_origin(address, origin):
            raise FetchError(
                f"The address names a document on another host, {quoted(address)}. Say it with --url to use it."
            )
        return address
    return here if _DOCUMENT.search(parts.path) else None


def _unique(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(addresses))
