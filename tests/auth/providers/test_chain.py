"""The order of the sources, and what stops the search."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    ConfigurationError,
    CredentialFormatError,
    CredentialNotFoundError,
    CredentialOriginError,
    CredentialSourceError,
)
from cyara_auth.providers import (
    CredentialSource,
    EnvironmentProvider,
    StaticProvider,
    Variables,
    profile_base_url,
    resolve_credential_source,
)
from cyara_auth.providers.base import describe
from cyara_auth.providers.private_file import write_private
from cyara_auth.providers.stored import write_stored

PORTAL = "https://cyaraportal.us/cyarawebapi"


@pytest.fixture
def store(config: Path) -> Callable[..., ApiCredential]:
    def put(name: str, pair: str, base_url: str | None = PORTAL) -> ApiCredential:
        credential = ApiCredential.parse(pair)
        text = write_stored(credential, base_url=base_url, unusual_shape=False)
        write_private(config / "profiles" / f"{name}.json", text)
        return credential

    return put


def resolve(config: Path, **variables: str) -> CredentialSource:
    return resolve_credential_source(environ={"CYARA_CONFIG_DIR": str(config), **variables}, base_url=PORTAL)


def test_nothing_found_says_what_to_do(config: Path) -> None:
    with pytest.raises(CredentialNotFoundError, match=r"CYARA_API_CREDENTIAL .* cyara auth login"):
        resolve(config)
    with pytest.raises(CredentialNotFoundError):
        resolve_credential_source(environ={})


def test_row_27_each_source_yields_to_the_one_above(
    config: Path, store: Callable[..., ApiCredential], fresh: Callable[[], str]
) -> None:
    in_file = store("cyaraportal.us", fresh())
    in_profile = store("staging", fresh())
    printed, in_variable, given = (ApiCredential.parse(fresh()) for _ in range(3))
    assert resolve(config).current() == in_file
    command = {"CYARA_CREDENTIAL_COMMAND": f"/bin/echo {printed.pair_text()}"}
    assert resolve(config, **command).current() == printed
    variables = {**command, "CYARA_API_CREDENTIAL": in_variable.pair_text()}
    source = resolve(config, **variables)
    assert source.current() == in_variable
    assert [other.fingerprint for other in source.other_sources() if other.differs] == [
        printed.fingerprint.short,
        in_file.fingerprint.short,
    ]
    variables["CYARA_PROFILE"] = "staging"
    assert resolve(config, **variables).current() == in_profile
    environ = {"CYARA_CONFIG_DIR": str(config), **variables}
    assert resolve_credential_source(profile="cyaraportal.us", environ=environ).current() == in_file
    assert resolve_credential_source(given, environ=environ).current() is given
    assert resolve_credential_source(given.pair_text(), environ=environ).current() == given
    assert resolve_credential_source(lambda: given, environ=environ).current() == given


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"CYARA_API_CREDENTIAL": "key:token"}, CredentialFormatError),
        ({"CYARA_API_KEY": "half"}, CredentialNotFoundError),
        ({"CYARA_CREDENTIAL_COMMAND": "/bin/false"}, CredentialSourceError),
        ({"CYARA_CREDENTIAL_COMMAND": "'"}, ConfigurationError),
        ({"CYARA_PROFILE": "absent"}, CredentialNotFoundError),
        ({"CYARA_PROFILE": "../evil"}, ConfigurationError),
        ({"CYARA_PROFILE": "elsewhere"}, CredentialOriginError),
    ],
)
def test_row_27_present_but_unusable_stops_the_search(
    config: Path, store: Callable[..., ApiCredential], pair: str, variables: dict[str, str], error: type[Exception]
) -> None:
    store("cyaraportal.us", pair)
    store("elsewhere", pair, base_url="https://other.example")
    assert resolve(config).current().pair_text() == pair
    with pytest.raises(error):
        resolve(config, **variables)


def test_a_portal_never_gets_the_credential_of_another(
    config: Path, store: Callable[..., ApiCredential], pair: str
) -> None:
    store("cyaraportal.us", pair)
    environ = {"CYARA_CONFIG_DIR": str(config)}
    with pytest.raises(CredentialNotFoundError):
        resolve_credential_source(environ=environ, base_url="https://other.example")
    with pytest.raises(CredentialNotFoundError):
        resolve_credential_source(environ=environ)


def test_unusual_shape_by_variable(config: Path, pair: str) -> None:
    variables = {"CYARA_API_CREDENTIAL": pair.upper()}
    with pytest.raises(CredentialFormatError):
        resolve(config, **variables)
    assert resolve(config, **variables, CYARA_ALLOW_UNUSUAL_SHAPE="true").current().pair_text() == pair.upper()


def test_a_named_profile_brings_its_portal(
    config: Path, store: Callable[..., ApiCredential], fresh: Callable[[], str]
) -> None:
    store("staging", fresh())
    store("bare", fresh(), base_url=None)
    environ = {"CYARA_CONFIG_DIR": str(config)}
    assert profile_base_url("staging", variables=Variables(environ)) == PORTAL
    assert profile_base_url(variables=Variables({**environ, "CYARA_PROFILE": "staging"})) == PORTAL
    assert profile_base_url("bare", variables=Variables(environ)) is None
    assert profile_base_url("absent", variables=Variables(environ)) is None
    assert profile_base_url(variables=Variables(environ)) is None


def test_explicit_argument_of_another_kind() -> None:
    with pytest.raises(ConfigurationError, match=r"not a value of type int\. Nothing was sent"):
        resolve_credential_source(7)  # type: ignore[arg-type]  # what an untyped caller does
    with pytest.raises(CredentialNotFoundError, match="returned no credential"):
        resolve_credential_source(lambda: None)


def test_a_provider_that_returns_the_text_says_so_before_the_first_call(pair: str) -> None:
    def give_text() -> str:
        return pair

    with pytest.raises(CredentialSourceError, match=r"give_text returned a value of type str, .*parse") as caught:
        resolve_credential_source(give_text)  # type: ignore[arg-type]  # what an untyped caller does
    assert pair not in str(caught.value)


def test_sources_have_names(pair: str) -> None:
    credential = ApiCredential.parse(pair, source="argument")
    assert describe(StaticProvider(credential)) == "argument"
    assert describe(EnvironmentProvider()).startswith("environment variable")
    assert describe(test_sources_have_names) == "provider test_sources_have_names"  # type: ignore[arg-type]  # any callable
    source = resolve_credential_source(credential)
    assert source.describe() == "argument"
    assert repr(source) == f"<CredentialSource argument: {credential.fingerprint.short}>"
    assert isinstance(source.provider, StaticProvider)
