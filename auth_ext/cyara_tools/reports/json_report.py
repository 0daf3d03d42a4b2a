"""The report for programs: all that is known of a run, as JSON; `report.schema.json` beside it describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cyara_tools.plain_text import plain
from cyara_tools.reports.ci_commands import json_without_command
from cyara_tools.run.result_fields import MOST_REASON

if TYPE_CHECKING:
    import datetime as dt

    from cyara_tools.run.record import CampaignRecord, RunRecord, TestRecord

SCHEMA: Final = 1
"""Number of the form. A field may be added without another number; none is removed or changes its meaning."""

SCHEMA_FILE: Final = Path(__file__).with_name("report.schema.json")


def json_of(record: RunRecord) -> dict[str, Any]:
    """Return a run as JSON values."""
    return {
        "schema": SCHEMA,
        "verdict": record.verdict.value,
        "exit_code": int(record.exit_code),
        "started": _moment(record.started),
        "ended": _moment(record.ended),
        "portal": _text(record.portal),
        "account": _text(record.account),
        "notes": [_text(note) for note in record.notes],
        "campaigns": [_campaign(campaign) for campaign in record.campaigns],
    }


def render_json(record: RunRecord, *, ensure_ascii: bool = False) -> str:
    """Return a run as a JSON text for people and programs; in ASCII for a terminal of any code page."""
    text = json.dumps(json_of(record), ensure_ascii=ensure_ascii, indent=2, allow_nan=False)
    return json_without_command(text) + "\n"


def _campaign(campaign: CampaignRecord) -> dict[str, Any]:
    return {
        "id": campaign.id,
        "name": _text(campaign.name),
        "run": _text(campaign.run),
        "verdict": campaign.verdict.value,
        "started": _moment(campaign.started),
        "ended": _moment(campaign.ended),
        "reasons": [_text(reason) for reason in campaign.reasons],
        "problems": [_text(problem) for problem in campaign.problems],
        "error": _text(campaign.error),
        "error_code": campaign.error_code,
        "tally": dict(campaign.tally),
        "results": [_test(test) for test in campaign.results],
    }


def _test(test: TestRecord) -> dict[str, Any]:
    return {
        "id": _text(test.id),
        "name": _text(test.name),
        "result": _text(test.result),
        "meaning": test.meaning.value,
        "too_long": test.too_long,
        "duration_s": test.duration_s,
        "started": _moment(test.started),
        "reason": _text(test.reason),
    }


def _moment(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _text(text: str | None) -> str | None:
    # A lone surrogate can be written as JSON, and then read by few.
    return None if text is None else plain(text, most=2 * MOST_REASON)
