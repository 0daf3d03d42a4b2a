"""What a command works on: the portal, the credential's source and the strike store that its options select."""

import os

from attrs import field, frozen

from cyara_auth.client.binding import BASE_URL, choose_policy
from cyara_auth.errors import BaseUrlError
from cyara_auth.origin import BaseUrl
from cyara_auth.providers import CredentialSource, Variables, profile_base_url, resolve_credential_source
from cyara_auth.stores.base import StrikeStore
from cyara_auth.stores.registry import open_store
from cyara_auth.strikes.settings import GuardSettings
from cyara_tools.cli.repeat_options import options_again


@frozen(kw_only=True)
class Setting:
    """Options and environment together; nothing is read before it is asked for.

    Attributes:
        base_url: `--base-url`.
        profile: `--profile`.
        store_url: `--store`.
        variables: The environment.
    """

    base_url: str | None = None
    profile: str | None = None
    store_url: str | None = None
    variables: Variables = field(factory=Variables)

    def again(self) -> str:
        """Return the options that a next command needs as well."""
        return options_again(
            base_url=self.base_url, profile=self.profile, store=self.store_url, variables=self.variables
        )

    def base(self) -> BaseUrl | None:
        """Return the portal's base URL by option, environment or profile; `None` when none of them says it."""
        text = self.base_url or self.variables.get(BASE_URL) or profile_base_url(self.profile, variables=self.variables)
        return BaseUrl.parse(text) if text else None

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

    def guard_settings(self) -> GuardSettings:
        """Return the numbers and the policy by which `connect` would judge here."""
        return GuardSettings(policy=choose_policy(None, None))

    def store(self) -> StrikeStore:
        """Open the strike store, as `connect` does."""
        return open_store(self.store_url, environ=os.environ)
