"""Records of runs, as small as a test wants them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from cyara_auth.workflows.verdict import Tally
from cyara_tools.run.record import CampaignRecord, EarlierRun, Meaning, RunRecord, TestRecord, Verdict

BEGAN = dt.datetime(2026, 3, 28, 23, 30, tzinfo=dt.UTC)
WORDS = {Meaning.PASSED: "Success", Meaning.FAILED: "Failed", Meaning.NOT_CALLED: "Aborted"}
REASONS = {Meaning.FAILED: "Step 2: expected a greeting, heard silence", Meaning.NOT_CALLED: "Nobody answered"}


def results_of(passed: int, failed: int = 0, not_called: int = 0, **changes: Any) -> list[TestRecord]:
    """Return tests; those that are not good come last."""
    meanings = [Meaning.PASSED] * passed + [Meaning.FAILED] * failed + [Meaning.NOT_CALLED] * not_called
    return [
        TestRecord(
            **{
                "id": str(880_001 + number),
                "name": f"Balance by number {number + 1}",
                "result": WORDS[meaning],
                "meaning": meaning,
                "duration_s": None if meaning is Meaning.NOT_CALLED else 20.0 + number % 17,
                "reason": REASONS.get(meaning),
                "started": BEGAN,
            }
            | changes
        )
        for number, meaning in enumerate(meanings)
    ]


def campaign(number: int, results: Sequence[TestRecord] = (), *, missing: int = 0, **changes: Any) -> CampaignRecord:
    """Return a campaign; unless it is said, the verdict is what the results come to."""
    counts = {meaning.value: sum(test.meaning is meaning for test in results) for meaning in Meaning}
    tally = Tally(**counts, missing=missing)
    parts = {
        "id": number,
        "name": f"Campaign {number}",
        "run": str(55_000 + number),
        "verdict": Verdict(tally.verdict),
        "tally": tally,
        "results": results,
        "started": BEGAN,
        "ended": BEGAN + dt.timedelta(minutes=4, seconds=12),
    }
    return CampaignRecord(**parts | changes)


def earlier(number: int) -> list[EarlierRun]:
    """Return the runs of the days before."""
    return [
        EarlierRun(
            run=str(54_000 + day),
            started=BEGAN - dt.timedelta(days=number - day),
            ended=BEGAN - dt.timedelta(days=number - day, minutes=-5),
            tally=Tally(passed=20 - day % 3, failed=day % 3),
        )
        for day in range(number)
    ]


def run_of(*campaigns: CampaignRecord, **changes: Any) -> RunRecord:
    """Return a run; unless it is said, the verdict is that of its first campaign."""
    verdict = campaigns[0].verdict if campaigns else Verdict.NOTHING_SELECTED
    codes = {Verdict.PASSED: 0, Verdict.FAILED: 10, Verdict.TIMED_OUT: 12, Verdict.NOTHING_SELECTED: 13}
    parts = {
        "verdict": verdict,
        "exit_code": codes.get(verdict, 11),
        "started": BEGAN,
        "ended": BEGAN + dt.timedelta(minutes=5),
        "campaigns": campaigns,
        "portal": "https://portal.example/cyarawebapi",
        "account": "1",
    }
    return RunRecord(**parts | changes)


def one_of_each() -> RunRecord:
    """Return a run that has every verdict that a campaign can have, and everything that a page may show."""
    slow = results_of(1, too_long=True, reason="It took 20 s; the gate allows 10 s.")
    return run_of(
        campaign(812, results_of(9, 3, 2), missing=1, trend=earlier(14), reasons=["3 of 15 calls failed."]),
        campaign(813, results_of(30), trend=earlier(30)),
        campaign(814, [*results_of(2), *slow], verdict=Verdict.FAILED, reasons=["One call took too long."]),
        campaign(815, results_of(5, 0, 2), problems=["Two calls were aborted."]),
        campaign(816, results_of(5), missing=3, problems=["The pages of the results name 8, and 5 came."]),
        campaign(817, results_of(1), verdict=Verdict.TIMED_OUT, reasons=["The time was up after 1 h."]),
        campaign(818, run=None, verdict=Verdict.ERROR, error="The portal was not reached.", error_code=8),
        campaign(819, results_of(1), verdict=Verdict.INTERRUPTED),
        campaign(820, run=None, verdict=Verdict.NOT_STARTED, started=None, ended=None),
        notes=["The listing was read twice."],
    )
