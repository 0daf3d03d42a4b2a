"""Every form of an output, read back by somebody else's reader."""

import csv
import io
import json
import re
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cyara_client import models
from cyara_client.models import Campaign, CampaignSummary, CampaignSummaryPage
from cyara_tools.output.errors import UsageError
from cyara_tools.output.options import OutputFormat

from .shown import broken_off, shown

ROW = {
    "testResultId": 1,
    "testCaseId": 2,
    "name": 'Größe, "5"\n\t日本語 😀',
    "result": "Success",
    "startDate": "2026-01-31T09:00:00+02:00",
    "duration": "00:01:30.5000000",
    "detailedResult": None,
}
RESULT = models.TestResult.from_dict(ROW)
CAMPAIGN = Campaign.from_dict(
    {
        "campaignId": 812,
        "name": "Nightly",
        "planType": "Pulse",
        "testCases": [{"testCaseId": 1, "name": "a"}, {"testCaseId": 2, "name": "b"}],
        "plan": {"planId": 3, "name": "Pulse plan"},
        "isNew": True,
    }
)
SUMMARIES = [CampaignSummary.from_dict({"campaignId": number, "name": f"Campaign {number}"}) for number in range(3)]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=4))
def test_json_jsonl_and_yaml_say_what_came(values: list[Any]) -> None:
    assert json.loads(shown(values, "json")) == values
    assert [json.loads(line) for line in shown(values, "jsonl").split("\n") if line] == values
    assert yaml.safe_load(shown(values, "yaml")) == values


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_an_object_is_one_document(value: dict[str, Any]) -> None:
    assert json.loads(shown(value, "json")) == value
    assert yaml.safe_load(shown(value, "yaml")) == value
    assert [json.loads(line) for line in shown(value, "jsonl").split("\n") if line] == [value]


@given(st.lists(st.lists(st.text(min_size=1, max_size=9), min_size=2, max_size=2), min_size=1, max_size=5))
def test_csv_and_tsv_keep_every_text(rows: list[list[str]]) -> None:
    objects = [{"a": first, "b": second} for first, second in rows]
    assert list(csv.reader(io.StringIO(shown(objects, "csv"), newline="")))[1:] == rows
    lines = shown(objects, "tsv").removesuffix("\n").split("\n")
    assert [[unescaped(text) for text in line.split("\t")] for line in lines] == rows


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r", "t": "\t"}.get(found[1], found[1]), text)


def test_pandas_reads_the_csv_with_its_types() -> None:
    frame = pd.read_csv(io.StringIO(shown([RESULT, RESULT], "csv")), parse_dates=["startDate"])
    assert frame["duration"].tolist() == [90.5, 90.5]
    assert frame["name"][0] == ROW["name"]
    assert frame["startDate"][0] == pd.Timestamp("2026-01-31T09:00:00+02:00")
    assert frame["detailedResult"].isna().all()


def test_csv_ends_its_lines_as_exports_do() -> None:
    assert shown([{"a": 1}], "csv") == "a\n1\n"
    assert shown([{"a": "\r"}, {"a": "\r\n"}, {"a": None}], "csv") == 'a\n"\r"\n"\r\n"\n""\n'


def test_json_gives_the_portals_own_spelling() -> None:
    assert json.loads(shown(RESULT, "json")) == ROW
    assert yaml.safe_load(shown(RESULT, "yaml")) == ROW


def test_flat_forms_have_numbers_for_durations_and_blanks_for_null() -> None:
    text = shown([RESULT], "tsv")
    assert text == '1\t2\tGröße, "5"\\n\\t日本語 😀\tSuccess\t2026-01-31T09:00:00+02:00\t90.5\t\n'


def test_inner_objects_are_flat_in_csv_and_nested_in_json() -> None:
    (row,) = csv.DictReader(io.StringIO(shown(CAMPAIGN, "csv")))
    assert (row["plan.planId"], row["plan.name"], row["isNew"]) == ("3", "Pulse plan", "true")
    assert json.loads(row["testCases"]) == [{"testCaseId": 1, "name": "a"}, {"testCaseId": 2, "name": "b"}]
    assert json.loads(shown(CAMPAIGN, "json"))["plan"] == {"planId": 3, "name": "Pulse plan"}


def test_in_a_pipe_a_list_is_tsv_and_an_object_json() -> None:
    assert shown(SUMMARIES).splitlines()[0].split("\t")[:2] == ["0", "Campaign 0"]
    assert json.loads(shown(SUMMARIES[0])) == SUMMARIES[0].to_dict()
    assert shown("two\nlines") == "two\nlines\n"
    assert shown(5) == "5\n"
    assert shown(None) == ""


def test_a_page_is_its_rows_but_whole_in_json() -> None:
    page = CampaignSummaryPage.from_dict({"results": [row.to_dict() for row in SUMMARIES], "totalResults": 99})
    assert shown(page) == shown(SUMMARIES)
    assert json.loads(shown(page, "json"))["totalResults"] == 99
    assert [json.loads(line)["campaignId"] for line in shown(page, "jsonl").splitlines()] == [0, 1, 2]
    assert shown(page, "json", query="totalResults") == "99\n"


@pytest.mark.parametrize("form", list(OutputFormat))
def test_an_empty_list_is_one_in_every_form(form: OutputFormat) -> None:
    notes: list[str] = []
    text = shown([], form.value, model=CampaignSummary, notes=notes)
    empty = {"json": "[]\n", "yaml": "[]\n", "csv": "campaignId,name,planType,status,lastRunDate\n"}
    assert text == empty.get(form.value, "")
    assert notes == (["there are no rows"] if form is OutputFormat.TABLE else [])


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "yaml"])
def test_an_error_in_the_middle_leaves_whole_rows(form: str) -> None:
    assert broken_off(SUMMARIES, form) == shown(SUMMARIES, form)


def test_an_error_in_the_middle_leaves_a_json_array_without_an_end() -> None:
    text = broken_off(SUMMARIES, "json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert json.loads(text + "]") == [row.to_dict() for row in SUMMARIES]


def test_an_error_in_the_middle_leaves_a_table_of_what_came() -> None:
    assert "Campaign 2" in broken_off(SUMMARIES, "table")


@pytest.mark.parametrize("form", list(OutputFormat))
def test_an_error_before_the_first_row_leaves_nothing(form: OutputFormat) -> None:
    assert broken_off([], form.value) == ""


@pytest.mark.parametrize("value", ["x...", "...", "...\n", "a\n...\n", "yes", "2026-01-31", "1e3", "null", ""])
def test_texts_that_mean_something_to_yaml_stay_texts(value: str) -> None:
    assert yaml.safe_load(shown({"a": value}, "yaml")) == {"a": value}
    assert yaml.safe_load(shown([value], "yaml")) == [value]
    assert yaml.safe_load(shown(value, "yaml")) == value


def test_numbers_that_json_does_not_have_come_as_words() -> None:
    assert json.loads(shown({"a": float("nan"), "b": float("-inf")}, "json")) == {"a": "NaN", "b": "-Infinity"}


def test_a_lone_surrogate_stays_valid_json_on_its_way_to_utf8() -> None:
    assert json.loads(shown({"a": "\ud83d"}, "json")) == {"a": "\ud83d"}


def test_fields_that_only_later_rows_have_are_named() -> None:
    notes: list[str] = []
    rows = [{"a": 1}] * 50 + [{"a": 2, "b": 3}]
    assert shown(rows, "csv", notes=notes).splitlines()[0] == "a"
    (note,) = notes
    assert note == "no column for b, which the first rows lack: name them by --fields, or take --output jsonl"
    assert shown(rows, "csv", fields="a,b").splitlines()[-1] == "2,3"


def test_a_file_goes_through_as_it_is() -> None:
    content = bytes(range(256))
    assert shown(content.decode("latin-1").encode("utf-8")).encode() == content.decode("latin-1").encode("utf-8")
    with pytest.raises(UsageError, match="256 bytes that is no text"):
        shown(content, terminal=True)
    with pytest.raises(UsageError, match="which has no fields"):
        shown(content, fields="a")
