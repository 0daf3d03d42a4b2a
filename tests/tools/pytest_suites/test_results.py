"""With --cyara, a campaign is a class of tests: its results are items, and pytest's exit code is the gate's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from cyara_auth import Pace, connect
from cyara_tools.portal import LocalPortal, faults
from cyara_tools.portal.domain import runs

from .conftest import Start

TWO = "campaigns: [{id: 808}, {id: 813}]\n"


def test_without_the_option_no_suite_is_collected(start: Start):
    project = start()
    project.suite(TWO)
    done = project.pytest()
    assert (done.code, list(done.outcomes)) == (0, ["test_own::test_own"])
    assert project.portal.arrivals == 0


def test_with_it_campaigns_are_classes_and_results_items(start: Start):
    project = start()
    project.suite(TWO)
    done = project.pytest("-o", "cyara_suites=true", "-v")
    assert done.code == 0, done.out
    assert done.outcomes == {
        "Campaign 008 (808)::Test case 008": "passed",
        "Campaign 008 (808)::Test case 009": "passed",
        "Campaign 008 (808)::gate": "passed",
        "Campaign 013 (813)::Test case 013": "passed",
        "Campaign 013 (813)::gate": "passed",
        "test_own::test_own": "passed",
    }
    assert "nightly.cyara.yaml::Campaign 008 (808)::Test case 009 PASSED" in done.out
    assert project.started == [808, 813]


def test_durations_and_runs_are_the_portals(start: Start):
    project = start()
    project.suite(TWO)
    done = project.pytest("--cyara")
    with connect(project.portal.base_url, project.credential, account_id="1", store="memory:") as cyara:
        (newest, *_) = cyara.campaigns.get_campaign_runs(campaign_id=808).results
        listed = {
            each.name: each.duration.total_seconds()
            for each in cyara.campaigns.iter_campaign_run_results(campaign_id=808, run_id=newest.run_id)
        }
    cases = {name.rpartition("::")[2]: case for name, case in done.cases.items() if "(808)" in name}
    assert listed.keys() == cases.keys() - {"gate"}
    for name, seconds in listed.items():
        assert cases[name].time == pytest.approx(seconds, abs=0.002)
    text = done.junit.read_text(encoding="utf-8")
    assert text.count(f'<property name="run" value="{newest.run_id}"') == 3
    assert text.count('<property name="result" value="Success"') == 2 + 1


def test_a_failed_result_fails_with_its_reason_and_so_does_the_gate(start: Start):
    project = start(late_failures=1)
    project.suite("campaigns: [{id: 808}]\n")
    done = project.pytest("--cyara")
    assert done.code == 1
    assert done.outcomes["Campaign 008 (808)::Test case 008"] == "passed"
    assert done.outcomes["Campaign 008 (808)::Test case 009"] == "failure"
    assert done.outcomes["Campaign 008 (808)::gate"] == "failure"
    assert "Failed: Step 2: expected 'Please enter your account number', heard silence" in done.out
    assert "1 of 2 calls failed." in done.out
    assert "execution.py" not in done.out, "a traceback of ours tells nobody anything"


def test_a_failure_that_the_gate_allows_is_an_expected_one(start: Start):
    project = start(late_failures=1)
    project.suite("defaults: {min_pass: 50%}\ncampaigns: [{id: 808}]\n")
    done = project.pytest("--cyara", "-rx")
    assert done.code == 0, done.out
    assert done.outcomes["Campaign 008 (808)::Test case 009"] == "skipped"
    assert "allowed by the gate: Failed: Step 2" in done.out
    assert done.outcomes["Campaign 008 (808)::gate"] == "passed"


@pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")
def test_what_could_not_be_called_is_an_error_and_no_failure(start: Start):
    project = start(outcomes="mixed", speed=3000)
    with connect(project.portal.base_url, project.credential, account_id="1", store="memory:") as cyara:
        # Outcomes hang on the number of the result alone: so the next run is one with both kinds.
        while True:
            last = cyara.run_campaign(812, pace=Pace(interval=0.02)).results[-1].test_result_id
            if {"Failed", "Aborted"} <= {runs.outcome(last + number) for number in range(1, 7)}:
                break
    coming = [runs.outcome(last + number) for number in range(1, 7)]
    project.portal.forget_requests()
    project.suite("campaigns: [{id: 812}]\n")
    done = project.pytest("--cyara")
    assert done.code == 1
    told = {"Failed": "failure", "Aborted": "error", "Success": "passed", "Satisfactory": "passed"}
    results = [done.outcomes[f"Campaign 012 (812)::Test case {number:03}"] for number in range(12, 18)]
    assert results == [told[each] for each in coming]
    assert "Aborted: The call was not answered" in done.out


def test_a_result_that_the_campaign_did_not_list_speaks_in_the_gate(start: Start):
    project = start(late_failures=1)
    with connect(project.portal.base_url, project.credential, account_id="1", store="memory:") as cyara:
        details: dict[str, Any] = cyara.campaigns.get_campaign(campaign_id=808).to_dict()
    details["testCases"] = details["testCases"][:1]
    # Only the answer while tests are collected.
    answer = faults.answer(200, json.dumps(details), media_type="application/json")
    project.portal.inject(attrs.evolve(answer, path="/campaigns/808"))
    project.suite("campaigns: [{id: 808}]\n")
    done = project.pytest("--cyara")
    assert done.code == 1
    assert list(done.outcomes.values()) == ["passed", "failure", "passed"]
    assert "Not listed before the run: Test case 009: Failed: Step 2" in done.out


HOSTILE = "a::b [x]/\x1b[31m##vso[task.setvariable variable=x]y\n::error::z"


def test_names_of_the_portal_are_no_commands_for_a_terminal_or_a_log(start: Start):
    project = start()
    with connect(project.portal.base_url, project.credential, account_id="1", store="memory:") as cyara:
        details: dict[str, Any] = cyara.campaigns.get_campaign(campaign_id=808).to_dict()
    details["name"] = details["testCases"][0]["name"] = details["testCases"][1]["name"] = HOSTILE
    answer = faults.answer(200, json.dumps(details), media_type="application/json")
    project.portal.inject(attrs.evolve(answer, path="/campaigns/808"))
    project.suite("campaigns: [{id: 808}]\n")
    done = project.pytest("--cyara", "-v")
    assert len(done.cases) == 4, "the same name twice is two items"
    assert "\x1b" not in done.out
    assert "##" not in done.out
    assert not any(line.startswith("::") for line in done.out.splitlines())


def test_a_time_out_of_other_tests_does_not_end_a_run(start: Start):
    # A run of about three seconds.
    project = start(speed=1.5)
    project.suite("campaigns: [{id: 813}]\n")
    done = project.pytest("--cyara", "--timeout", "1")
    assert done.code == 0, done.out


TROUBLE = {
    "campaigns: [{id: 808, min_pas: 50%}]\n": ("nightly.cyara.yaml:2: ", "Did you mean min_pass?"),
    "campaigns: [{name: nightly}]\n": (
        "nightly.cyara.yaml:2 (name 'nightly')",
        "Next: see what there is: cyara campaigns list",
    ),
    "campaigns: [{id: 999999}]\n": ("nightly.cyara.yaml:2 (id 999999)", "Nothing was started."),
    "environment: [NIGHTLY_PHONE]\ncampaigns: [{id: 808}]\n": ("NIGHTLY_PHONE", "Nothing was started."),
}


@pytest.mark.parametrize("suite", TROUBLE)
def test_a_suite_that_cannot_be_used_is_one_error_before_anything_is_started(start: Start, suite: str):
    project = start()
    project.suite(suite)
    done = project.pytest("--cyara")
    assert done.code == 2
    for said in TROUBLE[suite]:
        assert said in done.out
    assert project.started == []


def test_a_campaign_that_cannot_be_followed_is_an_error_of_all_its_items(start: Start):
    project = start()
    project.suite("campaigns: [{id: 808}]\n")
    project.portal.inject(attrs.evolve(faults.answer(403), path="/execute"))
    done = project.pytest("--cyara")
    assert done.code == 1
    assert [outcome for name, outcome in done.outcomes.items() if "(808)" in name] == ["error"] * 3
    assert project.started == [808]


def test_loading_the_plugin_is_cheap():
    script = "import sys, pytest; known = set(sys.modules); import cyara_tools.portal.pytest_plugin; "
    script += "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - known}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=50)
    assert done.stdout.split() == ["cyara_tools"]


def test_the_installed_plugin_has_the_option_and_nothing_more_until_it_is_asked_for(tmp_path: Path):
    (tmp_path / "conftest.py").write_text(
        "import sys\ndef pytest_sessionfinish(session):\n"
        "    print('LOADED', [name for name in sys.modules if name.startswith('cyara_tools.pytest_suites')])\n",
        encoding="utf-8",
    )
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-s", "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    asked = subprocess.run([*command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=50)
    assert "--cyara" in asked.stdout
    for name in ("cyara_suites", "cyara_reruns", "cyara_interval"):
        assert name in asked.stdout
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=50)
    assert "LOADED []" in done.stdout


def test_the_local_portal_is_a_fixture_still(cyara_portal: LocalPortal):
    assert cyara_portal.arrivals == 0
