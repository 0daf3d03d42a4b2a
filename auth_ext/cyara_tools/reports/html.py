"""The report for people: one HTML page that needs nothing but itself, made from the record of a run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from cyara_auth.workflows.verdict import Tally
from cyara_tools.reports.page.plots import HEIGHT, WIDTH, bar
from cyara_tools.reports.page.sections import sections_of
from cyara_tools.reports.page.text import between, clean, count, moment, share
from cyara_tools.reports.page.words import TALLY, VERDICTS
from cyara_tools.run.record import Verdict

if TYPE_CHECKING:
    import jinja2

    from cyara_tools.run.record import RunRecord

_WORDS: Final[dict[str, object]] = {
    "VERDICTS": VERDICTS,
    "TALLY": TALLY,
    "WIDTH": WIDTH,
    "HEIGHT": HEIGHT,
    "clean": clean,
    "count": count,
    "moment": moment,
    "share": share,
}
"""What the template calls by name."""
_PAGE: Final = "cyara_tools.reports.page"


def render_html(record: RunRecord) -> str:
    """Return the page of a run: text of a whole HTML document, to be written as UTF-8.

    It loads nothing and runs no script; a policy in its head has the browser hold it to that. Texts of the portal are
    cleaned, bounded and escaped. Of very many tests those that are not good are shown first, and the page says how many
    it leaves out. It takes two megabytes at most, unless texts are in another script than Latin.
    """
    style = _part("report.css")
    tally = {kind: sum(campaign.tally[kind] for campaign in record.campaigns) for kind in TALLY}
    sections = sections_of(record)
    return _template().render(
        **_WORDS,
        record=record,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        sections=sections,
        campaigns_left_out=len(record.campaigns) - len(sections),
        tally=Tally(**tally),
        bar=bar(tally),
        calls=sum(tally.values()),
        took=between(record.started, record.ended),
        headline=_headline(record, tally),
    )


def _headline(record: RunRecord, tally: dict[str, int]) -> str:
    """Say in a sentence what the calls came to."""
    calls = sum(tally.values())
    number = len(record.campaigns)
    passed = sum(campaign.verdict is Verdict.PASSED for campaign in record.campaigns)
    if not number:
        return ""
    if not calls:
        return "No calls are known."
    bad = [f"{tally[kind]:,} {name}" for kind, name in TALLY.items() if tally[kind] and kind != "passed"]
    of_calls = f"Of {count(calls, 'call')} {_and(bad)}." if bad else f"{count(calls, 'call')} passed."
    return of_calls if number == 1 else f"{of_calls} {passed:,} of {number:,} campaigns passed."


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _part(name: str) -> str:
    # So that it is found in a program that is one zip file, too.
    return resources.files(_PAGE).joinpath(name).read_text("utf-8")


@cache
def _template() -> jinja2.Template:
    # Imported here, because most commands write no report.
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(_part("report.html.jinja"))
