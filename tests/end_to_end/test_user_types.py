"""What a type checker says to code over `connect()`: nothing to good lines, something to each mistake."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("user_code.txt").read_text("utf-8")
MISTAKES = [number for number, line in enumerate(SOURCE.splitlines(), start=1) if line.endswith("# error")]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "user_code.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_mypy_finds_the_mistakes_and_nothing_else(code: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, str(code)]
    found = subprocess.run(command, cwd=code.parent, capture_output=True, text=True, check=False).stdout
    assert sorted({int(number) for number in re.findall(r"user_code\.py:(\d+): error", found)}) == MISTAKES, found


def test_pyright_finds_the_mistakes_and_nothing_else(code: Path) -> None:
    config = {"typeCheckingMode": "strict", "include": [code.name], "reportUnusedExpression": False}
    (code.parent / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", "-p", "."]
    done = subprocess.run(command, cwd=code.parent, capture_output=True, text=True, check=False)
    errors = [entry for entry in json.loads(done.stdout)["generalDiagnostics"] if entry["severity"] == "error"]
    found = {entry["range"]["start"]["line"] + 1 for entry in errors}
    assert sorted(found) == MISTAKES, "\n".join(entry["message"] for entry in errors)
