"""`cyara run` at a portal that does each thing that portals do: its exit code, and what all it writes says.

Written from what is promised, by somebody who has not written the command. Each is a process of its own, and what it
writes is read by programs of others: junitparser, an XSD, a JSON schema, a browser.
"""

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import xmlschema
from selenium.webdriver.common.by import By

from cyara_tools.portal import LocalPortal, faults
from cyara_tools.portal.faults import Stage

from .program import Program, starts
from .told import Runner

if TYPE_CHECKING:
    from ..conftest import Browser

At = Callable[..., LocalPortal]
FIVE, OTHER = "805", "806"
"""A campaign with five test cases, and one with six."""


@pytest.fixture
def run(program: Program, tmp_path: Path, junit_schema: xmlschema.XMLSchema10) -> Runner:
    folder = tmp_path / "reports"
    folder.mkdir()
    return Runner(program, folder, junit_schema)


def eventually(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "it did not come to that within twenty seconds"
        time.sleep(0.01)


def following(portal: LocalPortal) -> bool:
    """Say whether a run was started, and asked for since."""
    paths = [request.path for request in portal.requests]
    started = next((number for number, path in enumerate(paths) if path.endswith("/execute")), len(paths))
    return any(re.search(r"/runs/\d+$", path) for path in paths[started:])


def test_it_passes(run: Runner, at: At):
    portal = at(outcomes="success")
    told = run(FIVE)
    assert (told.code, told.json["verdict"], told.tally, told.kinds) == (0, "passed", {"passed": 5}, {"passed": 5})
    assert starts(portal) == 1
    assert all(result["duration_s"] > 0 and result["reason"] is None for result in told.campaign["results"])
    assert told.campaign["run"] in told.text
    assert "passed" in told.text.lower()


def test_it_fails(run: Runner, at: At):
    at(outcomes="success", late_failures=2)
    told = run(FIVE)
    assert (told.code, told.json["verdict"]) == (10, "failed")
    assert (told.tally, told.kinds) == ({"passed": 3, "failed": 2}, {"passed": 3, "Failure": 2})
    failed = [result for result in told.campaign["results"] if result["meaning"] == "failed"]
    for result in failed:
        assert result["name"] in told.text
        assert result["reason"].startswith("Step 2: expected")
        assert result["reason"] in told.text
    texts = {case.name: case.result[0].text for suite in told.junit for case in suite if case.result}
    assert texts == {result["name"]: result["reason"] for result in failed}


def test_it_fails_and_the_gate_allows_that_many(run: Runner, at: At):
    at(outcomes="success", late_failures=2)
    allowed = run(FIVE, "--max-failures", "2")
    assert (allowed.code, allowed.tally, allowed.kinds) == (0, {"passed": 3, "failed": 2}, {"passed": 3, "Failure": 2})
    told = run(FIVE, "--min-pass", "60%", "--max-failures", "1")
    assert (told.code, told.tally) == (10, {"passed": 3, "failed": 2})


def test_it_cannot_call(run: Runner, at: At):
    at(outcomes="aborted")
    told = run(FIVE)
    assert (told.code, told.json["verdict"], told.tally) == (11, "not_called", {"not_called": 5})
    assert told.kinds == {"Error": 5}
    assert "not called" in told.text.lower()
    # Nothing was called, so nothing failed.
    assert "failed" not in told.text.lower()
    allowed = run(FIVE, "--allow", "Aborted")
    assert (allowed.code, allowed.tally) == (0, {"passed": 5})


def test_it_cannot_call_some_and_others_fail(run: Runner, at: At):
    at(outcomes="aborted", late_failures=1)
    told = run(FIVE)
    # A failure is final; what could not be called may be better tomorrow.
    assert (told.code, told.tally, told.kinds) == (10, {"failed": 1, "not_called": 4}, {"Failure": 1, "Error": 4})


def test_it_never_ends(run: Runner, at: At):
    portal = at(outcomes="success", late_failures=2, endless=True)
    told = run(FIVE, "--timeout", "2s")
    assert (told.code, told.json["verdict"], told.campaign["verdict"]) == (12, "timed_out", "timed_out")
    # Four of the five calls are over, and what is known of them is told.
    assert (told.tally, told.kinds) == ({"passed": 3, "failed": 1}, {"passed": 3, "Failure": 1, "Error": 1})
    number = told.campaign["run"]
    assert "goes on" in told.text
    # The way out that the text names, walked: the same run is followed, and no other is started.
    assert f"cyara run --resume {FIVE}/{number}" in told.text
    again = run("--resume", f"{FIVE}/{number}", "--timeout", "1s")
    assert (again.code, again.campaign["run"]) == (12, number)
    last = run("--resume", "--timeout", "1s")
    assert (last.code, last.campaign["run"]) == (12, number)
    # And who asks for the campaign anew is told of the run that goes on.
    refused = run(FIVE)
    assert (refused.code, refused.tally, refused.kinds) == (11, {}, {"Error": 1})
    said = refused.text + refused.progress
    assert number in said
    assert re.search(r"20\d\d-\d\d-\d\d", said)
    assert starts(portal) == 1


def test_it_ends_after_a_start_whose_answer_was_lost(run: Runner, at: At):
    portal = at(outcomes="success")
    portal.inject(attrs.evolve(faults.drop(), path="/execute"))
    told = run(FIVE)
    assert (told.code, told.tally, told.kinds) == (0, {"passed": 5}, {"passed": 5})
    assert (starts(portal), portal.pending_faults) == (1, 0)


def test_it_ends_and_the_answer_with_its_results_is_lost(run: Runner, at: At):
    portal = at(outcomes="success", late_failures=1)
    portal.inject(attrs.evolve(faults.drop(), path="/results"))
    told = run(FIVE)
    assert (told.code, told.tally, told.kinds) == (10, {"passed": 4, "failed": 1}, {"passed": 4, "Failure": 1})
    assert (starts(portal), portal.pending_faults) == (1, 0)


def test_a_start_that_never_arrived_is_not_repeated_and_is_no_pass(run: Runner, at: At):
    portal = at(outcomes="success")
    portal.inject(attrs.evolve(faults.drop(stage=Stage.BEFORE_EVALUATION), path="/execute"))
    told = run(FIVE, "--timeout", "4s")
    assert told.code in {8, 12}
    assert (starts(portal), told.campaign["run"], told.tally) == (1, None, {})


@pytest.mark.parametrize("status", [303, 499])
def test_a_start_whose_answer_leaves_open_whether_it_arrived_is_followed(run: Runner, at: At, status: int):
    portal = at(outcomes="success")
    portal.inject(faults.Fault(status=status, path="/execute"))
    told = run(FIVE)
    assert (told.code, told.tally, told.kinds) == (0, {"passed": 5}, {"passed": 5})
    assert (starts(portal), portal.pending_faults) == (1, 0)


@pytest.mark.parametrize("late_failures", [0, 2])
def test_it_answers_runs_as_calls(run: Runner, at: At, late_failures: int):
    portal = at(outcomes="success", runs_as="calls", late_failures=late_failures)
    told = run(FIVE)
    assert told.code == (10 if late_failures else 0)
    assert told.tally == ({"passed": 3, "failed": 2} if late_failures else {"passed": 5})
    assert starts(portal) == 1


def test_a_401_in_the_middle_costs_one_call_and_starts_nothing_more(run: Runner, program: Program, at: At):
    portal = at(outcomes="success", endless=True)
    process = run.start(FIVE, OTHER, "--timeout", "30s")
    eventually(lambda: following(portal))
    portal.regenerate_token()
    told = run.end_of(process)
    assert (told.code, told.json["verdict"]) == (4, "error")
    assert (portal.invalid_calls, portal.token_void, starts(portal)) == (1, False, 1)
    first, second = told.json["campaigns"]
    assert (first["verdict"], first["error_code"], second["verdict"]) == ("error", 4, "not_started")
    assert first["run"] is not None
    assert "401" in told.text
    # With the new pair the run is taken up, and the rest is started.
    program.use(portal)
    taken_up = run("--resume", "--timeout", "1s")
    assert taken_up.json["campaigns"][0]["run"] == first["run"]
    assert (taken_up.code, starts(portal, 805), portal.invalid_calls) == (12, 1, 1)


def test_the_portal_is_down(run: Runner, at: At, monkeypatch: pytest.MonkeyPatch):
    portal = at(outcomes="success")
    portal.stop()
    # Nobody can ask a portal that is down whether it is a local one.
    assert (run(FIVE).code, run(FIVE, "--name", "*").code) == (7, 7)
    told = run(FIVE, "--allow-inferred")
    assert (told.code, told.json["verdict"], told.kinds) == (8, "error", {"Error": 1})
    assert re.search("othing was (sent|started)", told.text + told.progress)
    monkeypatch.setenv("CYARA_ALLOW_INFERRED", "1")
    assert run(FIVE).code == 8


def test_the_portal_goes_down_in_the_middle(run: Runner, at: At):
    portal = at(outcomes="success", endless=True)
    process = run.start(FIVE, "--timeout", "4s")
    eventually(lambda: following(portal))
    portal.stop()
    told = run.end_of(process)
    assert told.code in {8, 12}
    assert told.campaign["run"] is not None
    assert "goes on at the portal" in told.text
    assert f"cyara run --resume {FIVE}/{told.campaign['run']}" in told.text


def test_nothing_is_selected(run: Runner, at: At):
    portal = at(outcomes="success")
    told = run("--name", "Nihgtly *")
    assert (told.code, told.json["verdict"], told.json["campaigns"]) == (13, "nothing_selected", [])
    assert (told.kinds, starts(portal)) == ({"Error": 1}, 0)
    assert "Nihgtly *" in told.text + told.progress


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT as a terminal does")
def test_ctrl_c_leaves_whole_reports_and_says_how_to_go_on(run: Runner, at: At):
    portal = at(outcomes="success", endless=True)
    process = run.start(FIVE, OTHER)
    eventually(lambda: following(portal))
    process.send_signal(signal.SIGINT)
    told = run.end_of(process)
    assert (told.code, told.json["verdict"]) == (130, "interrupted")
    assert [campaign["verdict"] for campaign in told.json["campaigns"]] == ["interrupted", "not_started"]
    assert "cyara run --resume" in told.text + told.progress
    assert starts(portal) == 1


MODES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "failed": ({"outcomes": "success", "late_failures": 2}, ()),
    "not_called": ({"outcomes": "aborted"}, ()),
    "timed_out": ({"outcomes": "success", "endless": True}, ("--timeout", "1s")),
}


@pytest.mark.parametrize("verdict", MODES)
def test_a_browser_counts_the_failures_that_there_were(run: Runner, at: At, browser: "Browser", verdict: str):
    options, arguments = MODES[verdict]
    at(**options)
    told = run(FIVE, *arguments)
    browser.open(told.html)
    body = browser.driver.find_element(By.TAG_NAME, "body")
    assert (body.get_attribute("data-verdict"), body.get_attribute("data-exit-code")) == (verdict, str(told.code))
    for meaning in ("failed", "not_called"):
        rows = browser.driver.find_elements(By.CSS_SELECTOR, f'tr[data-meaning="{meaning}"]')
        assert len(rows) == told.tally.get(meaning, 0)
        assert all(row.is_displayed() for row in rows)
    assert [asked[:5] for asked in browser.asked_for()] == ["file:"]
    assert browser.console() == []
