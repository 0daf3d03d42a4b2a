"""Which campaigns and tests the page shows, in which order, and how many it leaves out.

A page is for people and has to open anywhere, so it is bounded: at most `CAMPAIGNS` sections, and tests up to `BYTES`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.reports.page.plots import Durations, Piece, Trend, bar, durations, trend
from cyara_tools.reports.page.text import between, clean, span
from cyara_tools.reports.page.words import GOOD, rank_of_test, rank_of_verdict
from cyara_tools.run.record import Meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_tools.run.record import CampaignRecord, RunRecord, TestRecord

CAMPAIGNS: Final = 200
BYTES: Final = 1_000_000
"""What the rows of all tests may take together; the rest of the page takes at most about as much."""

_NAME: Final = 120
_REASON: Final = 300
# Of the markup of a row.
_ROW: Final = 170


@attrs.frozen(kw_only=True)
class Row:
    """One test, as texts that are cleaned and not yet escaped."""

    rank: int
    meaning: Meaning
    too_long: bool
    id: str
    name: str
    result: str
    reason: str
    duration: str

    @property
    def size(self) -> int:
        """Bytes that the row takes in the page, at most a few less than in truth."""
        # Each of <>&"' takes five times its place.
        texts = f"{self.id}{self.name}{self.result}{self.reason}"
        return _ROW + len(texts.encode()) + 4 * sum(map(texts.count, "<>&\"'"))


@attrs.frozen(kw_only=True)
class Section:
    """What the page shows of one campaign.

    Attributes:
        number: place among the sections, from 1.
        campaign: what it is of.
        name: its name, cleaned.
        took: how long it took, as text.
        reasons: why it did not pass, without the error, which stands by itself.
        bar: parts of its tally.
        bad: tests that are not good, as far as there is room: failed, too long, not called.
        good: the others, likewise.
        bad_left_out: how many tests that are not good are not shown.
        good_left_out: how many of the others.
        slow: how many passed and took longer than the gate allows.
        durations: plot of its durations.
        trend: plot of its last runs.
    """

    number: int
    campaign: CampaignRecord
    name: str
    took: str
    reasons: Sequence[str]
    bar: Sequence[Piece]
    bad: Sequence[Row]
    good: Sequence[Row]
    bad_left_out: int
    good_left_out: int
    slow: int
    durations: Durations | None
    trend: Trend | None


def sections_of(record: RunRecord) -> list[Section]:
    """Return the sections of a run, the worst first, `CAMPAIGNS` at most."""
    campaigns = sorted(record.campaigns, key=lambda campaign: rank_of_verdict(campaign.verdict))[:CAMPAIGNS]
    numbered = enumerate(zip(campaigns, _rows(campaigns), strict=True), 1)
    return [_section(number, campaign, rows) for number, (campaign, rows) in numbered]


def _rows(campaigns: Sequence[CampaignRecord]) -> list[list[Row]]:
    """Return the rows of each campaign for which there is room."""
    queues = [sorted(campaign.results, key=rank_of_test) for campaign in campaigns]
    # All that is not good before anything that is, and no campaign before another one's turn: a thousand failures of
    # the first leave room for the one failure of the last.
    turns = sorted(
        (rank_of_test(test) == GOOD, place, number)
        for number, queue in enumerate(queues)
        for place, test in enumerate(queue)
    )
    shown: list[list[Row]] = [[] for _ in campaigns]
    room = BYTES
    for _, place, number in turns:
        row = _row(queues[number][place])
        room -= row.size
        if room < 0:
            break
        shown[number].append(row)
    return shown


def _row(test: TestRecord) -> Row:
    return Row(
        rank=rank_of_test(test),
        meaning=test.meaning,
        too_long=test.too_long,
        id=clean(test.id, 40),
        name=clean(test.name, _NAME) or "(without a name)",
        result=clean(test.result, 40) or "no result",
        reason=clean(test.reason, _REASON),
        duration=span(test.duration_s),
    )


def _section(number: int, campaign: CampaignRecord, rows: Sequence[Row]) -> Section:
    bad = [row for row in rows if row.rank != GOOD]
    good = [row for row in rows if row.rank == GOOD]
    all_bad = sum(rank_of_test(test) != GOOD for test in campaign.results)
    return Section(
        number=number,
        campaign=campaign,
        name=clean(campaign.name, _NAME) or str(campaign.id),
        took=between(campaign.started, campaign.ended),
        reasons=[reason for reason in campaign.reasons if reason != campaign.error],
        bar=bar(campaign.tally),
        bad=bad,
        good=good,
        bad_left_out=all_bad - len(bad),
        good_left_out=len(campaign.results) - all_bad - len(good),
        slow=sum(test.too_long and test.meaning is Meaning.PASSED for test in campaign.results),
        durations=durations(campaign),
        trend=trend(campaign),
    )
