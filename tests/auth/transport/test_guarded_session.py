"""`guarded_session()`: one line in an old script of `requests`, and whatever else the script does stays harmless."""

import pickle
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cyara_auth.errors import CredentialRejectedError, UnsupportedClientError
from cyara_auth.requests import GuardedSession, guarded_session
from cyara_auth.stores.memory import MemoryStrikeStore

from ..wire.loopback import KEY, PAIR, Reply, WireServer

HEADER = [f"ApiKey {PAIR}"]
PASTED = {"Authorization": f"ApiKey {KEY}:{'o' * 44}"}


def session_of(server: WireServer) -> GuardedSession:
    return guarded_session(server.base_url, PAIR, store=MemoryStrikeStore())


def test_an_old_script_with_the_one_line_changed(
    server: WireServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CYARA_BASE_URL", server.base_url)
    monkeypatch.setenv("CYARA_API_CREDENTIAL", PAIR)
    monkeypatch.setenv("CYARA_STRIKE_STORE", "memory:")
    with guarded_session() as session:
        session.headers.update(PASTED)
        for _ in range(2):
            answer = session.get(f"{server.base_url}/v3.0/accounts/1/campaigns", headers={"accept": "application/json"})
            assert answer.json() == {}
        assert session.base_url == server.base_url
        assert isinstance(session, requests.Session)
    assert [seen.authorization for seen in server.seen] == [HEADER, HEADER]
    assert len([record for record in caplog.records if "was dropped for" in record.message]) == 1


def test_a_stale_pair_is_one_call(server: WireServer) -> None:
    server.script = lambda _: Reply(status=401)
    with session_of(server) as session:
        assert session.get(f"{server.base_url}/x").status_code == 401
        for _ in range(3):
            with pytest.raises(CredentialRejectedError):
                session.get(f"{server.base_url}/x", auth=("user", "password"))
    assert len(server.seen) == 1


@pytest.mark.parametrize("place", ["http://", "http://127.0.0.1", "the API"])
def test_an_adapter_that_retries_is_refused_in_the_place_of_the_guard(server: WireServer, place: str) -> None:
    server.script = lambda _: Reply(status=401)
    with session_of(server) as session:
        session.headers.update(PASTED)
        retrying = HTTPAdapter(max_retries=Retry(3, status_forcelist=[401]))
        session.mount(server.base_url if place == "the API" else place, retrying)
        with pytest.raises(UnsupportedClientError, match=r"take that mount\(\) out"):
            session.get(f"{server.base_url}/x")
    assert server.seen == []


def test_an_adapter_for_another_host_may_be_mounted(server: WireServer, foreign: WireServer) -> None:
    with session_of(server) as session:
        session.mount(foreign.origin, HTTPAdapter(max_retries=2))
        assert session.get(f"{foreign.origin}/x").status_code == 200
        assert session.get(f"{server.base_url}/x").status_code == 200
    assert (foreign.seen[0].authorization, server.seen[0].authorization) == ([], HEADER)


def test_a_pasted_pair_reaches_no_other_host(tls_server: WireServer, server: WireServer) -> None:
    # The portal is reached by https, the other host, or the portal's name mistyped, by http.
    with guarded_session(tls_server.base_url, PAIR, store=MemoryStrikeStore()) as session:
        assert session.get(f"{server.origin}/x", headers=PASTED).status_code == 200
    assert server.seen[0].authorization == []


def test_row_45_a_netrc_entry_is_not_sent(server: WireServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with session_of(server) as session:
        assert session.trust_env
        session.get(f"{server.base_url}/x")
    assert server.seen[0].authorization == HEADER


def test_it_is_not_pickled_with_its_credential(server: WireServer) -> None:
    with session_of(server) as session, pytest.raises(TypeError, match="Make one in each process"):
        pickle.dumps(session)
