"""What is known of a run of `cyara run` when it is over or was stopped: the one source of all reports.

Nothing here asks a portal or writes a file. Whoever follows the campaigns makes these, the gate judges them, and the
reports show them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from cyara_auth.workflows.verdict import Tally

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


class Meaning(StrEnum):
    """What one result means; the words of `Tally`, so that the same call is never counted by two names."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CALLED = "not_called"


class Verdict(StrEnum):
    """What a campaign, or all of them, came to; `cyara_tools.run.gate` says which exit code each one is."""

    PASSED = "passed"
    """The gate passed."""
    FAILED = "failed"
    """The gate failed: calls were made, and too many of them were bad."""
    NOT_CALLED = "not_called"
    """Calls could not be made, and the gate does not cover that."""
    INCOMPLETE = "incomplete"
    """Calls of the run were not listed, or it listed none."""
    TIMED_OUT = "timed_out"
    """The run had not ended when the time was up; it goes on at the portal."""
    ERROR = "error"
    """Something else kept it from a verdict: `CampaignRecord.error` says what."""
    INTERRUPTED = "interrupted"
    """Ctrl-C; what was started goes on at the portal."""
    NOT_STARTED = "not_started"
    """Nothing was started: an earlier campaign failed, with --fail-fast, or an error ended all."""
    NOTHING_SELECTED = "nothing_selected"
    """No campaign matched the selection. Only of all of them, never of one."""


@attrs.frozen(kw_only=True)
class TestRecord:
    """One test of a run.

    Attributes:
        id: number of the test result, as the portal has it; None where it has none.
        name: name of the test case.
        result: the portal's own word; None where there is none.
        meaning: what that word means, with what `--allow` makes of it.
        duration_s: seconds that it took; None where the portal does not say.
        reason: why it is not good, in the portal's words or in ours; None where there is nothing to say.
        started: when it began, with its zone.
    """

    __test__ = False  # the name starts with Test, but it is not one of pytest's

    id: str | None
    name: str
    result: str | None
    meaning: Meaning
    duration_s: float | None = None
    reason: str | None = None
    started: dt.datetime | None = None
    too_long: bool = False
    """Whether it took longer than `--max-duration` allows: it then counts against the gate, whatever its result."""


@attrs.frozen(kw_only=True)
class EarlierRun:
    """One earlier run of the same campaign, for the trend; `run` is its number as the portal has it."""

    run: str
    started: dt.datetime | None
    ended: dt.datetime | None
    tally: Tally


@attrs.frozen(kw_only=True)
class CampaignRecord:
    """What came of one campaign.

    Attributes:
        id: number of the campaign.
        name: its name; its number as text where that could not be read.
        run: number of the run, as the portal has it; None where none was started or found.
        verdict: what it came to, by the gate.
        tally: calls by what they mean.
        results: tests in the order of the portal's list.
        reasons: why the verdict is not `passed`, as sentences; what the gate found first.
        problems: what is missing or odd at the portal, as sentences.
        error: the one sentence of an error that ended it; None where none did.
        error_code: exit code of that error (3 to 9); None where there is no error.
        started: when we started it, or began to follow it.
        ended: when we were through with it.
        trend: earlier runs, oldest first; empty where nobody asked for them.
    """

    id: int
    name: str
    run: str | None = None
    verdict: Verdict
    tally: Tally = attrs.field(factory=Tally)
    results: Sequence[TestRecord] = ()
    reasons: Sequence[str] = ()
    problems: Sequence[str] = ()
    error: str | None = None
    error_code: int | None = None
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    trend: Sequence[EarlierRun] = ()

    @property
    def sentences(self) -> list[str]:
        """All that is said of it, each sentence once: the error, the reasons, the problems."""
        return list(dict.fromkeys([*filter(None, [self.error]), *self.reasons, *self.problems]))


@attrs.frozen(kw_only=True)
class RunRecord:
    """What came of all campaigns of one command.

    Attributes:
        verdict: the worst of all, in the order of `cyara_tools.run.gate`.
        exit_code: what the command ends with.
        started: when the command began, with its zone.
        ended: when it was through.
        campaigns: in the order in which they were selected.
        portal: base URL of the portal, which holds no secret.
        account: number of the account.
        notes: what people should know beside it, as sentences.
    """

    verdict: Verdict
    exit_code: int
    started: dt.datetime
    ended: dt.datetime
    campaigns: Sequence[CampaignRecord] = ()
    portal: str = ""
    account: str = ""
    notes: Sequence[str] = ()
