"""What to do with a dead pair depends on whether `cyara auth login` writes where it came from."""

import pickle
from pathlib import Path

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError
from cyara_auth.providers import EnvironmentProvider, KeyringProvider, ProfileProvider, Variables
from cyara_auth.providers.private_file import write_private
from cyara_auth.providers.renewal import LoginSource, renewal


def test_the_keyring_and_profiles_are_what_login_writes() -> None:
    for provider in (KeyringProvider(entry="portal"), ProfileProvider(path=Path("portal.json"))):
        assert "cyara auth login" in renewal(provider.describe())
    assert "cyara auth login" in renewal(None)


def test_a_source_that_is_only_named_alike_is_not() -> None:
    for source in ("keyring entry portal", EnvironmentProvider(variables=Variables({})).describe()):
        assert f"to its source ({source}), then: cyara auth verify" in renewal(source)


def test_the_credential_of_a_profile_knows_where_it_came_from(config: Path, pair: str) -> None:
    path = config / "profiles" / "portal.json"
    write_private(path, pair)
    found = ProfileProvider(path=path)()
    assert isinstance(found, ApiCredential)
    assert found.source == f"profile file {path}"
    assert "cyara auth login" in renewal(found.source)


def test_errors_carry_the_name_into_other_processes() -> None:
    # Pickled in this very line.
    error = pickle.loads(pickle.dumps(CredentialRejectedError(source=LoginSource("profile file x"))))  # noqa: S301
    assert error.source == "profile file x"
