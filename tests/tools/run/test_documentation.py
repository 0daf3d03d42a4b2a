"""The page about `cyara run` says what it does: its lines run, and what it names is there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from cyara_tools.portal import LocalPortal
from cyara_tools.run import detach, work
from cyara_tools.run.journal import FOLDER, KEPT
from cyara_tools.run.options import RunContext

from .program import Program, starts

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("run.md", "run-gate.md", "run-reports.md")}


def test_every_option_is_documented():
    options = {field.name.replace("_", "-") for field in attrs.fields(RunContext)}
    of_the_portal = {"base-url", "profile", "variables", "store-url", "account", "policy", "ca"}
    every = "".join(PAGES.values())
    assert {option for option in options - of_the_portal if f"--{option}" not in every} == set()


def test_numbers_and_names_are_those_of_the_code():
    page = " ".join(PAGES["run.md"].split())
    assert FOLDER in page
    assert KEPT.days == 7
    assert "after a week" in page
    assert detach.LISTED_WITHIN == 5
    assert "within five seconds" in page
    assert (work.DEFAULT_TIMEOUT, work.DEFAULT_INTERVAL) == (3600, 5)


@pytest.mark.skipif(shutil.which("bash") is None, reason="the lines are for a shell")
def test_the_lines_of_the_page_run(program: Program, at: Callable[..., LocalPortal], tmp_path: Path):
    portal = at(outcomes="success", speed=50)
    blocks = re.findall(r"^```\n(.*?)^```$", PAGES["run.md"], re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    # The program of this environment, by its name.
    (tmp_path / "bin").mkdir()
    cyara = tmp_path / "bin" / "cyara"
    cyara.write_text(f'#!/bin/sh\nexec {sys.executable} -m cyara_tools.cli "$@" --interval 50ms\n', "utf-8")
    cyara.chmod(0o755)
    lines = blocks[0] + blocks[2]
    done = subprocess.run(
        ["bash", "-euc", lines],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{cyara.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert starts(portal) == 4
    assert (tmp_path / "report.xml").exists()


def test_a_start_can_be_kept_as_the_page_on_campaigns_shows(
    program: Program, at: Callable[..., LocalPortal], tmp_path: Path
):
    portal = at(outcomes="success", speed=50)
    (code,) = (
        block
        for block in re.findall(
            r"^```python\n(.*?)^```$", (DOCS / "campaigns.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        if "CampaignStart" in block
    )
    quick = code.replace("follow_campaign(start)", "follow_campaign(start, pace=Pace(interval=0.05))")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", quick.replace("import CampaignStart", "import CampaignStart, Pace")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("passed\n", 0), done.stderr
    assert starts(portal) == 1
