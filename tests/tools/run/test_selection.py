"""Which campaigns run: selectors add up, each has to match something, and a campaign runs once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_auth import connect
from cyara_tools.portal import LocalPortal
from cyara_tools.run.folders import is_below

from .program import Program, starts


def ran(program: Program, *arguments: str) -> list[int]:
    facts = program.json(*arguments)
    assert facts["exit_code"] == 0, facts["notes"]
    return [campaign["id"] for campaign in facts["campaigns"]]


def test_selectors_add_up_and_a_campaign_runs_once(program: Program, portal: LocalPortal):
    found = ran(program, "804", "801", "804", "--name", "campaign 00[12]", "--name", "CAMPAIGN 001")
    assert found == [804, 801, 802]
    assert starts(portal) == 3


def test_a_type_of_plan_selects(program: Program, portal: LocalPortal):
    done = program("--plan-type", "nothing", "801")
    assert done.code == 13
    assert "--plan-type 'nothing'" in done.err
    # A quarter of the campaigns has it, and each of them would be started.
    done = program("--plan-type", "pulseOUTBOUND", "--detach", "--interval", "20ms", "99999")
    assert done.code == 13
    assert "--plan-type" not in done.err
    assert starts(portal) == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["99999"], ["the number 99999"]),
        (["801", "99999"], ["the number 99999"]),
        (["--name", "No such *"], ["--name 'No such *'"]),
        (["801", "--name", "Campaign 001", "--name", "x", "99999"], ["--name 'x'", "the number 99999"]),
    ],
)
def test_a_selector_that_matches_nothing_is_named_and_nothing_is_started(
    program: Program, portal: LocalPortal, tmp_path: Path, arguments: list[str], named: list[str]
):
    report = tmp_path / "report.xml"
    done = program.quick(*arguments, "--junit", str(report))
    assert done.code == 13
    assert all(each in done.err for each in named)
    assert "Nothing was started" in done.err
    # CI is not green either: there is a case that has not passed.
    assert "<error" in report.read_text("utf-8")
    assert starts(portal) == 0


def test_a_suite_gives_each_campaign_its_own_gate(program: Program, at: Callable[..., LocalPortal], tmp_path: Path):
    at(outcomes="success", late_failures=1)
    suite = tmp_path / "nightly.cyara.yaml"
    suite.write_text(
        "version: 1\n"
        "defaults: {max_failures: 0}\n"
        "campaigns:\n"
        "  - {id: 805, max_failures: 1}\n"
        "  - {name: Campaign 006, min_pass: 50%}\n"
        "  - {id: 804}\n",
        "utf-8",
    )
    facts = program.json("--suite", str(suite))
    assert [(campaign["id"], campaign["verdict"]) for campaign in facts["campaigns"]] == [
        (805, "passed"),
        (806, "failed"),
        (804, "failed"),
    ]
    # What the command line says holds for all.
    assert ran(program, "--suite", str(suite), "--max-failures", "1", "--min-pass", "10%") == [805, 806, 804]
    # And the suite for what it names, however that was selected.
    assert ran(program, "805", "--suite", str(suite), "--max-failures", "1", "--min-pass", "10%") == [805, 806, 804]


def test_a_suite_that_names_what_is_not_there_says_where(program: Program, portal: LocalPortal, tmp_path: Path):
    suite = tmp_path / "nightly.cyara.yaml"
    suite.write_text("version: 1\ncampaigns:\n  - {id: 801}\n  - {name: Campain 002}\n", "utf-8")
    done = program.quick("--suite", str(suite))
    assert done.code == 13
    assert f"{suite}:4 (name 'Campain 002')" in done.err
    assert starts(portal) == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_suite_that_asks_two_things_of_one_campaign_is_refused(
    program: Program, portal: LocalPortal, tmp_path: Path, order: tuple[int, int]
):
    suite, entries = tmp_path / "nightly.cyara.yaml", ("  - {id: 805}\n", "  - {name: Campaign 005, min_pass: 1%}\n")
    suite.write_text("version: 1\ncampaigns:\n" + "".join(entries[number] for number in order), "utf-8")
    done = program.quick("--suite", str(suite))
    assert done.code == 7
    assert f"{suite}:3 and {suite}:4" in done.err
    assert starts(portal) == 0
    # Where the command line says the same of both, nothing is left to be unclear.
    assert program.quick("--suite", str(suite), "--min-pass", "50%").code == 0


def test_a_suite_that_wants_variables_says_which(program: Program, portal: LocalPortal, tmp_path: Path):
    suite = tmp_path / "nightly.cyara.yaml"
    suite.write_text("version: 1\nenvironment: [NIGHTLY_REGION]\ncampaigns:\n  - {id: 801}\n", "utf-8")
    done = program.quick("--suite", str(suite))
    assert done.code == 7
    assert "NIGHTLY_REGION" in done.err
    assert portal.arrivals == 0
    program.set(NIGHTLY_REGION="eu")
    assert program.quick("--suite", str(suite)).code == 0


def test_a_folder_selects_the_campaigns_that_call_a_test_case_there(program: Program, portal: LocalPortal):
    with connect(portal.base_url, portal.credential, account_id=portal.account_id, store="memory://") as cyara:
        inside = {case.test_case_id for case in cyara.test_cases.iter_test_cases() if "MENU" in str(case.folder_path)}
        numbers = [campaign.campaign_id for campaign in cyara.campaigns.iter_campaigns()]
        called = {
            number: {case.test_case_id for case in cyara.campaigns.get_campaign(campaign_id=number).test_cases or ()}
            for number in numbers
        }
    wanted = {number for number, cases in called.items() if cases & inside}
    assert wanted
    assert wanted != set(numbers)
    done = program.quick("--folder", "bank/menu", "--detach")
    assert {int(line.partition("/")[0]) for line in done.out.splitlines()} == wanted


def test_a_folder_without_a_test_case_selects_nothing(program: Program, portal: LocalPortal):
    done = program.quick("--folder", "Nightly")
    assert done.code == 13
    assert "--folder 'Nightly'" in done.err
    assert starts(portal) == 0


@pytest.mark.parametrize(
    ("path", "folder", "is_inside"),
    [
        ("Nightly/Europe", "nightly", True),
        ("/Nightly/Europe/", "Nightly\\Europe", True),
        ("Nightly", "Nightly/Europe", False),
        ("Nightly Europe", "Nightly", False),
        ("Nightly", "/", False),
    ],
)
def test_a_folder_holds_what_lies_below_it(path: str, folder: str, *, is_inside: bool):
    assert is_below(path, folder) is is_inside
