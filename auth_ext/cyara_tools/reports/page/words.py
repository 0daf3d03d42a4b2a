"""Words of the page: what a verdict is called, what it means, and how it looks."""

from __future__ import annotations

from typing import Final, Literal

import attrs

from cyara_tools.run.record import Meaning, TestRecord, Verdict

Look = Literal["good", "bad", "doubtful", "idle"]
"""Colour and sign: `doubtful` is not good either, but nothing that was called has been shown to be bad."""


@attrs.frozen
class Word:
    """How a verdict is shown: its name, what it means, as a sentence, and its look."""

    name: str
    sentence: str
    look: Look


VERDICTS: Final[dict[Verdict, Word]] = {
    Verdict.FAILED: Word("Failed", "Calls were made, and more of them were bad than the gate allows.", "bad"),
    Verdict.ERROR: Word("Error", "An error ended it before there was a verdict.", "bad"),
    Verdict.TIMED_OUT: Word(
        "Timed out", "The time was up before the run had ended. It goes on at the portal.", "doubtful"
    ),
    Verdict.NOT_CALLED: Word(
        "Could not call", "Calls could not be made, which says nothing good or bad about what they test.", "doubtful"
    ),
    Verdict.INCOMPLETE: Word("Incomplete", "The portal listed no calls of the run, or not all of them.", "doubtful"),
    Verdict.INTERRUPTED: Word(
        "Interrupted", "The command was stopped. What it had started goes on at the portal.", "doubtful"
    ),
    Verdict.NOT_STARTED: Word("Not started", "It was not started, because of what had happened before it.", "idle"),
    Verdict.NOTHING_SELECTED: Word(
        "Nothing selected", "No campaign matched the selection, so nothing was run.", "doubtful"
    ),
    Verdict.PASSED: Word("Passed", "The gate passed.", "good"),
}
"""Every verdict, the worst for a reader first: the page shows campaigns in this order."""

TALLY: Final = {
    "failed": "failed",
    "not_called": "could not be called",
    "missing": "not listed",
    "passed": "passed",
}
"""Names of a tally as the page says them, in the order of its bars."""

_RANK: Final = {verdict: rank for rank, verdict in enumerate(VERDICTS)}


def rank_of_verdict(verdict: Verdict) -> int:
    """Return where a campaign with this verdict stands; 0 is first."""
    return _RANK[verdict]


def rank_of_test(test: TestRecord) -> int:
    """Return where a test stands in the list of what is not good: failed, too long, not called; 3 is a good one."""
    if test.meaning is Meaning.FAILED:
        return 0
    if test.too_long:
        return 1
    return 2 if test.meaning is Meaning.NOT_CALLED else GOOD


GOOD: Final = 3
