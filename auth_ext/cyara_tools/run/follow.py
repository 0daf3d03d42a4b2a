"""One campaign from its start to what came of it: started once at most, and followed even if the answer was lost."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Protocol

import attrs

from cyara_auth.errors import (
    AdmissionRefusedError,
    ApiError,
    CredentialError,
    RunNotFoundError,
    WaitTimeoutError,
)
from cyara_auth.transport.errors import TransportError
from cyara_auth.workflows.polling import Pace
from cyara_auth.workflows.verdict import CampaignOutcome
from cyara_client.errors import CyaraError
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.run.call_counter import CallCounter
from cyara_tools.run.errors import AlreadyRunningError
from cyara_tools.run.gate import judge
from cyara_tools.run.job import Phase
from cyara_tools.run.record import CampaignRecord, Verdict
from cyara_tools.run.results_so_far import results_so_far

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cyara_auth.client.cyara import Cyara
    from cyara_auth.workflows.search import ListedRun
    from cyara_auth.workflows.start import CampaignStart
    from cyara_auth.workflows.verdict import Tally
    from cyara_tools.run.job import Job

# 408 and 499 are said by what stands between: it has waited no longer, and does not know what became of the call.
_OPEN = frozenset({408, 499})
_CLIENT_ERRORS = range(400, 500)


class Watcher(Protocol):
    """Who is told how a campaign goes on, for people to see.

    Attributes:
        count_every: seconds at least between two looks at the calls of a run that goes on; None for no such look.
    """

    count_every: float | None

    def started(self, job: Job) -> None:
        """Its start was answered."""

    def found(self, job: Job, run: ListedRun) -> None:
        """Its run is listed."""

    def counted(self, job: Job, tally: Tally, total: int | None) -> None:
        """Some of its calls are over."""


@attrs.frozen(kw_only=True)
class Follower:
    """Runs campaigns one at a time, as often as it is asked.

    Attributes:
        cyara: the client.
        interval: seconds between two questions.
        save: writes down how far the jobs have come.
        watcher: is told of it.
    """

    cyara: Cyara
    interval: float
    save: Callable[[], object]
    watcher: Watcher

    async def start(self, job: Job) -> None:
        """Start a campaign that is planned; one whose start may have been sent is left to be found.

        Raises:
            AlreadyRunningError: it is running, so nothing was started.
            CyaraError: it was not started.
        """
        if job.phase is not Phase.PLANNED:
            return

        def note(start: CampaignStart) -> None:
            if start.running is not None:
                raise AlreadyRunningError(_already_running(job, start.running))
            self._move(job, Phase.STARTING, start)

        try:
            start = await self.cyara.aio.start_campaign(job.id, on_listed=note)
        except CyaraError as error:
            if job.start is not None and _did_not_arrive(error):
                self._move(job, Phase.PLANNED, None)
            if job.start is None or not isinstance(error, (TransportError, ApiError)):
                raise
        else:
            self._move(job, Phase.STARTED, start)
        self.watcher.started(job)

    async def follow(self, job: Job) -> CampaignRecord:
        """Follow a campaign that was started to its end, and judge it; when its time is up, tell what is known.

        Raises:
            RunNotFoundError, WaitTimeoutError, CyaraError: as `Cyara.follow_campaign`, the second only where no run of
                it has been seen.
        """
        began, start = dt.datetime.now(dt.UTC), job.start
        if start is None:
            raise ValueError(f"Campaign {job.id} was not started, so there is nothing to follow.")

        runs: list[ListedRun] = []

        def note(run: ListedRun) -> None:
            # What is over stays so: it is read once more for a report.
            self._move(job, Phase.STARTED if job.is_open else job.phase, start.found(run))
            runs[:] = [run]
            self.watcher.found(job, run)

        pace = Pace(interval=self.interval, deadline=job.timeout)
        counting = asyncio.create_task(self._count(job, runs))
        try:
            outcome = await self.cyara.aio.follow_campaign(start, pace=pace, on_found=note)
        except WaitTimeoutError as error:
            if not runs:
                raise
            return await self._in_part(record_of_timeout(job, error), job, runs[0])
        finally:
            counting.cancel()
        judgement = judge(job.gate, outcome)
        self._move(job, Phase.OVER, job.start)
        return CampaignRecord(
            id=job.id,
            name=job.name,
            run=str(outcome.run_id),
            verdict=judgement.verdict,
            tally=judgement.tally,
            results=judgement.results,
            reasons=judgement.reasons,
            problems=outcome.problems,
            started=began,
            ended=dt.datetime.now(dt.UTC),
        )

    async def _in_part(self, record: CampaignRecord, job: Job, run: ListedRun) -> CampaignRecord:
        """Return the record of a run that goes on, with the calls that are over."""
        results = await results_so_far(self.cyara, job.id, run)
        known = judge(job.gate, CampaignOutcome(campaign_id=job.id, run=None, results=tuple(results)))
        return attrs.evolve(record, tally=known.tally, results=known.results)

    async def _count(self, job: Job, runs: Sequence[ListedRun]) -> None:
        """Look at the calls of a run from time to time, for people to see."""
        every, counter = self.watcher.count_every, None
        while every is not None:
            await asyncio.sleep(max(every, self.interval))
            for run in runs:
                counter = counter or CallCounter(cyara=self.cyara, campaign_id=job.id, run=run.numbers[0])
                try:
                    tally = await counter.look()
                except CyaraError:
                    # Whatever it is, whoever follows the run meets it, too, and decides what it means.
                    return
                self.watcher.counted(job, tally, counter.total)

    def _move(self, job: Job, phase: Phase, start: CampaignStart | None) -> None:
        job.phase, job.start = phase, start
        self.save()


def unfinished(job: Job, verdict: Verdict, reason: str, code: int | None = None) -> CampaignRecord:
    """Return the record of a campaign that was not followed to its end.

    Args:
        job: the campaign.
        verdict: what that makes of it.
        reason: why, as a sentence.
        code: exit code of the error, where it is one.
    """
    started = None if job.start is None else job.start.at
    return CampaignRecord(
        id=job.id,
        name=job.name,
        run=job.run,
        verdict=verdict,
        reasons=(reason,),
        error=None if code is None else reason,
        error_code=code,
        started=started,
        ended=dt.datetime.now(dt.UTC),
    )


def record_of_timeout(job: Job, error: WaitTimeoutError) -> CampaignRecord:
    """Return the record of a run that had not ended when the time was up, or that was never listed."""
    if isinstance(error, RunNotFoundError):
        return unfinished(job, Verdict.ERROR, _not_listed(job, error), ExitCode.INCONCLUSIVE)
    run = f"Run {job.run}" if job.run else "The run"
    return unfinished(
        job,
        Verdict.TIMED_OUT,
        f"{run} of campaign {job.id} had not ended after {job.timeout:g} s (--timeout). It goes on at the portal. "
        f"Next: {next_step(job)}",
    )


def next_step(job: Job) -> str:
    """Return the command that takes one campaign up, by its run where that is known."""
    return f"cyara run --resume {job.id}/{job.run_or_ticket}" if job.run_or_ticket else "cyara run --resume"


def _not_listed(job: Job, error: WaitTimeoutError) -> str:
    seconds = f"{error.seconds:.0f} s"
    if job.phase is Phase.STARTING:
        return (
            f"The answer to the start of campaign {job.id} was lost, and the portal listed no new run of it within "
            f"{seconds}. It was not started again. Next: look at the portal whether it ran; if not: cyara run {job.id}"
        )
    return (
        f"The portal lists no run {job.run} of campaign {job.id} (asked for {seconds}). Next: look at the portal for "
        f"the number of the run, then: cyara run --resume {job.id}/RUN"
    )


def _already_running(job: Job, run: ListedRun) -> str:
    number = next(iter(run.numbers), None)
    since = "" if run.start is None else f" since {run.start:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f"Campaign {job.id} is running already: run {number}{since}. It was not started again. Next: follow that run: "
        f"cyara run --resume {job.id}/{number}"
    )


def _did_not_arrive(error: CyaraError) -> bool:
    """Say whether a start that failed was certainly not carried out, so that it may be sent once more."""
    if isinstance(error, TransportError):
        return error.nothing_sent
    if isinstance(error, ApiError):
        # A redirect may be the answer to what was carried out.
        return error.status_code in _CLIENT_ERRORS and error.status_code not in _OPEN
    return isinstance(error, (AdmissionRefusedError, CredentialError))
