"""What results mean: one word by precedence, the numbers behind it, and nothing good that is unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyara_auth import CampaignOutcome
from cyara_auth.workflows.completeness import Collected, results_of, without_result
from cyara_auth.workflows.fields import guids_in, identity, is_moment
from cyara_auth.workflows.tickets import Ticket, ticket_of, ticket_of_test
from cyara_auth.workflows.verdict import Tally, TestCaseOutcome, tally_of

GUID = "15a79226-0d50-4c8f-975f-8ac27bcf25d3"
PLAIN = GUID.replace("-", "")


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("Success", "passed"),
        ("Satisfactory", "passed"),
        ("success", "passed"),
        ("Failed", "failed"),
        ("Other Failure", "failed"),
        ("No answer within 10 seconds", "failed"),
        ("Successful", "failed"),
        ("Not Success", "failed"),
        ("Unsatisfactory", "failed"),
        (1, "failed"),
        (True, "failed"),
        ({"value": "Success"}, "failed"),
        (["Success"], "failed"),
        ("'Success'", "failed"),
        ("Success?", "failed"),
        ("Aborted", "not_called"),
        ("InternalError", "not_called"),
        ("Internal Error", "not_called"),
        ("CONNECTION_ERROR", "not_called"),
        ("ConnectionError", "not_called"),
        ("", "not_called"),
        ("  ", "not_called"),
        (None, "not_called"),
    ],
)
def test_a_result_means_what_its_word_says_and_nothing_unknown_is_good(value: object, meaning: str) -> None:
    assert dict(tally_of([{"result": value}])) == {
        name: int(name == meaning) for name in ("passed", "failed", "not_called", "missing")
    }
    assert dict(tally_of([{"Result": value}])) == dict(tally_of([{"result": value}]))


@given(st.builds(Tally, **{name: st.integers(0, 2) for name in ("passed", "failed", "not_called", "missing")}))
def test_the_verdict_is_the_first_word_that_is_true_of_a_call(tally: Tally) -> None:
    worst = next((name for name in ("failed", "not_called") if tally[name]), None)
    assert tally.verdict == (worst or ("passed" if tally.passed and not tally.missing else "incomplete"))


def test_a_tally_is_read_by_attribute_and_by_name() -> None:
    tally = Tally(passed=2, missing=1)
    assert (tally.passed, tally["missing"], len(tally)) == (2, 1, 4)
    assert tally == {"passed": 2, "failed": 0, "not_called": 0, "missing": 1}
    with pytest.raises(KeyError):
        tally["verdict"]


def test_an_outcome_of_nothing_is_incomplete() -> None:
    outcome: CampaignOutcome[Any, Any] = CampaignOutcome(campaign_id=1, run=None, results=())
    assert (outcome.verdict, outcome.passed, dict(outcome.counts)) == ("incomplete", False, {})
    assert TestCaseOutcome(test_case_id=1, ticket=GUID, details={"result": "Aborted"}).verdict == "not_called"


ANSWERS: dict[str, tuple[object, Ticket]] = {
    "null": (None, Ticket()),
    "a truth": (True, Ticket()),
    "words": (b"queued", Ticket()),
    "deep": (b"[" * 100_000, Ticket()),
    "of other things": ({"campaignId": 812, "accountId": 1, "userId": GUID}, Ticket()),
    "an id": ({"id": 77}, Ticket(others=frozenset({"77"}))),
    "a count": ({"queued": 3}, Ticket()),
    "both": (
        {"runId": 77, "campaignRunId": GUID},
        Ticket(runs=frozenset({"77"}), campaign_runs=frozenset({PLAIN})),
    ),
    "snake case": ({"campaign_run_id": GUID}, Ticket(campaign_runs=frozenset({PLAIN}))),
    "a link": ({"href": f"https://portal.example/runs/{GUID}"}, Ticket(others=frozenset({PLAIN}))),
    "quoted twice": (f'"\\"{GUID}\\""'.encode(), Ticket(others=frozenset({PLAIN}))),
    "zero": ({"runId": 0, "campaignRunId": ""}, Ticket()),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_any_answer_to_a_start_makes_a_ticket(case: str) -> None:
    answer, ticket = ANSWERS[case]
    assert ticket_of(answer) == ticket


@pytest.mark.parametrize(
    ("answer", "ticket"),
    [
        ({"testRunTicketId": GUID, "testCaseId": 5}, GUID),
        (GUID.encode(), GUID),
        ({"ticket": f"{{{GUID.upper()}}}"}, GUID),
        ({"testRunTicketId": 31}, "31"),
        ({"testRunTicketId": None}, None),
        (b"", None),
    ],
)
def test_the_ticket_of_a_test_case_is_found_in_any_form(answer: object, ticket: str | None) -> None:
    found = ticket_of_test(answer)
    assert (None if found is None else str(found)) == ticket


def test_numbers_and_moments_are_read_by_what_they_show() -> None:
    assert [identity(value) for value in (77, 77.0, "77", " {" + GUID.upper() + "} ", PLAIN)] == ["77"] * 3 + [
        PLAIN
    ] * 2
    assert [identity(value) for value in (0, "", "0", None, False, [], "00000000-0000-0000-0000-000000000000")] == [
        None
    ] * 7
    assert guids_in(f"<a>{GUID}</a> and {PLAIN}") == [PLAIN, PLAIN]
    shown = ("2026-01-01T00:00:00Z", "01/02/2026 10:00", "/Date(1767225600000)/", 1767225600)
    assert [is_moment(value) for value in shown] == [True] * 4
    none = (None, "", "0001-01-01T00:00:00", "Running", True, 0, "00:10:00", [], {})
    assert [is_moment(value) for value in none] == [False] * len(none)


ROWS = [{"testCaseId": 1, "name": "a"}, {"testCaseId": 1, "name": "a"}, {"testCaseId": 2, "name": "b"}]


@pytest.mark.parametrize(
    ("test_cases", "results", "missing"),
    [
        ([1, 2], ROWS, 0),
        ([1, 1, 2], ROWS, 0),
        ([1, 1, 1], ROWS, 1),
        ([1, 2, 3], ROWS, 1),
        (["A ", "b"], ROWS, 2),
        ([{"name": "A "}, {"name": "b"}], ROWS, 0),
        ([{"id": 7, "name": "a"}, {"id": 8, "name": "b"}], ROWS, 0),
        ([{"id": 7}, {"id": 8}], ROWS, 2),
        ([{}, {}], ROWS, 0),
        ([{}, {}, {}], ROWS, 1),
        ([{"testCaseId": 1}, {}], ROWS[:2], 1),
        ([1, 2], [{"duration": "00:00:01"}, {"duration": "00:00:02"}], 0),
        ([1, 2], [{"duration": "00:00:01"}], 1),
        ([1, 2], [], 2),
    ],
)
def test_test_cases_without_a_result_are_counted(test_cases: list[Any], results: list[Any], missing: int) -> None:
    assert without_result(test_cases, results) == missing


def _collected(*items: Any, total: int | None = None, error: Exception | None = None) -> Collected:
    return Collected(list(items), total, error)


A, B, C = ({"testResultId": number, "result": "Success"} for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("lists", "listed", "missing"),
    [
        ([_collected(A, B)], 2, 0),
        ([_collected(A, B, total=2)], 2, 0),
        ([_collected(A, B, total=3)], 2, 1),
        ([_collected(A, A, total=2)], 1, 1),
        ([_collected(A, A)], 1, 1),
        ([_collected(A, None)], 1, 1),
        ([_collected(A, None, B, total=3)], 2, 1),
        ([_collected(A, "odd")], 1, 1),
        ([_collected({"result": "Success"}, {"result": "Success"}, total=2)], 2, 0),
        ([_collected({"testResultId": 9, "name": "a"}, {"testResultId": 9, "name": "b"}, total=2)], 2, 0),
        ([_collected(A, total=1, error=ValueError("round in a circle"))], 1, 1),
        ([_collected(A, B, total=3), _collected(A, B, total=3)], 2, 1),
        ([_collected(A, total=2), _collected(C, total=1)], 2, 1),
        ([_collected()], 0, 0),
    ],
)
def test_what_pages_promised_and_did_not_bring_is_missing(lists: list[Collected], listed: int, missing: int) -> None:
    found = results_of(lists, None)
    assert (len(found.listed), found.missing) == (listed, missing)
    assert bool(found.problems) is bool(missing or not listed)
