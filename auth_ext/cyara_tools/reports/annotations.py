"""Annotations: lines by which GitHub and Azure show what failed beside the build, without anybody opening a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.plain_text import one_line, plain
from cyara_tools.reports.ci_commands import azure_issue, github_command
from cyara_tools.run.record import Meaning, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyara_tools.run.record import CampaignRecord, RunRecord

MOST: Final = 10
"""How many of one kind are written: GitHub shows no more of a step, and says nothing of the others."""
_MOST_TEXT: Final = 500
_MOST_TITLE: Final = 120


@attrs.frozen
class _Annotation:
    kind: str
    title: str
    text: str


def annotation_lines(record: RunRecord, environ: Mapping[str, str]) -> list[str]:
    """Return the lines for standard output; none outside of GitHub and Azure.

    What made the command fail is an `error`; what the gate let pass is a `warning`.
    """
    github, azure = environ.get("GITHUB_ACTIONS") == "true", environ.get("TF_BUILD", "").lower() == "true"
    if not github and not azure:
        return []
    found = [each for kind in ("error", "warning") for each in _few([*_annotations(record)], kind)]
    if github:
        return [github_command(each.kind, each.text, title=each.title) for each in found]
    return [azure_issue(each.kind, f"{each.title}: {each.text}") for each in found]


def _few(all_: list[_Annotation], kind: str) -> Iterator[_Annotation]:
    """Yield those of one kind; where there are too many, the last says so."""
    found = [each for each in all_ if each.kind == kind]
    if len(found) <= MOST:
        yield from found
        return
    yield from found[: MOST - 1]
    yield _Annotation(kind, "More", f"There are {len(found) - MOST + 1} more; the reports have all of them.")


def _annotations(record: RunRecord) -> Iterator[_Annotation]:
    """Yield what people should see: campaigns first, since few lines are shown and each says how much is behind it."""
    if record.exit_code and all(campaign.verdict in _FINE for campaign in record.campaigns):
        text = " ".join(record.notes) or f"The verdict is {record.verdict.value}."
        yield _annotation("error", "cyara run", text)
    for campaign in record.campaigns:
        if campaign.verdict not in _FINE:
            yield _annotation("error", campaign.name, _why(campaign))
    for campaign in record.campaigns:
        kind = "warning" if campaign.verdict is Verdict.PASSED else "error"
        for test in campaign.results:
            if test.too_long or test.meaning is not Meaning.PASSED:
                text = test.reason or f"The result is {test.result or 'none'}."
                yield _annotation(kind, f"{campaign.name}: {test.name}", text)
        if campaign.verdict is Verdict.PASSED and campaign.tally["missing"]:
            text = " ".join([f"{campaign.tally['missing']} calls were not listed.", *campaign.problems])
            yield _annotation(kind, campaign.name, text)


_FINE: Final = frozenset({Verdict.PASSED, Verdict.NOT_STARTED})


def _annotation(kind: str, title: str, text: str) -> _Annotation:
    return _Annotation(kind, one_line(title, most=_MOST_TITLE), plain(text, most=_MOST_TEXT))


def _why(campaign: CampaignRecord) -> str:
    return " ".join(campaign.sentences) or f"The verdict is {campaign.verdict.value}."
