"""What every benchmark shares: pairs measured in one run, medians of ratios, and one form of result.

Machines drift while they are measured, so two times taken minutes apart say little. Here the subject and its peer
run in turn, A B A B, and what is quoted is the median of the ratios pair by pair.

A benchmark is a module of this folder with a function `measure() -> list[Row]`; `run.py` finds it.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@attrs.frozen(kw_only=True)
class Row:
    """One claim: what was measured, its bar, and the figure of this run.

    `figure` and `bar` have the unit `unit` ("x" is a ratio to `peer`); `at_most` says on which side of the bar
    the figure has to lie. `bar` is None for a figure that is shown for comparison only.
    """

    claim: str
    figure: float
    unit: str = "x"
    peer: str = ""
    bar: float | None = None
    at_most: bool = True
    note: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the figure keeps its bar."""
        if self.bar is None:
            return True
        return self.figure <= self.bar if self.at_most else self.figure >= self.bar


@attrs.frozen(kw_only=True)
class Pair:
    """Seconds of the subject and of its peer, run in turn."""

    subject: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of the pairwise ratios, subject over peer."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.subject, self.peer, strict=True))


def seconds(work: Callable[[], object]) -> float:
    """Time one call with the garbage collector out of the way."""
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began
    finally:
        gc.enable()


def in_turn(subject: Callable[[], object], peer: Callable[[], object], *, rounds: int = 7) -> Pair:
    """Run both once to warm up, then in turn `rounds` times."""
    subject()
    peer()
    pairs = [(seconds(subject), seconds(peer)) for _ in range(rounds)]
    return Pair(subject=tuple(pair[0] for pair in pairs), peer=tuple(pair[1] for pair in pairs))


def python_process(code: str, *arguments: str) -> Callable[[], object]:
    """Return work that runs `code` in a fresh interpreter; for import times, where a warm process would lie."""

    def work() -> None:
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own interpreter

    return work


def table(rows: Sequence[Row]) -> str:
    """Render the rows as a Markdown table."""
    lines = ["| what | beside | measured | bar | holds |", "|---|---|---|---|---|"]
    for row in rows:
        bar = "" if row.bar is None else f"{'at most' if row.at_most else 'at least'} {row.bar:g} {row.unit}"
        verdict = "" if row.bar is None else ("yes" if row.holds else "**no**")
        claim = f"{row.claim} ({row.note})" if row.note else row.claim
        lines.append(f"| {claim} | {row.peer} | {row.figure:.4g} {row.unit} | {bar} | {verdict} |")
    return "\n".join(lines) + "\n"
