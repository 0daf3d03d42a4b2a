"""What one portal says of a pair holds there: a test server, a tunnel, a captive portal condemn nothing elsewhere."""

import ssl
from collections.abc import Iterator

import pytest

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CredentialRejectedError, StrikeBudgetExhaustedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import PairState
from cyara_tools.portal import LocalPortal

from ..wire.faces import MakeFace
from ..wire.fixtures import PrivateCa
from ..wire.loopback import PAIR, ConnectProxy, Reply, WireServer

ROUTE = "/v3.0/x"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def portal(running: LocalPortal) -> LocalPortal:
    running.regenerate_token()
    running.forget_requests()
    return running


def test_a_rejection_holds_where_it_was_said(server: WireServer, foreign: WireServer, face: MakeFace) -> None:
    store = MemoryStrikeStore()
    foreign.script = lambda _: Reply(status=401)
    good, wrong = face(server.base_url, store=store), face(foreign.base_url, store=store)
    assert good.get(f"{server.base_url}{ROUTE}").status_code == 200
    assert good.charges == 0
    assert wrong.get(f"{foreign.base_url}{ROUTE}").status_code == 401
    assert (wrong.verdict, good.verdict) == (PairState.REJECTED, PairState.VERIFIED)
    for _ in range(3):
        with pytest.raises(CredentialRejectedError, match=rf"{foreign.origin} said so") as caught:
            wrong.get(f"{foreign.base_url}{ROUTE}")
        assert server.origin not in str(caught.value)
        assert good.get(f"{server.base_url}{ROUTE}").status_code == 200
    assert len(foreign.seen) == 1
    assert good.state.strikes == 1, "it may be a tunnel to the portal, so the strike counts for the key"


def test_a_verification_holds_where_it_was_said(server: WireServer, foreign: WireServer, face: MakeFace) -> None:
    store = MemoryStrikeStore()
    first, second = face(server.base_url, store=store), face(foreign.base_url, store=store)
    first.get(f"{server.base_url}{ROUTE}")
    assert first.charges == 0
    foreign.script = lambda _: Reply(status=502)
    for _ in range(2):
        second.get(f"{foreign.base_url}{ROUTE}")
    with pytest.raises(StrikeBudgetExhaustedError):
        second.get(f"{foreign.base_url}{ROUTE}")
    assert second.verdict is PairState.UNVERIFIED
    assert len(foreign.seen) == 2


def test_the_local_portal_says_nothing_of_a_key_that_it_did_not_issue(portal: LocalPortal, face: MakeFace) -> None:
    client = face(portal.base_url)
    for _ in range(4):
        assert client.get(f"{portal.base_url}/v3.0/accounts/1/campaigns").status_code == 401
        assert client.charges == 0
        assert client.verdict is PairState.UNVERIFIED
    assert len(portal.requests) == 4


def test_a_real_pair_stays_verified_at_its_portal_after_a_visit_to_the_local_one(
    server: WireServer, portal: LocalPortal, face: MakeFace
) -> None:
    store = MemoryStrikeStore()
    real, local = face(server.base_url, store=store), face(portal.base_url, store=store)
    real.get(f"{server.base_url}{ROUTE}")
    assert real.charges == 0
    for _ in range(3):
        assert local.get(f"{portal.base_url}/v3.0/accounts/1/campaigns").status_code == 401
    assert real.charges == 0
    assert real.get(f"{server.base_url}{ROUTE}").status_code == 200


def test_the_local_portal_counts_for_the_key_that_it_issued(portal: LocalPortal, face: MakeFace) -> None:
    stale = portal.credential
    portal.regenerate_token()
    client = face(portal.base_url, credential=stale)
    assert client.get(f"{portal.base_url}/v3.0/accounts/1/campaigns").status_code == 401
    with pytest.raises(CredentialRejectedError):
        client.get(f"{portal.base_url}/v3.0/accounts/1/campaigns")
    assert len(portal.requests) == 1


def test_the_header_is_no_excuse_on_another_machine(
    tls_server: WireServer, private_ca: PrivateCa, httpx_face: MakeFace
) -> None:
    """Whoever answers in the portal's name could let a bad pair through by it."""
    tls_server.script = lambda _: Reply(status=401, headers=(("Cyara-Local-Portal", "0123"),))
    context = ssl.create_default_context(cafile=str(private_ca.file))
    with ConnectProxy(to_port=tls_server.port) as proxy:
        client = httpx_face("https://portal.test", proxy=proxy.url, verify=context)
        assert client.get(f"https://portal.test/cyarawebapi{ROUTE}").status_code == 401
        assert client.charges == 1
        assert client.verdict is PairState.REJECTED


def test_the_header_is_believed_on_this_machine(server: WireServer, face: MakeFace) -> None:
    server.script = lambda _: Reply(status=401, headers=(("Cyara-Local-Portal", "0123"),))
    client = face(server.base_url)
    assert client.get(f"{server.base_url}{ROUTE}").status_code == 401
    assert client.charges == 0
    known = ApiCredential.parse(PAIR).key_fingerprint
    server.script = lambda _: Reply(status=401, headers=(("Cyara-Local-Portal", f"0123, {known}"),))
    assert client.get(f"{server.base_url}{ROUTE}").status_code == 401
    assert client.charges == 1
