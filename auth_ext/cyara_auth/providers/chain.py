"""Which source a client takes its credential from.

The order is fixed, and the first source that has a credential wins:

1. the explicit argument (`connect(credential=...)`): a text, an `ApiCredential`, or a provider;
2. a profile that is named (`connect(profile=...)`, or `CYARA_PROFILE`): its keyring entry, else its file;
3. the environment: `CYARA_API_CREDENTIAL`, or `CYARA_API_KEY` with `CYARA_API_TOKEN`;
4. the command in `CYARA_CREDENTIAL_COMMAND`;
5. the keyring entry of the portal's default profile (extra `keyring`);
6. the portal's default profile file.

A source that is present but malformed stops the search. A profile that is named but does not exist does too.
"""

from collections.abc import Mapping
from typing import Any

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ConfigurationError, CredentialNotFoundError
from cyara_auth.origin import Origin
from cyara_auth.providers.base import CredentialProvider, call_provider
from cyara_auth.providers.command import COMMAND, COMMAND_ENV, CommandProvider, split_command
from cyara_auth.providers.environment import WHOLE, EnvironmentProvider
from cyara_auth.providers.keyring_entry import KeyringProvider
from cyara_auth.providers.profile import (
    CONFIG_DIR,
    ProfileProvider,
    check_profile_name,
    default_profile,
    profile_folder,
)
from cyara_auth.providers.source import CredentialSource, version_of
from cyara_auth.providers.static import StaticProvider
from cyara_auth.providers.variables import Variables

PROFILE = "CYARA_PROFILE"
UNUSUAL_SHAPE = "CYARA_ALLOW_UNUSUAL_SHAPE"
NO_API_MENU = "A user who signs in by SSO has no API menu in the portal: take the credential of one who does not"


def resolve_credential_source(
    credential: str | ApiCredential | CredentialProvider | None = None,
    profile: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    base_url: str | None = None,
) -> CredentialSource:
    """Find the source, read it, and return it with its credential.

    Args:
        credential: The explicit argument, if any.
        profile: Name of a profile; `CYARA_PROFILE` when left out.
        environ: Environment variables; the process's own when left out.
        base_url: The portal that is to be called. Without it, sources that belong to a portal are skipped, unless
            named.

    Raises:
        CredentialNotFoundError: No source has a credential, or the named profile does not exist.
        CredentialError: A source is present but unusable.
        ConfigurationError: A setting is unusable.
    """
    variables = Variables(environ)
    # A traceback that prints locals must not find a secret in this frame: neither the environment, nor the text below,
    # which leaves the frame in a list that is emptied by the call.
    del environ
    if credential is not None:
        holder = [credential]
        del credential
        return _explicit(holder.pop())
    providers = ranked_providers(profile, variables=variables, base_url=base_url)
    for rank, provider in enumerate(providers, start=1):
        # Before the reading, so that a change in between is seen as one at the next refresh.
        version = version_of(provider)
        # An error ends the search: the next source may hold another pair, and its strike would come on top.
        found = provider()
        if found is not None:
            return CredentialSource(provider, found, others=providers[rank:], version=version)
    name = profile or variables.get(PROFILE)
    if name and profile_folder(variables) is None:
        raise CredentialNotFoundError(
            f"There is no profile {name}: no home directory is known in which its file could be. Nothing was sent. "
            f"Next: set {CONFIG_DIR} to the folder that holds it"
        )
    if name:
        raise CredentialNotFoundError(
            f"There is no profile {name}. Nothing was sent. Next: cyara auth login --profile {name}"
        )
    raise CredentialNotFoundError(
        f"No credential was found. Nothing was sent. {NO_API_MENU}. Next: set {WHOLE} to the text of the portal's "
        "Usage field (Settings > API), or run: cyara auth login"
    )


def ranked_providers(
    profile: str | None = None, *, variables: Variables, base_url: str | None = None
) -> list[CredentialProvider]:
    """Return the sources that are configured, best first. Nothing is read yet."""
    origin = Origin.parse(base_url) if base_url else None
    unusual = variables.get(UNUSUAL_SHAPE).lower() in {"1", "true", "yes"}
    common: dict[str, Any] = {"origin": origin, "allow_unusual_shape": unusual}
    name = profile or variables.get(PROFILE)
    if name:
        # Nothing else: who names a profile must not get the pair of some variable when there is no such profile.
        return [*_profile_providers(check_profile_name(name), variables, common)]
    providers: list[CredentialProvider] = [EnvironmentProvider(variables=variables, **common)]
    if command := variables.get(COMMAND):
        pass_on = tuple(part for part in variables.get(COMMAND_ENV).replace(",", " ").split() if part)
        argv = split_command(command)
        providers.append(CommandProvider(argv=argv, pass_on=pass_on, variables=variables, **common))
    # A default profile is a portal's; without a portal there is none.
    if origin is not None:
        providers += _profile_providers(default_profile(origin), variables, common)
    return providers


def profile_base_url(profile: str | None = None, *, variables: Variables) -> str | None:
    """Return the base URL that a named profile is bound to; `None` when no profile is named, or it binds none.

    So a named profile is enough to connect: it brings the portal and the credential.

    Raises:
        CredentialError: The profile is present but unusable.
        ConfigurationError: Its name is unusable.
    """
    name = profile or variables.get(PROFILE)
    if not name:
        return None
    for provider in _profile_providers(check_profile_name(name), variables, {}):
        if (stored := provider.stored()) is not None:
            return stored.base_url
    return None


def _profile_providers(
    name: str, variables: Variables, common: dict[str, Any]
) -> list[KeyringProvider | ProfileProvider]:
    # In the order in which `save_credential` prefers them, so that what was stored last is what is found.
    providers: list[KeyringProvider | ProfileProvider] = [KeyringProvider(entry=name, **common)]
    if (folder := profile_folder(variables)) is not None:
        providers.append(ProfileProvider(path=folder / f"{name}.json", **common))
    return providers


def _explicit(credential: str | ApiCredential | CredentialProvider) -> CredentialSource:
    if isinstance(credential, str):
        # Out of this frame as well, while the text is read.
        holder = [credential]
        del credential
        credential = ApiCredential.parse(holder.pop(), source="argument")
    if isinstance(credential, ApiCredential):
        return CredentialSource(StaticProvider(credential), credential)
    if not callable(credential):
        raise ConfigurationError(
            "credential= takes a text, an ApiCredential or a callable, "
            f"not a value of type {type(credential).__name__}. Nothing was sent. "
            "Next: credential='key:token', or none, and the text in CYARA_API_CREDENTIAL"
        )
    version = version_of(credential)
    found = call_provider(credential)
    if found is None:
        raise CredentialNotFoundError("The credential provider returned no credential. Nothing was sent.")
    return CredentialSource(credential, found, version=version)
