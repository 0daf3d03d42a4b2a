"""The README's code: typed as a user's type checker sees it, and run as it stands against the local portal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
CAMPAIGN_OF_THE_EXAMPLES = 812


def example_files(folder: Path) -> list[Path]:
    assert EXAMPLES, "the README has no Python example"
    files = [folder / f"example_{number}.py" for number in range(len(EXAMPLES))]
    for path, code in zip(files, EXAMPLES, strict=True):
        path.write_text(code, encoding="utf-8")
    return files


def test_examples_pass_mypy_strict(tmp_path: Path):
    files = example_files(tmp_path)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, *map(str, files)]
    judged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_example_runs_as_it_stands(number: int, tmp_path: Path):
    path = example_files(tmp_path)[number]
    with LocalPortal() as portal:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CYARA_")},
            "CYARA_BASE_URL": portal.base_url,
            "CYARA_ACCOUNT_ID": str(portal.account_id),
            "CYARA_API_CREDENTIAL": portal.credential,
            "CYARA_STRIKE_STORE": "memory:",
        }
        ran = subprocess.run(
            [sys.executable, str(path)], env=environment, capture_output=True, text=True, check=False, timeout=50
        )
        assert ran.returncode == 0, ran.stderr
        assert portal.invalid_calls == 0
        assert portal.credential.rpartition(":")[2] not in ran.stdout + ran.stderr


def test_every_path_that_the_readme_names_exists():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_two_commands_are_there():
    assert "python3 scripts/dev.py demo" in README
    assert "python3 scripts/dev.py test" in README
