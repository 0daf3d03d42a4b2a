"""The scripts in `examples/`, run as people run them, against the local portal."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from cyara_tools.portal import LocalPortal, faults

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
STALE = "A" * 43 + "="


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal(speed=200) as running:
        yield running


def run(portal: LocalPortal, script: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CYARA_")},
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_STRIKE_STORE": "memory:",
        "PYTHONWARNINGS": "ignore",
        **changes,
    }
    command = [sys.executable, str(ROOT / "examples" / script), *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=50)
    assert portal.credential.rpartition(":")[2] not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_they_stay_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) < 40


def test_type_checkers_agree_with_them() -> None:
    paths = [str(path) for path in EXAMPLES]
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), *paths]
    for command in (mypy, [sys.executable, "-m", "basedpyright", *paths]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_without_arguments_they_say_how_they_are_called(portal: LocalPortal, path: Path) -> None:
    done = run(portal, path.name)
    assert done.returncode == 1
    assert f"`python {path.name} " in done.stderr
    assert "Traceback" not in done.stderr
    assert portal.requests == ()


def test_a_plan_type_that_no_campaign_has_makes_no_empty_file(portal: LocalPortal, tmp_path: Path) -> None:
    target = tmp_path / "pulse.csv"
    done = run(portal, "campaigns_to_csv.py", "pulse", str(target))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("No campaign has the plan type pulse; there are: ")
    assert "Pulse" in line
    assert not target.exists()


def test_campaigns_go_to_a_csv_file(portal: LocalPortal, tmp_path: Path) -> None:
    target = tmp_path / "pulse.csv"
    done = run(portal, "campaigns_to_csv.py", "Pulse", str(target))
    assert (done.returncode, done.stderr) == (0, "")
    with target.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    assert len(rows) < 130
    assert {row["status"] for row in rows} >= {"Completed"}
    assert "UNSET" not in target.read_text("utf-8")


def test_a_campaign_ends_with_an_exit_code_that_fits_its_results(portal: LocalPortal) -> None:
    codes = set()
    for campaign in range(801, 813):
        done = run(portal, "run_campaign.py", str(campaign))
        assert done.stderr == ""
        last = done.stdout.splitlines()[-1]
        assert last.startswith(f"campaign {campaign}: ")
        bad = any(result in last for result in ("Failed", "Aborted"))
        assert done.returncode == (1 if bad else 0)
        codes.add(done.returncode)
        if len(codes) > 1:
            break
    assert codes == {0, 1}


TROUBLE = {
    "no such campaign": ({}, "999999", "answered 404"),
    "no account": ({"CYARA_ACCOUNT_ID": ""}, "801", "set CYARA_ACCOUNT_ID. Nothing was sent."),
    "no portal": (
        {"CYARA_BASE_URL": "http://127.0.0.1:9", "CYARA_ALLOW_INFERRED": "1"},
        "801",
        "refused. Nothing was sent.",
    ),
    "a guess": ({"CYARA_BASE_URL": "http://127.0.0.1:9"}, "801", "inferred"),
    "no credential": ({"CYARA_API_CREDENTIAL": ""}, "801", "CYARA_API_CREDENTIAL"),
    "no address": ({"CYARA_BASE_URL": ""}, "801", "CYARA_BASE_URL"),
}


@pytest.mark.parametrize("case", TROUBLE)
def test_what_keeps_a_campaign_from_running_is_one_line(portal: LocalPortal, case: str) -> None:
    changes, campaign, said = TROUBLE[case]
    done = run(portal, "run_campaign.py", campaign, **changes)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line
    assert portal.invalid_calls == 0


def test_a_stale_token_is_one_line_and_one_strike(portal: LocalPortal) -> None:
    stale = f"{portal.credential.partition(':')[0]}:{STALE}"
    done = run(portal, "run_campaign.py", "801", CYARA_API_CREDENTIAL=stale)
    assert done.returncode == 2
    assert "answered 401" in done.stderr
    assert portal.invalid_calls == 1


def test_a_run_that_is_lost_after_its_start_says_that_it_goes_on(portal: LocalPortal) -> None:
    portal.inject(attrs.evolve(faults.answer(404), skip=1, path="/runs"))
    done = run(portal, "run_campaign.py", "801")
    assert done.returncode == 2
    assert "it goes on at the portal" in done.stderr


def test_users_come_from_a_csv_file(portal: LocalPortal, tmp_path: Path) -> None:
    source = tmp_path / "new.csv"
    source.write_text("username,email,roles\nann,ann@example.com,QA Lead;QA Engineer\n", encoding="utf-8-sig")
    done = run(portal, "create_users.py", str(source))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ann: created\n", "")
    assert [visit.operation for visit in portal.requests] == [
        "POST /v3.0/users/bulk",
        "POST /v3.0/accounts/{accountId}/users/bulk",
    ]
    again = run(portal, "create_users.py", str(source))
    assert again.returncode == 1
    assert again.stdout == "ann: There is a user ann already.\n"
