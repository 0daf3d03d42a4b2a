"""Streams that are closed, full or read by nobody, Ctrl-C in the first moments, and a Python without the tools."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="streams are closed by a POSIX shell")


def shell(clone: Path, redirections: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "scripts/regenerate.py", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=clone)


@POSIX
@pytest.mark.parametrize("redirections", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_stop_a_build(clone: Path, redirections: str) -> None:
    done = shell(clone, redirections, "build", "--no-verify")
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode()
    assert (clone / "openapi" / "lock.json").is_file()
    refused = shell(clone, redirections, "check")
    assert (refused.returncode, b"Traceback" in refused.stderr) == (1, False)


@POSIX
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_left_does_not_stop_a_build(clone: Path, stream: str) -> None:
    read, write = os.pipe()
    os.close(read)
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: write}
    command = [sys.executable, "scripts/regenerate.py", "build", "--no-verify"]
    done = subprocess.run(command, check=False, cwd=clone, **streams)
    os.close(write)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in (done.stdout or b"") + (done.stderr or b"")
    assert b"BrokenPipe" not in (done.stderr or b"")
    assert (clone / "openapi" / "lock.json").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux")
def test_a_result_that_cannot_be_written_is_an_error(clone: Path) -> None:
    done = shell(clone, ">/dev/full", "build", "--no-verify")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "'<stdout>' cannot be used: No space left on device. The command did its work" in said
    assert "Traceback" not in said


def test_a_python_without_the_tools_is_told_the_command(clone: Path) -> None:
    command = [sys.executable, "-S", "scripts/regenerate.py", "check"]  # -S: nothing that was installed is found
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=clone)
    assert done.returncode == 1
    assert done.stderr.startswith("This Python lacks attrs")
    assert "python3 scripts/dev.py regenerate" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@POSIX
def test_a_python_without_the_tools_hands_over_to_the_projects_own(clone: Path) -> None:
    own = clone / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text(f'#!/bin/sh\nexec "{sys.executable}" $OPTIONS "$@"\n', encoding="utf-8")
    own.chmod(0o755)

    def check(*options: str, own_options: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *options, "scripts/regenerate.py", "check"]
        environment = {**os.environ, "OPTIONS": own_options}
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd=clone, env=environment)

    handed_over, by_itself = check("-S"), check()
    assert handed_over.returncode == by_itself.returncode
    assert (handed_over.stdout, handed_over.stderr) == (by_itself.stdout, by_itself.stderr)
    # One that lacks them as well says so, instead of handing over again.
    lacking = check("-S", own_options="-S")
    assert lacking.returncode == 1
    assert lacking.stderr.startswith("This Python lacks attrs")


@POSIX
def test_ctrl_c_in_the_first_moments(clone: Path, tmp_path: Path) -> None:
    planted = tmp_path / "planted" / "attrs.py"
    planted.parent.mkdir()
    planted.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", encoding="utf-8")
    command = [sys.executable, "scripts/regenerate.py", "check"]
    environment = {**os.environ, "PYTHONPATH": str(planted.parent)}
    done = subprocess.run(command, capture_output=True, check=False, cwd=clone, env=environment)
    assert (done.returncode, done.stderr) == (130, b"")


@POSIX
def test_ctrl_c_takes_a_new_folder_away_again(clone: Path, tmp_path: Path) -> None:
    planted = tmp_path / "planted" / "jsonpath_rfc9535.py"  # what a build imports when it has its work folder
    planted.parent.mkdir()
    planted.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n", encoding="utf-8")
    into = tmp_path / "deep" / "into"
    command = [sys.executable, "scripts/regenerate.py", "build", "--into", str(into)]
    environment = {**os.environ, "PYTHONPATH": str(planted.parent)}
    done = subprocess.run(command, capture_output=True, check=False, cwd=clone, env=environment)
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (130, [b"Stopped. Nothing half-done was left behind."])
    assert not (tmp_path / "deep").exists()
