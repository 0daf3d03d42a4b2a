"""Runs `cyara run` in this process, or in one of its own that can be killed. It checks every output for secrets."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from cyara_tools.cli.app import app
from cyara_tools.portal import LocalPortal

_SETTINGS = re.compile(r"CYARA_|GITHUB_|TF_BUILD|(?i:(https?|all|no)_proxy)")
"""Variables of whoever runs the tests that would change what the program does."""
QUICK = ("--interval", "20ms")


@attrs.frozen
class Result:
    """What one run left behind."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        facts = json.loads(self.out)
        assert isinstance(facts, dict)
        assert facts["exit_code"] == self.code
        return facts


class Program:
    """`cyara run ...` with its own state and portal."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.runs = home / "runs"
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self._secrets: set[str] = set()
        for name in os.environ:
            if _SETTINGS.match(name):
                monkeypatch.delenv(name)
        self.set(CYARA_RUNS_DIR=str(self.runs), CYARA_STRIKE_STORE=f"sqlite://{home}/strikes/s.sqlite3", HOME=str(home))
        self.set(PYTHONWARNINGS="")

    def use(self, portal: LocalPortal) -> None:
        self._secrets |= set(portal.credential.split(":"))
        self.set(CYARA_BASE_URL=portal.base_url, CYARA_API_CREDENTIAL=portal.credential, CYARA_ACCOUNT_ID="1")

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Result:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            app(["run", *arguments], prog_name="cyara")
        out, err = self._capsys.readouterr()
        code = caught.value.code
        assert isinstance(code, int)
        return self.checked(Result(code, out, err))

    def quick(self, *arguments: str) -> Result:
        return self(*arguments, *QUICK)

    def json(self, *arguments: str) -> dict[str, Any]:
        return self.quick(*arguments, "--json").facts

    def process(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "cyara_tools.cli", "run", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def end_of(self, process: "subprocess.Popen[str]") -> Result:
        out, err = process.communicate(timeout=50)
        return self.checked(Result(process.returncode, out, err))

    def checked(self, result: Result) -> Result:
        assert "Traceback" not in result.err + result.out, result.err
        noted = "".join(path.read_text("utf-8") for path in self.runs.glob("*.json")) if self.runs.exists() else ""
        assert not any(secret in result.out + result.err + noted for secret in self._secrets), "a secret was shown"
        return result

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What is noted of commands that are not over, the oldest first."""
        return [json.loads(path.read_text("utf-8")) for path in sorted(self.runs.glob("*.json"))]


def starts(portal: LocalPortal, campaign: int | None = None) -> int:
    """Return how often a campaign was started, or all of them."""
    path = "/execute" if campaign is None else f"/campaigns/{campaign}/execute"
    return sum(visit.method == "POST" and visit.path.endswith(path) for visit in portal.requests)
