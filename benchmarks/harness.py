"""What every benchmark shares: pairs measured in one run, medians of ratios, and one form of result.

A benchmark is a module of this folder with a function `measure() -> list[Row]`; `run.py` finds it.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PAIR = "0123456789abcdef0123456789abcdef:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/CANA8="
"""A well-formed key and token that are nobody's."""


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
    # A collection that happens to fall into one of two times would decide their ratio.
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
    # A B A B: machines drift while they are measured, so two times taken minutes apart say little.
    pairs = [(seconds(subject), seconds(peer)) for _ in range(rounds)]
    return Pair(subject=tuple(pair[0] for pair in pairs), peer=tuple(pair[1] for pair in pairs))


@contextmanager
def serving(code: str, *arguments: str) -> Iterator[str]:
    """Run a server that prints its port first, and yield its origin."""
    # In another process, so that client and server do not share an interpreter.
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own interpreter
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def run_quietly(command: list[str]) -> None:
    """Run a command to its successful end."""
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - commands of the benchmarks


def generate_stock(document: Path, folder: Path) -> None:
    """Let the stock generator write the package `stock_client` into a new folder, with its own templates."""
    folder.mkdir()
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none"]
    run_quietly([*command, "--output-path", str(folder / "stock_client")])


def table(rows: Sequence[Row]) -> str:
    """Render the rows as a Markdown table."""
    lines = ["| what | beside | measured | bar | holds |", "|---|---|---|---|---|"]
    for row in rows:
        bar = "" if row.bar is None else f"{'at most' if row.at_most else 'at least'} {row.bar:g} {row.unit}"
        verdict = "" if row.bar is None else ("yes" if row.holds else "**no**")
        claim = f"{row.claim} ({row.note})" if row.note else row.claim
        lines.append(f"| {claim} | {row.peer} | {row.figure:.4g} {row.unit} | {bar} | {verdict} |")
    return "\n".join(lines) + "\n"
