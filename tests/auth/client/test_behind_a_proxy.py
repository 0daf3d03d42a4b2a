"""`CYARA_PROXY=1`: a proxy on this machine has credential and guard. Anywhere else the variable changes nothing."""

import asyncio
import pickle
from pathlib import Path

import pytest

from cyara_auth import connect, install
from cyara_auth._http import httpx
from cyara_auth.errors import ConfigurationError, CredentialNotFoundError
from cyara_auth.requests import GuardedAdapter, guarded_session
from cyara_tools.portal import LocalPortal

LOCAL = "http://127.0.0.1:8765/SECRET/cyarawebapi"


@pytest.fixture(autouse=True)
def variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CYARA_PROXY", "1")


def test_no_credential_is_looked_for_and_no_store_is_opened(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CYARA_STRIKE_STORE", "redis://127.0.0.1:1")
    monkeypatch.setenv("CYARA_API_CREDENTIAL", "not a pair at all")
    with connect(LOCAL, account_id=1) as cyara:
        assert cyara.base_url == LOCAL
        assert cyara.account_id == 1


@pytest.mark.parametrize("base_url", ["https://portal.example/cyarawebapi", "https://127.0.0.1:8443/cyarawebapi"])
def test_for_another_portal_the_guard_stays(base_url: str):
    for make in (connect, GuardedAdapter):
        with pytest.raises(CredentialNotFoundError):
            make(base_url)


def test_plain_http_that_was_allowed_is_no_proxy_of_ours():
    with pytest.raises(CredentialNotFoundError):
        connect("http://portal.internal", allow_plain_http="portal.internal")


@pytest.mark.parametrize("value", ["", "0", "true", "11"])
def test_only_one_value_means_it(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("CYARA_PROXY", value)
    with pytest.raises(CredentialNotFoundError):
        connect(LOCAL)


def test_an_environment_of_its_own_is_asked_instead():
    with pytest.raises(CredentialNotFoundError):
        connect(LOCAL, environ={})


def test_what_only_the_proxy_knows_is_refused_by_name():
    with connect(LOCAL) as cyara:
        for name in ("credential", "guard"):
            with pytest.raises(ConfigurationError, match="through cyara proxy"):
                getattr(cyara, name)


def test_the_secret_in_the_path_is_not_shown():
    with connect(LOCAL) as cyara:
        assert repr(cyara) == "<Cyara http://127.0.0.1:8765, account None, by cyara proxy>"
        assert "SECRET" not in repr(cyara._parts)  # noqa: SLF001 - what a traceback would print


def test_it_pickles_as_the_reference_that_it_is():
    with connect(LOCAL, account_id=3) as cyara:
        again = pickle.loads(pickle.dumps(cyara))  # noqa: S301 - made just now
    assert (again.base_url, again.account_id) == (LOCAL, 3)
    with pytest.raises(ConfigurationError):
        _ = again.credential


def test_calls_carry_no_credential_and_operations_are_not_held_back(tmp_path: Path):
    with LocalPortal() as portal:
        # The local portal in the place of a proxy: it records what came.
        with connect(portal.base_url, account_id=1) as cyara:
            assert cyara.raw("GET", "/v3.0/accounts/1/campaigns").status_code == 401
            assert cyara.raw("POST", "/v3.0/accounts/1/campaigns/812/execute").status_code == 401
            assert asyncio.run(one_of(cyara)) == 401
        with guarded_session(portal.base_url) as session:
            assert session.get(f"{portal.base_url}/v3.0/accounts/1/campaigns").status_code == 401
        with install(httpx.Client(), portal.base_url) as client:
            assert client.get(f"{portal.base_url}/v3.0/accounts/1/campaigns").status_code == 401
        assert portal.arrivals == 5
        assert not any(name == "authorization" for seen in portal.requests for name, _ in seen.headers)
        assert list(tmp_path.iterdir()) == []


async def one_of(cyara) -> int:
    try:
        return (await cyara.aio.raw("GET", "/v3.0/accounts/1/campaigns")).status_code
    finally:
        await cyara.aclose()


def test_a_proxy_of_the_environment_is_not_told_the_secret(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with LocalPortal() as portal:
        with connect(portal.base_url) as cyara:
            assert cyara.raw("GET", "/v3.0/users/roles").status_code == 401
        with guarded_session(portal.base_url) as session:
            assert session.get(f"{portal.base_url}/v3.0/users/roles").status_code == 401
