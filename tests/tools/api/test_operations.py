"""`cyara operations`: every operation is found, with all that is known of it. Nothing is sent."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_client.operations import OPERATIONS
from cyara_tools.portal import LocalPortal

from .shell import Shell


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, portal: LocalPortal) -> Iterator[Shell]:
    portal.forget_requests()
    yield Shell(tmp_path, portal)
    portal.clear_faults()
    assert portal.invalid_calls == 0


def test_all_are_listed_with_the_command_that_calls_each(shell: Shell) -> None:
    rows = json.loads(shell("operations", "--output", "json").out)
    assert [row["operation"] for row in rows] == list(OPERATIONS)
    for row in rows:
        known = OPERATIONS[row["operation"]]
        assert (row["method"], row["path"], row["evidence"]) == (known.method, known.path, known.evidence)
        program, *command = row["command"].split()
        assert program == "cyara"
        assert shell(*command, "--help").code == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("runs",), {"GetCampaignRuns", "GetCampaignRun", "GetCampaignRunResults"}),
        (("PLAN", "list"), {"GetPlans"}),
        (("campaigns execute",), {"ExecuteCampaign"}),
        (("/testcases/import",), {"ImportTestCases"}),
        (("roles",), {"GetUserRoles"}),
        (("get_test_result_details"[:-1],), {"GetTestResultDetails"}),
    ],
)
def test_words_of_id_command_path_and_summary_find_them(shell: Shell, words: tuple[str, ...], found: set[str]) -> None:
    assert {line.split("\t")[0] for line in shell("operations", *words).lines()} == found


@pytest.mark.parametrize("name", ["GetCampaigns", "getcampaigns", "get_campaigns", "get-campaigns"])
def test_one_operation_is_shown_with_its_parameters(shell: Shell, name: str) -> None:
    facts = json.loads(shell("operations", name).out)
    assert facts["operation"] == "GetCampaigns"
    assert facts["command"] == "cyara campaigns list"
    assert facts["evidence"] == "observed"
    assert facts["source"] == OPERATIONS["GetCampaigns"].source
    assert facts["paged"] is True
    assert [(one["name"], one["python"], one["in"]) for one in facts["parameters"]] == [
        ("accountId", "account_id", "path"),
        ("pageno", "pageno", "query"),
        ("pageSize", "page_size", "query"),
        ("planType", "plan_type", "query"),
    ]
    assert "Pulse" in facts["parameters"][-1]["type"]


def test_fields_of_a_body_are_shown(shell: Shell) -> None:
    facts = json.loads(shell("operations", "CreateUser").out)
    assert facts["body"] == {"types": ["application/json"], "required": True}
    assert {"username"} <= {field["name"] for field in facts["fields"] if field["required"]}


@pytest.mark.parametrize("form", ["json", "yaml", "csv", "tsv", "jsonl", "table"])
def test_each_can_be_shown_in_each_form(shell: Shell, form: str) -> None:
    for name, operation in OPERATIONS.items():
        assert operation.path in shell("operations", name, "--output", form).out


def test_a_word_that_nothing_has_is_told_with_what_is_like_it(shell: Shell) -> None:
    result = shell("operations", "GetCampains")
    assert result.code == 2
    assert result.out == ""
    assert "Did you mean GetCampaigns" in result.err
    assert shell("operations", "GetCampaigns").code == 0


def test_nothing_is_sent_and_nothing_needs_to_be_configured(shell: Shell, portal: LocalPortal) -> None:
    nothing = dict.fromkeys(shell.own)
    before = portal.arrivals
    assert shell("operations", **nothing).code == 0
    assert shell("operations", "GetCampaigns", **nothing).code == 0
    assert portal.arrivals == before


def test_a_person_sees_parameters_as_a_table(shell: Shell) -> None:
    text = shell.terminal("operations", "GetCampaigns").out
    assert "cyara campaigns list" in text
    assert "Parameters:" in text
    assert text.index("name") < text.index("pageSize")
    assert "{" not in text.partition("Parameters:")[2]


def test_fields_and_queries_work_as_everywhere(shell: Shell) -> None:
    assert shell("operations", "plans", "--fields", "operation,command").lines() == [
        "GetPlan\tcyara plans get",
        "GetPlans\tcyara plans list",
    ]
    assert shell("operations", "--query", "[?evidence=='documented'].operation").lines() == ["GetTestCases", "GetUser"]
