"""Where a credential comes from: one module for each kind of source, and the order between them in `chain`."""

from cyara_auth.providers.base import CredentialProvider, VersionedProvider
from cyara_auth.providers.chain import profile_base_url, ranked_providers, resolve_credential_source
from cyara_auth.providers.command import CommandProvider
from cyara_auth.providers.environment import EnvironmentProvider
from cyara_auth.providers.keyring_entry import KeyringProvider
from cyara_auth.providers.profile import ProfileProvider
from cyara_auth.providers.source import CredentialSource, OtherSource
from cyara_auth.providers.static import StaticProvider
from cyara_auth.providers.variables import Variables

__all__ = [
    "CommandProvider",
    "CredentialProvider",
    "CredentialSource",
    "EnvironmentProvider",
    "KeyringProvider",
    "OtherSource",
    "ProfileProvider",
    "StaticProvider",
    "Variables",
    "VersionedProvider",
    "profile_base_url",
    "ranked_providers",
    "resolve_credential_source",
]
