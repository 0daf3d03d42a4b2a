"""All campaigns of a command: which runs beside which, what ends all of them, and a record of each in any case."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Protocol

import attrs

from cyara_auth.errors import WaitTimeoutError
from cyara_tools.cli.command_output import sentence
from cyara_tools.cli.exit_codes import EXPECTED, ExitCode, exit_code_of
from cyara_tools.run.errors import AlreadyRunningError
from cyara_tools.run.follow import next_step, record_of_timeout, unfinished
from cyara_tools.run.job import Phase
from cyara_tools.run.ports import Ports
from cyara_tools.run.record import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cyara_tools.run.follow import Follower
    from cyara_tools.run.job import Job
    from cyara_tools.run.record import CampaignRecord

_NO_PORTS = Ports()


class Audience(Protocol):
    """Who is told what came of a campaign, for people to see."""

    def ended(self, job: Job, record: CampaignRecord) -> None:
        """It is over, or was given up."""


@attrs.define(kw_only=True)
class Conductor:
    """Runs the campaigns of one command.

    Attributes:
        follower: runs one of them.
        jobs: all of them, in the order in which they are started.
        ports: what each takes of its plan, where that is known.
        parallel: how many run beside each other at most.
        fail_fast: whether the first that does not pass keeps the rest from being started.
        save: writes down how far they have come.
        audience: is told what came of each.
    """

    # What one campaign meets here, the next one would meet, too; and what must not be sent must not be sent again.
    END_ALL: ClassVar[frozenset[ExitCode]] = frozenset(
        {
            ExitCode.NO_CREDENTIAL,
            ExitCode.REJECTED,
            ExitCode.REFUSED,
            ExitCode.STORE,
            ExitCode.CONFIGURATION,
        }
    )
    """Errors that end all campaigns at once."""

    follower: Follower
    jobs: Sequence[Job]
    ports: Mapping[int, Ports] = attrs.field(factory=dict[int, Ports])
    parallel: int = 1
    fail_fast: bool = False
    save: Callable[[], object]
    audience: Audience
    interrupted: bool = attrs.field(default=False, init=False)
    defect: BaseException | None = attrs.field(default=None, init=False)
    """An error that nobody foresaw, to be raised once the reports are written."""
    _records: dict[Job, CampaignRecord] = attrs.field(factory=dict["Job", "CampaignRecord"], init=False)
    _running: dict[asyncio.Task[CampaignRecord], Job] = attrs.field(
        factory=dict["asyncio.Task[CampaignRecord]", "Job"], init=False
    )
    _end: CampaignRecord | None = attrs.field(default=None, init=False)
    """The record of what ended all."""

    @property
    def gave_up(self) -> bool:
        """Whether something ended all before all were over: Ctrl-C, a rejected pair, a defect."""
        return self.interrupted or self._end is not None or self.defect is not None

    async def run(self, stop: asyncio.Event) -> list[CampaignRecord]:
        """Run all campaigns until they are over, something ends all, or `stop` is set; return a record of each."""
        waiting = list(self.jobs)
        stopping = asyncio.create_task(stop.wait())
        try:
            while not self._ends(stop) and (waiting or self._running):
                self._start_what_fits(waiting)
                await asyncio.wait({*self._running, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in self._running if task.done()]:
                    self._take(task)
                if self.fail_fast and any(record.verdict is not Verdict.PASSED for record in self._records.values()):
                    self._leave_out(waiting)
        finally:
            stopping.cancel()
            await self._give_up()
        self.interrupted = stop.is_set()
        return [self._records.get(job) or self._unstarted(job) for job in self.jobs]

    def _ends(self, stop: asyncio.Event) -> bool:
        return stop.is_set() or self._end is not None or self.defect is not None

    def _start_what_fits(self, waiting: list[Job]) -> None:
        for job in [*waiting]:
            if len(self._running) >= self.parallel:
                return
            beside = [self.ports.get(other.id, _NO_PORTS) for other in self._running.values()]
            # What was started already takes its ports whether or not anybody follows it.
            if job.phase is not Phase.PLANNED or self.ports.get(job.id, _NO_PORTS).fits_beside(beside):
                waiting.remove(job)
                self._running[asyncio.create_task(self._one(job))] = job

    async def _one(self, job: Job) -> CampaignRecord:
        if job.unstarted is not None:
            return job.unstarted
        try:
            await self.follower.start(job)
            return await self.follower.follow(job)
        except AlreadyRunningError as error:
            return self._over(job, unfinished(job, Verdict.NOT_CALLED, str(error)))
        except WaitTimeoutError as error:
            record = record_of_timeout(job, error)
            # A start that nobody can find is given up; a run that goes on is not.
            return self._over(job, record) if job.phase is Phase.STARTING else record
        except KeyboardInterrupt:
            # The second one, which ends the command at once; it is no outcome of a campaign.
            raise
        except EXPECTED as error:
            return self._failed(job, error)

    def _failed(self, job: Job, error: BaseException) -> CampaignRecord:
        code = exit_code_of(error)
        text = sentence(error)
        if job.phase is not Phase.PLANNED:
            text = f"{_with_full_stop(text)} The run goes on at the portal. Next: {next_step(job)}"
        record = unfinished(job, Verdict.ERROR, text, code)
        if code in self.END_ALL:
            self._end = self._end or record
        elif job.phase is Phase.PLANNED:
            self._over(job, record)
        return record

    def _over(self, job: Job, record: CampaignRecord) -> CampaignRecord:
        job.phase, job.unstarted = Phase.OVER, record
        self.save()
        return record

    def _take(self, task: asyncio.Task[CampaignRecord]) -> None:
        job = self._running.pop(task)
        error = task.exception()
        if error is not None:
            self.defect = error
            return
        self._keep(job, task.result())

    def _keep(self, job: Job, record: CampaignRecord) -> None:
        self._records[job] = record
        self.audience.ended(job, record)

    def _leave_out(self, waiting: list[Job]) -> None:
        for job in waiting:
            text = f"Campaign {job.id} was not started: an earlier one did not pass (--fail-fast)."
            if job.phase is Phase.PLANNED:
                self._keep(job, self._over(job, unfinished(job, Verdict.NOT_STARTED, text)))
        # What an earlier command has started is followed to its end all the same.
        waiting[:] = [job for job in waiting if job not in self._records]

    async def _give_up(self) -> None:
        """Stop following what still runs; what was started goes on at the portal."""
        given_up = dict(self._running)
        for task in given_up:
            task.cancel()
        for task, job in given_up.items():
            with suppress(asyncio.CancelledError, Exception):
                await task
            done = not task.cancelled() and task.exception() is None
            self._keep(job, task.result() if done else self._unstarted(job))
        self._running.clear()

    def _unstarted(self, job: Job) -> CampaignRecord:
        """Return the record of a campaign that was reached by what ended all, or by Ctrl-C."""
        started = job.phase is not Phase.PLANNED
        goes_on = f" Its run goes on at the portal. Next: {next_step(job)}" if started else " Nothing was started."
        if self._end is not None:
            text = f"Campaign {job.id} was given up, since campaign {self._end.id} met an error that would meet all."
            if started:
                return unfinished(job, Verdict.ERROR, text + goes_on, self._end.error_code)
            return unfinished(job, Verdict.NOT_STARTED, text + goes_on)
        text = f"Campaign {job.id} was interrupted."
        return unfinished(job, Verdict.INTERRUPTED if started else Verdict.NOT_STARTED, text + goes_on)


def _with_full_stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
