"""What people see while campaigns run: a table on a terminal, lines elsewhere; it costs little and decides nothing."""

import asyncio
import datetime as dt
import os
import select
import subprocess
import sys
import time
import warnings
from collections.abc import Callable

import attrs
import pytest

from cyara_auth import connect
from cyara_auth.workflows.search import Listed, runs_of
from cyara_auth.workflows.start import CampaignStart
from cyara_auth.workflows.verdict import Tally
from cyara_client.models import CreateCampaignRequest, PlanType
from cyara_tools.portal import LocalPortal, faults
from cyara_tools.run.call_counter import CallCounter
from cyara_tools.run.gate import Gate
from cyara_tools.run.job import Job, Phase
from cyara_tools.run.progress import PlainProgress, usual_length

from .program import Program, starts

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def run_of(number: int, *, minutes: float, began: dt.datetime = NOON) -> Listed:
    end = began + dt.timedelta(minutes=minutes)
    return Listed(number=number, run=str(number), campaign_run=None, start=began, end=end, ended=True)


def test_how_long_a_run_takes_is_that_in_the_middle_of_the_last_ten():
    runs = runs_of([run_of(number, minutes=minutes) for number, minutes in enumerate([1, 2, 90], 1)])
    assert usual_length(runs) == 120
    many = runs_of([run_of(number, minutes=5 if number <= 10 else 500) for number in range(1, 30)])
    assert usual_length(many) == 300
    assert usual_length([]) is None


def test_lines_for_logs_say_what_is_known_and_how_long_it_will_take():
    job = Job(id=812, name="Nightly\x1b[31m", gate=Gate(), timeout=60, phase=Phase.STARTED)
    job.start = CampaignStart(
        campaign_id=812, before=(run_of(1, minutes=10),), test_cases=[{}, {}, {}], at=NOON + dt.timedelta(hours=1)
    )
    lines: list[str] = []
    now = [NOON + dt.timedelta(hours=1, minutes=4)]
    progress = PlainProgress([job], lines.append, clock=lambda: now[0])
    progress.started(job)
    # Too soon after the last line.
    progress.counted(job, Tally(passed=1), None)
    now[0] += dt.timedelta(minutes=30)
    progress.found(job, runs_of([run_of(7, minutes=0, began=now[0] - dt.timedelta(minutes=11))])[0])
    name = "Nightly\N{REPLACEMENT CHARACTER}[31m"
    calls = "1 of 3 calls over, 1 passed, 0 failed, 0 not called"
    assert lines == [
        f"Campaign 812 {name}: started; time left: about 6 min",
        f"Campaign 812 {name}: running; {calls}; time left: longer than usual",
    ]


@pytest.fixture
def large(at: Callable[..., LocalPortal]) -> Callable[[int], LocalPortal]:
    """A portal on which the last campaign has so many test cases, one after the other on ten ports."""

    def start(cases: int) -> LocalPortal:
        portal = at(speed=0, outcomes="success")
        with connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara:
            wanted = CreateCampaignRequest(
                name="Large",
                plan_id=31,
                plan_type=PlanType.PULSE,
                concurrency=10,
                test_case_ids=list(range(3001, 3001 + cases)),
            )
            cyara.campaigns.create_campaign(body=wanted)
        return portal

    return start


@pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")
def test_calls_of_several_pages_are_counted_one_page_at_a_time(large: Callable[[int], LocalPortal]):
    portal = large(120)

    async def count() -> list[tuple[int, int, int | None]]:
        async with connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                await cyara.aio.campaigns.execute_campaign(campaign_id=931)
            portal.advance(3)
            run = (await cyara.aio.campaigns.get_campaign_runs(campaign_id=931)).results[0]
            counter = CallCounter(cyara=cyara, campaign_id=931, run=run.run_id)
            seen = []
            for seconds in (0, 600, 0, 0, 0):
                portal.advance(seconds)
                portal.forget_requests()
                tally = await counter.look()
                seen.append((tally.passed, len(portal.requests), counter.total))
            return seen

    first, *others = asyncio.run(count())
    assert first[0] < 10
    assert others == [(50, 1, 120), (100, 1, 120), (120, 1, 120), (120, 1, 120)]


def test_counting_decides_nothing(program: Program, at: Callable[..., LocalPortal], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(PlainProgress, "count_every", 0.0)
    portal = at(speed=10, outcomes="success")
    # The first look at the results is the counter's.
    portal.inject(attrs.evolve(faults.answer(403), path="/results"))
    done = program("805", "--interval", "100ms")
    assert done.code == 0
    assert portal.pending_faults == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_sees_a_table_that_moves(program: Program, large: Callable[[int], LocalPortal]):
    import pty

    portal = large(5)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cyara_tools.cli", "run", "931", "--interval", "50ms"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "160"},
        text=True,
    )
    os.close(theirs)
    seen, deadline = "", time.monotonic() + 40
    while process.poll() is None and time.monotonic() < deadline:
        if starts(portal):
            portal.advance(0.2)
        if select.select([ours], [], [], 0.05)[0]:
            try:
                seen += os.read(ours, 65536).decode("utf-8", "replace")
            except OSError:  # Linux says so when the last writer has gone
                break
    out, _ = process.communicate(timeout=20)
    os.close(ours)
    assert process.returncode == 0, seen
    assert "Time left" in seen
    assert "running" in seen
    # Calls were counted while it went on.
    assert any(f"{count} of 5" in seen for count in range(1, 5)), seen
    assert "PASSED  931 Large" in out
