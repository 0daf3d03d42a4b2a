"""A build that is killed at any moment leaves the old client or the new one, as seen by the next command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).parent / "kill_driver.py"
TITLES = {"One", "Two"}

pytestmark = [
    pytest.mark.skipif(
        sys.platform == "win32", reason="SIGKILL and fork are POSIX; Windows takes the same journal steps"
    ),
    pytest.mark.timeout(300),
]


def kill_builds(root: Path, mode: str, kills: int) -> list[dict[str, Any]]:
    sources = root / "sources"
    sources.mkdir(parents=True)
    for title in sorted(TITLES):
        paths = {f"/{title}": {"get": {"responses": {"200": {"description": "ok"}}, "operationId": f"Get{title}"}}}
        document = {"openapi": "3.0.3", "info": {"title": title, "version": "1"}, "paths": paths}
        (sources / f"{title.lower()}.json").write_text(json.dumps(document), encoding="utf-8")
    command = [sys.executable, str(DRIVER), str(root), mode, str(kills), "20260101"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr.decode()
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(outcomes) == kills
    return outcomes


def test_killed_at_each_step_of_the_journal(tmp_path: Path) -> None:
    outcomes = kill_builds(tmp_path, "steps", 80)
    killed = [outcome for outcome in outcomes if outcome["killed"]]
    assert len(killed) > 60, "the steps of a real install: staged, drafted, decided, every file, finished"
    assert {outcome["after"] for outcome in outcomes} <= TITLES
    undecided, decided = killed[:2], killed[2:]
    assert [outcome["after"] for outcome in undecided] == [outcome["before"] for outcome in undecided]
    assert all(outcome["after"] != outcome["before"] for outcome in decided)


def test_killed_at_200_random_moments(tmp_path: Path) -> None:
    outcomes = kill_builds(tmp_path, "random", 200)
    assert {outcome["after"] for outcome in outcomes} <= TITLES
    moments = Counter((outcome["killed"], outcome["after"] == outcome["before"]) for outcome in outcomes)
    assert moments[True, True] > 20, f"kills before the decision: {moments}"
    assert moments[True, False] > 5, f"kills after the decision: {moments}"


def test_interrupted_builds_leave_nothing_behind(tmp_path: Path) -> None:
    outcomes = kill_builds(tmp_path, "interrupt", 60)
    assert {outcome["after"] for outcome in outcomes} <= TITLES
    assert {outcome["exit"] for outcome in outcomes} <= {0, 130}
    assert any(outcome["exit"] == 130 for outcome in outcomes)
    assert not any(outcome["left"] for outcome in outcomes)
