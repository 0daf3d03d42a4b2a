"""Runs of campaigns over the portal's clock: queued, running, finished.

A run starts after a short while, but not while the same campaign runs, nor before its plan has enough free ports. Its
tests use the ports that it has, one after the other on each.
"""

from __future__ import annotations

import uuid
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.portal.domain.clock import format_time, format_time_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyara_tools.portal.json_types import Json

QUEUED_FOR: Final = timedelta(seconds=2)
_FOR_EVER: Final = timedelta(days=36_500)
_OUTCOMES: Final = ("Success",) * 13 + ("Satisfactory",) * 3 + ("Failed",) * 3 + ("Aborted",)
_DETAILS: Final = {
    "Failed": "Step 2: expected 'Please enter your account number', heard silence",
    "Aborted": "The call was not answered",
}


# Start, end and outcome are all known when a run is requested, so nothing has to happen in the background: whoever asks
# later compares them with the clock.
@attrs.frozen(kw_only=True)
class Test:
    """One test of a run, with its outcome decided beforehand."""

    result_id: int
    test_case_id: int
    name: str
    outcome: str
    start: datetime
    length: timedelta

    @property
    def end(self) -> datetime:
        """When the outcome is known."""
        return self.start + self.length

    def as_json(self, now: datetime) -> dict[str, Json]:
        """Return the test result as the API shows it."""
        over = self.end <= now
        return {
            "testResultId": self.result_id,
            "testCaseId": self.test_case_id,
            "name": self.name,
            "result": self.outcome if over else None,
            "startDate": format_time(self.start),
            "duration": format_time_span(self.length) if over else None,
            "detailedResult": _DETAILS.get(self.outcome) if over else None,
        }


@attrs.frozen(kw_only=True)
class Run:
    """One run of a campaign."""

    run_id: int
    ticket: str
    campaign_id: int
    plan_id: int
    ports: int
    requested: datetime
    start: datetime
    end: datetime
    tests: tuple[Test, ...]

    def as_json(self, now: datetime) -> dict[str, Json]:
        """Return the run as the API shows it."""
        return {
            "runId": self.run_id,
            "campaignRunId": self.ticket,
            "startDate": format_time(self.start),
            "endDate": format_time(self.end) if self.end <= now else None,
        }

    def calls(self, now: datetime) -> list[Json]:
        """Return the calls that have begun, latest first, as the other reading of the list of runs has them."""
        begun = sorted((test for test in self.tests if test.start <= now), key=lambda test: test.start, reverse=True)
        return [
            {
                "runId": self.run_id,
                "campaignRunId": self.ticket,
                "startDate": format_time(test.start),
                "endDate": format_time(test.end) if test.end <= now else None,
            }
            for test in begun
        ]


def outcome(result_id: int) -> str:
    """Decide how a test ends."""
    # By a hash: the same test ends the same way in every run of a script, and neighbours differ.
    return _OUTCOMES[_hash(result_id) % len(_OUTCOMES)]


def length(test_case_id: int) -> timedelta:
    """Decide how long a test takes, 0.5 to 2.5 seconds."""
    return timedelta(milliseconds=500 + _hash(test_case_id) % 2000)


def start_of(  # noqa: PLR0913, PLR0917 - each is a fact that the start depends on
    requested: datetime, campaign_id: int, plan_id: int, ports: int, limit: int, others: Iterable[Run]
) -> datetime:
    """Find the moment at which a campaign and its ports are free."""
    # A port gets free only where a run ends, so those are the only moments to try.
    known = list(others)
    earliest = requested + QUEUED_FOR
    for moment in sorted({earliest, *(run.end for run in known if run.end > earliest)}):
        # Runs that wait for the same plan keep their turn: a later request does not overtake them.
        active = [
            run for run in known if run.start <= moment < run.end or (run.start > moment and run.plan_id == plan_id)
        ]
        used = sum(run.ports for run in active if run.plan_id == plan_id)
        if used + ports <= limit and all(run.campaign_id != campaign_id for run in active):
            return moment
    return max((run.end for run in known), default=earliest)


def schedule(cases: Sequence[tuple[int, str]], start: datetime, ports: int, first_result: int) -> tuple[Test, ...]:
    """Put the tests of a run through its ports, one after the other on each."""
    free = [start] * max(1, ports)
    tests: list[Test] = []
    for number, (case, name) in enumerate(cases):
        port = free.index(min(free))
        result_id = first_result + number
        test = Test(
            result_id=result_id,
            test_case_id=case,
            name=name,
            outcome=outcome(result_id),
            start=free[port],
            length=length(case),
        )
        free[port] = test.end
        tests.append(test)
    return tuple(tests)


def with_outcomes(tests: Sequence[Test], *, every: str | None, late_failures: int) -> tuple[Test, ...]:
    """Return the tests of a run with one result for every one, if asked for, and the last ones to end failed."""
    if every is not None:
        tests = [attrs.evolve(test, outcome=every) for test in tests]
    late = sorted(tests, key=lambda test: test.end)[len(tests) - min(late_failures, len(tests)) :]
    return tuple(attrs.evolve(test, outcome="Failed") if test in late else test for test in tests)


def without_end(tests: Sequence[Test]) -> tuple[Test, ...]:
    """Return the tests of a run, of which the last one never ends."""
    last = max(tests, key=lambda test: test.end)
    return tuple(attrs.evolve(test, length=_FOR_EVER) if test is last else test for test in tests)


def ticket(seed: int, number: int) -> str:
    """Return the GUID that stands for a run or test."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}/{number}"))


def _hash(number: int) -> int:
    # Python's own hash of an integer is the integer, which would put the outcomes in order.
    return zlib.crc32(str(number).encode())
