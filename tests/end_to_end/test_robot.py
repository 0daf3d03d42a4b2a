"""The keywords in `examples/robot`, run by Robot Framework against the local portal."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from cyara_tools.portal import LocalPortal

SUITE = Path(__file__).resolve().parents[2] / "examples" / "robot" / "nightly.robot"


def robot(portal: LocalPortal, folder: Path, suite: Path = SUITE) -> tuple[int, dict[str, str]]:
    """Return how many tests failed, and what each of them says: an empty text for one that passed."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CYARA_")},
        "CYARA_BASE_URL": portal.base_url,
        "CYARA_ACCOUNT_ID": str(portal.account_id),
        "CYARA_API_CREDENTIAL": portal.credential,
        "CYARA_STRIKE_STORE": f"sqlite://{folder}/strikes.sqlite3",
        "XDG_STATE_HOME": str(folder / "state"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "robot", "--outputdir", str(folder), "--variable", "CYARA_OPTIONS:--interval 50ms"]
    done = subprocess.run([*command, str(suite)], env=environ, capture_output=True, text=True, check=False, timeout=55)
    written = (folder / "output.xml").read_text(encoding="utf-8")
    assert not any(part in written + done.stdout for part in portal.credential.split(":")), "a secret was logged"
    # S314: the file was written a moment ago, by a program of our own choice.
    tests = ET.fromstring(written).iter("test")  # noqa: S314 - robot wrote it a moment ago
    return done.returncode, {str(test.get("name")): test.findtext("status") or "" for test in tests}


def test_good_campaigns_pass(tmp_path: Path) -> None:
    with LocalPortal(speed=400, outcomes="success") as portal:
        failed, told = robot(portal, tmp_path)
    assert (failed, set(told.values())) == (0, {""}), told
    assert len(told) == 2
    assert json.loads((tmp_path / "cyara-813.json").read_text(encoding="utf-8"))["exit_code"] == 0
    assert (tmp_path / "cyara-813.html").exists()


def test_a_test_fails_by_its_gate_and_names_what_failed(tmp_path: Path) -> None:
    with LocalPortal(speed=400, outcomes="success", late_failures=1) as portal:
        failed, told = robot(portal, tmp_path)
    assert failed == 1
    assert told["Opening Hours Are Announced"].startswith("The gate failed.\nTest case 013: Failed: Step 2: expected")
    # Half of the calls is what this one asks for.
    assert told["Nearly All Payments Go Through"] == ""


@pytest.mark.parametrize(
    ("campaign", "said"), [("999999", "999999"), ("808 --resum", "resum")], ids=["no such campaign", "no such option"]
)
def test_what_keeps_a_campaign_from_running_is_told(tmp_path: Path, campaign: str, said: str) -> None:
    suite = tmp_path / "one.robot"
    suite.write_text(
        f"*** Settings ***\nResource    {SUITE.parent.as_posix()}/cyara.resource\n\n"
        f"*** Test Cases ***\nOne\n    Run Campaign    {'    '.join(campaign.split())}\n",
        encoding="utf-8",
    )
    with LocalPortal(speed=400) as portal:
        failed, told = robot(portal, tmp_path, suite)
        assert failed == 1
        assert said in told["One"]
        assert not any(visit.path.endswith("/execute") for visit in portal.requests)
