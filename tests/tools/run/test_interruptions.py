"""Ctrl-C and SIGTERM: once leaves in order, twice at once; what was started goes on, and is taken up."""

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

from .program import Program, Result, starts

Start = Callable[..., LocalPortal]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to a process")


def interrupted(
    program: Program, portal: LocalPortal, *arguments: str, by: int = signal.SIGINT, times: int = 1
) -> Result:
    """Send a signal once the first campaign runs at a portal whose clock stands still."""
    process = program.process(*arguments, "--interval", "50ms")
    assert process.stderr is not None
    line = process.stderr.readline()
    assert "started" in line, line + process.stderr.read()
    for _ in range(times):
        process.send_signal(by)
        time.sleep(0.05)
    return program.end_of(process)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_once_writes_reports_and_says_how_to_go_on(program: Program, at: Start, tmp_path: Path, by: int):
    portal = at(outcomes="success", speed=0)
    report = tmp_path / "a report.json"
    done = interrupted(program, portal, "805", "801", "--json", str(report), by=by)
    assert done.code == 130
    assert done.out.splitlines()[-2] == "Interrupted. What was started goes on at the portal. (exit code 130)"
    facts = json.loads(report.read_text("utf-8"))
    assert (facts["exit_code"], facts["verdict"]) == (130, "interrupted")
    assert [campaign["verdict"] for campaign in facts["campaigns"]] == ["interrupted", "not_started"]
    assert starts(portal) == 1
    # The way out, to the letter: it follows the one and starts the other.
    assert f"What is not over is taken up by: cyara run --resume --json '{report}'" in done.err
    process = program.process("--resume", "--json", str(report), "--interval", "50ms")
    while process.poll() is None:
        portal.advance(30)
        time.sleep(0.1)
    assert program.end_of(process).code == 0
    assert [campaign["verdict"] for campaign in json.loads(report.read_text("utf-8"))["campaigns"]] == [
        "passed",
        "passed",
    ]
    assert (starts(portal, 805), starts(portal, 801)) == (1, 1)


def test_twice_ends_at_once(program: Program, at: Start, tmp_path: Path):
    portal = at(outcomes="success", speed=0)
    done = interrupted(program, portal, "805", "--json", str(tmp_path / "x.json"), times=2)
    assert done.code == 130
    assert "Interrupted" in done.err + done.out
    portal.advance(60)
    assert program.quick("--resume").code == 0
    assert starts(portal) == 1


def test_before_anything_was_started_it_just_ends(program: Program, at: Start):
    from cyara_tools.portal import faults

    portal = at(speed=0)
    portal.inject(faults.delay(20))
    process = program.process("--name", "*")
    while not portal.arrivals:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    done = program.end_of(process)
    assert done.code == 130
    assert done.err.splitlines()[-1] == "Interrupted."
    assert starts(portal) == 0


def test_a_resume_can_be_interrupted_as_well(program: Program, at: Start, briefly: None):
    portal = at(outcomes="success", speed=0)
    program.quick("805", "--detach")
    process = program.process("--resume", "--interval", "50ms")
    assert process.stderr is not None
    portal.advance(3)
    assert "running" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    done = program.end_of(process)
    assert done.code == 130
    portal.advance(60)
    assert program.quick("--resume").code == 0
    assert starts(portal) == 1


def test_a_detached_start_that_is_interrupted_is_noted(program: Program, at: Start):
    portal = at(outcomes="success", speed=0)
    process = program.process("805", "801", "--detach", "--interval", "50ms")
    # Not at the first sign of the start: a portal may drop a call whose caller has gone, and then nothing was started.
    while process.poll() is None and not any(
        job["phase"] == "started" for note in program.notes for job in note["jobs"]
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert program.end_of(process).code == 130
    process = program.process("--resume", "--interval", "50ms")
    while process.poll() is None:
        portal.advance(30)
        time.sleep(0.1)
    assert program.end_of(process).code == 0
    assert (starts(portal, 805), starts(portal, 801)) == (1, 1)
