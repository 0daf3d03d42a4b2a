"""What people see while campaigns run: a table that moves on a terminal, plain lines in CI. All of it on stderr."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from typing import TYPE_CHECKING, Any, Final, Self, TextIO

import attrs

from cyara_auth.workflows.verdict import Tally
from cyara_tools.plain_text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console
    from rich.table import Table

    from cyara_auth.workflows.search import ListedRun
    from cyara_tools.run.job import Job
    from cyara_tools.run.record import CampaignRecord

LINE_EVERY: Final = 30.0
"""Seconds at least between two plain lines about the same run."""
_RUNS_FOR_ESTIMATE: Final = 10
_SHOWN_NAME: Final = 60


@attrs.define
class Line:
    """What is known of one campaign, for one line.

    Attributes:
        job: the campaign.
        state: a word or two.
        tally: calls that are over.
        total: how many calls there will be; None while nobody knows.
        began: when its run began, by the portal's or by this machine's clock.
        usual: seconds that its runs took, in the middle; None where there were none.
    """

    job: Job
    state: str = "waiting"
    tally: Tally = attrs.field(factory=Tally)
    total: int | None = None
    began: dt.datetime | None = None
    usual: float | None = None

    def update(self) -> None:
        """Read from the job what its start has told."""
        start = self.job.start
        if start is None:
            return
        self.began = self.began or start.at
        self.total = self.total or len(start.test_cases or ()) or None
        self.usual = self.usual or usual_length(start.earlier)

    @property
    def calls(self) -> str:
        """Return how many calls are over, of how many."""
        return f"{sum(self.tally.values())} of {self.total or '?'}"

    def left(self, now: dt.datetime) -> str:
        """Return how long it will take by earlier runs, in words; empty where nobody knows."""
        if self.usual is None or self.began is None:
            return ""
        seconds = self.usual - (now - self.began).total_seconds()
        return f"about {_length(seconds)}" if seconds > 0 else "longer than usual"


def usual_length(runs: Sequence[ListedRun]) -> float | None:
    """Return the seconds that runs took, in the middle of the last ten; None without any that ended."""
    lengths = [(run.end - run.start).total_seconds() for run in runs if run.start is not None and run.end is not None]
    return statistics.median(lengths[:_RUNS_FOR_ESTIMATE]) if lengths else None


class Progress:
    """Is told what happens, and shows nothing; what shows something is made of it.

    Args:
        jobs: the campaigns.
        clock: tells the time, with its zone.
    """

    count_every: float | None = None
    """Seconds at least between two looks at the calls of a run that goes on; None where nobody wants to see them."""

    def __init__(
        self, jobs: Sequence[Job], *, clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        self._lines = {job: Line(job) for job in jobs}
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def started(self, job: Job) -> None:
        """Its start was answered, or it is looked for."""
        self._set(job, "started")

    def found(self, job: Job, run: ListedRun) -> None:
        """Its run is listed."""
        line = self._lines[job]
        # A portal whose clock is ahead of ours would have it begin later than now.
        line.began = min(run.start or self._clock(), self._clock())
        self._set(job, "running")

    def counted(self, job: Job, tally: Tally, total: int | None) -> None:
        """Some of its calls are over."""
        line = self._lines[job]
        line.tally, line.total = tally, total or line.total
        self.show(line, is_new=False)

    def ended(self, job: Job, record: CampaignRecord) -> None:
        """It is over, or was given up."""
        line = self._lines[job]
        line.tally = record.tally if record.results else line.tally
        self._set(job, record.verdict.value.replace("_", " "))

    def show(self, line: Line, *, is_new: bool) -> None:
        """Show a line; `is_new` says that its state has changed."""

    def _set(self, job: Job, state: str) -> None:
        line = self._lines[job]
        line.state = state
        line.update()
        self.show(line, is_new=True)


class PlainProgress(Progress):
    """One line for each change, for logs.

    Args:
        jobs: the campaigns.
        write: takes a line without its end.
    """

    count_every = LINE_EVERY

    def __init__(self, jobs: Sequence[Job], write: Callable[[str], object], **options: Any) -> None:
        super().__init__(jobs, **options)
        self._write = write
        self._last: dict[Job, float] = {}

    def show(self, line: Line, *, is_new: bool) -> None:
        """Write the line, unless the last one about this run is too fresh."""
        job, now = line.job, time.monotonic()
        if not is_new and now - self._last.get(job, now) < LINE_EVERY:
            self._last.setdefault(job, now)
            return
        self._last[job] = now
        run = f", run {job.run}" if job.run else ""
        parts = [f"Campaign {job.id} {one_line(job.name, most=_SHOWN_NAME)}{run}: {line.state}"]
        if sum(line.tally.values()):
            parts.append(f"{line.calls} calls over, {_tally(line.tally)}")
        left = line.left(self._clock())
        if left and line.state in {"started", "running"}:
            parts.append(f"time left: {left}")
        self._write("; ".join(parts))


class LiveProgress(Progress):
    """A table that moves, for a terminal.

    Args:
        jobs: the campaigns.
        console: where to.
    """

    count_every = 0.0

    def __init__(self, jobs: Sequence[Job], console: Console, **options: Any) -> None:
        super().__init__(jobs, **options)
        from rich.live import Live

        # Its own thread redraws it, so that the clock moves while nothing happens.
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def _table(self) -> Table:
        from rich.box import SIMPLE
        from rich.table import Table

        columns = ("Campaign", "Name", "Run", "State", "Calls over", "Passed", "Failed", "Not called", "Time left")
        table = Table(*columns, box=SIMPLE)
        now = self._clock()
        for line in self._lines.values():
            tally, job = line.tally, line.job
            goes_on = line.state in {"started", "running"}
            facts = (str(tally.passed), str(tally.failed), str(tally.not_called), line.left(now) if goes_on else "")
            table.add_row(
                str(job.id), one_line(job.name, most=_SHOWN_NAME), job.run or "", line.state, line.calls, *facts
            )
        return table


def progress_for(jobs: Sequence[Job], stream: TextIO) -> Progress:
    """Return what suits whoever looks at a stream: a terminal, or a log."""
    if stream.isatty():
        from rich.console import Console

        # Names of the portal's may have brackets and colons in them, which rich would take for styles and emoji.
        return LiveProgress(jobs, Console(file=stream, markup=False, highlight=False, emoji=False))

    def write(line: str) -> None:
        stream.write(f"{line}\n")
        stream.flush()

    return PlainProgress(jobs, write)


def _tally(tally: Tally) -> str:
    return f"{tally.passed} passed, {tally.failed} failed, {tally.not_called} not called"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (0 if hours else rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
