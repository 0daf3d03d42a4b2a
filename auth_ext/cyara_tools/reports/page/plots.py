"""Plots of the page, as numbers that the template draws: the bar of a tally, the durations, the trend."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.reports.page.text import moment, share, span
from cyara_tools.reports.page.words import TALLY, rank_of_test

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyara_tools.run.record import CampaignRecord

WIDTH: Final = 600
HEIGHT: Final = 120
"""Size of the area of a plot, in units of its SVG; labels stand below it."""
RUNS: Final = 20
"""How many runs the trend shows at most, this one included."""

# Columns of the durations, of few calls and of many.
_BINS: Final = (6, 24)
_TICKS: Final = 6
_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 86400)
_TOPS: Final = (2, 5, 10, 20, 50, 100)
_MINUTE: Final = 60
# From the foot of a column to its top.
_STACK: Final = ("passed", "missing", "not_called", "failed")
# By the rank of a test: one that took too long is as bad as one that failed.
_KINDS: Final = ("failed", "failed", "not_called", "passed")
# Of very many calls, one that failed is still to be seen.
_LEAST: Final = 0.8
# From here on a few tests that took much longer would press all others into one column.
_FEW: Final = 20
_FAR: Final = 3


@attrs.frozen(kw_only=True)
class Piece:
    """One part of a bar: `kind` is a name of `Tally`; start and size are percent of the bar."""

    kind: str
    count: int
    start: float
    size: float


@attrs.frozen(kw_only=True)
class Box:
    """A rectangle in units of the plot, from its upper left corner."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@attrs.frozen(kw_only=True)
class Tick:
    """A label below the plot; `anchor` is one of SVG's `text-anchor`."""

    x: float
    label: str
    anchor: str = "middle"


@attrs.frozen(kw_only=True)
class Durations:
    """How long tests took, in columns; seconds where they are numbers, and texts as they are shown."""

    boxes: Sequence[Box]
    ticks: Sequence[Tick]
    median_x: float
    median: str
    most: str
    """95 of 100 tests took at most that long."""
    longest: str
    tallest: int
    beyond: int
    """How many took longer than the axis reaches; the last column is theirs."""
    number: int
    unknown: int


@attrs.frozen(kw_only=True)
class Column:
    """One run in the trend, with what a pointer shows of it."""

    title: str
    boxes: Sequence[Box]


@attrs.frozen(kw_only=True)
class Trend:
    """Shares of calls that were not good in the last runs, oldest first and this one last; `top` is the upper end."""

    columns: Sequence[Column]
    ticks: Sequence[Tick]
    top: str
    current: str | None
    before: str
    number: int


def bar(tally: Mapping[str, int]) -> list[Piece]:
    """Return the parts of a tally, what is not good first; none for a tally without calls."""
    total = sum(tally.values())
    sizes = {kind: max(_LEAST, 100 * tally[kind] / total) for kind in TALLY if tally[kind]}
    scale = 100 / sum(sizes.values()) if sizes else 0
    pieces: list[Piece] = []
    start = 0.0
    for kind, size in sizes.items():
        pieces.append(Piece(kind=kind, count=tally[kind], start=round(start, 2), size=round(size * scale, 2)))
        start += size * scale
    return pieces


def durations(campaign: CampaignRecord) -> Durations | None:
    """Return the plot of a campaign's durations; None where no test has one."""
    known = sorted(
        (test.duration_s, _KINDS[rank_of_test(test)])
        for test in campaign.results
        if test.duration_s is not None and math.isfinite(test.duration_s) and test.duration_s >= 0
    )
    if not known:
        return None
    lengths = [seconds for seconds, _ in known]
    median = lengths[(len(lengths) - 1) // 2]
    most = lengths[math.ceil(0.95 * len(lengths)) - 1]
    end = 1.5 * most if len(lengths) >= _FEW and lengths[-1] > _FAR * most > 0 else lengths[-1]
    step = _step((end - lengths[0]) / max(_BINS[0], min(2 * math.isqrt(len(known)), _BINS[1])))
    first = math.floor(lengths[0] / step)
    bins = math.floor(end / step) - first + 1
    # The column after the last one has all that is longer.
    counted = Counter((min(math.floor(seconds / step) - first, bins), kind) for seconds, kind in known)
    columns = [{kind: counted[number, kind] for kind in _STACK} for number in range(bins + 1)]
    beyond = sum(columns[bins].values())
    tallest = max(sum(column.values()) for column in columns)
    width = WIDTH / (bins + (2 if beyond else 0))
    boxes: list[Box] = []
    for number, column in enumerate(columns):
        boxes += _stack(column, tallest, width * (number + (number == bins)), width)
    ticks = [
        Tick(x=round(width * number, 1), label=_short((first + number) * step))
        for number in range(0, bins + 1, math.ceil(bins / _TICKS))
    ]
    ends = [Tick(x=WIDTH, label="longer", anchor="end")] if beyond else []
    # A label in the middle of its tick would be cut off at either end.
    inner = [tick for tick in ticks[1:] if tick.x < 0.9 * WIDTH - (width if beyond else 0)]
    return Durations(
        boxes=boxes,
        ticks=[attrs.evolve(ticks[0], anchor="start"), *inner, *ends],
        median_x=round(min(width * (median / step - first), WIDTH), 1),
        median=span(median),
        most=span(most),
        longest=span(lengths[-1]),
        tallest=tallest,
        beyond=beyond,
        number=len(known),
        unknown=len(campaign.results) - len(known),
    )


def trend(campaign: CampaignRecord) -> Trend | None:
    """Return the plot of a campaign's last runs; None where earlier ones are not known."""
    earlier = campaign.trend[-(RUNS - 1) :]
    if not earlier:
        return None
    runs = [(f"{moment(run.started)}, run {run.run}", run.tally) for run in earlier] + [("This run", campaign.tally)]
    width = min(WIDTH / len(runs), WIDTH / 10)
    worst = max(_bad(tally) / max(1, sum(tally.values())) for _, tally in runs)
    top = next(top for top in _TOPS if top >= 100 * worst)
    columns: list[Column] = []
    for place, (name, tally) in enumerate(runs):
        calls = sum(tally.values())
        bad = {kind: 100 * tally[kind] / calls if calls else 0 for kind in _STACK if kind != "passed"}
        # A run that is all good would be nothing at all: it gets a foot.
        foot = {"passed": 0.01 * top if calls else 0}
        boxes = _stack(bad, top, width * place, width) or _stack(foot, top, width * place, width)
        what = f"{_bad(tally):,} of {calls:,} calls were not good" if calls else "no calls are known"
        columns.append(Column(title=f"{name}: {what}", boxes=boxes))
    total = sum(campaign.tally.values())
    before = sum(sum(run.tally.values()) for run in earlier)
    first = moment(earlier[0].started)[:10] if earlier[0].started else f"run {earlier[0].run}"
    last = Tick(x=round(width * (len(runs) - 1)), label="this run", anchor="start")
    if width * len(runs) > WIDTH - 1:
        last = Tick(x=WIDTH, label="this run", anchor="end")
    return Trend(
        columns=columns,
        ticks=[
            Tick(x=0, label=first, anchor="start"),
            last,
        ],
        top=f"{top} %",
        current=share(campaign.tally.passed, total) if total else None,
        before=share(sum(run.tally.passed for run in earlier), before),
        number=len(earlier),
    )


def _stack(parts: Mapping[str, float], top: float, x: float, width: float) -> list[Box]:
    """Return the parts of a column, the first one lowest; `top` is the value that has the height of the plot."""
    gap = min(2.0, width / 5)
    foot = float(HEIGHT)
    boxes: list[Box] = []
    for kind, value in parts.items():
        if value:
            # Of very many calls, one that failed is still to be seen.
            height = max(2.0, HEIGHT * value / top)
            foot -= height
            boxes.append(
                Box(
                    kind=kind,
                    x=round(x + gap / 2, 1),
                    y=round(max(0.0, foot), 1),
                    width=round(width - gap, 1),
                    height=round(height, 1),
                )
            )
    return boxes


def _bad(tally: Mapping[str, int]) -> int:
    return sum(tally.values()) - tally["passed"]


def _step(least: float) -> float:
    return next((step for step in _STEPS if step >= least), 86400 * math.ceil(least / 86400))


def _short(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < _MINUTE or seconds % _MINUTE else span(seconds).removesuffix(" 0 s")
