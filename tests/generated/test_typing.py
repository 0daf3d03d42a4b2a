"""Types as users meet them: mypy --strict and pyright over their code, and over the package itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from generated_kit import ROOT

SAMPLES = Path(__file__).with_name("typing_samples")


@pytest.fixture(scope="module")
def user(zoo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: the package, and what they wrote."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copytree(zoo_root / "zoo_client", folder / "zoo_client")
    for sample in SAMPLES.glob("*.txt"):
        shutil.copy(sample, folder / f"{sample.stem}.py")
    return folder


def _mypy(folder: Path, *targets: str) -> str:
    config = folder / "mypy.ini"
    config.write_text("[mypy]\nstrict = True\npython_version = 3.11\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--no-error-summary", *targets]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def _pyright(folder: Path, mode: str, *targets: str) -> list[dict[str, object]]:
    config = {
        "typeCheckingMode": mode,
        "pythonVersion": "3.11",
        "include": list(targets),
        "venvPath": str(ROOT),
        "venv": ".venv",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "-p", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found: list[dict[str, object]] = json.loads(done.stdout)["generalDiagnostics"]
    return [entry for entry in found if entry["severity"] == "error"]


def _expected() -> list[int]:
    lines = (SAMPLES / "bad.txt").read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, start=1) if line.endswith("# error")]


def test_mypy_agrees_with_good_code_and_with_the_package(user: Path) -> None:
    assert _mypy(user, "good.py") + _mypy(user, "-p", "zoo_client") == ""


def test_pyright_agrees_with_good_code_and_with_the_package(user: Path) -> None:
    assert _pyright(user, "strict", "good.py", "zoo_client") == []


def test_mypy_finds_every_mistake(user: Path) -> None:
    found = {int(number) for number in re.findall(r"^bad\.py:(\d+): error", _mypy(user, "bad.py"), re.MULTILINE)}
    assert sorted(found) == _expected()


def test_pyright_finds_every_mistake(user: Path) -> None:
    found = {entry["range"]["start"]["line"] + 1 for entry in _pyright(user, "standard", "bad.py")}
    assert sorted(found) == _expected()
