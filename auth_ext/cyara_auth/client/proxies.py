"""The proxies of the environment, and those that httpx cannot read in one sentence that names the setting only."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import NoneType
from typing import Any, Final, TypeVar
from urllib.request import getproxies

from cyara_auth._http import httpx
from cyara_auth.arguments import invalid_argument
from cyara_auth.client.no_proxy import Exemptions, read_exemptions
from cyara_auth.errors import ConfigurationError, MissingExtraError
from cyara_auth.origin import Origin

NO_ADDRESS: Final = (
    " is no address of a proxy. Nothing was sent. Next: write it as http://USER:PASSWORD@HOST:PORT, with every "
    "character of user and password that is no letter or digit percent-encoded"
)

_EXAMPLE: Final = "'http://HOST:PORT'"
_PORTS: Final = range(1, 65536)
_SCHEMES: Final = ("https", "http", "all")
_Transport = TypeVar("_Transport")


def proxy_address(text: str) -> httpx.URL | None:
    """Return a proxy's address without its user and password; None if httpx could not use it, or would misread it."""
    scheme, _, rest = (text if "://" in text else f"http://{text}").partition("://")
    # A company's proxy wants a password, and one of these in it makes another address of it: with
    # `http://robot:12#word@proxy` httpx would go to the host `robot` at port 12, or complain of a port that is a piece
    # of the password.
    if re.search(r"[/?#].*@", rest):
        return None
    try:
        url = httpx.Proxy(f"{scheme}://{rest}").url
    except (ValueError, httpx.InvalidURL):
        return None
    return url if url.host and (url.port is None or url.port in _PORTS) else None


def check_proxy(_: object, __: object, value: Any) -> None:
    """Refuse what is no address; a mapping is what requests takes, and an address without scheme what httpx refuses.

    Raises:
        ConfigurationError: it cannot be used as `proxy=`.
    """
    if not isinstance(value, str | httpx.URL | httpx.Proxy | NoneType):
        raise invalid_argument("proxy", value, takes="one address, for everything", example=_EXAMPLE)
    if isinstance(value, str | httpx.URL):
        text = str(value)
        if text and "://" not in text:
            raise ConfigurationError(f"proxy= has no scheme. Nothing was sent. Next: proxy={_EXAMPLE}")
        if proxy_address(text) is None:
            raise ConfigurationError(f"proxy={NO_ADDRESS}")


@contextmanager
def readable_proxies(given: str | httpx.URL | httpx.Proxy | None, *, environment: bool = True) -> Generator[None]:
    """Make a client of httpx in this block: what it says about proxies becomes one sentence.

    Args:
        given: The proxy that the caller named, which was checked; None leaves it to the environment.
        environment: Whether the client reads the environment at all.

    Raises:
        ConfigurationError: a proxy's setting cannot be read.
        MissingExtraError: it is a SOCKS proxy, and the package for these is not installed.
    """
    if given is None and environment and (setting := _unusable_setting()):
        raise ConfigurationError(f"{setting}{NO_ADDRESS}")
    try:
        yield
    except ImportError:
        raise MissingExtraError(
            f"A SOCKS proxy needs another package. Nothing was sent. Run: pip install '{httpx.__name__}[socks]'"
        ) from None


def environment_mounts(origin: Origin, transport: Callable[[str], _Transport]) -> dict[str, _Transport | None]:
    """Return what `mounts=` takes, by the proxies of the environment: httpx itself would end at many a NO_PROXY.

    Args:
        origin: Where the client's calls go.
        transport: Makes what sends by a proxy, from its address.
    """
    exemptions = environment_exemptions(origin)
    if exemptions.everything:
        return {}
    proxies = getproxies()
    mounts: dict[str, _Transport | None] = {}
    for scheme in _SCHEMES:
        if address := proxies.get(scheme):
            mounts[f"{scheme}://"] = transport(address if "://" in address else f"http://{address}")
    return mounts and mounts | dict.fromkeys(exemptions.patterns)


def environment_exemptions(origin: Origin) -> Exemptions:
    """Return what NO_PROXY exempts, for a client whose calls go to `origin`."""
    return read_exemptions(getproxies().get("no", ""), origin)


def _unusable_setting() -> str | None:
    """Name the variable (or, on Windows and macOS, the system's setting) whose proxy httpx cannot use."""
    proxies = getproxies()
    named = (scheme for scheme in _SCHEMES if proxies.get(scheme))
    return next((f"{scheme.upper()}_PROXY" for scheme in named if proxy_address(proxies[scheme]) is None), None)
