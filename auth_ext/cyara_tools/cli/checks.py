"""The offline checks of `doctor`: each looks at one thing that is usually wrong, and sends nothing."""

import importlib
import netrc
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol, runtime_checkable
from urllib.request import getproxies, proxy_bypass

from cyara_auth._http import httpx
from cyara_auth.client.proxies import NO_ADDRESS, readable_proxies
from cyara_auth.credential_text import FormatReason
from cyara_auth.errors import ConfigurationError, CredentialFormatError, CyaraAuthError, StrikeStoreUnavailableError
from cyara_auth.origin import BaseUrl
from cyara_auth.providers import CredentialSource
from cyara_auth.providers.environment import KEY, TOKEN, WHOLE
from cyara_auth.transport.next_step import proxy_of
from cyara_auth.transport.wrap import find_unguarded
from cyara_tools.cli.context import Setting
from cyara_tools.cli.finding import Finding, bad, good, warn
from cyara_tools.cli.key_report import LONG_ROTATION, KeyReport

_EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock that says less was never set: TLS certificates are not valid yet by it."""

_CA_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_IGNORED_CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@runtime_checkable
class _KnowsRisks(Protocol):
    """A store that can tell how it may lose writes."""

    def risks(self) -> list[str]:
        """Return one sentence for each way."""
        ...


def check_base_url(setting: Setting) -> tuple[BaseUrl | None, Finding]:
    """Look at the portal's address."""
    try:
        base = setting.known_base()
    except CyaraAuthError as error:
        return None, bad("base_url", str(error))
    return base, good("base_url", f"The API is at {base.url}.")


def check_credential(setting: Setting) -> tuple[CredentialSource | None, list[Finding]]:
    """Look at the credential: whether there is one, its shape, its expiry, and what other sources hold."""
    try:
        source = setting.source()
        credential = source.current()
    except CredentialFormatError as error:
        hint = " (a variable that CI did not fill in?)" if error.reason == FormatReason.EMPTY else ""
        return None, [bad("credential", f"{error}{hint}")]
    except CyaraAuthError as error:
        return None, [bad("credential", str(error))]
    findings = [good("credential", f"{credential.fingerprint.short} from {credential.source}.")]
    if credential.expires_at is not None:
        findings.append(good("expiry", f"It is valid until {credential.expires_at:%Y-%m-%d %H:%M:%S %Z}."))
    for other in source.other_sources():
        if other.problem is not None:
            findings.append(warn("other_source", f"A source that is not used is unusable: {other.problem}"))
        elif other.differs:
            findings.append(
                warn(
                    "other_source",
                    f"The {other.name} holds another pair ({other.fingerprint}); the {source.describe()} with "
                    f"{credential.fingerprint.short} is used. Remove the one that is old.",
                )
            )
    return source, findings


def check_whitespace(setting: Setting) -> list[Finding]:
    """Look for blanks and line ends around the variables: they are taken off here, but not by other tools."""
    return [
        warn("whitespace", f"{name} has blanks or line ends around its value; other tools would send them.")
        for name in (WHOLE, KEY, TOKEN)
        if setting.variables.get(name) != setting.variables.get(name).strip()
    ]


def check_proxy(base: BaseUrl) -> Finding:
    """Say which proxy the calls go through, by asking httpx; its address may hold a password, so that is left out."""
    host = base.origin.host
    if base.origin.scheme == "http":
        return good("proxy", "Calls go out directly.")
    try:
        with readable_proxies(None):
            client = httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    except ConfigurationError as error:
        return bad("proxy", str(error))
    with client:
        proxy = proxy_of(client, httpx.URL(base.url))
    if proxy is None:
        proxies = getproxies()
        exempt = proxies.get("https") or proxies.get("all")
        return good("proxy", f"NO_PROXY exempts {host} from the proxy." if exempt else "Calls go out directly.")
    if not proxy:
        return bad("proxy", f"HTTPS_PROXY or ALL_PROXY{NO_ADDRESS}")
    if proxy_bypass(host):
        return warn(
            "proxy",
            f"Calls go through the proxy {proxy}, although the system's settings exempt {host}, which httpx does not "
            f"read. Next, if they should go out directly: NO_PROXY={host}",
        )
    return good("proxy", f"Calls go through the proxy {proxy}.")


def check_certificates(setting: Setting, ca: Path | None) -> list[Finding]:
    """Look at the certificate authorities that TLS will use."""
    findings: list[Finding] = []
    chosen = [(f"--ca {ca}", str(ca))] if ca is not None else []
    chosen += [(name, setting.variables.get(name)) for name in _CA_VARIABLES if setting.variables.get(name)]
    for name, place in chosen:
        try:
            folder = Path(place).is_dir()
            ssl.create_default_context(capath=place if folder else None, cafile=None if folder else place)
        except (OSError, ssl.SSLError):
            findings.append(bad("certificates", f"{name} names no usable certificates."))
        else:
            findings.append(good("certificates", f"Certificates are taken from {name}."))
    ignored = [name for name in _IGNORED_CA_VARIABLES if setting.variables.get(name)]
    if ignored and not chosen:
        findings.append(
            warn("certificates", f"{' and '.join(ignored)} is not read here. Next: set SSL_CERT_FILE, or give verify=")
        )
    return findings or [good("certificates", "Certificates are those that come with httpx.")]


def check_clock() -> Finding:
    """Look whether the clock was ever set; certificates and `expires_at` depend on it, strikes do not."""
    now = datetime.now(UTC)
    if now < _EARLIEST:
        return bad("clock", f"The clock says {now:%Y-%m-%d %H:%M}; set it, or no certificate will be valid.")
    return good("clock", f"The clock says {now:%Y-%m-%d %H:%M} UTC.")


def check_netrc(base: BaseUrl) -> list[Finding]:
    """Look for an entry of the portal in the user's netrc file; `requests` by itself would send it in our place."""
    try:
        entry = netrc.netrc().authenticators(base.origin.host)
    except (OSError, netrc.NetrcParseError):
        return []
    if entry is None:
        return []
    return [good("netrc", f"The netrc file has an entry for {base.origin.host}; guarded clients ignore it.")]


def check_store(setting: Setting, source: CredentialSource | None, base: BaseUrl | None) -> list[Finding]:
    """Look whether the strike store works, who shares it, and what it knows of the credential."""
    try:
        store = setting.store()
        store.key_ids()
        risks = store.risks() if isinstance(store, _KnowsRisks) else []
    except (ConfigurationError, StrikeStoreUnavailableError) as error:
        return [bad("store", str(error))]
    if store.shared:
        findings = [good("store", f"Strikes are counted in {store.describe()}.")]
    else:
        findings = [warn("store", f"Strikes are counted in {store.describe()}: no other process knows of them.")]
    findings += [warn("store", risk) for risk in risks]
    if source is None:
        return findings
    credential = source.current()
    known_key = KeyReport(
        key=credential.key_fingerprint,
        state=store.read(credential.key_fingerprint),
        origin=None if base is None else str(base.origin),
        settings=setting.guard_settings(),
        store=store,
    )
    code, text = known_key.verdict(credential.fingerprint)
    findings.append(bad("pair", f"With this pair: {text}.") if code else good("pair", f"With this pair: {text}."))
    age = known_key.rotation_age(datetime.now(UTC))
    if age is not None and age > LONG_ROTATION:
        minutes = age.total_seconds() / 60
        findings.append(warn("rotation", f"The rotation began {minutes:.0f} minutes ago; commit or abort it."))
    return findings


def check_client(name: str) -> Finding:
    """Look whether a program's own client (`package.module:attribute`) is guarded on every path.

    The attribute is an httpx client, or anything with `get_httpx_client()`. Importing it runs the program's module.
    """
    module, _, attribute = name.partition(":")
    try:
        found: object = importlib.import_module(module)
        for step in attribute.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError, ValueError) as error:
        return bad(
            "client", f"{name} cannot be imported ({type(error).__name__}). Next: --client package.module:client"
        )
    getter = getattr(found, "get_httpx_client", None)
    client: object = getter() if callable(getter) else found
    if not isinstance(client, httpx.Client | httpx.AsyncClient):
        return bad("client", f"{name} is no httpx client and hands out none.")
    unguarded = find_unguarded(client)
    if unguarded:
        return bad(
            "client",
            f"{name} is not guarded on: {', '.join(unguarded)}. Calls on these paths carry no credential and count "
            "nowhere. Next: cyara_auth.install(client), after the last change to it",
        )
    return good("client", f"{name} is guarded on every path.")
