"""The text at the end of a run: what came of each campaign, why, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.plain_text import one_line
from cyara_tools.run.record import Meaning, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cyara_tools.run.record import CampaignRecord, RunRecord, TestRecord

_MOST_TESTS: Final = 20
_MOST_TEXT: Final = 300
# It ends with the next step, which must not be cut away.
_MOST_SENTENCE: Final = 2000
_MOST_NAME: Final = 120
_MEANING: Final = {
    ExitCode.OK: "The gate passed.",
    ExitCode.GATE_FAILED: "The gate failed.",
    ExitCode.NOT_RUN: "Not every test could be run.",
    ExitCode.TIMED_OUT: "The time was up. What was started goes on at the portal.",
    ExitCode.NOTHING_SELECTED: "No campaign was selected.",
    ExitCode.INTERRUPTED: "Interrupted. What was started goes on at the portal.",
}


def closing_lines(record: RunRecord) -> Iterator[str]:
    """Yield the lines for people."""
    for campaign in record.campaigns:
        yield from _campaign(campaign)
    code = ExitCode(record.exit_code)
    meaning = _MEANING.get(code, "An error kept it from a verdict.")
    yield f"{meaning} (exit code {int(code)})"


def _campaign(campaign: CampaignRecord) -> Iterator[str]:
    verdict = campaign.verdict.value.replace("_", " ").upper()
    run = f", run {campaign.run}" if campaign.run else ""
    tally = f": {_tally(campaign)}" if sum(campaign.tally.values()) else ""
    yield f"{verdict}  {campaign.id} {_short(campaign.name, _MOST_NAME)}{run}{tally}"
    for text in campaign.sentences:
        yield f"  {_short(text, _MOST_SENTENCE)}"
    # What the gate lets pass is in the reports; here is why it does not.
    if campaign.verdict is not Verdict.PASSED:
        yield from _tests([test for test in campaign.results if test.meaning is not Meaning.PASSED or test.too_long])


def _tests(tests: Sequence[TestRecord]) -> Iterator[str]:
    failed_first = sorted(tests, key=lambda test: test.meaning is Meaning.NOT_CALLED)
    for test in failed_first[:_MOST_TESTS]:
        reason = f": {_short(test.reason)}" if test.reason else ""
        yield f"  - {_short(test.name, _MOST_NAME)} ({_short(test.result or 'no result', _MOST_NAME)}){reason}"
    if len(tests) > _MOST_TESTS:
        yield f"  - and {len(tests) - _MOST_TESTS} more, which are in the reports"


def _tally(campaign: CampaignRecord) -> str:
    counts = campaign.tally.items()
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts if count)


def _short(text: str, most: int = _MOST_TEXT) -> str:
    return one_line(text, most=most)
