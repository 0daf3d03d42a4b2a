"""What one `cyara run` does from the connection to the reports."""

import asyncio
import datetime as dt
import os
import shlex
import sys
from collections.abc import Sequence

import attrs

from cyara_auth.client.cyara import Cyara
from cyara_tools.cli.command_output import CommandOutput, sentence
from cyara_tools.cli.exit_codes import EXPECTED, ExitCode, exit_code_of
from cyara_tools.reports.json_report import json_of
from cyara_tools.reports.write import Destinations, write_reports
from cyara_tools.run.closing import closing_lines
from cyara_tools.run.conductor import Conductor
from cyara_tools.run.detach import find_run
from cyara_tools.run.follow import Follower, unfinished
from cyara_tools.run.gate import overall
from cyara_tools.run.job import Job, Phase
from cyara_tools.run.journal import runs_folder
from cyara_tools.run.options import RunContext
from cyara_tools.run.ports import ports_of
from cyara_tools.run.progress import Progress, progress_for
from cyara_tools.run.record import CampaignRecord, RunRecord, Verdict
from cyara_tools.run.select import Selectors, select
from cyara_tools.run.signals import Interruption
from cyara_tools.run.trend import trend_of
from cyara_tools.run.work import Settings, Work, by_number, last_unfinished, planned

_VERDICTS = {ExitCode.INTERRUPTED: Verdict.INTERRUPTED, ExitCode.NOTHING_SELECTED: Verdict.NOTHING_SELECTED}


@attrs.frozen(kw_only=True)
class Request:
    """What the command line asks for, read before anything is sent.

    Attributes:
        settings: how campaigns are run.
        selectors: which are wanted; None to take up earlier ones.
        runs: those to take up, as campaign and run; none is the last command that is not over.
        reports: what is written at the end.
        detach: only start them.
    """

    settings: Settings
    selectors: Selectors | None
    runs: Sequence[tuple[int, str]]
    reports: Destinations
    detach: bool


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@attrs.define
class Session:
    """One command.

    Args:
        context: its options, to connect by.
        output: what it says.
        request: what it is to do.
        interrupted: whether somebody wants it to end.
    """

    context: RunContext
    output: CommandOutput
    request: Request
    interrupted: Interruption
    _began: dt.datetime = attrs.field(factory=_now, init=False)
    _portal: str = attrs.field(default="", init=False)
    _account: str = attrs.field(default="", init=False)
    _is_reported: bool = attrs.field(default=False, init=False)

    async def run(self) -> None:
        """Do it all; a signal cancels it, but where it says otherwise."""
        with self.interrupted.cancels(asyncio.get_running_loop(), asyncio.current_task()):
            await self._run()

    async def _run(self) -> None:
        async with self.context.connect_for_jobs() as cyara:
            self._portal, self._account = cyara.base_url, str(cyara.account_id)
            work = await self._work(cyara)
            is_told = False
            try:
                await (self._detach(cyara, work) if self.request.detach else self._follow(cyara, work))
                is_told = True
            finally:
                work.close(is_told=is_told)

    def report_error(self, error: BaseException) -> None:
        """Report an error that left nothing else to report."""
        if self._is_reported or self.request.detach:
            return
        code = exit_code_of(error)
        self._report((), _VERDICTS.get(code, Verdict.ERROR), code, [sentence(error)], closing=False)

    async def _work(self, cyara: Cyara) -> Work:
        request, folder = self.request, runs_folder(self.context.variables)
        if request.selectors is not None:
            # Before anything is sent, the selection's own questions included.
            await cyara.aio.check_campaigns()
            return planned(cyara, await select(cyara, request.selectors), request.settings, folder)
        if request.runs:
            return await by_number(cyara, request.runs, request.settings, folder)
        work = last_unfinished(cyara, request.settings, folder)
        if any(job.phase is Phase.PLANNED for job in work.jobs):
            await cyara.aio.check_campaigns()
        return work

    async def _follow(self, cyara: Cyara, work: Work) -> None:
        stop = asyncio.Event()
        ports = await ports_of(cyara, work.known) if work.settings.at_once > 1 else {}
        with (
            self.interrupted.stops(stop),
            progress_for(work.jobs, sys.stderr) as progress,
        ):
            conductor = Conductor(
                follower=self._follower(cyara, work, progress),
                jobs=work.jobs,
                ports=ports,
                parallel=work.settings.at_once,
                fail_fast=work.settings.fail_fast,
                save=work.save,
                audience=progress,
            )
            records = await conductor.run(stop)
        if self.request.reports.html and not conductor.gave_up:
            with self.interrupted.stops(stop):
                records = [await _with_trend(cyara, *pair) for pair in zip(work.jobs, records, strict=True)]
        with self.interrupted.waits():
            verdict, code = overall(records, interrupted=conductor.interrupted)
            self._report(records, verdict, code, self._notes(work, records))
        if conductor.defect is not None:
            raise conductor.defect

    async def _detach(self, cyara: Cyara, work: Work) -> None:
        follower = self._follower(cyara, work, Progress(work.jobs))
        started = [job for job in work.jobs if await self._started(follower, work, job)]
        await asyncio.gather(*(find_run(cyara, job, interval=work.settings.pause) for job in started))
        work.save()
        lines = [f"{job.id}/{job.run_or_ticket}" for job in started if job.run_or_ticket]
        for line in lines:
            self.output.say(line)
        for job in started:
            if job.run_or_ticket is None:
                self.output.note(f"Campaign {job.id} was started, and its run is not listed yet: cyara run --resume")
        self.output.put(runs=lines)
        for problem in work.problems:
            self.output.note(problem)

    async def _started(self, follower: Follower, work: Work, job: Job) -> bool:
        """Start one campaign that nobody will follow here; tell of what keeps it from being started."""
        if self.output.exit_code in Conductor.END_ALL:
            return False
        try:
            await follower.start(job)
        except KeyboardInterrupt:
            raise
        except EXPECTED as error:
            code = exit_code_of(error)
            text = f"Campaign {job.id} was not started: {sentence(error)}"
            self.output.note(text)
            self.output.exit_code = min(self.output.exit_code or code, code)
            if code not in Conductor.END_ALL:
                # `--resume` is not to start it later, and not to be green without it.
                is_error = code is not ExitCode.NOT_RUN
                verdict = Verdict.ERROR if is_error else Verdict.NOT_CALLED
                work.over(job, unfinished(job, verdict, text, code if is_error else None))
            return False
        return True

    def _follower(self, cyara: Cyara, work: Work, progress: Progress) -> Follower:
        return Follower(cyara=cyara, interval=work.settings.pause, save=work.save, watcher=progress)

    def _notes(self, work: Work, records: Sequence[CampaignRecord]) -> list[str]:
        """Say what is left to do, and how."""
        notes = work.problems
        # What an error kept from being followed by its number says itself what to do: the same again is no way out.
        told = {record.id for record in records if record.error_code is not None and self.request.runs}
        open_jobs = [job for job in work.jobs if job.is_open and job.id not in told]
        if not open_jobs:
            return notes
        started = [job for job in open_jobs if job.phase is not Phase.PLANNED]
        what = "What was started goes on at the portal. " if started else ""
        return [*notes, f"{what}What is not over is taken up by: {self._resume(work, started)}"]

    def _resume(self, work: Work, started: Sequence[Job]) -> str:
        # Where nothing could be noted, the numbers of the runs are all there is to go by.
        is_named = bool(work.problems or self.request.runs)
        runs = [f"{job.id}/{job.run_or_ticket}" for job in started if is_named and job.run_or_ticket]
        given = _to_repeat(self.request.reports)
        opted = ["--allow-inferred"] if self.context.allow_inferred else []
        return " ".join(["cyara run --resume", *(shlex.quote(part) for part in [*runs, *given, *opted])])

    def _report(
        self,
        records: Sequence[CampaignRecord],
        verdict: Verdict,
        code: ExitCode,
        notes: Sequence[str],
        *,
        closing: bool = True,
    ) -> None:
        self._is_reported = True
        record = RunRecord(
            verdict=verdict,
            exit_code=int(code),
            started=self._began,
            ended=_now(),
            campaigns=records,
            portal=self._portal,
            account=self._account,
            notes=notes,
        )
        problems = write_reports(record, self.request.reports, environ=os.environ, stdout=sys.stdout)
        self.output.exit_code = code
        self.output.put(**json_of(record))
        if closing:
            for line in closing_lines(record):
                self.output.say(line)
            files = [
                path for path in _files(self.request.reports).values() if not any(path in text for text in problems)
            ]
            if files:
                self.output.say(f"Reports: {', '.join(files)}")
            for note in notes:
                self.output.note(note)
        for problem in problems:
            self.output.note(problem)
            # The worst of all counts, and reports that are not there are an error of their own.
            if code not in range(ExitCode.NO_CREDENTIAL, ExitCode.CONFIGURATION + 1) and code != ExitCode.INTERRUPTED:
                self.output.exit_code = ExitCode.CONFIGURATION


async def _with_trend(cyara: Cyara, job: Job, record: CampaignRecord) -> CampaignRecord:
    return record if job.start is None else attrs.evolve(record, trend=await trend_of(cyara, job.start))


def _to_repeat(reports: Destinations) -> list[str]:
    """Return the options by which the next command writes the same files."""
    return [part for pair in _files(reports).items() for part in pair]


def _files(reports: Destinations) -> dict[str, str]:
    """Return the files that were asked for, by their options."""
    files = {"--junit": reports.junit, "--json": reports.json, "--html": reports.html, "--summary": reports.summary}
    return {option: str(path) for option, path in files.items() if path is not None}
