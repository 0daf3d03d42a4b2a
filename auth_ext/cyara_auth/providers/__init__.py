"""Where a credential comes from: one module for each kind of source, and the order between them in `chain`."""

from cyara_auth.providers.base import CredentialProvider as CredentialProvider
from cyara_auth.providers.base import VersionedProvider as VersionedProvider
from cyara_auth.providers.chain import profile_base_url as profile_base_url
from cyara_auth.providers.chain import ranked_providers as ranked_providers
from cyara_auth.providers.chain import resolve_credential_source as resolve_credential_source
from cyara_auth.providers.command import CommandProvider as CommandProvider
from cyara_auth.providers.environment import EnvironmentProvider as EnvironmentProvider
from cyara_auth.providers.keyring_entry import KeyringProvider as KeyringProvider
from cyara_auth.providers.profile import ProfileProvider as ProfileProvider
from cyara_auth.providers.source import CredentialSource as CredentialSource
from cyara_auth.providers.source import OtherSource as OtherSource
from cyara_auth.providers.static import StaticProvider as StaticProvider
from cyara_auth.providers.variables import Variables as Variables
