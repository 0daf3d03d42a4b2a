"""`records()` gives rows that pandas and polars take as they are, judged by these two."""

import datetime as dt
import math
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from cyara_auth.client.cyara import Cyara
from cyara_client import models
from cyara_tools.export import records

COLUMNS = ["testResultId", "testCaseId", "name", "result", "startDate", "duration_s", "detailedResult", "drift"]
START = "2026-01-31T21:15:11.8071332Z"


def result(**fields: object) -> models.TestResult:
    return models.TestResult.from_dict({"testResultId": 1, **fields})


def test_a_row_is_flat_typed_and_has_every_column():
    (row,) = records([result(startDate=START, duration="00:01:30.5", result="Failed", name=None)])
    assert list(row) == COLUMNS
    assert row["startDate"] == dt.datetime(2026, 1, 31, 21, 15, 11, 807133, tzinfo=dt.UTC)
    assert row["duration_s"] == 90.5
    assert type(row["result"]) is str
    assert row["name"] is None


def test_pandas_takes_the_rows_of_an_iterator_with_their_types(cyara: Cyara):
    frame = pd.DataFrame(records(cyara.campaigns.iter_campaign_run_results(campaign_id=803, run_id=55063)))
    assert list(frame.columns) == COLUMNS
    assert len(frame) == 3
    assert frame["duration_s"].dtype == "float64"
    assert str(frame["startDate"].dt.tz) == "UTC"


def test_polars_takes_the_rows_of_an_iterator_with_their_types(cyara: Cyara):
    frame = pl.DataFrame(records(cyara.campaigns.iter_campaign_run_results(campaign_id=803, run_id=55063)))
    assert frame.columns == COLUMNS
    assert frame.height == 3
    assert frame.schema["startDate"] == pl.Datetime("us", "UTC")
    # All of them are null in these rows, which says nothing of their type.
    assert frame.schema["drift"] == pl.String


def test_polars_is_not_misled_by_what_the_first_rows_lack():
    many = [result()] * 400 + [result(detailedResult="late", duration="00:00:01")]
    frame = pl.DataFrame(records(many))
    assert frame["detailedResult"].drop_nulls().to_list() == ["late"]
    assert pl.from_dicts(records(many)).height == 401


def test_inner_objects_are_columns_with_dots_also_where_they_are_absent():
    # The list is the text of its JSON, so that a row stays flat.
    full = models.Campaign.from_dict(
        {"campaignId": 1, "plan": {"planId": 31, "name": "Pulse"}, "testCases": [{"testCaseId": 5, "name": "a"}]}
    )
    rows = list(records([models.Campaign.from_dict({"campaignId": 2}), full]))
    assert rows[0].keys() == rows[1].keys()
    assert (rows[0]["plan.name"], rows[1]["plan.name"]) == (None, "Pulse")
    assert rows[1]["testCases"] == '[{"testCaseId": 5, "name": "a"}]'


def test_what_is_not_as_declared_is_drift_and_costs_no_other_value():
    (row,) = records([result(duration="soon", startDate=START, mood="fine", testCaseId=2**70)])
    assert (row["duration_s"], row["testCaseId"]) == (None, None)
    assert row["startDate"] is not None
    assert row["drift"] is not None
    assert '"mood": "fine"' in row["drift"]
    assert '"duration": "soon"' in row["drift"]
    assert str(2**70) in row["drift"]


def test_drift_of_an_inner_object_has_its_path():
    (row,) = records([models.Campaign.from_dict({"campaignId": 1, "plan": {"planId": 1, "colour": "red"}})])
    assert row["drift"] == '{"plan.colour": "red"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T21:15:11", dt.datetime(2026, 1, 31, 21, 15, 11, tzinfo=dt.UTC)),
        ("2026-01-31T22:15:11+01:00", dt.datetime(2026, 1, 31, 21, 15, 11, tzinfo=dt.UTC)),
        ("0001-01-01T00:00:00", None),
    ],
)
def test_moments_are_utc_whatever_zone_they_came_with(text: str, expected: dt.datetime | None):
    assert next(iter(records([result(startDate=text)])))["startDate"] == expected


def test_half_a_character_does_not_end_an_export():
    (row,) = records([result(name="a\ud800b")])
    assert row["name"] == "a\\ud800b"
    assert pl.DataFrame(records([result(name="a\ud800b")])).height == 1


def test_an_unknown_member_of_an_enumeration_is_its_text():
    assert [row["result"] for row in records([result(result="Brilliant"), result(result=7)])] == ["Brilliant", "7"]


def test_a_page_and_one_model_are_rows_too(cyara: Cyara):
    page = cyara.campaigns.get_campaigns(page_size=5)
    assert len(list(records(page))) == 5
    assert len(list(records(cyara.campaigns.get_campaign(campaign_id=801)))) == 1


def test_a_list_can_be_taken_twice_and_nothing_has_no_columns():
    rows = records([result(), None, result()])
    assert len(list(rows)) == len(list(rows)) == 2
    assert list(records([])) == []
    assert pd.DataFrame(records([])).empty
    assert pl.DataFrame(records([])).is_empty()


def test_rows_are_made_while_they_are_taken():
    def endless():
        while True:
            yield result()

    rows = iter(records(endless()))
    assert next(rows)["testResultId"] == 1


@pytest.mark.parametrize("value", [5, "text", b"bytes", {"a": 1}])
def test_what_is_no_model_is_refused(value: object):
    with pytest.raises(TypeError, match="records are made of models"):
        records(value)
    with pytest.raises(TypeError, match="records are made of models"):
        records([value])


def test_numbers_that_are_none_do_not_come_through():
    (row,) = records([result(duration="00:00:01", detailedResult=math.inf)])
    assert row["detailedResult"] is None
    assert "Infinity" in str(row["drift"])


def test_the_documentation_says_what_rows_are():
    text = (Path(__file__).resolve().parents[3] / "docs" / "data.md").read_text("utf-8")
    assert all(f"`{name}`" in text for name in COLUMNS)
