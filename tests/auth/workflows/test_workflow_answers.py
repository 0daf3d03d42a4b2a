"""Answers of a portal that says less than its document promises, or the same for ever, while a run is followed."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from cyara_auth import CampaignOutcome, Pace, TransportError
from cyara_auth.client.cyara import Cyara
from cyara_auth.errors import OperationUnavailableError
from cyara_auth.workflows.workflows import AsyncWorkflows, Workflows
from cyara_client.errors import CyaraError, DecodingError, PageError
from cyara_tools.portal import LocalPortal, faults
from cyara_tools.portal.faults import Fault

QUICK = Pace(interval=0.05, deadline=20)
OTHER_TICKET = "11111111-1111-1111-1111-111111111111"
Run = Callable[[int], CampaignOutcome]


def in_a_loop(cyara: Cyara, call: Awaitable[Any]) -> Any:
    async def run() -> Any:
        async with cyara:
            return await call

    return asyncio.run(run())


@pytest.fixture(params=["threads", "tasks"])
def run_campaign(request: pytest.FixtureRequest, cyara: Cyara) -> Run:
    """Run a campaign to its end, blocking or not; whatever holds for one holds for the other."""
    if request.param == "tasks":
        return lambda campaign_id: in_a_loop(cyara, cyara.aio.run_campaign(campaign_id, pace=QUICK))
    return lambda campaign_id: cyara.run_campaign(campaign_id, pace=QUICK)


def answer(path: str, body: object, **details: object) -> Fault:
    said = faults.answer(200, json.dumps(body), media_type="application/json")
    return attrs.evolve(said, path=path, **details)


def a_run(run_id: int, **fields: object) -> dict[str, object]:
    return {"runId": run_id, "startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-01T00:01:00Z", **fields}


def test_no_runs_before_may_be_null(portal: LocalPortal, run_campaign: Run):
    portal.inject(answer("/runs", {"results": None}))
    assert run_campaign(801).results
    assert portal.pending_faults == 0


def test_a_null_among_the_runs_is_passed_over(portal: LocalPortal, run_campaign: Run):
    listed = {"results": [None, a_run(7, campaignRunId=OTHER_TICKET)]}
    portal.inject(
        answer("/runs", {"results": [None]}),
        answer("/execute", {"campaignRunId": OTHER_TICKET}),
        answer("/runs", listed),
        answer("/runs/7", listed["results"][1]),
        answer("/runs", listed),
        answer("/results", {"results": []}),
    )
    assert run_campaign(801).run.run_id == 7
    assert portal.pending_faults == 0


def test_results_that_are_null_are_none_and_nothing_passed(portal: LocalPortal, run_campaign: Run):
    portal.inject(answer("/results", {"results": None}))
    outcome = run_campaign(801)
    assert outcome.results == ()
    assert not outcome.passed


@pytest.mark.parametrize("body", ["", "null"])
def test_no_body_in_place_of_results_is_no_results(portal: LocalPortal, run_campaign: Run, body: str):
    portal.inject(attrs.evolve(faults.answer(200, body, media_type="application/json"), path="/results"))
    outcome = run_campaign(801)
    assert (outcome.verdict, outcome.results) == ("incomplete", ())
    assert "ended early" in outcome.problems[0]


def test_pages_of_results_that_lead_in_a_circle_end_in_an_error_that_keeps_the_run(
    portal: LocalPortal, run_campaign: Run
):
    page = {"results": [{"testResultId": 1, "testCaseId": 1, "name": "a", "result": "Success"}]}
    portal.inject(answer("/results", page | {"nextPage": "?pageno=2"}, times=None))
    with pytest.raises(PageError) as caught:
        run_campaign(801)
    (note,) = caught.value.__notes__
    assert note.startswith("The run itself is over")
    assert "iter_campaign_run_results(campaign_id=801, run_id=" in note


def test_an_error_on_the_results_says_how_to_read_them_without_another_run(portal: LocalPortal, run_campaign: Run):
    portal.inject(attrs.evolve(faults.answer(404), path="/results"))
    with pytest.raises(CyaraError) as caught:
        run_campaign(802)
    assert "campaign_id=802, run_id=" in caught.value.__notes__[0]


@pytest.mark.parametrize("fault", [faults.drop(), faults.gateway(), faults.cut(40)], ids=["dropped", "gateway", "cut"])
def test_results_whose_answer_is_lost_are_asked_for_again(portal: LocalPortal, run_campaign: Run, fault: Fault):
    portal.inject(attrs.evolve(fault, path="/results", times=2))
    outcome = run_campaign(802)
    assert (len(outcome.results), outcome.tally.missing, portal.pending_faults) == (2, 0, 0)


def test_results_whose_answer_is_lost_again_and_again_are_given_up(portal: LocalPortal, run_campaign: Run):
    portal.inject(attrs.evolve(faults.drop(), path="/results", times=None))
    with pytest.raises(TransportError) as caught:
        run_campaign(802)
    assert "need not be repeated for its results" in caught.value.__notes__[0]
    assert sum(request.path.endswith("/results") for request in portal.requests) == 6


def test_a_run_of_before_that_carries_no_ticket_is_not_taken_for_ours(portal: LocalPortal, run_campaign: Run):
    earlier, ours = a_run(1, campaignRunId=None), a_run(2, campaignRunId=None)
    portal.inject(
        answer("/runs", {"results": [earlier]}),
        answer("/execute", {"campaignRunId": None}),
        answer("/runs", {"results": [earlier]}),
        answer("/runs", {"results": [ours, earlier]}),
        answer("/runs/2", ours),
        answer("/runs", {"results": [ours, earlier]}),
        answer("/results", {"results": []}),
    )
    assert run_campaign(801).run.run_id == 2
    assert portal.pending_faults == 0


def test_the_ticket_is_the_same_in_capital_letters(portal: LocalPortal, run_campaign: Run):
    ticket = "abcdefab-0000-4000-8000-abcdefabcdef"
    listed = [a_run(3, campaignRunId=OTHER_TICKET), a_run(4, campaignRunId=ticket.upper())]
    portal.inject(
        answer("/runs", {"results": []}),
        answer("/execute", {"campaignRunId": ticket}),
        answer("/runs", {"results": listed}),
        answer("/runs/4", listed[1]),
        answer("/runs", {"results": listed}),
        answer("/results", {"results": []}),
    )
    assert run_campaign(801).run.run_id == 4


NULLS = {
    "no ticket": ("/execute", None, "ExecuteTestCase"),
    "a ticket without its number": ("/execute", {"testRunTicketId": None}, "ExecuteTestCase"),
    "no details": ("/testresults", None, "GetTestResultDetails"),
}


FACES = {
    "threads": lambda cyara: cyara.validate_test_case(3001, pace=QUICK),
    "tasks": lambda cyara: in_a_loop(cyara, cyara.aio.validate_test_case(3001, pace=QUICK)),
}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("case", NULLS)
def test_a_null_in_place_of_what_is_needed_names_the_operation(cyara: Cyara, portal: LocalPortal, case: str, face: str):
    path, body, operation = NULLS[case]
    portal.inject(answer(path, body))
    with pytest.raises(DecodingError) as caught:
        FACES[face](cyara)
    assert caught.value.operation_id == operation
    assert "null" in str(caught.value)
    assert "test case 3001" in caught.value.__notes__[0]


@pytest.mark.parametrize("face", FACES)
def test_a_test_case_whose_result_has_no_end_yet_is_asked_for_again(cyara: Cyara, portal: LocalPortal, face: str):
    early = {"testResultId": 5, "result": "Success", "endDate": None}
    portal.inject(
        answer("/testresults", early),
        answer("/testresults", {**early, "result": "Running"}),
        answer("/testresults", {**early, "result": "Failed", "endDate": "2026-01-01T00:01:00Z"}),
    )
    assert FACES[face](cyara).verdict == "failed"
    assert portal.pending_faults == 0


class _Partial:
    """A tag whose document lacks the last operation that a workflow needs."""

    def get_campaign_runs(self, **_: object) -> object:
        raise AssertionError("something was sent")

    execute_campaign = execute_test_case = get_campaign_runs


@pytest.mark.parametrize("kind", [Workflows, AsyncWorkflows])
def test_what_the_document_lacks_is_said_before_anything_is_started(kind: type):
    class Client(kind):
        campaigns = test_cases = test_results = _Partial()

    def run(call: object) -> None:
        if kind is AsyncWorkflows:
            asyncio.run(call)

    with pytest.raises(OperationUnavailableError, match=r"iter_campaign_run_results.*nothing was started"):
        run(Client().run_campaign(1))
    with pytest.raises(OperationUnavailableError, match=r"get_test_result_details.*nothing was started"):
        run(Client().validate_test_case(1))
