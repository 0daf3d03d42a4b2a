"""`--query` and `--fields`: what they take of an answer, and what is refused before anything is sent."""

import json
from typing import Any

import jmespath
import pytest

from cyara_client.api.campaigns import delete_campaign, get_campaign, get_campaign_run_results, get_campaigns
from cyara_client.models import Campaign, CampaignSummary
from cyara_client.models import TestResult as ResultModel
from cyara_tools.api.results import row_model
from cyara_tools.output.errors import UsageError
from cyara_tools.output.fields import columns_of
from cyara_tools.output.options import OutputOptions

from .shown import shown

ROWS = [
    {"campaignId": 1, "name": "b", "status": "Ready", "plan": {"name": "x", "size": 3}, "tags": ["p", "q"]},
    {"campaignId": 2, "name": "a", "status": "Running", "plan": {"name": "y", "size": 1}, "tags": []},
    {"campaignId": 3, "name": "c", "status": "Ready", "plan": None, "tags": ["q"]},
]
CAMPAIGN = Campaign.from_dict(
    {
        "campaignId": 812,
        "name": "Nightly",
        "testCases": [{"testCaseId": 1, "name": "a"}, {"testCaseId": 2, "name": "b"}],
        "plan": {"planId": 3, "name": "Pulse plan"},
    }
)


@pytest.mark.parametrize(
    "expression",
    [
        "[]",
        "[0]",
        "[-1].name",
        "[:2].name",
        "[::-1].campaignId",
        "[*].plan.name",
        "[].tags[]",
        "[?status=='Ready'].campaignId",
        "[?campaignId > `1` && plan].name",
        "[?contains(tags, 'q')].[name, campaignId]",
        "[].{id: campaignId, plan: plan.name}",
        "sort_by(@, &name)[].name",
        "max_by(@, &campaignId).name",
        "length(@)",
        "join(', ', [].name)",
        "sum([].campaignId)",
        "[].nothing",
        "@ | [0].plan | keys(@)",
        "not_null([2].plan, 'none')",
        "[?plan.size >= `3`] | [0]",
    ],
)
def test_a_query_finds_what_jmespath_finds(expression: str) -> None:
    assert json.loads(shown(ROWS, "json", query=expression)) == jmespath.search(expression, ROWS)


def test_a_query_of_models_reads_the_documents_names() -> None:
    assert shown(CAMPAIGN, query="testCases[].testCaseId") == "1\n2\n"
    assert shown(CAMPAIGN, query="name") == "Nightly\n"
    assert shown(CAMPAIGN, query="name", form="json") == '"Nightly"\n'
    assert shown(CAMPAIGN, query="testCases[].[name, testCaseId]") == "a\t1\nb\t2\n"
    assert shown(CAMPAIGN, "csv", query="testCases[].[name, testCaseId]") == "value1,value2\na,1\nb,2\n"


def test_a_query_that_finds_nothing_says_so_where_no_null_can_be_shown() -> None:
    notes: list[str] = []
    assert shown(CAMPAIGN, query="nothing", notes=notes) == ""
    assert notes == ["--query found nothing"]
    assert shown(CAMPAIGN, "json", query="nothing") == "null\n"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("[?", "not a JMESPath expression"),
        ("", "not a JMESPath expression"),
        ("a b", "not a JMESPath expression"),
        ("[].'", "not a JMESPath expression"),
        ("lenght(@)", "the function lenght()"),
        ("[?a].{b: to_upper(c)}", "the function to_upper()"),
    ],
)
def test_a_bad_query_is_one_sentence_before_anything_is_sent(expression: str, text: str) -> None:
    with pytest.raises(UsageError, match="Nothing was sent") as caught:
        OutputOptions(query=expression).plan()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_query_that_does_not_fit_says_that_the_call_was_made() -> None:
    with pytest.raises(UsageError, match="The call was made"):
        shown({"a": None}, query="length(a)")


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ("campaignId", ["campaignId"]),
        ("campaign_id,name", ["campaignId", "name"]),
        (" name , plan.plan_id", ["name", "plan.planId"]),
        ("plan,name", ["plan.planId", "plan.name", "name"]),
        ("testCases.testCaseId", ["testCases.testCaseId"]),
        ("name,name", ["name"]),
    ],
)
def test_fields_have_either_spelling_and_keep_their_order(names: str, columns: list[str]) -> None:
    assert shown(CAMPAIGN, "csv", fields=names, model=Campaign).splitlines()[0].split(",") == columns


def test_fields_of_inner_objects_stay_nested_in_json() -> None:
    text = shown(CAMPAIGN, "json", fields="plan.name,test_cases.name,name", model=Campaign)
    assert json.loads(text) == {
        "plan": {"name": "Pulse plan"},
        "testCases": [{"name": "a"}, {"name": "b"}],
        "name": "Nightly",
    }
    assert list(json.loads(text)) == ["plan", "testCases", "name"]
    assert shown(CAMPAIGN, "tsv", fields="test_cases.name", model=Campaign) == '["a","b"]\n'


def test_fields_that_are_absent_are_null_or_empty() -> None:
    assert json.loads(shown(ROWS, "json", fields="campaignId,nope"))[0] == {"campaignId": 1, "nope": None}
    assert shown(ROWS, "tsv", fields="plan.name,campaignId") == "x\t1\ny\t2\n\t3\n"


def test_fields_are_taken_of_what_a_query_found() -> None:
    assert shown(ROWS, "tsv", query="[?status=='Ready']", fields="name,plan.size") == "b\t3\nc\t\n"


@pytest.mark.parametrize(
    ("names", "meant"),
    [("nmae", "name"), ("campainId", "campaignId"), ("plan.plnId", "plan.planId"), ("test_case", "test_cases")],
)
def test_a_wrong_field_is_refused_with_what_may_be_meant(names: str, meant: str) -> None:
    with pytest.raises(UsageError, match="Nothing was sent") as caught:
        OutputOptions(fields=names).plan(Campaign)
    assert f"There is no field {names}" in str(caught.value)
    assert meant in str(caught.value).partition("Did you mean ")[2].partition("?")[0]
    assert "use one of campaignId, name" in str(caught.value)


@pytest.mark.parametrize("names", ["", "a,", ",", "a,,b"])
def test_an_empty_field_is_refused(names: str) -> None:
    with pytest.raises(UsageError, match="one of these is empty"):
        OutputOptions(fields=names).plan()


def test_all_and_a_limit_are_refused() -> None:
    with pytest.raises(UsageError, match="give one of the two"):
        OutputOptions(limit=5, all_pages=True).plan()


@pytest.mark.parametrize("model", [Campaign, CampaignSummary, ResultModel])
def test_columns_of_a_class_are_those_of_its_rows(model: Any) -> None:
    assert columns_of(model) == list(model.from_dict({}).to_records()[0])


def test_the_class_of_rows_is_read_off_the_operation() -> None:
    assert row_model(get_campaigns.ENDPOINT) is CampaignSummary
    assert row_model(get_campaign.ENDPOINT) is Campaign
    assert row_model(get_campaign_run_results.ENDPOINT) is ResultModel
    assert row_model(delete_campaign.ENDPOINT) is None
