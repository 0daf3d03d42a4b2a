"""Where a portal may keep its document: what people paste, turned into addresses to ask, in order.

People paste the portal's host, the API's base, the address of the Swagger UI, or of the document itself. All of them
are understood. Nothing here sends anything. Facts: the vendor's portals serve the document at
``<portal>/cyarawebapi/swagger/v3/swagger.json`` and the Swagger UI at ``.../swagger/index.html?url=...``; the other
places are the defaults of Swashbuckle, NSwag and Microsoft.AspNetCore.OpenApi.
"""

from __future__ import annotations

import html
import os
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

_PLAIN_HTTP = "CYARA_ALLOW_PLAIN_HTTP"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_DOCUMENT = re.compile(
    r"(?:swagger|openapi)[^/]*\.(?:json|ya?ml)$|/docs/v?[0-9.]+$|/(?:openapi|swagger)/[^/]+\.(?:json|ya?ml)$"
)
_NO_DOCUMENT = (".js", ".css", ".html", ".png", ".svg", ".ico", "/")
_BELOW_THE_API = (
    r"/(?:swagger|openapi)(?:/|\.|$)|/v3\.0(?:/|$)"
    r"|(?i:/cyarawebportal|/cyarawebidentity|/cyara-app(?:/(?!cyarawebapi)|$))"
)
_QUOTED = re.compile(r"""(?<=["'])[^"'\s<>\\]{1,300}(?=["'])""")


@frozen(kw_only=True, slots=True)
class PortalAddress:
    """What an address that a user gave stands for."""

    api: str
    """The API's base, without a slash at the end."""
    document: str | None
    """The document's address, where the user's address names it."""
    pages: tuple[str, ...] = ()
    """Pages or settings of a Swagger UI that the user's address names."""


def understand(address: str) -> PortalAddress:
    """Return what a pasted address stands for.

    Raises:
        FetchError: it is no https address (plain http reaches this machine, and hosts in ``CYARA_ALLOW_PLAIN_HTTP``),
            or it carries a password.
    """
    parts = _split(with_scheme(address))
    if not parts or not parts.hostname:
        # A password may stand before the sign, and error texts end up in logs.
        shown = "This" if "@" in address else quoted(address)
        raise FetchError(f"{shown} is no address. Say https://<portal>/cyarawebapi.")
    if parts.username or parts.password:
        raise FetchError("An address with a user name or password in it is refused. Leave that part out.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _may_be_plain(parts)):
        raise FetchError(
            f"Only https is used, and plain http to this machine or to a host in {_PLAIN_HTTP}. Nothing was sent."
        )
    origin = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return PortalAddress(api=origin + _api_path(parts.path), document=_named_document(parts), pages=_named_pages(parts))


def _may_be_plain(parts: SplitResult) -> bool:
    # As clients read it (`cyara_auth.origin`), but a malformed entry allows nothing here: they refuse it.
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    named = {entry.strip().lower() for entry in os.environ.get(_PLAIN_HTTP, "").split(",")}
    return parts.hostname in _LOOPBACK or not named.isdisjoint({host, f"{host}:{parts.port or 80}"})


def with_scheme(address: str) -> str:
    """Return an address as pasted, https where it does not say."""
    return address.strip() if "://" in address else "https://" + address.strip()


def documents_in_page(text: str, page: str) -> list[str]:
    """Return the addresses of documents that a Swagger UI page, script or settings list, in their order."""
    plain = _unescaped(text)
    settings = set(_named("configUrl", plain, page))
    # What stands as `url` is a document, whatever it is called, and so is any quoted text that is called like one.
    named = [address for address in _named("url", plain, page) if not address.endswith(_NO_DOCUMENT)]
    quoted_ones = _on_origin((match[0] for match in _QUOTED.finditer(plain)), page)
    called = [address for address in quoted_ones if _DOCUMENT.search(urlsplit(address).path)]
    return [address for address in _unique([*named, *called]) if address not in settings][:MOST]


def configurations_in_page(text: str, page: str) -> list[str]:
    """Return the addresses of further settings (``configUrl``) that a Swagger UI page names, on its own origin."""
    return _unique(_named("configUrl", _unescaped(text), page))[:MOST]


def _unescaped(text: str) -> str:
    # Settings stand in HTML, in a script, or as JSON within a script's string: each escapes in its own way.
    unescaped = html.unescape(text).replace("\\u002F", "/").replace("\\/", "/")
    return unescaped.replace('\\"', '"').replace("\\u0022", '"')


def _named(key: str, plain: str, page: str) -> list[str]:
    """Return the addresses that stand under a key in a script or in JSON."""
    pattern = rf"""(?<![\w$])["']?{key}["']?\s{{0,20}}[:=]\s{{0,20}}["']([^"'\s<>\\]{{1,300}})["']"""
    return _on_origin((match[1] for match in re.finditer(pattern, plain)), page)


def _on_origin(names: Iterable[str], page: str) -> list[str]:
    """Return names as addresses, joined to their page; those on another origin, or that are none, are left out."""
    found: list[str] = []
    for name in names:
        try:
            address = urljoin(page, name)
        except ValueError:
            continue
        # A page must not make us call another host.
        if same_origin(address, page):
            found.append(address)
    return found


def same_origin(address: str, origin: str) -> bool:
    """Return whether an address is on the scheme, host and port of another one."""
    one, other = _split(address), _split(origin)
    return one is not None and other is not None and one[:2] == other[:2]


def preferred(addresses: Iterable[str]) -> list[str]:
    """Return addresses with those of version 3 first: the API that this client is for."""
    return sorted(_unique(addresses), key=lambda address: not re.search(r"/v3(?:\.0)?(?:/|\.json|$)", address))


def _api_path(path: str) -> str:
    path = re.sub(r"/[^/]*\.html?$", "", path)
    # Everything before what a Swagger UI adds, or a page of the portal: portals may lie below a path of their own.
    before = re.split(_BELOW_THE_API, path, maxsplit=1)[0].rstrip("/")
    return before or API_PATH


def _named_document(parts: SplitResult) -> str | None:
    asked = parse_qs(parts.query).get("url", [])
    here = urlunsplit((*parts[:3], "", ""))
    if asked:
        found = _on_origin(asked[:1], here)
        if not found:
            raise FetchError(
                f"The address names a document on another host, {quoted(asked[0])}. Say it with --url to use it."
            )
        return found[0]
    return here if _DOCUMENT.search(parts.path) else None


def _named_pages(parts: SplitResult) -> tuple[str, ...]:
    """Return the page that was pasted, and the settings that its query names, where they are on its own origin."""
    here = urlunsplit((*parts[:3], "", ""))
    page = [here] if parts.path.endswith((".html", ".htm")) else []
    return (*page, *_on_origin(parse_qs(parts.query).get("configUrl", []), here))


def _split(address: str) -> SplitResult | None:
    """Return the parts of an address, or None if it is none."""
    try:
        parts = urlsplit(address)
        # The port is parsed only when it is asked for, and raises then.
        _ = parts.port
    except ValueError:
        return None
    return parts


def _unique(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(addresses))
