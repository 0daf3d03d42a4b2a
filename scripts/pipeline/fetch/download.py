"""One bounded GET: no byte above the limit is read, no redirect leaves the portal, nothing waits for ever.

httpx is imported here and not by way of ``cyara_auth``: fetching must work while ``generated/`` is missing, which
``cyara_auth`` needs.
"""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx
from attrs import frozen

from pipeline.document.document import SIZE_LIMIT
from pipeline.errors import FetchError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REDIRECTS = 5
CONNECT = 5.0
TOTAL = 600.0
"""Seconds for one address, whatever trickles in."""

_REDIRECTED = {301, 302, 303, 307, 308}


@frozen(kw_only=True, slots=True)
class Network:
    """How to reach a portal."""

    ca: Path | None = None
    """A file of certificates to trust, for portals with a company's own authority."""
    proxy: str | None = None
    """None uses the proxies of the environment."""
    timeout: float = 30.0
    """Seconds without a byte."""

    def options(self) -> dict[str, Any]:
        """Return the options that httpx and `connect()` share.

        Raises:
            FetchError: the file of certificates cannot be read.
        """
        verify: ssl.SSLContext | bool = True
        if self.ca:
            try:
                verify = ssl.create_default_context(cafile=str(self.ca))
            except (OSError, ssl.SSLError) as error:
                raise FetchError(f"The certificates in {self.ca} cannot be read: {quoted(error)}.") from error
        return {"verify": verify, "proxy": self.proxy, "timeout": httpx.Timeout(self.timeout, connect=CONNECT)}

    def client(self) -> httpx.Client:
        """Return a client that carries no credential.

        Raises:
            FetchError: the certificates cannot be read, or the address of the proxy is none.
        """
        options = self.options()
        try:
            return httpx.Client(**options)
        except (ValueError, httpx.InvalidURL) as error:
            whose = "--proxy" if self.proxy else "the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY)"
            raise FetchError(
                f"The proxy of {whose} has no address that can be used. Nothing was sent. Write it as http://host:port."
            ) from error


@frozen(kw_only=True, slots=True)
class Download:
    """What came back: the last address after redirects, the status, the media type, and the whole body."""

    address: str
    status: int
    media_type: str
    content: bytes
    elsewhere: str = ""
    """Where a redirect leads that was not followed, as received; empty for any other answer."""

    @property
    def is_page(self) -> bool:
        """Return whether the body is a web page, which a sign-in form would be."""
        return self.media_type == "text/html" or self.content.lstrip()[:14].lower().startswith(
            (b"<!doctype html", b"<html")
        )


def get(
    client: httpx.Client,
    address: str,
    *,
    progress: Callable[[str], None],
    extensions: dict[str, Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Download:
    """Return the answer to one GET, redirects on the same host followed; one to elsewhere is returned as it is.

    ``progress`` is told how much has come so far; ``extensions`` go with the request.

    Raises:
        FetchError: nothing usable came: no connection, too large, too slow.
    """
    # One for all redirects: the timeout of httpx begins anew with every byte, and a server may drip for ever.
    deadline = clock() + TOTAL
    for _ in range(REDIRECTS + 1):
        try:
            with client.stream(
                "GET", address, headers=_HEADERS, follow_redirects=False, extensions=extensions
            ) as response:
                location = response.headers.get("location", "") if response.status_code in _REDIRECTED else ""
                target = _followed(address, location)
                # Nothing to follow: the answer, or a redirect that leads away, which is the caller's to judge.
                if target is None:
                    content = _read(response, address, progress, lambda: clock() > deadline)
                    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                    return Download(
                        address=address,
                        status=response.status_code,
                        media_type=media_type,
                        content=content,
                        elsewhere=location,
                    )
                address = target
        # `from None`: an httpx error holds its request, and with it the headers.
        except httpx.HTTPError as error:
            reason = f"{type(error).__name__}: {quoted(error)}"
            raise FetchError(
                f"{address} could not be reached: {reason}. Nothing was stored. Check the address, VPN and proxy, or "
                "save the document in your browser and pass it as --source FILE."
            ) from None
        except httpx.InvalidURL as error:
            raise FetchError(f"{quoted(address)} is no address: {quoted(error)}. Nothing was stored.") from None
    raise FetchError(f"{address} redirects more than {REDIRECTS} times. Nothing was stored.")


# Uncompressed: the limit counts bytes of the document, and a small answer could unpack to any size.
_HEADERS = {"Accept": "application/json, application/yaml;q=0.9, text/html;q=0.5", "Accept-Encoding": "identity"}


def _read(
    response: httpx.Response, address: str, progress: Callable[[str], None], is_late: Callable[[], bool]
) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes(65536):
        content += chunk
        if len(content) > SIZE_LIMIT:
            raise FetchError(f"{address} sends more than {SIZE_LIMIT // 2**20} MiB. Nothing was stored.")
        if is_late():
            raise FetchError(f"{address} did not send everything within {TOTAL:.0f} s. Nothing was stored.")
        progress(f"{address}: {len(content) / 2**20:.1f} MiB")
    return bytes(content)


def _followed(address: str, location: str) -> str | None:
    """Return the address to go on with, or None where nothing is to be followed."""
    if not location:
        return None
    try:
        target = urljoin(address, location)
        old, new = urlsplit(address), urlsplit(target)
        same_place = _bare(old.hostname) == _bare(new.hostname) and old.port == new.port
    except ValueError:
        return None
    # Another host or port would be a sign-in page or a stranger, and http would show what https hid.
    return target if same_place and new.scheme in {old.scheme, "https"} else None


# With and without `www.` is one portal to whoever wrote the redirect.
def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")
