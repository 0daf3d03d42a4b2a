"""The JSON report has the fields that were promised, whatever was run, and agrees with its schema."""

import json
import re

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, FormatChecker

from cyara_tools.reports.json_report import SCHEMA_FILE, render_json
from cyara_tools.run.record import Meaning, RunRecord, Verdict

from .records import any_run, called, campaign, everything, run

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))


def closed(schema: object) -> object:
    """Return the schema without leave for fields that it does not name: none of ours may go undescribed."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


VALIDATOR = Draft202012Validator(closed(SCHEMA), format_checker=FormatChecker())


def test_the_fields_of_the_documentation_are_there():
    read = json.loads(
        render_json(run(campaign(Verdict.FAILED, called("Menu", Meaning.FAILED, duration_s=34.3), missing=1)))
    )
    assert read["schema"] == 1
    assert (read["verdict"], read["exit_code"]) == ("failed", 10)
    assert (read["started"], read["ended"]) == ("2026-11-30T03:00:00+00:00", "2026-11-30T03:05:00+00:00")
    (found,) = read["campaigns"]
    assert (found["id"], found["name"], found["run"], found["verdict"]) == (812, "Nightly 812", "55120", "failed")
    assert found["tally"] == {"passed": 0, "failed": 1, "not_called": 0, "missing": 1}
    (test,) = found["results"]
    wanted = {"id": "1", "name": "Menu", "result": "Failed", "duration_s": 34.3, "reason": "Step 2: heard silence"}
    assert {key: test[key] for key in wanted} == wanted


@given(any_run())
def test_any_run_is_valid_by_the_schema_and_in_utf_8(record: RunRecord):
    text = render_json(record)
    VALIDATOR.validate(json.loads(text.encode("utf-8")))
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", text)


def test_the_schema_is_valid_and_judges():
    Draft202012Validator.check_schema(SCHEMA)
    read = json.loads(render_json(everything()))
    VALIDATOR.validate(read)
    for spoilt in (
        read | {"exit_code": 1},
        read | {"verdict": "fine"},
        read | {"started": "yesterday"},
        {key: value for key, value in read.items() if key != "schema"},
    ):
        assert not VALIDATOR.is_valid(spoilt)


@pytest.mark.parametrize("verdict", [each for each in Verdict if each is not Verdict.NOTHING_SELECTED])
def test_every_verdict_is_known_to_the_schema(verdict: Verdict):
    code = 8 if verdict is Verdict.ERROR else None
    VALIDATOR.validate(json.loads(render_json(run(campaign(verdict, error_code=code)))))


def test_nothing_selected_is_known_to_the_schema():
    read = json.loads(render_json(run()))
    VALIDATOR.validate(read)
    assert (read["verdict"], read["exit_code"], read["campaigns"]) == ("nothing_selected", 13, [])
