"""Rows 1, 26 and 27: variables that are set, half set, set to nothing, set twice."""

import json
import os
import pickle
from collections.abc import Callable

import pytest

from cyara_auth.errors import (
    CredentialConflictError,
    CredentialExpiredError,
    CredentialFormatError,
    CredentialNotFoundError,
    CredentialOriginError,
    CredentialSourceError,
)
from cyara_auth.providers import EnvironmentProvider, Variables, resolve_credential_source


def provider(**variables: str) -> EnvironmentProvider:
    return EnvironmentProvider(variables=Variables(variables))


def test_nothing_set_is_absent() -> None:
    assert provider()() is None


def test_whole_pair_in_any_form(pair: str) -> None:
    for text in (pair, f"ApiKey {pair}", f"Authorization: ApiKey {pair}\n"):
        found = provider(CYARA_API_CREDENTIAL=text)()
        assert found is not None
        assert found.pair_text() == pair
        assert found.source == "environment variable CYARA_API_CREDENTIAL"


def test_two_halves(pair: str) -> None:
    key, token = pair.split(":")
    found = provider(CYARA_API_KEY=key, CYARA_API_TOKEN=token)()
    assert found is not None
    assert found.pair_text() == pair
    assert found.source == "environment variables CYARA_API_KEY and CYARA_API_TOKEN"


def test_row_01_empty_variable_is_present_and_malformed() -> None:
    with pytest.raises(CredentialFormatError, match="CYARA_API_CREDENTIAL is empty"):
        provider(CYARA_API_CREDENTIAL="")()
    with pytest.raises(CredentialFormatError, match="CYARA_API_TOKEN has nothing before the colon"):
        provider(CYARA_API_KEY="", CYARA_API_TOKEN="")()


@pytest.mark.parametrize(
    ("present", "missing"), [("CYARA_API_KEY", "CYARA_API_TOKEN"), ("CYARA_API_TOKEN", "CYARA_API_KEY")]
)
def test_row_26_half_set_names_the_missing_one(pair: str, present: str, missing: str) -> None:
    half = pair.split(":")[present == "CYARA_API_TOKEN"]
    with pytest.raises(CredentialNotFoundError, match=f"{missing} is not set") as caught:
        provider(**{present: half})()
    assert half not in str(caught.value)
    with pytest.raises(CredentialNotFoundError, match=f"{missing} is empty"):
        provider(**{present: half, missing: ""})()


def test_both_forms_set(pair: str, fresh: Callable[[], str]) -> None:
    key, token = pair.split(":")
    same = provider(CYARA_API_CREDENTIAL=f"ApiKey {pair}", CYARA_API_KEY=key, CYARA_API_TOKEN=token)()
    assert same is not None
    other = fresh()
    with pytest.raises(CredentialConflictError, match="different pairs") as caught:
        provider(CYARA_API_CREDENTIAL=other, CYARA_API_KEY=key, CYARA_API_TOKEN=token)()
    assert same.fingerprint.short in str(caught.value)
    assert not any(half in str(caught.value) for half in (*pair.split(":"), *other.split(":")))


def test_unusual_shape_by_option(pair: str) -> None:
    text = pair.upper()
    with pytest.raises(CredentialFormatError):
        provider(CYARA_API_CREDENTIAL=text)()
    assert EnvironmentProvider(variables=Variables({"CYARA_API_CREDENTIAL": text}), allow_unusual_shape=True)()


def test_version_changes_with_the_values(pair: str, fresh: Callable[[], str]) -> None:
    variables = {"CYARA_API_CREDENTIAL": pair}
    one = EnvironmentProvider(variables=Variables(variables))
    before = one.version()
    assert one.version() == before
    variables["CYARA_API_CREDENTIAL"] = fresh()
    assert one.version() != before


def test_row_88_only_the_environment_of_the_process_is_pickled(pair: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="may hold secrets"):
        pickle.dumps(provider(CYARA_API_CREDENTIAL=pair))
    monkeypatch.setenv("CYARA_API_CREDENTIAL", pair)
    data = pickle.dumps(EnvironmentProvider(variables=Variables(os.environ)))
    assert not any(half.encode() in data for half in pair.split(":"))
    found = pickle.loads(data)()  # noqa: S301  # made one line above
    assert found.pair_text() == pair


def test_it_does_not_show_the_values(pair: str) -> None:
    one = provider(CYARA_API_CREDENTIAL=pair)
    assert not any(half in repr(one) + one.describe() for half in pair.split(":"))
    assert repr(Variables()) == "<Variables of the process>"


def test_json_form_with_its_end(pair: str) -> None:
    text = json.dumps({"credential": f"ApiKey {pair}", "expires_at": "2999-01-31T00:00:00Z"})
    found = provider(CYARA_API_CREDENTIAL=f"\n {text}")()
    assert found is not None
    assert found.pair_text() == pair
    assert found.expires_at is not None
    assert found.expires_at.isoformat() == "2999-01-31T00:00:00+00:00"
    assert found.source == "environment variable CYARA_API_CREDENTIAL"


def test_json_form_that_has_ended_is_not_sent(pair: str) -> None:
    text = json.dumps({"credential": pair, "expires_at": "2020-01-31T00:00:00Z"})
    with pytest.raises(CredentialExpiredError):
        resolve_credential_source(environ={"CYARA_API_CREDENTIAL": text}).current()


def test_json_form_of_another_portal(pair: str) -> None:
    text = json.dumps({"credential": pair, "base_url": "https://one.example/cyarawebapi"})
    environ = {"CYARA_API_CREDENTIAL": text}
    assert resolve_credential_source(environ=environ, base_url="https://one.example/cyarawebapi").current()
    with pytest.raises(CredentialOriginError, match=r"belongs to https://one\.example"):
        resolve_credential_source(environ=environ, base_url="https://two.example/cyarawebapi")


@pytest.mark.parametrize("ending", ["", ', "expires_at": "tomorrow"}', ', "expires_at": "2026-01-31T00:00:00"}'])
def test_json_form_that_is_damaged(pair: str, ending: str) -> None:
    with pytest.raises(CredentialSourceError, match="environment variable CYARA_API_CREDENTIAL") as caught:
        provider(CYARA_API_CREDENTIAL=f'{{"credential": "{pair}"{ending}')()
    assert not any(half in str(caught.value) for half in pair.split(":"))
    assert caught.value.__context__ is None


def test_users_of_sso_are_told_where_to_look() -> None:
    with pytest.raises(CredentialNotFoundError, match="SSO has no API menu"):
        resolve_credential_source(environ={})
