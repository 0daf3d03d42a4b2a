"""No test fails because the machine is busy: drawn tests have no deadline, and may be slow to draw."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SLOW = """
import time
from hypothesis import given, settings, strategies as st

def slowly(number):
    time.sleep(0.12)
    return number

@settings(max_examples=12)  # more than are drawn before hypothesis judges, which bears a second
@given(st.integers().map(slowly))
def test_slow_draws(number):
    pass

@settings(max_examples=2)
@given(st.integers())
def test_slow_examples(number):
    time.sleep(0.25)  # it bears a fifth of a second
"""


@pytest.mark.parametrize("search", ["", "1"])
def test_a_busy_machine_makes_no_drawn_test_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: str):
    monkeypatch.setenv("CYARA_TESTS_SEARCH", search)
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text("utf-8"), "utf-8")
    (tmp_path / "test_slow.py").write_text(SLOW, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout
