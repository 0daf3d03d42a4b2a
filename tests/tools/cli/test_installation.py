"""Without its extra, a program says in one sentence how to install it; no output encoding ends a command."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

import cyara_client

from .program import Program

WITHOUT = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {name!r} else real(name, *rest)
sys.argv = ["cyara", "auth", "status"]
from cyara_tools.cli import main
main()
"""


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_one_clear_sentence(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(name=name)], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 7
    assert done.stdout == ""
    assert done.stderr == "The command line needs an extra. Run: pip install 'cyara-client[cli]'\n"


WITHOUT_SERVER = """
import importlib.util, runpy
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "uvicorn" else real(name, *rest)
runpy.run_module("cyara_tools.portal", run_name="__main__")
"""


def test_one_clear_sentence_from_the_local_portal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_SERVER], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "The local portal needs uvicorn. Run: pip install 'cyara-client[testing]'\n"


@pytest.mark.parametrize("encoding", ["ascii:strict", "latin-1:strict"])
def test_no_character_is_too_much_for_an_old_output(program: Program, tmp_path: Path, encoding: str) -> None:
    store = f"sqlite://{tmp_path}/h%E2%86%92/strikes.sqlite3"
    shown = program("status", CYARA_STRIKE_STORE=store, PYTHONIOENCODING=encoding)
    assert shown.code == 3  # no credential here; the store is shown first
    assert "h\\u2192" in shown.out
    assert program("--help", PYTHONIOENCODING=encoding, COLUMNS="20").code == 0


def test_version_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cyara_tools.cli", "--version"], capture_output=True, text=True, timeout=50, check=True
    )
    release = cyara_client.__platform__ or "not known"
    assert done.stdout == (
        f"cyara-client {cyara_client.__version__}, platform release {release}, "
        f"document {cyara_client.__spec_sha256__[:8]}, Python {platform.python_version()}\n"
    )
    assert done.stderr == ""


def test_a_folder_that_cannot_be_written_is_one_sentence(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = program(
        "login", "--place", "file", text=program.portal.credential, CYARA_CONFIG_DIR=str(tmp_path / "file" / "x")
    )
    assert refused.code == 7
    assert "cannot be written: Not a directory. Nothing was stored. Next: set CYARA_CONFIG_DIR" in refused.err
