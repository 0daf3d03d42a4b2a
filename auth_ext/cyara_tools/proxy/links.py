"""Links of the portal become links of the proxy on the way back, and the portal's again on the way there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cyara_auth.origin import BaseUrl

_END: Final = r'(?=\\?/|[?#"]|$)'
"""What may follow a base URL; else it is another one that begins alike."""


class Links:
    """Both base URLs, and each in the other's place."""

    def __init__(self, portal: BaseUrl, proxy_url: str) -> None:
        self._portal, self._proxy = portal.url, proxy_url
        self._portal_path, self._proxy_path = portal.path, urlsplit(proxy_url).path
        # Hosts and this path have no case of their own, and a port may be written out.
        self._in_json = re.compile(_quoted(_any_spelling(portal)).encode(), re.IGNORECASE)
        self._back_in_json = re.compile(_quoted(_escaped(proxy_url)).encode())
        self._absolute = re.compile(_any_spelling(portal) + _END, re.IGNORECASE)
        self._relative = re.compile(re.escape(portal.path) + _END, re.IGNORECASE)

    def to_caller(self, text: bytes) -> bytes:
        """Return JSON text with the proxy's links in place of the portal's, where a string begins with one."""
        return self._in_json.sub(lambda found: _like(found[0], self._proxy), text)

    def to_portal(self, text: bytes) -> bytes:
        """Return JSON text with the portal's links in place of the proxy's."""
        return self._back_in_json.sub(lambda found: _like(found[0], self._portal), text)

    def location(self, value: str) -> str:
        """Return where an answer leads, as the caller has to ask for it."""
        moved = self._absolute.match(value)
        if moved is not None:
            return self._proxy + value[moved.end() :]
        # A path without a host means the same one, where the proxy has the API behind its secret.
        moved = self._relative.match(value)
        return value if moved is None else self._proxy_path + value[moved.end() :]


def _any_spelling(portal: BaseUrl) -> str:
    """Return a pattern for the base URL, in JSON or outside."""
    # The default port is left out by most and written by some.
    bare = str(portal.origin).removesuffix(f":{portal.origin.port}")
    port = f":{portal.origin.port}"
    return _escaped(bare) + (f"(?:{port})?" if bare == str(portal.origin) else port) + _escaped(portal.path)


def _escaped(text: str) -> str:
    """Match a text also where its slashes are escaped, as some writers of JSON do."""
    return r"\\?/".join(map(re.escape, text.split("/")))


def _quoted(pattern: str) -> str:
    return f'"{pattern}{_END}'


def _like(found: bytes, url: str) -> bytes:
    """Write a URL into JSON as the one in its place was written."""
    return b'"' + (url.replace("/", "\\/") if b"\\/" in found else url).encode()
