"""A program without any standard input, as services and some CI runners start it."""

import subprocess
import sys

import pytest

from .program import Program, Result


@pytest.mark.skipif(sys.platform == "win32", reason="the shell that closes the input is not there")
def test_login_without_a_standard_input_says_so(program: Program) -> None:
    command = f'exec "{sys.executable}" -m cyara_tools.cli auth login <&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, timeout=50, env=program.environ, check=False
    )
    result = program.checked(Result(done.returncode, done.stdout, done.stderr))
    assert result.code == 7
    assert "There is no standard input to read from" in result.err
