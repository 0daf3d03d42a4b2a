"""The fixture `vcr_config`: with a real VCR.py and a real call, a cassette is kept, and the pair is not in it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import vcr

from cyara_auth import connect
from cyara_tools.portal import LocalPortal


def recorded(portal: LocalPortal, path: Path, **config: Any) -> str:
    with (
        vcr.VCR(**config).use_cassette(str(path)),
        connect(portal.base_url, portal.credential, account_id=portal.account_id, store="memory:") as cyara,
    ):
        assert cyara.verify().is_success
    return path.read_text(encoding="utf-8")


def test_cassettes_do_not_keep_the_pair(
    cyara_portal: LocalPortal, vcr_config: dict[str, object], tmp_path: Path
) -> None:
    key, token = cyara_portal.credential.split(":")
    cassette = recorded(cyara_portal, tmp_path / "filtered.yaml", **vcr_config)
    assert "/testcases" in cassette
    assert key not in cassette
    assert token not in cassette
    # Else this would be true of any cassette.
    assert token in recorded(cyara_portal, tmp_path / "unfiltered.yaml")


@pytest.fixture(scope="module")
def recorder(vcr_config: dict[str, object]) -> dict[str, object]:
    """Ask as pytest-recording and pytest-vcr do: a fixture of a narrower scope could not be had here."""
    return vcr_config


def test_recorders_can_ask_for_it(recorder: dict[str, object]) -> None:
    assert recorder == {"filter_headers": ["authorization"]}


RECORDER = """
import pytest

@pytest.fixture(scope="module")
def vcr_config():
    return {}
"""
SUITE = """
def test_it(vcr_config):
    assert vcr_config == {expected}
"""
OWN = """
import pytest

@pytest.fixture(scope="module")
def vcr_config():
    return {"own": True}
"""


@pytest.mark.parametrize(
    ("conftest", "expected"), [("", {"filter_headers": ["authorization"]}), (OWN, {"own": True})], ids=["ours", "own"]
)
def test_it_replaces_a_recorders_empty_one_and_not_the_suites(
    conftest: str, expected: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "some_recorder.py").write_text(RECORDER)
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "test_it.py").write_text(SUITE.replace("{expected}", repr(expected)))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        # Loaded after every installed plugin, and so after ours.
        env={**os.environ, "PYTEST_PLUGINS": "some_recorder", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
