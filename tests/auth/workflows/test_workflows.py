"""Campaigns and test cases run to their end in one call, against a portal whose clock runs fast."""

import asyncio
import signal
import subprocess
import sys
import warnings

import attrs
import pytest

from cyara_auth import Pace, TransportError, connect
from cyara_auth.client.cyara import Cyara
from cyara_auth.errors import OperationUnavailableError, WaitTimeoutError
from cyara_auth.workflows.workflows import Workflows
from cyara_client.errors import NotFound
from cyara_tools.portal import LocalPortal, faults

QUICK = Pace(interval=0.05, deadline=20)
NEVER = Pace(interval=0.05, deadline=0.2)


def test_a_campaign_runs_to_its_end_with_all_results(unhurried: Cyara):
    cyara = unhurried
    heard = []
    outcome = cyara.run_campaign(801, pace=QUICK, on_progress=heard.append)
    expected = [case.test_case_id for case in cyara.campaigns.get_campaign(campaign_id=801).test_cases or []]
    assert sorted(result.test_case_id for result in outcome.results) == sorted(expected)
    assert sum(outcome.counts.values()) == len(expected)
    assert outcome.run.end_date is not None
    assert outcome.passed is (set(outcome.counts) <= {"Success", "Satisfactory"})
    assert heard, "a run that takes time reports progress"


def test_async_gives_the_same(cyara: Cyara):
    async def run() -> tuple[int, int]:
        outcome = await cyara.aio.run_campaign(802, pace=QUICK)
        details = await cyara.aio.validate_test_case(3001, pace=QUICK)
        await cyara.aclose()
        return outcome.campaign_id, details.test_case_id

    assert asyncio.run(run()) == (802, 3001)


def test_a_test_case_is_followed_by_its_ticket(cyara: Cyara):
    outcome = cyara.validate_test_case(3002, pace=QUICK)
    assert outcome.details.test_result_id
    assert str(outcome.details.test_run_ticket_id) == str(outcome.ticket)
    assert outcome.passed is (outcome.details.result in {"Success", "Satisfactory"})


def test_results_of_many_pages_are_collected(cyara: Cyara):
    from cyara_client.models import CreateCampaignRequest, PlanType

    plan = cyara.plans.get_plans().results[0]
    cases = list(range(3001, 3121))
    wanted = CreateCampaignRequest(name="Large", plan_id=plan.plan_id, plan_type=PlanType.PULSE, test_case_ids=cases)
    created = cyara.campaigns.create_campaign(body=wanted)
    outcome = cyara.run_campaign(created.campaign_id, pace=QUICK)
    assert sorted(result.test_case_id for result in outcome.results) == cases


def test_a_run_that_was_there_before_is_not_taken_for_ours(cyara: Cyara):
    first = cyara.run_campaign(803, pace=QUICK)
    second = cyara.run_campaign(803, pace=QUICK)
    assert first.run.run_id != second.run.run_id


def test_the_deadline_leaves_the_run_to_the_portal_and_says_so(portal: LocalPortal):
    with (
        LocalPortal(speed=0) as still,
        connect(still.base_url, still.credential, account_id=1, store="memory:") as client,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        with pytest.raises(WaitTimeoutError, match=r"Nothing at the portal was\s+stopped") as caught:
            client.run_campaign(801, pace=NEVER)
    assert "campaign 801" in caught.value.__notes__[0]


def test_before_anything_is_started_no_note_says_that_it_goes_on(cyara: Cyara):
    with pytest.raises(NotFound) as caught:
        cyara.run_campaign(999_999, pace=QUICK)
    assert not hasattr(caught.value, "__notes__")


def test_an_error_after_the_start_is_raised_as_it_is_with_a_note(cyara: Cyara, portal: LocalPortal):
    portal.inject(attrs.evolve(faults.answer(404), skip=1, path="/runs"))
    with pytest.raises(NotFound) as caught:
        cyara.run_campaign(806, pace=QUICK)
    assert "campaign 806" in caught.value.__notes__[0]


LOST = {
    "repeated at once": (faults.answer(503), 1),
    "busy for longer": (attrs.evolve(faults.answer(429), headers=(("Retry-After", "3600"),)), 4),
    "connection cut": (faults.cut(200), 4),
    "connection dropped": (faults.drop(), 4),
}


@pytest.mark.parametrize("case", LOST)
def test_lost_answers_while_following_do_not_lose_the_run(cyara: Cyara, portal: LocalPortal, case: str):
    fault, times = LOST[case]
    portal.inject(attrs.evolve(fault, times=times, skip=1, path="/runs"))
    assert cyara.run_campaign(804, pace=QUICK).results
    assert portal.pending_faults == 0


def test_a_portal_that_stays_away_is_an_error(cyara: Cyara, portal: LocalPortal):
    portal.inject(attrs.evolve(faults.cut(200), times=None, skip=1, path="/runs"))
    with pytest.raises(TransportError) as caught:
        cyara.run_campaign(807, pace=QUICK)
    assert "campaign 807" in caught.value.__notes__[0]


def test_a_lost_start_is_not_repeated(cyara: Cyara, portal: LocalPortal):
    portal.inject(attrs.evolve(faults.drop(), path="/execute"))
    with pytest.raises(TransportError, match="may have received the call") as caught:
        cyara.run_campaign(808, pace=QUICK)
    assert "campaign 808" in caught.value.__notes__[0]
    assert [visit.method for visit in portal.requests].count("POST") == 1


def test_ctrl_c_ends_at_once_and_says_that_the_run_goes_on(still_portal: LocalPortal):
    portal = still_portal
    code = (
        "import sys, warnings\n"
        "from cyara_auth import Pace, connect\n"
        "warnings.simplefilter('ignore')\n"
        "connect().run_campaign(801, pace=Pace(interval=60), on_progress=lambda _: print('asked', flush=True))\n"
    )
    environ = {
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_STRIKE_STORE": "memory:",
    }
    program = subprocess.Popen(
        [sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "asked\n"
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=20)
    assert program.returncode == -signal.SIGINT
    assert errors.splitlines()[-2:] == [
        "KeyboardInterrupt",
        "If campaign 801 was started, it goes on at the portal; nothing there was stopped.",
    ]


def test_waiting_for_any_operation(cyara: Cyara):
    cyara.campaigns.execute_campaign(campaign_id=805)
    done = cyara.wait(
        lambda: cyara.campaigns.get_campaign(campaign_id=805),
        until=lambda campaign: campaign.status == "Completed",
        pace=QUICK,
    )
    assert done.last_run_date is not None


def test_a_document_without_the_operations_is_said_in_a_sentence():
    with pytest.raises(OperationUnavailableError, match=r"campaigns\.get_campaign_runs"):
        Workflows().run_campaign(1)
