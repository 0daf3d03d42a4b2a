"""What a command works on: campaigns that were selected now, or that an earlier command has started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.errors import ConfigurationError
from cyara_auth.workflows.fields import field
from cyara_auth.workflows.start import CampaignStart
from cyara_client.errors import NotFound
from cyara_tools.run.errors import NothingSelectedError
from cyara_tools.run.job import Job, Phase
from cyara_tools.run.journal import Journal, JournalFile, journals, read_journal
from cyara_tools.run.select import facts_of
from cyara_tools.run.suite import GateOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.run.record import CampaignRecord
    from cyara_tools.run.select import Selected

DEFAULT_TIMEOUT = 3600.0
DEFAULT_INTERVAL = 5.0
_NEXT = "Next: follow a run by its number: cyara run --resume CAMPAIGN/RUN; or start one: cyara run CAMPAIGN"


@attrs.frozen(kw_only=True)
class Settings:
    """How campaigns are run.

    Attributes:
        gate: what the command line says of the gate and of the time.
        parallel: how many campaigns at once; None where it does not say.
        fail_fast: whether the first that does not pass keeps the rest from being started.
        interval: seconds between two questions; None where it does not say.
    """

    gate: GateOptions
    parallel: int | None
    fail_fast: bool
    interval: float | None

    @property
    def at_once(self) -> int:
        """How many campaigns at once."""
        return self.parallel or 1

    @property
    def pause(self) -> float:
        """Seconds between two questions."""
        return self.interval or DEFAULT_INTERVAL

    def over(self, noted: Journal) -> Settings:
        """Return these, and what an earlier command has noted where these say nothing."""
        return attrs.evolve(
            self,
            parallel=self.parallel or noted.parallel,
            fail_fast=self.fail_fast or noted.fail_fast,
            interval=self.interval or noted.interval,
        )

    def timeout(self, own: float | None = None) -> float:
        """Return the seconds for which a run is followed."""
        return self.gate.timeout or own or DEFAULT_TIMEOUT


@attrs.define
class Work:
    """Campaigns, and the files in which it is noted how far they have come.

    Attributes:
        jobs: the campaigns, in order.
        files: the journals that know them.
        settings: how they are run.
        facts: what the portal has said of them so far, as JSON, by their numbers.
    """

    jobs: Sequence[Job]
    files: Sequence[JournalFile]
    settings: Settings
    facts: Mapping[int, Any] = attrs.field(factory=dict[int, Any])

    @property
    def known(self) -> list[tuple[int, Any]]:
        """The number of each campaign, and what the portal has said of it so far."""
        return [(job.id, self.facts.get(job.id)) for job in self.jobs]

    def over(self, job: Job, record: CampaignRecord) -> None:
        """Note what came of a campaign that was not started, and will not be."""
        job.phase, job.unstarted = Phase.OVER, record
        self.save()

    def save(self) -> None:
        """Note how far they have come."""
        for file in self.files:
            file.save()

    def close(self, *, is_told: bool) -> None:
        """Give the journals back; `is_told` says that what came of it was reported."""
        for file in self.files:
            file.close(is_told=is_told)

    @property
    def problems(self) -> list[str]:
        """Why a journal could not be kept, as sentences."""
        return [file.problem for file in self.files if file.problem is not None]


def planned(cyara: Cyara, selected: Sequence[Selected], settings: Settings, folder: Path | None) -> Work:
    """Return the work of a new command."""
    jobs = [
        Job(
            id=each.id,
            name=each.name,
            gate=settings.gate.gate if each.entry is None else each.entry.gate,
            timeout=settings.timeout(None if each.entry is None else each.entry.timeout),
        )
        for each in selected
    ]
    # Files of earlier commands that are too old are removed where they are listed.
    for _ in journals(folder):
        pass
    facts = {each.id: each.facts for each in selected}
    return Work(jobs, [_new_file(cyara, jobs, settings, folder)], settings, facts)


def last_unfinished(cyara: Cyara, settings: Settings, folder: Path | None) -> Work:
    """Take up what this user's last command that is not over has left, at this portal and for this account.

    Raises:
        NothingSelectedError: there is none, or another command has it.
        ConfigurationError: what was noted cannot be read.
    """
    elsewhere: set[str] = set()
    for path in journals(folder):
        journal = read_journal(path)
        if journal is None or not _is_of(journal, cyara):
            elsewhere.update([] if journal is None else [f"{journal.portal}, account {journal.account}"])
            continue
        file = JournalFile.take_up(path)
        if file is None:
            raise NothingSelectedError(
                "The last run that is not over is in the hands of another command, which is still working on it. "
                f"Nothing was sent. Next: wait for that one, or end it by Ctrl-C. {_NEXT}"
            )
        found = file.journal
        for job in found.jobs:
            _override(job, settings.gate)
        return Work(found.jobs, [file], settings.over(found))
    others = f" There are some of {'; '.join(sorted(elsewhere))}." if elsewhere else ""
    raise NothingSelectedError(
        f"No run of {cyara.base_url}, account {cyara.account_id}, is noted that is not over.{others} Nothing was sent. "
        f"{_NEXT}"
    )


async def by_number(cyara: Cyara, runs: Sequence[tuple[int, str]], settings: Settings, folder: Path | None) -> Work:
    """Take up runs by their numbers, with what an earlier command has noted of them, if it did.

    Args:
        cyara: the client.
        runs: campaign and run, or campaign and ticket.
        settings: how they are followed.
        folder: where journals are.

    Raises:
        NothingSelectedError: there is no such campaign, or another command follows the run.
    """
    files: list[JournalFile] = []
    jobs: list[Job] = []
    new: list[Job] = []
    try:
        for campaign, run in dict.fromkeys(runs):
            job = _noted(cyara, campaign, run, folder, files)
            if job is None:
                job = await _job_of_run(cyara, campaign, run, settings)
                new.append(job)
            else:
                _override(job, settings.gate)
            jobs.append(job)
    except BaseException:
        for file in files:
            file.close(is_told=False)
        raise
    if new:
        files.append(_new_file(cyara, new, settings, folder))
    return Work(jobs, files, settings)


def _noted(cyara: Cyara, campaign: int, run: str, folder: Path | None, files: list[JournalFile]) -> Job | None:
    """Find a run in the journals; one that is found there is locked and put to `files`."""
    for file in files:
        known = _find(file.journal, campaign, run)
        if known is not None:
            return known
    for path, journal in _readable(folder):
        if not _is_of(journal, cyara) or _find(journal, campaign, run) is None:
            continue
        taken = JournalFile.take_up(path)
        if taken is None:
            raise NothingSelectedError(
                f"Run {run} of campaign {campaign} is in the hands of another command, which is still working on it. "
                "Nothing was sent. Next: wait for that one, or end it by Ctrl-C"
            )
        files.append(taken)
        return _find(taken.journal, campaign, run)
    return None


def _readable(folder: Path | None) -> Iterator[tuple[Path, Journal]]:
    for path in journals(folder):
        try:
            journal = read_journal(path)
        except ConfigurationError:
            # Whoever names a run needs no note of it.
            continue
        if journal is not None:
            yield path, journal


def _find(journal: Journal, campaign: int, run: str) -> Job | None:
    wanted = CampaignStart.of_run(campaign, run).run
    for job in journal.jobs:
        tickets = [] if job.start is None else [job.start.run, job.start.ticket]
        known = {number for ticket in tickets if ticket is not None for number in ticket.every}
        if job.id == campaign and wanted is not None and wanted.every & known:
            return job
    return None


async def _job_of_run(cyara: Cyara, campaign: int, run: str, settings: Settings) -> Job:
    try:
        name = field(await facts_of(cyara, campaign), "name", "campaignname")
    except NotFound:
        raise NothingSelectedError(
            f"There is no campaign {campaign} in this account. Nothing was started. Next: see what there is: cyara "
            "campaigns list"
        ) from None
    return Job(
        id=campaign,
        name=name if isinstance(name, str) and name else str(campaign),
        gate=settings.gate.gate,
        timeout=settings.timeout(),
        phase=Phase.STARTED,
        start=CampaignStart.of_run(campaign, run),
    )


def _override(job: Job, options: GateOptions) -> None:
    """Let what the command line says now take the place of what was noted."""
    gate = job.gate
    noted = GateOptions(
        min_pass=gate.min_pass,
        max_failures=gate.max_failures,
        max_duration=gate.max_duration,
        allow=gate.allow,
        timeout=job.timeout,
    )
    chosen = options.over(noted)
    job.gate, job.timeout = chosen.gate, chosen.timeout or DEFAULT_TIMEOUT


def _is_of(journal: Journal, cyara: Cyara) -> bool:
    # One in which all is over, too: the command was ended before it had reported that.
    return (journal.portal, journal.account) == (cyara.base_url, str(cyara.account_id))


def _new_file(cyara: Cyara, jobs: list[Job], settings: Settings, folder: Path | None) -> JournalFile:
    journal = Journal(
        portal=cyara.base_url,
        account=str(cyara.account_id),
        parallel=settings.at_once,
        fail_fast=settings.fail_fast,
        interval=settings.pause,
        jobs=jobs,
    )
    return JournalFile.create(journal, folder)
