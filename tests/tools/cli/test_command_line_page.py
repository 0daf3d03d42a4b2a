"""The page about the command line says what is so: its commands are run, its names and options exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from cyara_client.operations import OPERATIONS
from cyara_tools.api.names import VERBS, named_operations
from cyara_tools.cli.app import app
from cyara_tools.portal import LocalPortal

from .program import Program

PAGE = (Path(__file__).parents[3] / "docs" / "command-line.md").read_text(encoding="utf-8")
TESTS = (
    '<TestSpecification xmlns="TestSpecification.xsd"><TestCases><TestCase><TestCaseName>One</TestCaseName>'
    "</TestCase></TestCases></TestSpecification>"
)
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a POSIX shell")
def test_every_block_runs(program: Program, portal: LocalPortal, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "cyara"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cyara_tools.cli "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    (tmp_path / "FILE.xml").write_text(TESTS, encoding="utf-8")
    for name, user in (("new", "new@example.com"), ("third", "third@example.com")):
        (tmp_path / f"{name}.json").write_text(f'{{"username": "{user}"}}', encoding="utf-8")
    environ = {
        **program.environ,
        "CYARA_API_CREDENTIAL": portal.credential,
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
    }
    assert len(BLOCKS) >= 6
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(BLOCKS)],
        check=False,
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert done.returncode == 0, done.stderr
    assert len(portal.requests) >= sum(block.count("\n") for block in BLOCKS) - 1, "all but the last line call"
    assert "#compdef cyara" in (tmp_path / "_cyara").read_text(encoding="utf-8")
    assert portal.invalid_calls == 0


def test_the_table_of_names_is_right() -> None:
    rows = re.findall(
        r"^\| `cyara\.(\w+)\.(\w+)\(.*?\)` \| `cyara ([^`]+)` \| (?:`cyara ([^`]+)`)? ?\|$", PAGE, re.MULTILINE
    )
    assert len(rows) == 4
    groups = named_operations(OPERATIONS.values())
    for resource, method, long, short in rows:
        group, name, *rest = long.split()
        (named,) = [one for one in groups[group] if one.operation.module == f"{resource}.{method}"]
        assert named.name == name
        assert short == (" ".join([group, named.short, *rest]) if named.short else "")


def test_the_verbs_and_options_that_the_page_names_are_those() -> None:
    (sentence,) = re.findall(r"The verbs are (.*?)\. If two", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) == VERBS
    delete = get_command(app).find("campaigns").find("delete")
    known = {option for parameter in delete.params for option in parameter.opts}
    (shared,) = re.findall(r"Every command that calls takes (.*?)\.\n", PAGE, re.DOTALL)
    assert {"--profile", "--policy", "--allow-inferred", "--ca"} < set(re.findall(r"`(--[\w-]+)`", shared)) <= known
