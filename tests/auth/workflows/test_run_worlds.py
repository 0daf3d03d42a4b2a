"""Runs of a campaign at portals of any kind that may be the real one: found, followed to the end, and judged then."""

import asyncio
import warnings
from collections.abc import Iterator

import pytest

from cyara_auth import CampaignOutcome, DriftError, Pace, connect
from cyara_auth.client.cyara import Cyara
from cyara_auth.errors import WaitTimeoutError
from cyara_client.errors import DecodingError

from ..wire.loopback import PAIR
from .scripted import CAMPAIGN, NAMING, RUN, TICKETS, Call, ScriptedPortal, World

QUICK = Pace(interval=0.005, deadline=10)
IMPATIENT = Pace(interval=0.005, deadline=0.4)
GOOD = [Call(case=3001), Call(case=3002, begins=2, ends=4), Call(case=3003, begins=3, ends=6)]
LATE = [Call(case=3001), Call(case=3002, begins=3, ends=4, result="Failed"), Call(case=3003, begins=5, ends=6)]


@pytest.fixture
def portal() -> Iterator[ScriptedPortal]:
    with ScriptedPortal() as running:
        yield running


@pytest.fixture
def cyara(portal: ScriptedPortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cyara]:
    monkeypatch.setenv("CYARA_ALLOW_INFERRED", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with connect(portal.base_url, PAIR, account_id=1, store="memory:", retries=0) as client:
            yield client


def run(cyara: Cyara, pace: Pace = QUICK) -> CampaignOutcome:
    return cyara.run_campaign(CAMPAIGN, pace=pace)


@pytest.mark.parametrize("as_calls", [False, True], ids=["runs", "calls"])
@pytest.mark.parametrize("ticket", TICKETS)
def test_any_success_of_the_start_is_followed_to_the_end(
    portal: ScriptedPortal, cyara: Cyara, ticket: str, *, as_calls: bool
):
    portal.show(World(calls=GOOD, ticket=ticket, as_calls=as_calls))
    outcome = run(cyara)
    assert outcome.passed
    assert outcome.run_id == RUN
    portal.show(World(calls=LATE, ticket=ticket, as_calls=as_calls))
    outcome = run(cyara)
    assert (outcome.verdict, dict(outcome.tally)) == (
        "failed",
        {"passed": 2, "failed": 1, "not_called": 0, "missing": 0},
    )


def test_tasks_do_the_same(portal: ScriptedPortal, cyara: Cyara):
    portal.show(World(calls=LATE, as_calls=True, ticket="no content", lost_page=1))

    async def run_it() -> CampaignOutcome:
        async with cyara:
            return await cyara.aio.run_campaign(CAMPAIGN, pace=QUICK)

    outcome = asyncio.run(run_it())
    assert (outcome.verdict, outcome.tally.missing) == ("incomplete", 3)
    assert "list has 3" in outcome.problems[0]


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
@pytest.mark.parametrize("earlier", [0, 1, 7])
@pytest.mark.parametrize("ticket", ["object", "no content", "run id"])
def test_a_run_of_before_is_never_taken_wherever_it_is_listed(
    portal: ScriptedPortal, cyara: Cyara, order: str, earlier: int, ticket: str
):
    portal.show(World(calls=GOOD, order=order, earlier=earlier, runs_page=3, ticket=ticket, as_calls=True))
    outcome = run(cyara)
    assert (outcome.run_id, outcome.passed) == (RUN, True)


@pytest.mark.parametrize("ticket", sorted(NAMING))
def test_a_run_of_somebody_elses_is_not_taken_for_the_one_that_the_ticket_names(
    portal: ScriptedPortal, cyara: Cyara, ticket: str
):
    later = [Call(case=1, result="Failed", begins=12, ends=14)]
    portal.show(World(calls=later, ticket=ticket, others=2))
    outcome = run(cyara)
    assert (outcome.run_id, outcome.verdict) == (RUN, "failed")


def test_calls_with_a_number_each_are_all_followed(portal: ScriptedPortal, cyara: Cyara):
    world = portal.show(World(calls=LATE, as_calls=True, number_each=True))
    outcome = run(cyara)
    assert outcome.verdict == "failed"
    assert {f"GET /campaigns/{CAMPAIGN}/runs/{RUN + number}" for number in range(3)} <= set(world.seen)
    assert len(outcome.results) == 3


def test_nothing_is_judged_before_the_run_has_its_end(portal: ScriptedPortal, cyara: Cyara):
    world = portal.show(World(calls=[Call(case=1), Call(case=2, begins=20, ends=30)], as_calls=True))
    heard = []
    outcome = cyara.run_campaign(CAMPAIGN, pace=QUICK, on_progress=heard.append)
    assert outcome.passed
    assert [line for line in world.seen if line.endswith("/results")] == world.seen[-1:]
    assert heard


def test_a_run_that_is_never_listed_is_an_error_that_says_what_the_ticket_named(portal: ScriptedPortal, cyara: Cyara):
    portal.show(World(calls=[Call(case=1, begins=10_000)], others=1))
    with pytest.raises(WaitTimeoutError) as caught:
        run(cyara, IMPATIENT)
    assert "15a7922" in caught.value.__notes__[0]
    assert f"No run of campaign {CAMPAIGN} was listed that can be the one" in caught.value.__notes__[0]


def test_a_run_without_end_is_an_error_and_no_verdict(portal: ScriptedPortal, cyara: Cyara):
    portal.show(World(calls=[Call(case=1), Call(case=2, begins=10_000, ends=10_000)], as_calls=True))
    with pytest.raises(WaitTimeoutError):
        run(cyara, IMPATIENT)


def test_what_was_ever_seen_of_runs_and_results_is_enough(portal: ScriptedPortal, cyara: Cyara):
    portal.show(World(calls=GOOD, bare=True, results_page=2))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.run_id, len(outcome.results)) == ("passed", RUN, 3)
    portal.show(World(calls=LATE, bare=True, as_calls=True))
    assert run(cyara).verdict == "failed"
    portal.show(World(calls=GOOD, bare=True, results_page=2, lost_page=2))
    assert run(cyara).verdict == "incomplete"
    portal.show(World(calls=[Call(case=1, result=None)], bare=True))
    assert run(cyara).verdict == "not_called"


@pytest.mark.parametrize("end_date", ["01/02/2026 10:00", "/Date(1767225600000)/", 1767225600, "2026-01-02T10:00:00"])
def test_an_end_in_another_form_is_an_end(portal: ScriptedPortal, cyara: Cyara, end_date: object):
    portal.show(World(calls=GOOD, end_date=end_date))
    assert run(cyara).passed


@pytest.mark.parametrize("end_date", ["0001-01-01T00:00:00", "Running", True, [], "-"])
def test_what_is_no_moment_is_no_end(portal: ScriptedPortal, cyara: Cyara, end_date: object):
    portal.show(World(calls=GOOD, end_date=end_date))
    with pytest.raises(WaitTimeoutError):
        run(cyara, IMPATIENT)


TOTALS = {
    "the total says four": ({"total": 4}, 1),
    "the total is a text": ({"total": "5"}, 2),
    "the second page is lost": ({"results_page": 2, "lost_page": 2}, 1),
    "the first page is lost": ({"lost_page": 1}, 3),
    "without a total, a test case has no result": ({"results_page": 2, "lost_page": 2, "total": None}, 1),
    "everything but the test cases is lost": ({"lost_page": 1, "total": None}, 3),
}


@pytest.mark.parametrize("case", TOTALS)
def test_results_that_are_not_all_there_are_incomplete_and_kept(portal: ScriptedPortal, cyara: Cyara, case: str):
    changes, missing = TOTALS[case]
    portal.show(World(calls=GOOD, **changes))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.passed, outcome.tally.missing) == ("incomplete", False, missing)
    assert len(outcome.results) == (2 if changes.get("lost_page") == 2 else 0 if "lost_page" in changes else 3)
    assert outcome.problems


@pytest.mark.parametrize(
    "test_cases",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="none"),
        pytest.param(404, id="not found"),
        pytest.param(500, id="an error"),
        pytest.param([3001, 3002, 3003], id="numbers"),
        pytest.param([{}, {}, {}], id="without numbers"),
        pytest.param([{"testCaseId": "3001"}, {"testCaseId": 3002.0}], id="numbers as texts and floats"),
        pytest.param([{"id": 3001}, {"testCase": {"id": 3002}}, {"name": "case 3003"}], id="elsewhere"),
        pytest.param(
            [{"id": 1, "name": "Case 3001"}, {"id": 2, "name": "case 3002 "}], id="names agree, numbers do not"
        ),
        pytest.param("three", id="a text"),
    ],
)
def test_what_the_campaign_does_not_tell_is_no_difference(portal: ScriptedPortal, cyara: Cyara, test_cases: object):
    portal.show(World(calls=GOOD, test_cases=test_cases))
    assert run(cyara).passed


@pytest.mark.parametrize(
    ("test_cases", "missing"),
    [
        ([{"testCaseId": 3001}, {"testCaseId": 4000}], 1),
        ([3001, 3002, 3003, 3004, 3005], 2),
        ([{}, {}, {}, {}], 1),
        ([{"name": "case 9"}], 1),
        ([{"testCaseId": 3001}, {"testCaseId": 3001}], 1),
    ],
)
def test_a_listed_test_case_without_a_result_is_missing(
    portal: ScriptedPortal, cyara: Cyara, test_cases: object, missing: int
):
    portal.show(World(calls=GOOD, test_cases=test_cases))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.tally.missing) == ("incomplete", missing)
    assert f"{missing} have no result" in outcome.problems[0]


@pytest.mark.parametrize("total", ["4.0", " 4 ", 4.0, "4"])
@pytest.mark.parametrize("name", ["totalResults", "TotalResults", "totalCount", "total_results"])
def test_a_total_in_another_spelling_is_a_total(portal: ScriptedPortal, cyara: Cyara, name: str, total: object):
    portal.show(World(calls=GOOD, total=total, total_name=name))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.tally.missing) == ("incomplete", 1)


@pytest.mark.parametrize(
    "form",
    [{"results": []}, {"results": None}, {}, {"nextPage": None}],
    ids=["empty", "null", "nothing", "no list"],
)
def test_a_page_that_was_announced_and_has_nothing_is_missing(portal: ScriptedPortal, cyara: Cyara, form: object):
    lost = World(calls=GOOD, results_page=2, lost_page=2, lost_form=form, total=None, test_cases=404)
    portal.show(lost)
    outcome = run(cyara)
    assert (outcome.verdict, dict(outcome.tally)["missing"]) == ("incomplete", 1)
    assert "announced" in outcome.problems[0]


@pytest.mark.parametrize("page", [1, 2])
def test_an_error_in_place_of_a_page_is_no_verdict(portal: ScriptedPortal, cyara: Cyara, page: int):
    problem = {"title": "Timeout", "status": 500}
    portal.show(World(calls=GOOD, results_page=2, lost_page=page, lost_form=problem, total=None, test_cases=404))
    with pytest.raises(DecodingError, match="not a page of the list") as caught:
        run(cyara)
    assert "need not be repeated for its results" in caught.value.__notes__[0]


def test_an_error_in_place_of_a_page_leaves_the_results_that_came(portal: ScriptedPortal, cyara: Cyara):
    portal.show(World(calls=GOOD, results_page=2, lost_page=2, lost_form=["Timeout"]))
    outcome = run(cyara)
    assert (outcome.verdict, len(outcome.results), outcome.tally.missing) == ("incomplete", 2, 1)
    assert "its body cannot be read" in outcome.problems[0]


def test_an_empty_page_after_all_that_were_promised_is_only_the_end(portal: ScriptedPortal, cyara: Cyara):
    ending = World(calls=GOOD, results_page=2, lost_page=2, total=2, test_cases=404)
    portal.show(ending)
    assert run(cyara).passed


@pytest.mark.parametrize(
    "campaign",
    [
        {"campaign": {"testCases": [3001, 4000]}},
        {"result": {"testCases": [{"testCaseId": 3001}, {"testCaseId": 4000}]}},
        {"testCases": {"results": [{"testCaseId": 3001}, {"testCaseId": 4000}], "totalResults": 2}},
        {"testCaseIds": [3001, 4000]},
    ],
    ids=["wrapped", "in a result", "a page", "numbers"],
)
def test_test_cases_are_found_where_a_portal_puts_them(portal: ScriptedPortal, cyara: Cyara, campaign: object):
    portal.show(World(calls=GOOD, campaign=campaign))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.tally.missing) == ("incomplete", 1)


@pytest.mark.parametrize("says", [{"status": "Aborted"}, {"result": "Failed"}, {"state": "timed out"}])
def test_a_run_that_says_that_it_was_stopped_does_not_pass(portal: ScriptedPortal, cyara: Cyara, says: dict[str, str]):
    portal.show(World(calls=GOOD, run_says=says))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.passed) == ("incomplete", False)
    assert next(iter(says.values())) in outcome.problems[0]
    portal.show(World(calls=LATE, run_says=says))
    outcome = run(cyara)
    assert (outcome.verdict, outcome.tally.missing) == ("failed", 0)
    portal.show(World(calls=GOOD, run_says={"status": "Completed"}))
    assert run(cyara).passed


def test_more_results_than_test_cases_are_repeated_calls(portal: ScriptedPortal, cyara: Cyara):
    again = [Call(case=3001), Call(case=3001), Call(case=3002), Call(case=3002), Call(case=3002)]
    portal.show(World(calls=again, results_page=2))
    outcome = run(cyara)
    assert (outcome.passed, outcome.tally.passed) == (True, 5)


def test_pages_that_overlap_do_not_count_a_call_twice(portal: ScriptedPortal, cyara: Cyara):
    portal.show(World(calls=GOOD, results_page=2, overlap=True))
    outcome = run(cyara)
    assert (outcome.verdict, len(outcome.results), outcome.tally.missing) == ("incomplete", 2, 1)


def test_a_strict_client_follows_a_start_that_is_not_in_the_document(
    portal: ScriptedPortal, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CYARA_ALLOW_INFERRED", "1")
    portal.show(World(calls=GOOD, ticket="accepted"))
    options = {"account_id": 1, "store": "memory:", "retries": 0, "strict": True}
    with (
        connect(portal.base_url, PAIR, **options) as cyara,
        pytest.warns(UserWarning, match="is followed all the same"),
    ):
        assert run(cyara).passed
    portal.show(World(calls=[Call(case=1, result="Unheard of")]))
    with connect(portal.base_url, PAIR, **options) as cyara, pytest.raises(DriftError) as caught:
        run(cyara)
    assert "need not be repeated for its results" in caught.value.__notes__[0]
