"""A campaign that one process starts and another follows: what passes between them is plain, and nothing runs twice."""

import asyncio
import datetime as dt
import json
import subprocess
import sys
import warnings
from collections.abc import Iterator

import attrs
import pytest

from cyara_auth import CampaignOutcome, CampaignStart, Pace, TransportError, connect
from cyara_auth.client.cyara import Cyara
from cyara_auth.errors import InferredOperationError, OperationUnavailableError, RunNotFoundError, WaitTimeoutError
from cyara_auth.workflows.search import Listed
from cyara_auth.workflows.tickets import Ticket
from cyara_auth.workflows.workflows import Workflows
from cyara_tools.portal import LocalPortal, faults

from ..wire.loopback import PAIR
from .scripted import CAMPAIGN, RUN, TICKETS, Call, ScriptedPortal, World

QUICK = Pace(interval=0.02, deadline=20)
SHORT = Pace(interval=0.02, deadline=0.4)


def through_json(start: CampaignStart) -> CampaignStart:
    return CampaignStart.from_dict(json.loads(json.dumps(start.to_dict())))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ScriptedPortal, Cyara]]:
    monkeypatch.setenv("CYARA_ALLOW_INFERRED", "1")
    with ScriptedPortal() as portal, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with connect(portal.base_url, PAIR, account_id=1, store="memory:", retries=0) as client:
            yield portal, client


@pytest.mark.parametrize("as_calls", [False, True], ids=["runs", "calls"])
@pytest.mark.parametrize("ticket", TICKETS)
def test_any_start_can_be_followed_after_a_journey_through_json(scripted, ticket: str, *, as_calls: bool):
    portal, cyara = scripted
    calls = [Call(case=3001), Call(case=3002, begins=2, ends=4, result="Failed"), Call(case=3003, begins=3, ends=6)]
    portal.show(World(calls=calls, ticket=ticket, as_calls=as_calls))
    start = cyara.start_campaign(CAMPAIGN)
    assert start.ticket is not None
    assert through_json(start) == start
    outcome = cyara.follow_campaign(through_json(start), pace=QUICK)
    assert (outcome.run_id, outcome.verdict, outcome.tally.passed) == (RUN, "failed", 2)


def test_another_process_follows_the_run(portal: LocalPortal, cyara: Cyara):
    start = cyara.start_campaign(804)
    code = (
        "import json, sys, warnings\n"
        "from cyara_auth import CampaignStart, Pace, connect\n"
        "outcome = connect().follow_campaign(CampaignStart.from_dict(json.load(sys.stdin)), pace=Pace(interval=0.05))\n"
        "print(outcome.run_id, len(outcome.results))\n"
    )
    environ = {
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_ACCOUNT_ID": "1",
        "CYARA_STRIKE_STORE": "memory:",
    }
    text = json.dumps(start.to_dict())
    done = subprocess.run(
        [sys.executable, "-c", code], input=text, env=environ, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    newest = cyara.campaigns.get_campaign_runs(campaign_id=804).results[0]
    assert done.stdout.split() == [str(newest.run_id), "4"]
    assert portal.credential.partition(":")[2] not in text


def test_what_is_known_is_handed_out_before_the_start_is_sent(portal: LocalPortal, cyara: Cyara):
    heard: list[CampaignStart] = []

    def note(start: CampaignStart) -> None:
        assert [visit.method for visit in portal.requests].count("POST") == 0
        heard.append(start)

    start = cyara.start_campaign(803, on_listed=note)
    assert heard == [attrs.evolve(start, ticket=None)]
    assert len(start.test_cases or []) == 3
    assert dt.datetime.now(dt.UTC) - start.at < dt.timedelta(seconds=30)


def test_whoever_hears_it_may_keep_the_campaign_from_being_started(portal: LocalPortal, cyara: Cyara):
    def refuse(start: CampaignStart) -> None:
        raise LookupError(start.campaign_id)

    with pytest.raises(LookupError) as caught:
        cyara.start_campaign(803, on_listed=refuse)
    assert not hasattr(caught.value, "__notes__")
    assert [visit.method for visit in portal.requests].count("POST") == 0


@pytest.mark.parametrize("aio", [False, True])
def test_a_start_whose_answer_was_lost_is_found_in_the_list(portal: LocalPortal, cyara: Cyara, *, aio: bool):
    portal.inject(attrs.evolve(faults.drop(), path="/execute"))
    heard: list[CampaignStart] = []

    async def in_a_task() -> CampaignOutcome:
        async with cyara:
            with pytest.raises(TransportError):
                await cyara.aio.start_campaign(805, on_listed=heard.append)
            return await cyara.aio.follow_campaign(heard[0], pace=QUICK)

    if aio:
        outcome = asyncio.run(in_a_task())
    else:
        with pytest.raises(TransportError) as caught:
            cyara.start_campaign(805, on_listed=heard.append)
        assert not caught.value.nothing_sent
        outcome = cyara.follow_campaign(through_json(heard[0]), pace=QUICK)
    assert len(outcome.results) == 5
    assert [visit.method for visit in portal.requests].count("POST") == 1


def test_a_start_that_never_arrived_is_given_up_before_the_deadline(still_portal: LocalPortal):
    with connect(still_portal.base_url, still_portal.credential, account_id=1, store="memory:") as cyara:
        never = CampaignStart(campaign_id=801, before=(), test_cases=[])
        listed = cyara.campaigns.get_campaign_runs(campaign_id=801).results
        never = attrs.evolve(never, before=tuple(map(Listed.of, listed)))
        with pytest.raises(RunNotFoundError) as caught:
            cyara.follow_campaign(never, pace=SHORT)
    assert caught.value.seconds < SHORT.deadline
    assert "No run of campaign 801 was listed" in caught.value.__notes__[-1] + caught.value.__notes__[0]


def test_a_start_that_was_answered_is_waited_for_until_the_deadline(still_portal: LocalPortal):
    with (
        connect(still_portal.base_url, still_portal.credential, account_id=1, store="memory:") as cyara,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        start = cyara.start_campaign(801)
        with pytest.raises(WaitTimeoutError) as caught:
            cyara.follow_campaign(start, pace=SHORT)
    assert not isinstance(caught.value, RunNotFoundError)
    assert caught.value.seconds >= SHORT.deadline


def test_a_run_is_told_when_it_is_found_and_can_then_be_followed_by_its_numbers(portal: LocalPortal, cyara: Cyara):
    start = cyara.start_campaign(806)
    found: list[CampaignStart] = []
    outcome = cyara.follow_campaign(start, pace=QUICK, on_found=lambda run: found.append(start.found(run)))
    assert [each.run.runs for each in found if each.run] == [{str(outcome.run_id)}]
    # Another run in between changes nothing: only that one is looked for.
    cyara.run_campaign(806, pace=QUICK)
    again = cyara.follow_campaign(through_json(found[0]), pace=QUICK)
    assert (again.run_id, len(again.results)) == (outcome.run_id, 6)


@pytest.mark.parametrize("by", ["run_id", "campaign_run_id"])
def test_a_run_is_followed_by_either_of_its_numbers_however_old_it_is(portal: LocalPortal, cyara: Cyara, by: str):
    oldest = list(cyara.campaigns.iter_campaign_runs(campaign_id=801))[-1]
    start = CampaignStart.of_run(801, getattr(oldest, by))
    outcome = cyara.follow_campaign(through_json(start), pace=QUICK)
    assert outcome.run_id == oldest.run_id
    assert outcome.tally.missing == 0


@pytest.mark.parametrize("run", [999, "0b9f7d3a-5c1e-4f60-9f0e-1c2d3e4f5a6b"])
def test_no_other_run_is_taken_for_one_that_is_named(cyara: Cyara, run: object):
    cyara.start_campaign(801)
    with pytest.raises(RunNotFoundError):
        cyara.follow_campaign(CampaignStart.of_run(801, run), pace=SHORT)


@pytest.mark.parametrize("nothing", ["", None, 0, "00000000-0000-0000-0000-000000000000"])
def test_a_run_without_a_number_is_refused(nothing: object):
    with pytest.raises(ValueError, match="no number of a run"):
        CampaignStart.of_run(801, nothing)


def moment(minute: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, 10, minute, tzinfo=dt.UTC)


def listed(number: int, start: int, end: int | None, *, campaign_run: str | None = None) -> Listed:
    return Listed(
        number, str(number), campaign_run, moment(start), None if end is None else moment(end), end is not None
    )


def test_the_listing_tells_of_a_run_that_goes_on_and_of_those_before():
    before = (listed(3, 9, None), listed(1, 1, 3), listed(2, 5, 8))
    start = CampaignStart(campaign_id=1, before=before)
    assert start.running is not None
    assert start.running.numbers == (3,)
    assert [(run.numbers, run.end and run.end.minute) for run in start.earlier] == [((3,), None), ((2,), 8), ((1,), 3)]
    # A run of long ago that never got its end keeps nothing from running.
    assert CampaignStart(campaign_id=1, before=(listed(1, 1, None), listed(2, 5, 8))).running is None
    assert CampaignStart(campaign_id=1).running is None


def test_a_run_of_which_one_call_goes_on_goes_on():
    ticket = "15a79226-0d50-4c8f-975f-8ac27bcf25d3"
    calls = (listed(7, 5, 6, campaign_run=ticket), listed(8, 6, None, campaign_run=ticket))
    running = CampaignStart(campaign_id=1, before=calls).running
    assert running is not None
    assert (running.numbers, running.start, running.end) == ((7, 8), moment(5), None)


@pytest.mark.parametrize(
    "value", [{}, [], None, "x", {"campaign_id": 1}, {**CampaignStart(campaign_id=1).to_dict(), "before": [[1]]}]
)
def test_what_is_no_start_is_refused_in_a_sentence(value: object):
    with pytest.raises(ValueError, match="This is no start of a campaign"):
        CampaignStart.from_dict(value)


def test_a_start_with_everything_survives_json():
    ticket = Ticket(runs=frozenset({"1", "2"}), others=frozenset({"x"}))
    start = CampaignStart(
        campaign_id=1, account_id="a", before=(listed(1, 2, 3),), test_cases=[{"id": 1}], ticket=ticket, run=Ticket()
    )
    assert through_json(start) == start


def test_what_a_start_would_be_refused_for_is_known_before_anything_is_sent(scripted, monkeypatch: pytest.MonkeyPatch):
    portal, _ = scripted
    world = portal.show(World(calls=[]))
    monkeypatch.delenv("CYARA_ALLOW_INFERRED")
    with connect(portal.base_url, PAIR, account_id=1, store="memory:") as cyara:
        with pytest.raises(InferredOperationError):
            cyara.check_campaigns()
        with pytest.raises(InferredOperationError):
            cyara.start_campaign(CAMPAIGN)

        async def in_a_task() -> None:
            async with cyara:
                await cyara.aio.check_campaigns()

        with pytest.raises(InferredOperationError):
            asyncio.run(in_a_task())
    assert world.seen == [] or set(world.seen) == {"GET "}
    with pytest.raises(OperationUnavailableError):
        Workflows().check_campaigns()
