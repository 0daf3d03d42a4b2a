"""What a command works on: the portal, the credential's source and the strike store that its options select.

A command takes the class that has what it needs, and by that the options: every field with a `typer.Option` is one.
"""

import os
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer

from cyara_auth.client.binding import BASE_URL, choose_policy, choose_rotation_wait
from cyara_auth.client.cyara import Cyara, connect
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import BaseUrlError
from cyara_auth.origin import PLAIN_HTTP, BaseUrl
from cyara_auth.providers import CredentialSource, Variables, profile_base_url, resolve_credential_source
from cyara_auth.stores.base import StrikeStore
from cyara_auth.stores.registry import open_store
from cyara_auth.strikes.settings import GuardSettings
from cyara_tools.cli.base import CONNECTION
from cyara_tools.cli.key_report import KeyReport
from cyara_tools.cli.short_fingerprints import resolve_prefix


@attrs.frozen(kw_only=True)
class CommandContext:
    """Where the credential comes from. Nothing is read before it is asked for.

    Attributes:
        variables: The environment.
    """

    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="Base URL of the portal's API; CYARA_BASE_URL by default.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="Name of a stored credential; CYARA_PROFILE by default.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    variables: Variables = attrs.field(factory=Variables)

    def selection(self) -> dict[str, str | None]:
        """Return the options that decide what a command looks at: the next command needs the same."""
        return {"--base-url": self.base_url, "--profile": self.profile}

    def base(self) -> BaseUrl | None:
        """Return the portal's base URL by option, environment or profile; `None` when none of them says it."""
        # In the order in which `connect` asks, so that a command never looks at another portal than a program does.
        text = self.base_url or self.variables.get(BASE_URL) or profile_base_url(self.profile, variables=self.variables)
        return BaseUrl.parse(text, plain_http=self.variables.get(PLAIN_HTTP)) if text else None

    def known_base(self) -> BaseUrl:
        """Return the portal's base URL.

        Raises:
            BaseUrlError: Nothing says it.
        """
        base = self.base()
        if base is None:
            raise BaseUrlError(
                f"There is no base URL. Next: set {BASE_URL} to https://<portal>/cyarawebapi, or give --base-url"
            )
        return base

    def source(self) -> CredentialSource:
        """Find the credential, as `connect` does.

        Raises:
            CredentialError: There is no usable one.
        """
        base = self.base()
        return resolve_credential_source(profile=self.profile, base_url=None if base is None else base.url)


@attrs.frozen(kw_only=True)
class StoreContext(CommandContext):
    """The strike store, too."""

    store_url: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="URL",
            help="URL of the strike store; CYARA_STRIKE_STORE by default.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None

    def selection(self) -> dict[str, str | None]:
        """Return the options that decide what a command looks at: the next command needs the same."""
        return {**super().selection(), "--store": self.store_url}

    def store(self) -> StrikeStore:
        """Open the strike store, as `connect` does."""
        return open_store(self.store_url, environ=os.environ)

    def key_report(self, key_id: str, base: BaseUrl | None) -> KeyReport:
        """Read what the store knows of a key, to judge it by the numbers and the policy that `connect` takes here."""
        store = self.store()
        return KeyReport(
            key=key_id,
            state=store.read(key_id),
            origin=None if base is None else base.origin.canonical,
            settings=GuardSettings(policy=choose_policy(None, None), rotation_wait=choose_rotation_wait(None, None)),
            store=store,
        )


@attrs.frozen(kw_only=True)
class KeyContext(StoreContext):
    """One key of the store: that of the credential, unless another is named."""

    key: Annotated[
        str | None,
        typer.Option("--key", help="First digits of the key's fingerprint, when the credential is not at hand."),
    ] = None

    def key_id(self) -> str:
        """Return the key's fingerprint."""
        credential = self.credential()
        if credential is not None:
            return credential.key_fingerprint
        return resolve_prefix(self.key or "", self.store().key_ids(), what="key")

    def credential(self) -> ApiCredential | None:
        """Return the pair that is configured; `None` if a key is named, since there may be no credential any more."""
        return self.source().current() if self.key is None else None


@attrs.frozen(kw_only=True)
class PortalContext(StoreContext):
    """What calls of the portal need, too."""

    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="NUMBER",
            help="Account number; CYARA_ACCOUNT_ID by default.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="NAME",
            help="guarded, strict or concurrent; CYARA_AUTH_POLICY by default, else guarded.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None
    allow_inferred: Annotated[
        bool,
        typer.Option(
            "--allow-inferred",
            help="Send operations that change things though they are guesses; CYARA_ALLOW_INFERRED=1 does the same.",
            rich_help_panel=CONNECTION,
        ),
    ] = False
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca",
            metavar="PATH",
            help="File or folder with the certificates of a private authority.",
            show_default=False,
            rich_help_panel=CONNECTION,
        ),
    ] = None

    def selection(self) -> dict[str, str | None]:
        """Return the options that decide what a command looks at: the next command needs the same."""
        ca = None if self.ca is None else str(self.ca)
        return {**super().selection(), "--account": self.account, "--policy": self.policy, "--ca": ca}

    def connect_for_jobs(self) -> Cyara:
        """Connect with these options as a program does: what may be repeated is, and a rotation is waited for."""
        return connect(self.known_base().url, **self._options())

    def _options(self) -> dict[str, Any]:
        return {
            "profile": self.profile,
            "account_id": self.account,
            "store": self.store_url,
            "policy": self.policy,
            # Without the option the environment decides.
            "allow_inferred": self.allow_inferred or None,
            "verify": True if self.ca is None else self.ca,
        }


@attrs.frozen(kw_only=True)
class CallContext(PortalContext):
    """What one call of the portal needs, too."""

    operation: Annotated[
        str | None,
        typer.Option("--operation", help="Operation to call: a GET that needs no more than the account."),
    ] = None

    def connect(self, credential: ApiCredential | None = None) -> Cyara:
        """Connect with these options: with the credential that is configured, or with the one given."""
        return connect(
            self.known_base().url,
            credential,
            # The operator asked for one call, and reads its answer instead of a later one.
            retries=0,
            # Nor does a person wait for the end of a rotation, which may be in the very same hands.
            rotation_wait=0.0,
            **self._options(),
        )
