"""What type checkers know of outcomes: what the client's own methods return, and nothing of documents without these."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CODE = """
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from cyara_auth import CampaignOutcome
from cyara_auth.workflows.workflows import AsyncWorkflows, Workflows


class Campaigns:
    def iter_campaign_runs(self, *, campaign: str) -> Iterator[int]:
        raise NotImplementedError

    def iter_campaign_run_results(self, *, campaign: str) -> Iterator[bytes]:
        raise NotImplementedError


class AsyncCampaigns:
    def iter_campaign_runs(self, *, campaign: str) -> AsyncIterator[int]:
        raise NotImplementedError

    def iter_campaign_run_results(self, *, campaign: str) -> AsyncIterator[bytes]:
        raise NotImplementedError


class Client(Workflows):
    @property
    def campaigns(self) -> Campaigns:
        raise NotImplementedError


class AsyncClient(AsyncWorkflows):
    @property
    def campaigns(self) -> AsyncCampaigns:
        raise NotImplementedError


async def use(client: Client, tasks: AsyncClient, bare: Workflows) -> CampaignOutcome:
    assert_type(client.run_campaign(1), CampaignOutcome[int, bytes])
    assert_type(await tasks.run_campaign(1), CampaignOutcome[int, bytes])
    client.run_campaign("1")  # error
    assert_type(bare.wait(lambda: int("7"), until=bool), int)
    client.validate_test_case(1)  # error
    tasks.validate_test_case(1)  # error
    bare.run_campaign(1)  # error
    return client.run_campaign(1)
"""
MISTAKES = [number for number, line in enumerate(CODE.splitlines(), start=1) if line.endswith("# error")]


@pytest.mark.parametrize("checker", ["mypy", "basedpyright", "ty"])
def test_outcomes_hold_what_the_clients_own_methods_return(tmp_path: Path, checker: str) -> None:
    (tmp_path / "user_code.py").write_text(CODE, encoding="utf-8")
    roots = [str(ROOT / "auth_ext"), str(ROOT / "generated")]
    settings = {"typeCheckingMode": "standard", "extraPaths": roots, "reportUnusedCoroutine": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    options = {
        "mypy": ["--config-file", os.devnull, "user_code.py"],
        "basedpyright": ["--pythonpath", sys.executable, "-p", "."],
        "ty": ["check", "--output-format", "concise", "--python", sys.executable],
    }
    options["ty"] += [part for root in roots for part in ("--extra-search-path", root)] + ["user_code.py"]
    done = subprocess.run(
        [sys.executable, "-m", checker, *options[checker]],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": os.pathsep.join(roots)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {int(number) for number in re.findall(r"user_code\.py:(\d+)(?::\d+)?(?: -)?:? error", done.stdout)}
    assert sorted(found) == MISTAKES, done.stdout + done.stderr
