"""Settings of proxies that httpx cannot read, in one sentence that names the setting and never repeats it.

A company's proxy wants a password, and a password with `#`, `/` or `@` in it makes another address of it: httpx then
complains of a port that is a piece of the password.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from urllib.request import getproxies

from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError, MissingExtraError

NO_ADDRESS: Final = (
    " is no address of a proxy. Nothing was sent. Next: write it as http://USER:PASSWORD@HOST:PORT, with every "
    "character of user and password that is no letter or digit percent-encoded"
)


def proxy_address(text: str) -> httpx.URL | None:
    """Return the address of a proxy without its user and password; None if httpx could not use it."""
    try:
        return httpx.Proxy(text if "://" in text else f"http://{text}").url
    except (ValueError, httpx.InvalidURL):
        return None


@contextmanager
def readable_proxies(*, given: bool) -> Generator[None]:
    """Make a client of httpx in this block: what it says about proxies becomes one sentence.

    Args:
        given: Whether the caller named a proxy; otherwise it is the environment's.

    Raises:
        ConfigurationError: a proxy's setting cannot be read.
        MissingExtraError: it is a SOCKS proxy, and the package for these is not installed.
    """
    try:
        yield
    except ImportError:
        raise MissingExtraError(
            "A SOCKS proxy needs another package. Nothing was sent. Run: pip install 'httpx[socks]'"
        ) from None
    except (ValueError, httpx.InvalidURL):
        raise ConfigurationError(f"proxy={NO_ADDRESS}" if given else _fault()) from None


def _fault() -> str:
    """Say what is wrong with the environment (on Windows and macOS also: with the system's settings)."""
    for scheme, text in getproxies().items():
        if scheme != "no" and text and proxy_address(text) is None:
            return f"{scheme.upper()}_PROXY{NO_ADDRESS}"
    return (
        "NO_PROXY holds something that is no host. Nothing was sent. Next: list hosts and domains, with commas between"
    )
