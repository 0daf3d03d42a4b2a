"""`connect()` against a portal that misbehaves: each fault is one clear error of one tree, with the facts, and safe."""

import asyncio
import json
import pickle
import re
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import attrs
import pytest

from cyara_auth import Cyara, RetryPolicy, TransportError, connect
from cyara_auth.errors import UnexpectedAuthPageError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.errors import (
    BadRequest,
    Conflict,
    CyaraError,
    DecodingError,
    NotFound,
    RateLimited,
    ServerError,
    UnexpectedStatus,
)
from cyara_tools.portal import LocalPortal, faults
from cyara_tools.portal.faults import Fault

# The campaign that is executed here is executed by a guess, which says so once.
pytestmark = pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")

PROBLEM = '{"title": "Not now", "detail": "It runs.", "status": 409, "inner": "canary", "traceId": "00-4bf9-01"}'
CANARY = "canary"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPortal]:
    with LocalPortal() as portal:
        yield portal


@pytest.fixture
def portal(running: LocalPortal) -> LocalPortal:
    running.clear_faults()
    running.regenerate_token()
    running.forget_requests()
    return running


@pytest.fixture
def cyara(portal: LocalPortal) -> Iterator[Cyara]:
    with client_of(portal) as client:
        client.verify()
        portal.forget_requests()
        yield client


def client_of(portal: LocalPortal, **options: Any) -> Cyara:
    usual = {"account_id": portal.account_id, "store": MemoryStrikeStore(), "retries": RetryPolicy(base=0.0)}
    return connect(portal.base_url, portal.credential, **{**usual, **options})


def answer(status: int, body: str, media_type: str = "application/json", **more: Any) -> Fault:
    return Fault(status=status, body=body, media_type=media_type, times=None, **more)


FAULTS = {
    "login page": (attrs.evolve(faults.login_page(), times=None), UnexpectedAuthPageError, "login page"),
    "page of a gateway": (answer(200, "<html>canary</html>", "text/html"), CyaraError, "page"),
    "empty": (answer(200, ""), DecodingError, "the body is empty"),
    "JSON cut off": (answer(200, '{"campaignId": 1, "name": "canary'), DecodingError, "not valid JSON at byte"),
    "image": (answer(200, "canary", "image/png"), DecodingError, "image/png that is not valid JSON"),
    "JSON of something else": (answer(200, '["canary"]'), DecodingError, r"at \$: Campaign expected, an array"),
    "400": (answer(400, PROBLEM), BadRequest, 'the portal says "Not now: It runs."'),
    "404": (answer(404, "no such\ncampaign", "text/plain"), NotFound, 'the portal says "no such campaign"'),
    "409": (answer(409, PROBLEM, "application/problem+json"), Conflict, "answered 409; request id 00-4bf9-01"),
    "429": (answer(429, "", headers=(("Retry-After", "900"),)), RateLimited, "the portal asks to wait 900 s"),
    "499": (answer(499, "canary", "text/html"), UnexpectedStatus, "answered 499"),
    "500": (answer(500, "<html>canary</html>", "text/html"), ServerError, "answered 500"),
    "503": (answer(503, PROBLEM), ServerError, "answered 503; on attempt 3"),
    "520": (answer(520, "canary", "text/html"), ServerError, "answered 520"),
    "redirect": (
        attrs.evolve(faults.redirect("https://login.example.com/"), times=None),
        UnexpectedAuthPageError,
        "302",
    ),
    "cut in the head": (attrs.evolve(faults.cut(20), times=None), TransportError, "got no answer: RemoteProtocol"),
    "cut in the body": (attrs.evolve(faults.cut(300), times=None), TransportError, "got no answer: RemoteProtocol"),
    "no answer": (attrs.evolve(faults.drop(), times=None), TransportError, "may have received the call"),
}


def caught_by(cyara: Cyara, *, asynchronous: bool) -> CyaraError:
    async def in_a_loop() -> None:
        try:
            await cyara.aio.campaigns.get_campaign(campaign_id=801)
        finally:
            await cyara.aclose()

    with pytest.raises(CyaraError) as caught:
        asyncio.run(in_a_loop()) if asynchronous else cyara.campaigns.get_campaign(campaign_id=801)
    return caught.value


@pytest.mark.parametrize("asynchronous", [False, True], ids=["threads", "tasks"])
@pytest.mark.parametrize("case", FAULTS)
def test_each_fault_is_one_clear_error(portal: LocalPortal, cyara: Cyara, case: str, *, asynchronous: bool) -> None:
    fault, kind, said = FAULTS[case]
    portal.inject(fault)
    error = caught_by(cyara, asynchronous=asynchronous)
    assert isinstance(error, kind)
    assert re.search(said, str(error))
    text = str(error) + repr(error) + "".join(traceback.format_exception_only(error))
    for secret in (CANARY, *portal.credential.split(":")):
        assert secret not in text
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert (type(again), str(again)) == (type(error), str(error))
    assert portal.invalid_calls_by_token[-1] == 0
    portal.clear_faults()


def test_an_error_has_every_fact(portal: LocalPortal, cyara: Cyara) -> None:
    portal.inject(answer(409, PROBLEM, "application/problem+json", headers=(("Retry-After", "7"),)))
    with pytest.raises(Conflict) as caught:
        cyara.campaigns.execute_campaign(campaign_id=801)
    error = caught.value
    assert (error.method, error.path_template, error.operation_id, error.status_code) == (
        "POST",
        "/v3.0/accounts/{accountId}/campaigns/{campaignId}/execute",
        "ExecuteCampaign",
        409,
    )
    assert error.problem is not None
    assert error.problem["detail"] == "It runs."
    assert (error.request_id, error.attempt, error.retry_after) == ("00-4bf9-01", 1, 7.0)
    assert error.content == PROBLEM.encode()
    assert len(portal.requests) == 1


def test_the_credential_is_taken_out_of_the_portals_words_in_every_spelling(portal: LocalPortal, cyara: Cyara) -> None:
    key, token = portal.credential.split(":")
    for spelling in (portal.credential, key, token, quote(portal.credential, safe=""), token.replace("/", "\\/")):
        portal.inject(answer(400, json.dumps({"title": "No", "detail": f"not {spelling} again"})))
        error = caught_by(cyara, asynchronous=False)
        assert 'the portal says "No: not [redacted] again"' in str(error)
        portal.clear_faults()


def test_a_redirect_is_not_followed(portal: LocalPortal, cyara: Cyara) -> None:
    portal.inject(faults.redirect(f"{portal.base_url}/v3.0/accounts/1/plans"))
    with pytest.raises(UnexpectedStatus) as caught:
        cyara.campaigns.get_campaigns()
    assert caught.value.headers["location"].endswith("/plans")
    assert len(portal.requests) == 1


def test_a_post_whose_answer_is_lost_is_sent_once(portal: LocalPortal, cyara: Cyara) -> None:
    for fault in (faults.answer(503), faults.drop(), faults.gateway(504)):
        portal.forget_requests()
        portal.inject(fault)
        with pytest.raises(CyaraError):
            cyara.campaigns.execute_campaign(campaign_id=801)
        assert len(portal.requests) == 1


def test_a_slow_body_arrives_and_a_stalled_one_times_out(portal: LocalPortal) -> None:
    with client_of(portal, timeout=1.0) as cyara:
        portal.inject(Fault(chunk_delay=0.02))  # pauses shorter than the timeout add up to no timeout
        assert len(cyara.campaigns.get_campaigns(page_size=50).results) == 50
        portal.inject(Fault(chunk_delay=3.0))
        began = time.monotonic()
        with pytest.raises(TransportError, match="ReadTimeout"):
            cyara.campaigns.get_campaigns(page_size=50)
        assert time.monotonic() - began < 2.5


def test_a_429_storm_of_64_threads_is_answered_with_few_repeats(portal: LocalPortal, cyara: Cyara) -> None:
    portal.inject(answer(429, ""))

    def call(_: int) -> type[Exception]:
        with pytest.raises(CyaraError) as caught:
            cyara.campaigns.get_campaigns()
        return type(caught.value)

    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(call, range(128))) == {RateLimited}
    # 128 calls, and as many repeats as the quota has: 100 points at 5 each.
    assert len(portal.requests) == 128 + 20
    portal.clear_faults()
    assert cyara.campaigns.get_campaigns().results


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_list_that_breaks_off_gives_what_was_read_and_then_the_error(
    portal: LocalPortal, cyara: Cyara, page: int
) -> None:
    portal.inject(attrs.evolve(faults.cut(400), skip=page - 1, path="/campaigns"))
    read = []
    with pytest.raises(TransportError):
        read.extend(campaign.campaign_id for campaign in cyara.campaigns.iter_campaigns())
    assert cyara.campaigns.get_campaigns().results
    assert portal.pending_faults == 0
    assert len(portal.requests) == page + 1


def test_nulls_new_members_and_long_dates_are_read(portal: LocalPortal, cyara: Cyara) -> None:
    try:
        for form in ("nulls", "unknown_enum", "dates7"):
            portal.answer_in_form(form)
            assert cyara.campaigns.get_campaign(campaign_id=801) is not None
            assert len(list(cyara.campaigns.iter_campaigns(limit=2))) == 2
    finally:
        portal.answer_in_form("full")
