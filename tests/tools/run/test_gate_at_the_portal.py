"""Runs at the local portal, from the start to the reports: what the gate says of them, and what each report shows."""

import json
import warnings
from collections.abc import Mapping
from typing import Any

import junitparser
import pytest

from cyara_auth import Pace, connect
from cyara_tools.portal import LocalPortal
from cyara_tools.reports.json_report import render_json
from cyara_tools.reports.junit import render_junit
from cyara_tools.run.gate import Gate, Judgement, judge, overall, share_of
from cyara_tools.run.record import CampaignRecord, Meaning, RunRecord

FIVE = 805
"""A campaign with five test cases."""


def judged(gate: Gate, options: Mapping[str, Any]) -> tuple[RunRecord, Judgement]:
    with (
        LocalPortal(speed=100, **options) as portal,
        connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # the operations are inferred, and say so once
        outcome = cyara.run_campaign(FIVE, pace=Pace(interval=0.02, deadline=20))
    found = judge(gate, outcome)
    campaign = CampaignRecord(
        id=FIVE,
        name="Five",
        run=str(outcome.run_id),
        verdict=found.verdict,
        tally=found.tally,
        results=found.results,
        reasons=found.reasons,
        problems=outcome.problems,
    )
    verdict, code = overall([campaign])
    when = min(test.started for test in found.results)
    return RunRecord(verdict=verdict, exit_code=int(code), started=when, ended=when, campaigns=[campaign]), found


@pytest.mark.parametrize(
    ("gate", "options", "code", "red"),
    [
        (Gate(), {"outcomes": "success"}, 0, 0),
        (Gate(), {"outcomes": "success", "late_failures": 1}, 10, 1),
        (Gate(min_pass=share_of("80%")), {"outcomes": "success", "late_failures": 1}, 0, 1),
        (Gate(min_pass=share_of("81%")), {"outcomes": "success", "late_failures": 1}, 10, 1),
        (Gate(max_failures=1), {"outcomes": "success", "late_failures": 1, "runs_as": "calls"}, 0, 1),
        (Gate(allow={"Failed"}), {"outcomes": "success", "late_failures": 5}, 0, 0),
        (Gate(), {"outcomes": "success", "result_pages": "short"}, 11, 1),
        (Gate(max_failures=4), {"outcomes": "success", "result_pages": "short"}, 11, 1),
        (Gate(min_pass=share_of("0.8")), {"outcomes": "success", "result_pages": "short"}, 0, 1),
        (Gate(max_duration=0.1), {"outcomes": "success"}, 10, 5),
        (Gate(max_duration=60), {"outcomes": "success"}, 0, 0),
    ],
    ids=str,
)
def test_a_run_is_judged_and_reported(gate: Gate, options: dict[str, Any], code: int, red: int):
    record, found = judged(gate, options)
    assert record.exit_code == code, found.reasons
    for test in found.results:
        assert test.id is not None
        assert test.duration_s is not None
        assert 0.5 <= test.duration_s <= 2.5
        if test.meaning is Meaning.FAILED:
            assert test.reason == "Step 2: expected 'Please enter your account number', heard silence"
    read = junitparser.JUnitXml.fromstring(render_junit(record))
    assert read.failures + read.errors == red
    assert read.tests == len(found.results) + (found.tally["missing"] > 0)
    (campaign,) = json.loads(render_json(record))["campaigns"]
    assert campaign["tally"] == dict(found.tally)
    assert [test["name"] for test in campaign["results"]] == [test.name for test in found.results]
