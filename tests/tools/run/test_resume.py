"""What a command leaves is taken up by the next one: by nobody twice, by no other portal's, and judged the same way."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from cyara_auth import connect
from cyara_auth.workflows.start import CampaignStart
from cyara_tools.portal import LocalPortal, faults
from cyara_tools.run.file_lock import FileLock
from cyara_tools.run.gate import Gate
from cyara_tools.run.job import Job, Phase
from cyara_tools.run.journal import Journal, JournalFile, journals, read_journal

from .program import Program, starts

Start = Callable[..., LocalPortal]
DAY = 86400
WITH_KILL = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")


def left_behind(program: Program, portal: LocalPortal, *campaigns: str, options: tuple[str, ...] = ()) -> None:
    """Start campaigns, and leave them to the next command."""
    done = program.quick(*campaigns, "--detach", *options)
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == len(campaigns)


def test_runs_that_were_left_are_followed_and_judged_by_the_same_gate(program: Program, at: Start):
    portal = at(outcomes="success", late_failures=1)
    left_behind(program, portal, "805", "806", options=("--max-failures", "1"))
    (noted,) = program.notes
    assert [job["phase"] for job in noted["jobs"]] == ["started", "started"]
    facts = program.json("--resume")
    assert [(campaign["id"], campaign["verdict"]) for campaign in facts["campaigns"]] == [
        (805, "passed"),
        (806, "passed"),
    ]
    assert starts(portal) == 2
    assert program.notes == []
    assert program.quick("--resume").code == 13


def test_what_the_command_line_says_now_takes_the_place_of_what_was_noted(program: Program, at: Start):
    portal = at(outcomes="success", late_failures=1)
    left_behind(program, portal, "805", options=("--max-failures", "1"))
    assert program.quick("--resume", "--max-failures", "0").code == 10


@pytest.mark.parametrize("ticket", ["object", "run_id", "no_content"])
@pytest.mark.parametrize("runs_as", ["runs", "calls"])
def test_the_lines_of_detach_are_taken_by_resume(program: Program, at: Start, ticket: str, runs_as: str):
    portal = at(outcomes="success", ticket=ticket, runs_as=runs_as)
    done = program.quick("804", "805", "--detach")
    lines = done.out.split()
    assert [line.partition("/")[0] for line in lines] == ["804", "805"]
    # On another machine nobody has noted anything.
    program.set(CYARA_RUNS_DIR=str(program.home / "elsewhere"))
    facts = program.json("--resume", *lines)
    assert [(campaign["id"], campaign["tally"]["passed"]) for campaign in facts["campaigns"]] == [(804, 4), (805, 5)]
    assert [f"{campaign['id']}/{campaign['run']}" for campaign in facts["campaigns"]] == lines
    assert starts(portal) == 2


def test_a_run_that_is_not_listed_yet_is_named_by_its_ticket(program: Program, at: Start, briefly: None):
    portal = at(speed=0, outcomes="success")
    done = program.quick("805", "--detach")
    (line,) = done.out.split()
    assert line.startswith("805/")
    assert len(line) == len("805/") + 32
    portal.advance(60)
    assert program.quick("--resume", line).code == 0
    assert program.notes == []


def test_what_cannot_be_started_keeps_nothing_else_from_it(program: Program, at: Start):
    portal = at(outcomes="success")
    portal.inject(attrs.evolve(faults.answer(409), path="/campaigns/804/execute"))
    facts = program.json("804", "805", "--detach")
    assert facts["exit_code"] == 8
    (line,) = facts["runs"]
    assert line.startswith("805/")
    assert facts["notes"][0].startswith("Campaign 804 was not started: POST ")
    # Nor is what follows the other green without it.
    facts = program.json("--resume")
    assert (facts["exit_code"], [campaign["verdict"] for campaign in facts["campaigns"]]) == (8, ["error", "passed"])
    assert starts(portal, 804) == 1


def test_a_rejected_pair_ends_the_starting_of_all(program: Program, at: Start, briefly: None):
    portal = at(speed=0)
    # The questions of the selection come first, and then the list of the first campaign's runs.
    portal.regenerate_before(4)
    done = program.quick("804", "805", "--detach")
    assert done.code == 4
    assert starts(portal) == 0
    assert "805" not in done.err
    program.use(portal)
    assert [job["phase"] for job in program.notes[0]["jobs"]] == ["planned", "planned"]


def test_one_run_of_several_is_taken_up_and_the_rest_stays_noted(program: Program, at: Start):
    portal = at(outcomes="success")
    first, second = program.quick("804", "805", "--detach").out.split()
    assert program.quick("--resume", second).code == 0
    (noted,) = program.notes
    assert [job["phase"] for job in noted["jobs"]] == ["started", "over"]
    # What is over is read once more, so that the report is whole.
    facts = program.json("--resume")
    assert [f"{campaign['id']}/{campaign['run']}" for campaign in facts["campaigns"]] == [first, second]
    assert starts(portal) == 2


def test_two_runs_of_one_campaign_are_two(program: Program, at: Start):
    portal = at(outcomes="success")
    program.quick("805")
    program.quick("805")
    with connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara:
        runs = [str(run.run_id) for run in cyara.campaigns.get_campaign_runs(campaign_id=805).results[:2]]
    facts = program.json("--resume", *(f"805/{run}" for run in runs), f"805/{runs[0]}")
    assert [campaign["run"] for campaign in facts["campaigns"]] == runs
    assert {campaign["verdict"] for campaign in facts["campaigns"]} == {"passed"}
    assert starts(portal) == 2


def test_a_campaign_that_runs_already_is_not_started(program: Program, at: Start, briefly: None):
    portal = at(speed=0, outcomes="success")
    program.quick("805", "--detach")
    portal.advance(3)
    done = program.quick("805", "801", "--timeout", "200ms")
    assert "Campaign 805 is running already: run 5" in done.out
    assert " UTC. It was not started again. Next: follow that run: cyara run --resume 805/5" in done.out
    assert starts(portal, 805) == 1
    # 801 was started beside it, and its time was up; that outranks a campaign that could not be run.
    assert done.code == 12
    number = done.out.partition("cyara run --resume 805/")[2].split()[0].rstrip(".")
    portal.advance(60)
    assert program.quick("--resume", f"805/{number}").code == 0
    assert starts(portal, 805) == 1


def test_only_a_campaign_that_runs_already_is_exit_code_11(program: Program, at: Start, briefly: None, tmp_path: Path):
    portal = at(speed=0)
    program.quick("805", "--detach")
    portal.advance(3)
    report = tmp_path / "report.xml"
    assert program.quick("805", "--junit", str(report)).code == 11
    assert "is running already" in report.read_text("utf-8")
    assert program.quick("805", "--detach").code == 11


def test_nothing_of_another_portal_or_account_is_taken_up(program: Program, at: Start):
    first = at(outcomes="success")
    left_behind(program, first, "805")
    at(outcomes="success")
    done = program.quick("--resume")
    assert done.code == 13
    assert f"There are some of {first.base_url}, account 1" in done.err
    program.use(first)
    program.set(CYARA_ACCOUNT_ID="2")
    assert program.quick("--resume").code == 13
    program.set(CYARA_ACCOUNT_ID="1")
    assert program.quick("--resume").code == 0


def test_two_commands_never_take_up_the_same(program: Program, at: Start, briefly: None):
    portal = at(outcomes="success", speed=0)
    left_behind(program, portal, "805")
    other = program.process("--resume", "--interval", "50ms")
    assert other.stderr is not None
    assert "running" not in program.quick("--resume", "999/1").out
    lock = next(program.runs.glob("*.lock"))
    deadline = time.monotonic() + 20
    while (free := FileLock(lock)).acquire() and time.monotonic() < deadline:
        free.release()
        time.sleep(0.05)
    for arguments in ([], ["805/" + program.notes[0]["jobs"][0]["start"]["ticket"]["campaign_runs"][0]]):
        done = program.quick("--resume", *arguments)
        assert done.code == 13
        assert "in the hands of another command" in done.err
    portal.advance(60)
    assert program.end_of(other).code == 0
    assert program.notes == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is damaged"),
        ('{"format": 1}', "is damaged"),
        ("[]", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ('{"format": 0}', "has format 0, and this version reads 1"),
        ('{"format": 2, "jobs": []}', "has format 2, and this version reads 1"),
    ],
)
def test_a_note_that_cannot_be_read_is_a_sentence_with_a_way_out(
    program: Program, at: Start, content: str, sentence: str
):
    portal = at(outcomes="success")
    (line,) = program.quick("805", "--detach").out.split()
    (note,) = program.runs.glob("*.json")
    note.write_text(content, "utf-8")
    done = program.quick("--resume")
    assert done.code == 7
    assert f"The note of a run, {note}, {sentence}" in done.err
    # The way out that it names.
    assert program.quick("--resume", line).code == 0
    assert f"then delete {note}" in done.err
    note.unlink()
    assert program.quick("--resume").code == 13
    assert starts(portal) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a file private by its folder's list")
def test_a_note_that_others_can_read_is_refused(program: Program, portal: LocalPortal):
    left_behind(program, portal, "805")
    (note,) = program.runs.glob("*.json")
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    note.chmod(0o644)
    done = program.quick("--resume")
    assert done.code == 7
    assert f"chmod 600 {note}" in done.err


def test_old_notes_are_forgotten(program: Program, portal: LocalPortal):
    left_behind(program, portal, "805")
    (note,) = program.runs.glob("*.json")
    long_ago = time.time() - 8 * DAY
    os.utime(note, (long_ago, long_ago))
    assert program.quick("--resume").code == 13
    assert list(program.runs.iterdir()) == []


def test_without_a_place_for_notes_runs_go_on_and_say_so(program: Program, at: Start):
    portal = at(outcomes="success")
    in_the_way = program.home / "file"
    in_the_way.write_text("", "utf-8")
    program.set(CYARA_RUNS_DIR=str(in_the_way))
    done = program.quick("805")
    assert done.code == 0
    assert "nothing was noted for --resume" in done.err
    # What is left is named by its numbers then.
    portal = at(outcomes="success", speed=0)
    done = program.quick("805", "--timeout", "200ms")
    assert done.code == 12
    (line,) = [word for word in done.err.split() if word.startswith("805/")]
    portal.advance(60)
    assert program.quick("--resume", line).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot limit the size of a process's files")
def test_a_note_that_cannot_be_kept_up_never_has_anything_started_again(tmp_path: Path):
    # As on a disk that is full: without the limit nothing is written, and what was there before stays.
    import resource  # no such module on Windows

    job = Job(id=805, name="Campaign 005", gate=Gate(), timeout=60)
    journal = Journal(portal="http://127.0.0.1", account="1", parallel=1, fail_fast=False, interval=1, jobs=[job])
    file = JournalFile.create(journal, tmp_path)
    (path,) = journals(tmp_path)
    job.phase, job.start = Phase.STARTING, CampaignStart(campaign_id=805)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        file.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "nothing was noted for --resume" in str(file.problem)
    file.close(is_told=False)
    assert read_journal(path) is None


@pytest.mark.parametrize("run", ["805/99", "805/0b9f7d3a-5c1e-4f60-9f0e-1c2d3e4f5a6b"])
def test_a_run_that_is_not_there_is_said_so(program: Program, portal: LocalPortal, run: str):
    done = program.quick("--resume", run, "--timeout", "1s")
    assert done.code == 8
    assert f"The portal lists no run {run.partition('/')[2].replace('-', '')} of campaign 805" in done.out
    assert "goes on at the portal" not in done.out + done.err, "nobody knows of such a run"
    assert program.quick("--resume", "99999/1").code == 13


@WITH_KILL
@pytest.mark.parametrize("moment", ["planned", "starting", "sent", "started", "running", "over", "all over"])
def test_a_command_that_was_killed_is_taken_up_wherever_it_was(program: Program, at: Start, moment: str):
    portal = at(outcomes="success", late_failures=1, speed=20)
    code = _KILLED.format(moment=moment)
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "804", "805", "--interval", "20ms", "--max-failures", "1"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    (noted,) = program.notes
    facts = program.json("--resume", "--timeout", "2s" if moment == "starting" else "20s")
    if moment == "starting":
        # Nobody can know that it was not sent, so it is not sent again.
        assert facts["exit_code"] == 8
        assert "It was not started again" in facts["campaigns"][0]["error"]
        assert starts(portal, 804) == 0
    else:
        assert facts["exit_code"] == 0
        assert starts(portal, 804) == 1
    assert facts["campaigns"][1]["verdict"] == "passed"
    assert starts(portal, 805) == 1
    assert json.dumps(noted).count('"phase"') == 2
    assert program.notes == []


_KILLED = """
import os, signal, sys
from cyara_tools.run import follow, journal
from cyara_tools.run.job import Phase

moment = {moment!r}
save = journal.JournalFile.save

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def save_and_die(self):
    save(self)
    first = self.journal.jobs[0]
    found = first.start is not None and first.start.run is not None
    now = "running" if first.phase is Phase.STARTED and found else first.phase.value
    if now == "over" and not self.journal.is_open:
        now = "all over"
    if now == moment:
        end()

journal.JournalFile.save = save_and_die
if moment == "sent":
    from cyara_auth.workflows import steps
    ticket_of = steps.ticket_of
    steps.ticket_of = lambda answer: end()
from cyara_tools.cli import main
main()
"""
"""The program, but it is killed when it has come so far; `sent` is when the answer has come and is not noted."""
