"""The script runs under `frontrun`, which replaces the interpreter's locks before anything is imported."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("schedules.py")


def explore(store: str) -> tuple[bool, int]:
    pytest.importorskip("frontrun", reason="frontrun is for Linux only; the schedules are explored there")
    command = shutil.which("frontrun", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert command is not None
    done = subprocess.run(
        [command, sys.executable, str(SCRIPT), store], capture_output=True, text=True, timeout=55, check=False
    )
    assert done.returncode == 0, done.stderr
    holds, explored = done.stdout.split()[-2:]
    return holds == "True", int(explored)


def test_in_every_schedule_one_of_three_threads_sends() -> None:
    holds, explored = explore("memory")
    assert holds
    assert explored >= 50


def test_a_store_that_is_not_atomic_is_caught() -> None:
    holds, _ = explore("torn")
    assert not holds
