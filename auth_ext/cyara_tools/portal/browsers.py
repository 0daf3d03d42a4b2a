"""What lets pages of this machine call the portal from a browser: answers to OPTIONS, and CORS for loopback alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cyara_tools.portal.answers import PortalAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK: Final = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_METHODS: Final = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def cors_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what an answer tells a browser, by the headers of the request, in lower case."""
    origin = headers.get("origin", "")
    if not _LOOPBACK.fullmatch(origin):
        return ()
    return (
        ("access-control-allow-origin", origin),
        ("access-control-expose-headers", "*"),
        ("vary", "Origin"),
    )


def preflight(method: str, headers: Mapping[str, str]) -> PortalAnswer | None:
    """Return the answer to a browser that asks whether a page may call, or None if this is no such question."""
    if method != "OPTIONS" or "access-control-request-method" not in headers or "origin" not in headers:
        return None
    allowed = cors_headers(headers)
    if not allowed:
        return PortalAnswer(status=403)
    wanted = headers.get("access-control-request-headers", "*")
    return PortalAnswer(
        status=204,
        headers=(
            *allowed,
            ("access-control-allow-methods", _METHODS),
            ("access-control-allow-headers", wanted),
            ("access-control-max-age", "600"),
        ),
    )
