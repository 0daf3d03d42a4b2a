"""The whole client against the local portal: what the portal counted is what matters."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cyara_auth import Cyara, DriftError, RetryPolicy, connect
from cyara_auth.errors import AdmissionRefusedError, ConfigurationError, CredentialRejectedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_auth.strikes.state import PairState
from cyara_client.api.campaigns import get_campaigns
from cyara_client.errors import RateLimited, ServerError, Unauthorized
from cyara_tools.portal import LocalPortal, faults

STALE_TAIL = "A" * 43 + "="


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def portal(running: LocalPortal) -> LocalPortal:
    """One portal for all tests of this module, each with a token of its own."""
    running.clear_faults()
    running.answer_in_form("full")
    running.regenerate_token()
    running.forget_requests()
    return running


def client_of(portal: LocalPortal, **options: object) -> Cyara:
    usual = {"account_id": portal.account_id, "store": MemoryStrikeStore(), "retries": RetryPolicy(base=0.0)}
    return connect(portal.base_url, **{"credential": portal.credential, **usual, **options})


def stale(portal: LocalPortal) -> str:
    return f"{portal.credential.partition(':')[0]}:{STALE_TAIL}"


def invalid(portal: LocalPortal) -> int:
    return sum(not visit.credential_correct for visit in portal.requests)


def test_ten_lines(portal: LocalPortal) -> None:
    with client_of(portal) as cyara:
        page = get_campaigns.sync(account_id=portal.account_id, client=cyara)
    assert len(page.results) == 50
    (visit,) = portal.requests
    assert visit.credential_correct
    assert not visit.secret_elsewhere


def test_resources_fill_in_the_account(portal: LocalPortal) -> None:
    with client_of(portal) as cyara:
        campaign = cyara.campaigns.get_campaigns().results[0]
        assert cyara.campaigns.get_campaign(campaign_id=campaign.campaign_id).name == campaign.name
        assert len(list(cyara.campaigns.iter_campaigns())) == 130
    assert {visit.status for visit in portal.requests} == {200}


@pytest.mark.anyio
async def test_resources_for_tasks(portal: LocalPortal) -> None:
    async with client_of(portal) as cyara:
        campaigns = (await cyara.aio.campaigns.get_campaigns()).results[:10]
        ids = [campaign.campaign_id for campaign in campaigns]
        details = await asyncio.gather(*(cyara.aio.campaigns.get_campaign(campaign_id=one) for one in ids))
    assert [campaign.name for campaign in details] == [campaign.name for campaign in campaigns]
    assert all(visit.credential_correct for visit in portal.requests)


def test_a_401_raises_and_the_next_call_is_refused_unsent(portal: LocalPortal) -> None:
    with client_of(portal, credential=stale(portal)) as cyara:
        with pytest.raises(Unauthorized) as caught:
            cyara.campaigns.get_campaigns()
        assert caught.value.attempt == 1
        with pytest.raises(CredentialRejectedError):
            cyara.campaigns.get_campaigns()
    assert invalid(portal) == len(portal.requests) == 1


def test_50_threads_with_a_stale_pair_cost_one_call(portal: LocalPortal) -> None:
    with client_of(portal, credential=stale(portal)) as cyara, ThreadPoolExecutor(50) as pool:

        def call(_: int) -> type[Exception] | None:
            try:
                cyara.campaigns.get_campaigns()
            except (Unauthorized, AdmissionRefusedError) as error:
                return type(error)
            return None

        results = list(pool.map(call, range(50)))
    assert invalid(portal) == 1
    assert (results.count(Unauthorized), results.count(CredentialRejectedError)) == (1, 49)
    assert not portal.token_void


def test_regenerated_token_is_picked_up_from_the_environment(
    portal: LocalPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CYARA_API_CREDENTIAL", portal.credential)
    with client_of(portal, credential=None) as cyara:
        cyara.campaigns.get_campaigns()
        portal.regenerate_token()
        with pytest.raises(Unauthorized):
            cyara.campaigns.get_campaigns()
        monkeypatch.setenv("CYARA_API_CREDENTIAL", portal.credential)
        cyara.campaigns.get_campaigns()
    assert invalid(portal) == 1


def test_errors_know_the_attempt_and_retry_after(portal: LocalPortal) -> None:
    with client_of(portal) as cyara:
        cyara.campaigns.get_campaigns()
        portal.inject(faults.Fault(status=503, times=2))
        assert len(cyara.campaigns.get_campaigns().results) == 50
        portal.inject(faults.Fault(status=503, times=3))
        with pytest.raises(ServerError) as caught:
            cyara.campaigns.get_campaigns()
        assert caught.value.attempt == 3
        portal.inject(faults.Fault(status=429, headers=(("Retry-After", "3600"),)))
        with pytest.raises(RateLimited) as limited:
            cyara.campaigns.get_campaigns()
        assert (limited.value.attempt, limited.value.retry_after) == (1, 3600.0)
    assert invalid(portal) == 0


def test_strict_client_hears_about_drift_and_the_pair_is_verified_all_the_same(portal: LocalPortal) -> None:
    portal.answer_in_form("unknown_enum")
    with client_of(portal, strict=True) as cyara:
        with pytest.raises(DriftError):
            cyara.campaigns.get_campaigns()
        state = cyara.guard.store.read(cyara.credential.key_fingerprint)
        assert state.pairs[0].at(portal.origin).verdict is PairState.VERIFIED
        assert cyara.with_options(strict=False).campaigns.get_campaigns().results


def test_verify_is_one_cheap_get(portal: LocalPortal) -> None:
    with client_of(portal) as cyara:
        assert cyara.verify().status_code == 200
        assert cyara.verify("GetPlans").status_code == 200
        for operation in ("Nonsense", "CreateUser", "GetCampaign"):
            with pytest.raises(ConfigurationError, match=operation):
                cyara.verify(operation)
    with client_of(portal, account_id=None) as cyara, pytest.raises(ConfigurationError, match="CYARA_ACCOUNT_ID"):
        cyara.verify()
    first, second = portal.requests
    assert (first.operation, first.query) == ("GET /v3.0/accounts/{accountId}/testcases", "pageSize=1")
    assert second.operation == "GET /v3.0/accounts/{accountId}/plans"


@pytest.mark.anyio
async def test_verify_for_tasks(portal: LocalPortal) -> None:
    async with client_of(portal) as cyara:
        assert (await cyara.aio.verify()).status_code == 200


def test_inferred_operation_warns_once_per_process(portal: LocalPortal) -> None:
    code = (
        "import os, warnings\n"
        "from cyara_auth import connect\n"
        "with warnings.catch_warnings(record=True) as caught, connect() as cyara:\n"
        "    warnings.simplefilter('always')\n"
        "    for _ in range(3):\n"
        "        cyara.users.get_user_roles()\n"
        "        cyara.campaigns.get_campaigns()\n"
        "print([(w.category.__name__, 'GetUserRoles' in str(w.message)) for w in caught])\n"
    )
    environ = {
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_STRIKE_STORE": "memory:",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=50, check=True
    )
    assert done.stdout.strip() == "[('UnverifiedOperationWarning', True)]"
