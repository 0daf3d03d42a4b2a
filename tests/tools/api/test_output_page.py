"""What docs/output-formats.md says is so: every command on it runs."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_tools.output.options import DEFAULT_LIMIT, OutputFormat
from cyara_tools.portal import LocalPortal

from .shell import Shell

PAGE = (Path(__file__).parents[3] / "docs" / "output-formats.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:\w+=\$\()?(cyara [^\n]*?)\)?$", PAGE, re.MULTILINE)
USER = {"username": "b", "firstName": "A", "lastName": "B", "email": "a@example.com"}


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_works(
    command: str, tmp_path: Path, portal: LocalPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new.json").write_text(json.dumps(USER), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = Shell(tmp_path, portal)(*shlex.split(command)[1:])
    assert result.code == 0, result.err


def test_the_page_has_them_all() -> None:
    assert len(COMMANDS) > 10
    assert all(f"| `{form}` |" in PAGE for form in OutputFormat)
    assert f"after {DEFAULT_LIMIT} rows" in PAGE
