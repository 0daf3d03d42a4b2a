"""What `connect`, `install` and the adapter for requests settle first: which portal, which credential, which guard.

They differ in the HTTP client that they guard, and in nothing here.
"""

import math
import os
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Never, TypedDict, Unpack, cast

import attrs

from cyara_auth._http import httpx
from cyara_auth.arguments import check_environ, check_store, check_text, invalid_argument, is_number
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import BaseUrlError, ConfigurationError, PlainHttpWarning
from cyara_auth.guard.guard import GuardSettings, StrikeGuard
from cyara_auth.guard.shared import shared_guard
from cyara_auth.origin import PLAIN_HTTP, BaseUrl
from cyara_auth.providers import CredentialProvider, CredentialSource, profile_base_url, resolve_credential_source
from cyara_auth.providers.variables import Variables
from cyara_auth.stores.base import StrikeStore
from cyara_auth.stores.registry import open_store
from cyara_auth.strikes.settings import LARGEST_BUDGET
from cyara_auth.strikes.state import GuardPolicy
from cyara_auth.transport.inferred import InferredGate, choose_allow_inferred

BASE_URL = "CYARA_BASE_URL"
PROXY = "CYARA_PROXY"
POLICY = "CYARA_AUTH_POLICY"
ROTATION_WAIT = "CYARA_ROTATION_WAIT"

CredentialArgument = str | ApiCredential | CredentialProvider | None
"""Text in any form that the portal shows, an `ApiCredential`, or a callable that returns one.

None asks the sources of `cyara_auth.providers`, `CYARA_API_CREDENTIAL` among the first.
"""


class GuardOptions(TypedDict, total=False):
    """The keyword arguments of every front door that say where the credential comes from and how its calls are counted.

    Attributes:
        profile: Name of a stored credential (`cyara auth login`); `CYARA_PROFILE` by default.
        policy: `guarded`, `strict` or `concurrent`; `CYARA_AUTH_POLICY` by default, else guarded.
        budget: Possibly invalid calls per key before everything is refused: 2, or 1 to leave one for people.
        store: Where strikes are counted: a store, or a URL; `CYARA_STRIKE_STORE` by default, else a file of the user.
        require_shared_store: Refuse to send when no other process could see the strikes; in CI also to a file that was
            made just now.
        rotation_wait: Seconds after the begin of a rotation for which calls wait for its end, 0 to refuse them at once;
            `CYARA_ROTATION_WAIT` by default, else 600.
        allow_plain_http: Hosts without TLS that the credential may reach all the same, readable by anyone on the way:
            `host[:port]`, with commas between; `CYARA_ALLOW_PLAIN_HTTP` by default. An empty text allows none.
        allow_inferred: Whether operations that change things are sent though they are guesses (see
            `InferredOperationError`); `CYARA_ALLOW_INFERRED` by default, else not. Requests that no generated function
            makes are the caller's own words, and always sent.
        environ: Environment variables to use instead of the process's own.
    """

    profile: str | None
    policy: GuardPolicy | str | None
    budget: int | None
    store: StrikeStore | str | None
    require_shared_store: bool
    rotation_wait: float | None
    allow_plain_http: str | None
    allow_inferred: bool | None
    environ: Mapping[str, str] | None


@attrs.frozen(kw_only=True)
class Binding:
    """One portal, the source of one credential for it, the guard that counts, and what may be sent there at all."""

    base: BaseUrl
    source: CredentialSource
    guard: StrikeGuard
    gate: InferredGate

    def guarded(self) -> "Binding":
        """Return this, which has a credential and a guard."""
        return self

    def shown(self) -> tuple[str, str]:
        """Return the portal and the credential's source for people."""
        return self.base.url, repr(self.source)


@attrs.frozen(kw_only=True)
class ProxyBinding:
    """A `cyara proxy` on this machine (`CYARA_PROXY=1`): it has the credential, and guards and checks every call."""

    # Its path is what lets callers in.
    base: BaseUrl = attrs.field(repr=False)

    def guarded(self) -> Never:
        """Refuse to name what only the proxy has.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError(
            "This client sends through cyara proxy (CYARA_PROXY=1), which keeps credential and guard to itself. "
            "Nothing was sent. Next: ask outside of it, with cyara auth status"
        )

    def shown(self) -> tuple[str, str]:
        """Return the proxy for people, without its path."""
        return str(self.base.origin), "by cyara proxy"


def bind(base_url: str | None, credential: CredentialArgument, **guard: Unpack[GuardOptions]) -> Binding | ProxyBinding:
    """Resolve the options that decide where the credential may go.

    With `CYARA_PROXY=1` and a base URL of plain http on this machine, no credential is looked for and no store opened.

    Raises:
        TypeError: there is no such option.
        ConfigurationError: an option is unusable, or there is no base URL.
        CredentialError: no source has a usable credential.
        StrikeStoreUnavailableError: the store of strikes cannot be opened.
        SharedStoreRequiredError: a shared store is required, and in CI this one was made just now.
    """
    # A traceback that prints locals must not find the credential in this frame.
    holder = [credential]
    del credential
    # The options are read one by one below, so a misspelt one would otherwise change nothing, silently.
    if unknown := sorted(guard.keys() - GuardOptions.__annotations__.keys()):
        raise TypeError(f"There is no keyword argument {unknown[0]!r}")
    profile, store, environ = guard.get("profile"), guard.get("store"), guard.get("environ")
    plain_http = guard.get("allow_plain_http")
    check_text("base_url", base_url, example="'https://<portal>/cyarawebapi'")
    check_text("profile", profile, example="'staging'")
    check_text("policy", guard.get("policy"), example="'strict'")
    check_text("allow_plain_http", plain_http, example="'portal.internal'")
    check_store(store)
    check_environ(environ)
    if plain_http is None:
        plain_http = Variables(environ).get(PLAIN_HTTP)
    allowed = choose_allow_inferred(guard.get("allow_inferred"), environ)
    base = BaseUrl.parse(_base_url(base_url, profile, environ), plain_http=plain_http)
    # Only where a proxy of ours can listen: a variable that was left behind must not switch off the guard elsewhere.
    if Variables(environ).get(PROXY).strip() == "1" and base.origin.scheme == "http" and base.origin.is_loopback:
        return ProxyBinding(base=base)
    budget = guard.get("budget")
    settings = GuardSettings(
        policy=choose_policy(guard.get("policy"), environ),
        budget=LARGEST_BUDGET if budget is None else budget,
        require_shared_store=guard.get("require_shared_store", False),
        rotation_wait=choose_rotation_wait(guard.get("rotation_wait"), environ),
    )
    source = resolve_credential_source(holder.pop(), profile, environ=environ, base_url=base.url)
    strikes = open_store(
        store, environ=os.environ if environ is None else environ, require_shared=settings.require_shared_store
    )
    if base.origin.is_readable_on_the_way:
        _warn_of_plain_http(base.origin.host)
    shared = shared_guard(strikes, settings)
    gate = InferredGate(origin=base.origin, guard=shared, allowed=allowed)
    return Binding(base=base, source=source, guard=shared, gate=gate)


# Kept, so that each host is told of once in a process, whatever filters the warnings.
@cache
def _warn_of_plain_http(host: str) -> None:
    what = f"The credential goes to {host} over plain http"
    risk = "anyone on the way can read it, and change calls and answers"
    warnings.warn(f"{what}: {risk}.", PlainHttpWarning, stacklevel=4)


def _base_url(given: str | None, profile: str | None, environ: Mapping[str, str] | None) -> str:
    found = given or Variables(environ).get(BASE_URL) or profile_base_url(profile, variables=Variables(environ))
    if not found:
        raise BaseUrlError(f"There is no base URL. Set {BASE_URL} to https://<portal>/cyarawebapi, or give base_url=.")
    return found


def choose_policy(given: GuardPolicy | str | None, environ: Mapping[str, str] | None) -> GuardPolicy:
    """Return the policy that the argument or `CYARA_AUTH_POLICY` names, guarded by default.

    Raises:
        ConfigurationError: there is no such policy.
    """
    text = given or Variables(environ).get(POLICY) or GuardPolicy.GUARDED
    try:
        return GuardPolicy(text.strip().lower())
    except ValueError:
        known = ", ".join(policy.value for policy in GuardPolicy)
        raise ConfigurationError(f"The policy is one of {known}, not {text!r} (policy= or {POLICY}).") from None


def choose_rotation_wait(given: float | None, environ: Mapping[str, str] | None) -> float:
    """Return the seconds that the argument or `CYARA_ROTATION_WAIT` names, ten minutes by default.

    Raises:
        ConfigurationError: it is no number of seconds from 0.
    """
    text = Variables(environ).get(ROTATION_WAIT)
    value: object = given
    if given is None:
        try:
            value = float(text) if text else GuardSettings().rotation_wait
        except ValueError:
            value = text
    # Not `< 0`, which is false for nan.
    if not is_number(value) or not 0 <= cast("float", value) < math.inf:
        raise invalid_argument("rotation_wait", value, takes=f"seconds from 0 (or {ROTATION_WAIT})", example="600")
    return cast("float", value)


def holds_secret(
    credential: object,
    store: StrikeStore | str | None,
    cert: str | tuple[str, ...] | None,
    proxy: str | httpx.URL | httpx.Proxy | None,
) -> bool:
    """Return whether one of these options holds a secret, or may, so that it must not be pickled."""
    return (
        isinstance(credential, str | ApiCredential)
        or (store is not None and (not isinstance(store, str) or "@" in store))
        or (isinstance(cert, tuple) and len(cert) > len(("certificate", "key")))
        or (proxy is not None and (isinstance(proxy, httpx.Proxy) or "@" in str(proxy)))
    )
