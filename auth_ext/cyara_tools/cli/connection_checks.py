"""The offline checks of `doctor` for how calls leave here: proxy, certificates, clock, netrc, the program's client."""

import importlib
import netrc
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast
from urllib.request import getproxies, proxy_bypass

from cyara_auth._http import httpx
from cyara_auth.client.proxies import NO_ADDRESS, environment_exemptions, environment_mounts, readable_proxies
from cyara_auth.errors import ConfigurationError, UnsupportedClientError
from cyara_auth.origin import BaseUrl
from cyara_auth.transport.next_step import proxy_of
from cyara_auth.transport.wrap import find_unguarded
from cyara_tools.cli.checks import Finding, failure, ok, warning
from cyara_tools.cli.context import CallContext

# A clock that says less was never set: by it, no TLS certificate is valid yet.
_EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)

_CA_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
# Those of `requests` and curl, which httpx does not read.
_IGNORED_CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def check_proxy(base: BaseUrl) -> list[Finding]:
    """Say which proxy the calls go through, and what in NO_PROXY is not taken for a host."""
    return [_check_way(base), *_check_exemptions(base)]


def _check_exemptions(base: BaseUrl) -> list[Finding]:
    exemptions = environment_exemptions(base.origin)
    findings: list[Finding] = []
    if exemptions.skipped:
        findings.append(
            warning(
                "proxy",
                f"NO_PROXY holds what is no host, and that is skipped: {' '.join(exemptions.skipped)}. Next, if it is "
                "to exempt something: write hosts, domains and addresses, with commas between",
            )
        )
    if exemptions.ranges:
        findings.append(
            ok(
                "proxy",
                f"NO_PROXY holds ranges of addresses: {' '.join(exemptions.ranges)}. They exempt a base URL with such "
                "an address, and no name, since no name is looked up.",
            )
        )
    return findings


def _check_way(base: BaseUrl) -> Finding:
    host = base.origin.host
    # Plain http goes past every proxy, which could read the header.
    if base.origin.scheme == "http":
        return ok("proxy", "Calls go out directly.")
    # A client is asked: urllib reads the same variables, but also the system's exemptions.
    try:
        with readable_proxies(None):
            # An empty TLS context: nothing is sent, and loading the authorities would take longer than all else here.
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            mounts = environment_mounts(base.origin, lambda proxy: httpx.HTTPTransport(tls, proxy=proxy))
            client = httpx.Client(verify=tls, mounts=mounts, trust_env=False)
    except ConfigurationError as error:
        return failure("proxy", str(error))
    with client:
        proxy = proxy_of(client, httpx.URL(base.url))
    if proxy is None:
        proxies = getproxies()
        exempt = proxies.get("https") or proxies.get("all")
        return ok("proxy", f"NO_PROXY exempts {host} from the proxy." if exempt else "Calls go out directly.")
    # `proxy_of` names host and port alone: the address may hold a password.
    if not proxy:
        return failure("proxy", f"HTTPS_PROXY or ALL_PROXY{NO_ADDRESS}")
    if proxy_bypass(host):
        return warning(
            "proxy",
            f"Calls go through the proxy {proxy}, although the system's settings exempt {host}, which httpx does not "
            f"read. Next, if they should go out directly: NO_PROXY={host}",
        )
    return ok("proxy", f"Calls go through the proxy {proxy}.")


def check_certificates(context: CallContext) -> list[Finding]:
    """Look at the certificate authorities that TLS will use."""
    findings: list[Finding] = []
    chosen = [(f"--ca {context.ca}", str(context.ca))] if context.ca is not None else []
    chosen += [(name, context.variables.get(name)) for name in _CA_VARIABLES if context.variables.get(name)]
    for name, place in chosen:
        try:
            folder = Path(place).is_dir()
            ssl.create_default_context(capath=place if folder else None, cafile=None if folder else place)
        except (OSError, ssl.SSLError):
            findings.append(failure("certificates", f"{name} names no usable certificates."))
        else:
            findings.append(ok("certificates", f"Certificates are taken from {name}."))
    ignored = [name for name in _IGNORED_CA_VARIABLES if context.variables.get(name)]
    if ignored and not chosen:
        findings.append(
            warning(
                "certificates", f"{' and '.join(ignored)} is not read here. Next: set SSL_CERT_FILE, or give verify="
            )
        )
    return findings or [ok("certificates", f"Certificates are those that {httpx.__name__} takes by default.")]


def check_clock() -> Finding:
    """Look whether the clock was ever set."""
    # Certificates and `expires_at` depend on it; strikes do not, they count by a clock that nobody sets.
    now = datetime.now(UTC)
    if now < _EARLIEST:
        return failure("clock", f"The clock says {now:%Y-%m-%d %H:%M}; set it, or no certificate will be valid.")
    return ok("clock", f"The clock says {now:%Y-%m-%d %H:%M} UTC.")


def check_netrc(base: BaseUrl) -> list[Finding]:
    """Look for an entry of the portal in the user's netrc file."""
    try:
        entry = netrc.netrc().authenticators(base.origin.host)
    except (OSError, netrc.NetrcParseError):
        return []
    if entry is None:
        return []
    # `requests` by itself would send the entry in place of the credential.
    return [ok("netrc", f"The netrc file has an entry for {base.origin.host}; guarded clients ignore it.")]


def check_client(name: str) -> Finding:
    """Look whether a program's own client (`package.module:attribute`) is guarded on every path.

    The attribute is a client of the HTTP library in use, or anything with `get_httpx_client()`.
    """
    module, _, attribute = name.partition(":")
    try:
        # This runs the program's module, so it is done only when asked for by name.
        found: object = importlib.import_module(module)
        for step in attribute.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError, ValueError) as error:
        return failure(
            "client", f"{name} cannot be imported ({type(error).__name__}). Next: --client package.module:client"
        )
    getter = getattr(found, "get_httpx_client", None)
    client: object = getter() if callable(getter) else found
    try:
        unguarded = find_unguarded(cast("httpx.Client", client))
    except UnsupportedClientError as error:
        return failure("client", f"{name} is not guarded: {error}")
    if unguarded:
        return failure(
            "client",
            f"{name} is not guarded on: {', '.join(unguarded)}. Calls on these paths carry no credential and count "
            "nowhere. Next: cyara_auth.install(client), after the last change to it",
        )
    return ok("client", f"{name} is guarded on every path.")
