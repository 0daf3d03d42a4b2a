"""What to do when no answer came: one exact step for each way in which a network fails.

What httpx says about these failures is the system's or the TLS library's text, which names neither host nor remedy.
"""

import socket
import ssl
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, cast

from cyara_auth._http import httpx
from cyara_auth.extensions import IDEMPOTENT_METHODS

_NAME_MISMATCH: Final = frozenset({62, 64})  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH
_OUTSIDE_VALIDITY: Final = frozenset({9, 10})  # X509_V_ERR_CERT_NOT_YET_VALID and _CERT_HAS_EXPIRED
_MAX_CAUSES: Final = 16

_SET_A_PROXY: Final = "if this machine goes out through a proxy, set HTTPS_PROXY=http://HOST:PORT"


def proxy_of(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> str | None:
    """Return host and port of the proxy that a client sends by, never its user and password; None if there is none."""
    parts: Any = client
    route = parts._transport_for_url(url)  # noqa: SLF001 - httpx does not say it otherwise
    # A guarded transport has the one of httpx inside.
    route = getattr(route, "wrapped", route)
    address = getattr(getattr(route, "_pool", None), "_proxy_url", None)
    if address is None:
        return None
    host = address.host.decode("ascii", "replace")
    return host if address.port is None else f"{host}:{address.port}"


def next_step(error: httpx.RequestError, *, method: str, host: str, proxy: str | None) -> str:
    """Return what to do next, as a clause.

    Args:
        error: What httpx raised, with its causes.
        method: HTTP method: what is not idempotent may have taken effect.
        host: Host of the portal, with the port if it is not the usual one.
        proxy: As `proxy_of` returns it.
    """
    if isinstance(error, httpx.ProxyError):
        return _of_a_proxy(str(error), host, proxy)
    if isinstance(error, httpx.PoolTimeout):
        longer = f"connect(timeout={httpx.__name__}.Timeout(30, pool=60))"
        return f"make fewer calls at once, or let them wait longer with {longer}"
    if isinstance(error, httpx.UnsupportedProtocol):
        return "write the address with https://"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return _of_a_connection(tuple(_causes(error)), host, proxy)
    # From here on the request may have left.
    again = "call again"
    if method not in IDEMPOTENT_METHODS:
        again = "look at the portal whether it took effect before you call again"
    if isinstance(error, httpx.TimeoutException):
        return f"{again}, with a longer connect(timeout=SECONDS) if it takes its time"
    return f"{again}; if every call ends like this: cyara auth doctor --probe"


def _of_a_proxy(text: str, host: str, proxy: str | None) -> str:
    where = "the proxy" if proxy is None else f"the proxy {proxy}"
    # httpx has the proxy's status line for a text, and no attribute with the status.
    if text.startswith("407"):
        return (
            f"give {where} a user and password in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT (other characters than "
            "letters and digits percent-encoded), or, if it asks for NTLM or Kerberos, go through a local relay that "
            "speaks it"
        )
    return f"let whoever runs {where} allow CONNECT to {host}, or go around it with NO_PROXY={_bare(host)}"


def _of_a_connection(causes: tuple[BaseException, ...], host: str, proxy: str | None) -> str:
    refusal = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if refusal is not None:
        return _of_a_certificate(refusal.verify_code, host)
    # Any other TLS failure: as a rule, somebody who does not speak TLS answered.
    tls = any(isinstance(cause, ssl.SSLError) for cause in causes)
    if proxy is None:
        return _of_the_portal(causes, host, tls=tls)
    if tls:
        return f"write the address of the proxy {proxy} as http://HOST:PORT, if it does not speak TLS itself"
    around = _bare(host)
    return f"check the address of the proxy {proxy} (HTTPS_PROXY, or proxy=), or go around it with NO_PROXY={around}"


def _of_the_portal(causes: tuple[BaseException, ...], host: str, *, tls: bool) -> str:
    if tls:
        return f"check that {host} speaks TLS: scheme and port in CYARA_BASE_URL (or base_url=)"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"check the host {host} in CYARA_BASE_URL (or base_url=) and the VPN; {_SET_A_PROXY}"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"check host and port {host} in CYARA_BASE_URL (or base_url=), and whether the portal is up"
    return f"check VPN and firewall on the way to {host}; {_SET_A_PROXY}"


def _of_a_certificate(code: int, host: str) -> str:
    if code in _NAME_MISMATCH:
        return f"write the host in CYARA_BASE_URL as its certificate has it, not as {host}"
    if code in _OUTSIDE_VALIDITY:
        return f"check the clock of this machine, then tell whoever runs {host}"
    return (
        f"if your company or its proxy signed the certificate of {host}, name its authority with SSL_CERT_FILE=ca.pem, "
        "or trust what this machine trusts by connect(verify=ssl.create_default_context())"
    )


def _bare(host: str) -> str:
    """Return a host without its port; an address of IPv6 keeps its brackets."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it was made of, groups included."""
    # Bounded, since causes may lead round in a circle.
    links = [error]
    for link in islice(links, _MAX_CAUSES):
        yield link
        # They are read next: the loop goes on for as long as its list grows.
        links += [cause for cause in (link.__cause__, link.__context__) if cause is not None]
        if isinstance(link, BaseExceptionGroup):
            links += cast("BaseExceptionGroup[BaseException]", link).exceptions
