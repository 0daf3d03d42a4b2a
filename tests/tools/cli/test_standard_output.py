"""Standard output that cannot be written, or is not there: a sentence and an exit code, and never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from .program import Program

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
COMMANDS = ("--version", "--help", "operations", "operations --output json", "auth status", "auth status --json")
CLOSED = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"


def run(program: Program, *command: str, stdout: object = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    environ = {**program.environ, "CYARA_API_CREDENTIAL": program.portal.credential}
    return subprocess.run(
        [sys.executable, *command],
        env=environ,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=50,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_a_sentence_with_its_next_step(program: Program, command: str):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run(program, "-m", "cyara_tools.cli", *command.split(), stdout=full)
    assert done.returncode == 7
    assert "The output cannot be written: No space left on device." in done.stderr
    assert "Next: make room there" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_standard_output_the_exit_code_is_what_it_would_be(program: Program, command: str):
    # Rows are all that `operations` is for, so that it says what is missing.
    wanted = 7 if command.startswith("operations") else 0
    done = run(program, "-c", CLOSED, "1", "-m", "cyara_tools.cli", *command.split())
    assert done.returncode == wanted, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_standard_error_all_goes_on(program: Program, command: str):
    done = run(program, "-c", CLOSED, "2", "-m", "cyara_tools.cli", *command.split())
    assert done.returncode == 0
    assert done.stdout
