"""What a proxy is told when it starts, and the address that follows from it."""

from __future__ import annotations

from typing import Final

import attrs

from cyara_auth.errors import ConfigurationError
from cyara_auth.machine import is_loopback

API_PATH: Final = "/cyarawebapi"
"""Where the API stands behind the secret, wherever it stands at the portal."""

DEFAULT_PORT: Final = 8765
SECRET_HEADER: Final = "cyara-proxy"  # noqa: S105 - the header's name
"""In lower case; it takes the place of the path's prefix with `--header-secret`."""

_LAST_PORT: Final = 65_535


@attrs.frozen(kw_only=True)
class ProxySettings:
    """How a proxy behaves.

    Attributes:
        secret: What lets callers in.
        by_header: Whether they show it in the header `Cyara-Proxy`; else it begins the path.
        cors: Origins of pages that may call, as browsers write them: `https://host[:port]`.
        allowed_operations: Operation ids that may be called; all where it is None.
        read_only: Whether only GET, HEAD and OPTIONS may be called.
        check: Whether requests are checked by the document before they are sent.
    """

    secret: str = attrs.field(repr=False)
    by_header: bool = False
    cors: frozenset[str] = frozenset()
    allowed_operations: frozenset[str] | None = None
    read_only: bool = False
    check: bool = True


@attrs.frozen(kw_only=True)
class ProxyAddress:
    """Where a proxy listens, and what its callers have to show."""

    host: str
    port: int
    secret: str = attrs.field(repr=False)
    by_header: bool = False

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def prefix(self) -> str:
        """What every path begins with; empty where a header has the secret."""
        return "" if self.by_header else f"/{self.secret}"

    @property
    def base_url(self) -> str:
        """A value for `CYARA_BASE_URL`."""
        return f"{self.origin}{self.prefix}{API_PATH}"

    @property
    def page(self) -> str:
        """Address of the page for people."""
        return f"{self.origin}{self.prefix}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a `Host` header may say: another name was led here by somebody's DNS."""
        bare = {self.origin.removeprefix("http://").rpartition(":")[0], "localhost"}
        return frozenset({f"{host}:{self.port}" for host in bare} | (bare if self.port == _HTTP else set()))


_HTTP: Final = 80


def check_listening_address(host: str, port: int) -> str:
    """Return the address to bind for a host that was asked for.

    Raises:
        ConfigurationError: it is not on this machine alone, or there is no such port.
    """
    if not is_loopback(host):
        raise ConfigurationError(
            f"The proxy listens on this machine only, and {host} can be reached from others, who would call with your "
            "credential. Nothing was started. Next: leave --host out, and start a proxy on each machine that needs one"
        )
    if not 0 <= port <= _LAST_PORT:
        raise ConfigurationError(
            f"A port is a number from 0 to {_LAST_PORT}, not {port}. Nothing was started. Next: --port {DEFAULT_PORT}"
        )
    # The name could mean either family; the number is what tools are told.
    return "127.0.0.1" if host == "localhost" else host


def page_origin(text: str) -> str:
    """Return an origin as browsers write it.

    Raises:
        ConfigurationError: it is none.
    """
    scheme, separator, rest = text.rstrip("/").lower().partition("://")
    if scheme not in {"http", "https"} or not separator or not rest or any(sign in rest for sign in "/?#@* "):
        raise ConfigurationError(
            "--cors takes the origin of one page, without a path and without *. Nothing was started. "
            "Next: --cors https://HOST, or https://HOST:PORT, as the browser's tools show it"
        )
    return f"{scheme}://{rest}"
