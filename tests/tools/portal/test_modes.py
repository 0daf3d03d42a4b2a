"""What real portals may do, at the local one: each mode as it is seen on the wire, and the verdict that it leads to."""

import subprocess
import sys
import warnings
from typing import get_args

import pytest

from cyara_auth import Pace, connect
from cyara_auth.errors import DecodingError
from cyara_tools.portal import LocalPortal
from cyara_tools.portal.domain.modes import TICKETS, ResultPages, Ticket

A = "/v3.0/accounts/1"
QUICK = Pace(interval=0.02, deadline=20)
FIVE, CAMPAIGN = 805, f"{A}/campaigns/805"
"""A campaign with five test cases on two ports."""


def outcome_of(portal: LocalPortal, campaign: int = FIVE):
    with (
        warnings.catch_warnings(),
        connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
    ):
        warnings.simplefilter("ignore")  # the operations are inferred, and say so once
        return cyara.run_campaign(campaign, pace=QUICK)


def test_every_form_of_a_ticket_has_a_name():
    assert set(get_args(Ticket)) == set(TICKETS)


STATUSES = {"created": 201, "accepted": 202, "accepted_empty": 202, "no_content": 204}
"""Where it is not 200."""


@pytest.mark.parametrize("ticket", TICKETS)
def test_a_start_is_answered_in_the_form_that_was_chosen(calling, ticket: str):
    with LocalPortal(ticket=ticket, speed=0) as portal, calling(portal) as call:
        started = call("POST", f"{CAMPAIGN}/execute")
        portal.advance(600)
        (latest, *_) = call("GET", f"{CAMPAIGN}/runs").json()["results"]
        assert started.status_code == STATUSES.get(ticket, 200)
        named = latest["campaignRunId"] in started.text or f'"runId":{latest["runId"]}' in started.text
        assert named is (ticket not in {"accepted_empty", "no_content", "empty"})
        case = call("POST", f"{A}/testcases/3001/execute")
        assert case.status_code == started.status_code
        assert bool(case.content) is bool(started.content)


@pytest.mark.parametrize(("runs_as", "late_failures"), [("runs", 0), ("calls", 2)])
@pytest.mark.parametrize("ticket", TICKETS)
def test_a_run_is_judged_right_with_every_ticket_and_either_list(ticket: str, runs_as: str, late_failures: int):
    options = {"ticket": ticket, "runs_as": runs_as, "outcomes": "success", "late_failures": late_failures}
    with LocalPortal(speed=100, **options) as portal:
        outcome = outcome_of(portal)
    assert outcome.verdict == ("failed" if late_failures else "passed")
    assert outcome.tally == {"passed": 5 - late_failures, "failed": late_failures, "not_called": 0, "missing": 0}


@pytest.mark.parametrize("ticket", TICKETS)
def test_a_test_case_is_followed_by_its_ticket_in_any_form_that_has_one(ticket: str):
    with (
        LocalPortal(speed=100, ticket=ticket, outcomes="success") as portal,
        connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        if ticket in {"accepted_empty", "no_content", "empty"}:
            with pytest.raises(DecodingError, match=r"ExecuteTestCase.*test_run_ticket_id") as caught:
                cyara.validate_test_case(3001, pace=QUICK)
            assert "test case 3001" in caught.value.__notes__[0]
        else:
            outcome = cyara.validate_test_case(3001, pace=QUICK)
            assert (outcome.verdict, outcome.passed) == ("passed", True)
            assert str(outcome.ticket) == str(outcome.details.test_run_ticket_id)


def test_the_list_of_calls_has_one_item_for_each_call_that_has_begun(calling):
    with LocalPortal(runs_as="calls", speed=0) as portal, calling(portal) as call:
        before = call("GET", f"{CAMPAIGN}/runs").json()["totalResults"]
        call("POST", f"{CAMPAIGN}/execute")
        seen = []
        for _ in range(40):
            portal.advance(0.5)
            listed = call("GET", f"{CAMPAIGN}/runs").json()
            ours = listed["results"][: listed["totalResults"] - before]
            seen.append((len(ours), sum(row["endDate"] is not None for row in ours)))
        assert len({(row["runId"], row["campaignRunId"]) for row in ours}) == 1
    assert seen[-1] == (5, 5)
    # Not all at once, and with moments at which each call that began is over while the run goes on.
    assert {begun for begun, _ in seen} > {0, 5}
    assert seen == sorted(seen)


EXPECTED = {"whole": (120, 120), "short": (119, 120), "silent": (119, 119), "empty": (50, 120), "repeated": (50, 120)}
"""How many results are listed, and how many are said to be."""


@pytest.mark.parametrize("mode", get_args(ResultPages))
def test_results_that_are_not_all_listed_make_a_run_incomplete(calling, mode: str):
    listed, total = EXPECTED[mode]
    with LocalPortal(result_pages=mode, outcomes="success", speed=0) as portal, calling(portal) as call:
        plan = call("GET", f"{A}/plans").json()["results"][0]
        cases = list(range(3001, 3121))
        wanted = {"name": "Large", "planId": plan["planId"], "planType": "Pulse", "testCaseIds": cases}
        number = call("POST", f"{A}/campaigns", json=wanted).json()["campaignId"]
        call("POST", f"{A}/campaigns/{number}/execute")
        portal.advance(3600)
        run = call("GET", f"{A}/campaigns/{number}/runs").json()["results"][0]["runId"]
        page, rows = f"{A}/report/campaigns/{number}/runs/{run}/results", []
        while page and len(rows) < 3:
            answer = call("GET", page).json()
            rows.append(answer["results"])
            page = answer["nextPage"]
    results = {row["testResultId"] for page in rows for row in page}
    assert (len(results), answer["totalResults"]) == (listed, total)
    # Five test cases fit on one page, so that nothing is lost where only later pages are.
    with LocalPortal(result_pages=mode, outcomes="success", speed=100) as portal:
        outcome = outcome_of(portal)
    missing = 1 if mode in {"short", "silent"} else 0
    assert (outcome.verdict, outcome.tally.missing) == ("incomplete" if missing else "passed", missing)


def test_calls_that_cannot_be_made_are_aborted_each_of_them():
    with LocalPortal(outcomes="aborted", speed=100) as portal:
        outcome = outcome_of(portal)
    assert (outcome.verdict, outcome.tally.not_called, outcome.counts) == ("not_called", 5, {"Aborted": 5})


def test_a_run_without_an_end_has_all_its_other_results_and_keeps_its_campaign_running(calling):
    with LocalPortal(endless=True, outcomes="success", speed=0) as portal, calling(portal) as call:
        before = call("GET", f"{A}/campaigns/801/runs").json()["results"]
        call("POST", f"{CAMPAIGN}/execute")
        portal.advance(365 * 86_400)
        run = call("GET", f"{CAMPAIGN}/runs").json()["results"][0]
        results = call("GET", f"{A}/report/campaigns/805/runs/{run['runId']}/results").json()["results"]
        assert (run["endDate"], call("GET", CAMPAIGN).json()["status"]) == (None, "Running")
        assert sorted(result["result"] or "" for result in results) == ["", *["Success"] * 4]
    # What ran before anybody started anything is over.
    assert all(run["endDate"] for run in before)


def test_a_mode_that_does_not_exist_is_refused_by_a_sentence_that_names_those_that_do():
    with pytest.raises(ValueError, match=r"runs_as= is one of runs, calls, not 'call'\."):
        LocalPortal(runs_as="call")
    with pytest.raises(ValueError, match=r"late_failures= is a number from 0, not -1\."):
        LocalPortal(late_failures=-1)


def test_a_portal_of_its_own_process_has_the_modes_too():
    with LocalPortal(process=True, ticket="guid", outcomes="success", late_failures=1, speed=100) as portal:
        assert outcome_of(portal, 802).verdict == "failed"


def test_the_command_has_the_modes_as_options():
    command = [sys.executable, "-m", "cyara_tools.portal", "--ticket", "text", "--runs-as", "calls"]
    refused = subprocess.run([*command, "--late-failures", "-3"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr == "The local portal cannot start: late_failures= is a number from 0, not -3.\n"
    running = subprocess.Popen([*command, "--outcomes", "success", "--speed", "100"], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        given = dict(running.stdout.readline().strip().split("=", 1) for _ in range(3))
        with (
            warnings.catch_warnings(),
            connect(given["CYARA_BASE_URL"], given["CYARA_API_CREDENTIAL"], account_id=1, store="memory:") as cyara,
        ):
            warnings.simplefilter("ignore")
            assert cyara.run_campaign(FIVE, pace=QUICK).passed
    finally:
        running.kill()
        running.communicate()
