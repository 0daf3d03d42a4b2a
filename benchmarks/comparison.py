"""This client beside what people would use instead: httpx by hand, requests, and the clients of two generators.

All make the same calls in processes of their own, in turn; the clients are generated from the bundled document just
before. Besides the rows it writes `docs/comparison.md`: a table of what each costs, and of what each does with answers
that are not as the document says. OpenAPI Generator takes part where there is Java.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from call import ANSWER_BYTES, SERVER, campaign
from contenders import build
from contenders.behaviour import THREADS, Behaviour, behaviour
from contenders.page import page
from contenders.process import Target, running
from harness import PAIR, Pair, Row, serving

from cyara_tools.portal import LocalPortal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenders.build import Contender

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "generated" / "cyara_client" / "openapi.json"
COLD_ROUNDS = 5
CALL_ROUNDS, CALLS = 101, 10
DECODE_ROUNDS, OBJECTS = 5, 10_000
CAMPAIGN = 7
VOID_AT = 3
"""Invalid calls that void a token, by the vendor's documentation."""


@attrs.frozen
class Figures:
    """What one contender costs, a figure per round: seconds, or MB of resident memory at most."""

    imports: list[float] = attrs.field(factory=list)
    cold: list[float] = attrs.field(factory=list)
    import_memory: list[float] = attrs.field(factory=list)
    cold_memory: list[float] = attrs.field(factory=list)
    call: list[float] = attrs.field(factory=list)
    decode: list[float] = attrs.field(factory=list)
    """Each round reads a share of the objects."""


CLAIMS: Mapping[str, str] = {
    "imports": "import",
    "cold": "cold start to the first answer",
    "import_memory": "memory after import",
    "cold_memory": "memory after the first answer",
    "call": "one call, 2.9 kB answer, loopback",
    "decode": f"{OBJECTS:,} objects of 2.9 kB from bytes",
}
"""What each list of `Figures` is called in the tables."""

Results = dict[str, Figures]


def contenders(folder: Path) -> tuple[list[Contender], str]:
    """Return all that can take part, ours first, and a sentence about who cannot."""
    found = [build.ours(), *build.by_hand(), build.stock(DOCUMENT, folder / "stock")]
    try:
        found.append(build.openapi_generator(DOCUMENT, folder / "openapi-generator"))
    except build.UnavailableError as reason:
        return found, f"{reason}."
    return found, ""


def start_cold(everyone: Sequence[Contender], target: Target, results: Results) -> None:
    """Measure imports and first answers, each in a fresh process."""
    for number in range(COLD_ROUNDS + 1):
        for each in everyone:
            with running(each, target) as process:
                seconds, megabytes = process.ask("first", CAMPAIGN)
            # The first import writes the bytecode, which users have from the second start on.
            if number == 0:
                continue
            figures = results[each.title]
            figures.imports.append(process.import_seconds)
            figures.cold.append(process.import_seconds + seconds)
            figures.import_memory.append(process.import_megabytes)
            figures.cold_memory.append(megabytes)


def call_and_decode(everyone: Sequence[Contender], target: Target, results: Results) -> None:
    """Measure calls and decoding in processes that stay, in turn."""
    body, share = campaign(ANSWER_BYTES), OBJECTS // DECODE_ROUNDS
    with ExitStack() as stack:
        processes = {each.title: stack.enter_context(running(each, target)) for each in everyone}
        # Every process warms up before any is measured.
        for process in processes.values():
            process.ask("calls", CAMPAIGN, CALLS)
            process.ask("decode", body, 0, share // 10)
        # One round of each in turn, so that a slow moment of the machine hits them all.
        for _ in range(CALL_ROUNDS):
            for title, process in processes.items():
                results[title].call.append(process.ask("calls", CAMPAIGN, CALLS) / CALLS)
        for number in range(DECODE_ROUNDS):
            for title, process in processes.items():
                results[title].decode.append(process.ask("decode", body, number * share, share))


def costs(figures: Figures) -> dict[str, str]:
    """Return the lines of the table that say what a contender costs."""
    shown = (
        f"{statistics.median(figures.imports) * 1e3:.0f} ms",
        f"{statistics.median(figures.cold) * 1e3:.0f} ms",
        f"{statistics.median(figures.import_memory):.0f} MB",
        f"{statistics.median(figures.cold_memory):.0f} MB",
        f"{statistics.median(figures.call) * 1e6:.0f} us",
        f"{statistics.median(figures.decode) * DECODE_ROUNDS:.2f} s",
    )
    return dict(zip(CLAIMS.values(), shown, strict=True))


def strikes(seen: Behaviour) -> dict[str, str]:
    """Return the lines of the table about the threads with a token that was regenerated."""
    return {
        f"{THREADS} threads whose token was just regenerated: invalid calls": str(seen.invalid_calls),
        "the new token afterwards": "**void**" if seen.token_void else "valid",
    }


def rows(results: Results, seen: Mapping[str, Behaviour]) -> list[Row]:
    """Return ratios of ours to each other contender, and what the threads cost each."""
    (ours, mine), *others = results.items()
    found: list[Row] = []
    for field, claim in CLAIMS.items():
        for title, theirs in others:
            pair = Pair(subject=tuple(getattr(mine, field)), peer=tuple(getattr(theirs, field)))
            found.append(Row(claim=claim, figure=pair.ratio, peer=title))
    for title, each in seen.items():
        bar = VOID_AT - 1 if title == ours else None
        claim = f"invalid calls of {THREADS} threads whose token was just regenerated"
        found.append(Row(claim=claim, peer=title, figure=each.invalid_calls, unit="calls", bar=bar))
    return found


def measure() -> list[Row]:
    """Compare, and write the page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        everyone, absent = contenders(Path(name))
        results = {each.title: Figures() for each in everyone}
        with serving(SERVER, campaign(ANSWER_BYTES)) as origin:
            target = Target(base_url=f"{origin}/cyarawebapi", pair=PAIR, account_id=1, home=name)
            start_cold(everyone, target, results)
            call_and_decode(everyone, target, results)
        with LocalPortal(process=True) as portal:
            seen = {each.title: behaviour(each, portal, name) for each in everyone}
    columns = {title: {**costs(results[title]), **each.cells, **strikes(each)} for title, each in seen.items()}
    (ROOT / "docs" / "comparison.md").write_text(page(columns, absent), encoding="utf-8", newline="\n")
    return rows(results, seen)
