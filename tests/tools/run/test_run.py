"""`cyara run` against the local portal in each of its modes: exit code, text, the object for programs, the files."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import attrs
import junitparser
import pytest

from cyara_tools.portal import LocalPortal, faults

from .program import Program, starts

Start = Callable[..., LocalPortal]
PAIR = f"{'a1' * 16}:{'AbC4' * 10}xyz="


def test_a_campaign_that_passes(program: Program, portal: LocalPortal):
    done = program.quick("805")
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("PASSED  805 Campaign 005, run ")
    assert done.out.splitlines()[0].endswith(": 5 passed")
    assert done.out.splitlines()[-1] == "The gate passed. (exit code 0)"
    assert "Campaign 805 Campaign 005: started" in done.err
    assert starts(portal) == 1
    assert program.notes == []


def test_one_object_for_programs(program: Program, portal: LocalPortal):
    facts = program.json("805", "806")
    assert (facts["ok"], facts["schema"], facts["verdict"]) == (True, 1, "passed")
    assert [campaign["id"] for campaign in facts["campaigns"]] == [805, 806]
    (first, _) = facts["campaigns"]
    assert first["tally"] == {"passed": 5, "failed": 0, "not_called": 0, "missing": 0}
    assert {result["result"] for result in first["results"]} == {"Success"}
    assert facts["portal"] == portal.base_url


@pytest.mark.parametrize("where", ["before", "behind", "equals"])
def test_json_takes_a_file_or_none(program: Program, portal: LocalPortal, tmp_path: Path, where: str):
    file = tmp_path / "report.json"
    arguments = {
        "before": ["--json", str(file), "801"],
        "behind": ["801", "--json", str(file)],
        "equals": [f"--json={file}", "801"],
    }
    done = program.quick(*arguments[where])
    assert json.loads(file.read_text("utf-8"))["verdict"] == "passed"
    assert "The gate passed" in done.out
    # A number behind it is a campaign.
    assert program.quick("--json", "801").facts["campaigns"][0]["id"] == 801


def test_a_campaign_that_fails(program: Program, at: Start):
    at(outcomes="success", late_failures=2)
    done = program.quick("805")
    assert done.code == 10
    lines = done.out.splitlines()
    assert lines[0].startswith("FAILED  805 Campaign 005, run ")
    assert lines[1] == "  2 of 5 calls failed."
    assert lines[2].startswith("  - Test case ")
    assert "heard silence" in lines[2]
    assert lines[-1] == "The gate failed. (exit code 10)"


def test_the_gate_of_the_options(program: Program, at: Start):
    at(outcomes="success", late_failures=1)
    assert program.quick("805", "--min-pass", "80%").code == 0
    assert program.quick("805", "--min-pass", "81%").code == 10
    assert program.quick("805", "--max-failures", "1").code == 0
    assert program.quick("805", "--allow", "failed").code == 0
    assert program.quick("805", "--allow", "failed", "--max-duration", "1ms").code == 10


def test_calls_that_could_not_be_made_are_no_failures(program: Program, at: Start):
    at(outcomes="aborted")
    facts = program.json("805")
    assert (facts["exit_code"], facts["verdict"]) == (11, "not_called")
    assert facts["campaigns"][0]["tally"]["not_called"] == 5


def test_results_that_are_missing_are_no_success(program: Program, at: Start):
    at(outcomes="success", result_pages="silent")
    assert (facts := program.json("805"))["exit_code"] == 11
    assert facts["campaigns"][0]["verdict"] == "incomplete"


@pytest.mark.parametrize("ticket", ["object", "no_content", "run_id", "text"])
def test_a_portal_that_lists_calls_as_runs(program: Program, at: Start, ticket: str):
    at(outcomes="success", runs_as="calls", ticket=ticket)
    facts = program.json("805")
    assert (facts["exit_code"], facts["campaigns"][0]["tally"]["passed"]) == (0, 5)


def test_a_run_that_never_ends_is_left_when_the_time_is_up(program: Program, at: Start):
    portal = at(speed=0)
    done = program.quick("801", "--timeout", "300ms")
    assert done.code == 12
    assert done.out.splitlines()[-1] == "The time was up. What was started goes on at the portal. (exit code 12)"
    assert "had not ended after 0.3 s (--timeout). It goes on at the portal. Next: cyara run --resume 801/" in done.out
    # Its way out works: the run is followed, and not started once more.
    portal.advance(60)
    assert program.quick("--resume").code in {0, 10, 11}
    assert starts(portal) == 1


def test_a_start_whose_answer_was_lost_is_followed(program: Program, portal: LocalPortal):
    portal.inject(attrs.evolve(faults.drop(), path="/execute"))
    assert program.quick("805").code == 0
    assert starts(portal) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_gateway_that_loses_the_answer_is_no_reason_to_start_again(
    program: Program, portal: LocalPortal, status: int
):
    portal.inject(attrs.evolve(faults.gateway(status), path="/execute"))
    assert program.quick("805").code == 0
    assert starts(portal) == 1


def test_a_start_that_was_refused_is_an_error_of_that_campaign_alone(program: Program, portal: LocalPortal):
    portal.inject(attrs.evolve(faults.answer(409), path="/campaigns/801/execute"))
    facts = program.json("801", "802")
    assert facts["exit_code"] == 8
    assert [campaign["verdict"] for campaign in facts["campaigns"]] == ["error", "passed"]
    assert "answered 409" in facts["campaigns"][0]["error"]
    assert program.notes == []


def test_a_start_that_never_arrived_is_looked_for_and_not_repeated(program: Program, portal: LocalPortal):
    lost = attrs.evolve(faults.drop(stage=faults.Stage.BEFORE_EVALUATION), path="/execute")
    portal.inject(lost)
    done = program.quick("805", "--timeout", "1s")
    assert done.code == 8
    assert "The answer to the start of campaign 805 was lost, and the portal listed no new run of it" in done.out
    assert "Next: look at the portal whether it ran; if not: cyara run 805" in done.out
    assert starts(portal) == 1
    assert program.notes == []


def test_a_portal_that_goes_down_in_the_middle(program: Program, at: Start, monkeypatch: pytest.MonkeyPatch):
    portal = at(speed=0)
    portal.inject(attrs.evolve(faults.drop(), times=None, skip=2, path="/campaigns/801/runs"))
    facts = program.json("801", "--timeout", "20s")
    assert (facts["exit_code"], facts["verdict"]) == (8, "error")
    assert "The run goes on at the portal. Next: cyara run --resume" in facts["campaigns"][0]["error"]
    portal.clear_faults()
    portal.advance(60)
    assert program.quick("--resume").code in {0, 10, 11}
    assert starts(portal) == 1


def test_a_portal_that_is_down_from_the_start(program: Program, portal: LocalPortal, tmp_path: Path):
    portal.stop()
    # Where nothing answers, nobody can tell that it is a local one.
    done = program.quick("801", "--allow-inferred", "--json", str(tmp_path / "x.json"))
    assert done.code == 8
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["verdict"] == "error"


def test_a_token_that_is_replaced_in_the_middle_ends_everything(program: Program, at: Start):
    portal = at(speed=0)
    # After the questions of the selection and those of the first start.
    portal.regenerate_before(8)
    facts = program.json("801", "802", "803")
    assert facts["exit_code"] == 4
    first, *others = facts["campaigns"]
    assert first["error_code"] == 4
    assert "goes on at the portal" in first["error"]
    assert [campaign["verdict"] for campaign in others] == ["not_started", "not_started"]
    assert portal.invalid_calls <= 2
    assert starts(portal) == 1
    # With the new token they are taken up, and what was planned is started.
    program.use(portal)
    portal.advance(60)
    done = program.quick("--resume", "--timeout", "2s")
    assert starts(portal, 801) == 1
    assert starts(portal, 802) == 1
    assert done.code == 12


def test_a_guess_is_not_sent_to_a_real_portal_unasked(program: Program):
    # Nobody listens where a portal may be: whatever was sent would be an error of the network, and not this one.
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/cyarawebapi"
        program.set(CYARA_BASE_URL=address, CYARA_API_CREDENTIAL=PAIR, CYARA_ACCOUNT_ID="1")
        done = program.quick("--name", "*")
        assert done.code == 7
        assert "inferred" in done.err
        # With the opt-in it would have been sent.
        assert program.quick("--name", "*", "--allow-inferred").code == 8


def test_what_was_seen_by_the_gate_is_in_the_reports(program: Program, at: Start, tmp_path: Path):
    at(outcomes="success", late_failures=1)
    files = {name: tmp_path / f"report.{name}" for name in ("junit", "json", "html", "summary")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    done = program.quick("805", "806", *options)
    assert done.code == 10
    assert done.out.splitlines()[-1] == f"Reports: {', '.join(map(str, files.values()))}"
    suites = list(junitparser.JUnitXml.fromfile(str(files["junit"])))
    assert [(suite.tests, suite.failures, suite.errors) for suite in suites] == [(5, 1, 0), (6, 1, 0)]
    assert json.loads(files["json"].read_text("utf-8"))["exit_code"] == 10
    assert "<html" in files["html"].read_text("utf-8")
    assert "805" in files["summary"].read_text("utf-8")


def test_a_page_shows_the_runs_before(program: Program, portal: LocalPortal, tmp_path: Path):
    page = tmp_path / "report.html"
    assert program.quick("801", "--html", str(page)).code == 0
    asked = [visit.path for visit in portal.requests if visit.path.endswith("/results")]
    # Ten runs before this one, and this one.
    assert len(set(asked)) == 11


def test_a_report_that_cannot_be_written_is_known_before_anything_is_started(program: Program, portal: LocalPortal):
    done = program.quick("801", "--junit", str(program.home))
    assert done.code == 7
    assert "it is a folder" in done.err
    assert portal.arrivals == 0


def test_a_report_that_fails_at_the_end_costs_no_other(program: Program, at: Start, tmp_path: Path):
    portal = at(speed=0)
    folder = tmp_path / "reports"
    process = program.process(
        "801", "--junit", str(folder / "a.xml"), "--json", str(tmp_path / "b.json"), "--interval", "50ms"
    )
    assert process.stderr is not None
    assert "started" in process.stderr.readline()
    folder.rmdir()
    folder.write_text("in the way", "utf-8")
    portal.advance(60)
    done = program.end_of(process)
    assert done.code == 7
    assert f"The report cannot be written to {folder / 'a.xml'}" in done.err
    assert f"Reports: {tmp_path / 'b.json'}" in done.out.splitlines()
    assert json.loads((tmp_path / "b.json").read_text("utf-8"))["campaigns"][0]["verdict"] in {"passed", "failed"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say which campaigns to run"),
        (["nightly"], "a name goes with --name"),
        (["812/55001"], "CAMPAIGN/RUN goes with --resume"),
        (["--resume", "812"], "--resume takes CAMPAIGN/RUN"),
        (["--resume", "--name", "x"], "--resume takes up what was selected before"),
        (["1", "--detach", "--junit", "x.xml"], "give reports to --resume"),
        (["1", "--min-pass", "1"], "can mean 1% and 100%"),
        (["1", "--timeout", "soon"], "is not a length of time"),
        (["1", "--timeout", "0"], "is no time at all"),
        (["1", "--summary", "x", "--no-summary"], "do not go together"),
    ],
)
def test_options_that_cannot_be_are_said_before_anything_is_sent(
    program: Program, portal: LocalPortal, arguments: list[str], sentence: str
):
    done = program(*arguments)
    assert done.code == 2
    assert sentence in " ".join(done.err.replace("│", "").split())
    assert portal.arrivals == 0
