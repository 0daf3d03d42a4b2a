"""Ends a run at a random moment, by `kill -9` or Ctrl-C, and has the next command take it up."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import junitparser

from cyara_tools.portal import LocalPortal

from .program import Program, starts

SPEED = 30
"""Seconds of the portal's time in one: a run of a few calls takes about a quarter of a second."""
LONGEST = 60.0


@attrs.define
class Forks:
    """The process that forks the program."""

    process: "subprocess.Popen[str]"
    folder: Path

    def ended(
        self, arguments: list[str], environ: dict[str, str], *, when: Callable[[], bool], by: int
    ) -> tuple[int, str]:
        """Start the program, send it a signal when it is time, and return how it ended and what it said."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        out, err = self.folder / "out", self.folder / "err"
        wanted = {"arguments": arguments, "environ": environ, "out": str(out), "err": str(err)}
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        child = int(self.process.stdout.readline())
        deadline = time.monotonic() + LONGEST
        # It may come to its end before it is time; then there is nobody to send anything to.
        with suppress(ProcessLookupError):
            while not when() and time.monotonic() < deadline:
                os.kill(child, 0)
                time.sleep(0.002)
            os.kill(child, by)
        return int(self.process.stdout.readline()), out.read_text("utf-8") + err.read_text("utf-8")


@contextmanager
def forks(folder: Path) -> Iterator[Forks]:
    command = [sys.executable, str(Path(__file__).with_name("fork_server.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Forks(process, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=20)


def end_at_random(program: Program, tmp_path: Path, *, failing: bool, times: int, seed: int) -> list[str]:
    """Do it so often; return how each ended, in a word."""
    chance = random.Random(seed)  # noqa: S311 - moments, and no secret
    code, verdict = (10, "failed") if failing else (0, "passed")
    seen = []
    with (
        LocalPortal(speed=SPEED, outcomes="success", late_failures=int(failing)) as portal,
        forks(tmp_path) as server,
    ):
        program.use(portal)
        # A moment is one of the questions that a whole run asks, and a little later.
        whole = _questions(server, portal, tmp_path)
        for number in range(times):
            folder = tmp_path / f"trial {number}"
            program.runs = folder / "runs"
            program.set(CYARA_RUNS_DIR=str(program.runs))
            campaigns = [801 + 2 * number, 802 + 2 * number]
            files = [folder / "report.json", folder / "report.xml"]
            options = ["--json", str(files[0]), "--junit", str(files[1]), "--interval", "20ms"]
            moment, later = portal.arrivals + chance.randint(0, whole), chance.uniform(0, 0.05)
            by = chance.choice([signal.SIGKILL, signal.SIGINT])

            def is_time(moment: int = moment, later: float = later) -> bool:
                return portal.arrivals >= moment and not time.sleep(later)

            ended, said = server.ended(["run", *map(str, campaigns), *options], _environ(), when=is_time, by=by)
            assert "Traceback" not in said, said
            assert ended in {-9, 130, code}, said
            _check_whole(*files)
            seen.append(_take_up(program, portal, campaigns, options, files, code=code, verdict=verdict, ended=ended))
    return seen


def _questions(server: Forks, portal: LocalPortal, folder: Path) -> int:
    """Return how many questions a run asks that nobody ends."""
    before = portal.arrivals
    environ = {**_environ(), "CYARA_RUNS_DIR": str(folder / "whole")}
    code, said = server.ended(["run", "929", "930", "--interval", "20ms"], environ, when=lambda: False, by=0)
    assert code in {0, 10}, said
    return portal.arrivals - before


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("CYARA_")}


def _check_whole(*files: Path) -> None:
    """Every report is whole, or is not there."""
    json_file, junit_file = files
    if json_file.exists():
        assert "campaigns" in json.loads(json_file.read_text("utf-8"))
    if junit_file.exists():
        assert junitparser.JUnitXml.fromfile(str(junit_file)) is not None


def _take_up(
    program: Program,
    portal: LocalPortal,
    campaigns: list[int],
    options: list[str],
    files: list[Path],
    *,
    code: int,
    verdict: str,
    ended: int,
) -> str:
    sent = [starts(portal, campaign) for campaign in campaigns]
    assert max(sent) <= 1
    noted = program.notes if program.runs.exists() else []
    if not noted:
        # It had come to its end, or to nothing.
        assert sent in ([0, 0], [1, 1])
        assert (ended == code) or sent == [0, 0] or files[0].exists()
        assert program("--resume").code == 13
        return "over" if sent == [1, 1] else "nothing"
    unknown = [job["phase"] == "starting" for job in noted[0]["jobs"]]
    done = program("--resume", *options, *(["--timeout", "12s"] if any(unknown) else []))
    report: dict[str, Any] = json.loads(files[0].read_text("utf-8"))
    _check_whole(*files)
    verdicts = [campaign["verdict"] for campaign in report["campaigns"]]
    # What was noted was not sent, or arrived when its caller had gone: the portal then may have dropped it.
    lost = [may_be and each == "error" for may_be, each in zip(unknown, verdicts, strict=True)]
    # It is an error that says so, and is not sent again.
    assert verdicts == ["error" if was_lost else verdict for was_lost in lost], done
    assert done.code == (8 if any(lost) else code)
    after = [starts(portal, campaign) for campaign in campaigns]
    assert after == [before if was_lost else 1 for before, was_lost in zip(sent, lost, strict=True)]
    assert program.notes == []
    return "lost" if any(lost) else "taken up"
