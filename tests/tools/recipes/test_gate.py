"""The recipes in CI: a gate that fails fails the job, and the reports are there in any case."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import junitparser
import pytest

from cyara_tools.portal import LocalPortal

from .machine import Machine
from .vendors import VENDORS, Kept

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the recipes are for Linux machines")
SUITE = """
version: 1
campaigns:
  - id: 812
    min_pass: 50%
"""


@pytest.fixture
def failing() -> Iterator[LocalPortal]:
    """Return a portal at which one call of each run fails."""
    with LocalPortal(speed=400, outcomes="success", late_failures=1) as portal:
        yield portal


def run(vendor: str, root: Path, portal: LocalPortal, kept: Kept | None = None, **given: str) -> Machine:
    machine = Machine(root=root, portal=portal, credential=portal.credential, number=int(root.name))
    (machine.workspace / "nightly.cyara.yaml").write_text(SUITE, encoding="utf-8")
    VENDORS[vendor](machine, {} if kept is None else kept, {"args": "--interval 100ms", **given})
    return machine


def junit(machine: Machine) -> junitparser.JUnitXml:
    path = machine.root / "read.xml"
    path.write_bytes(machine.reports["junit.xml"])
    return junitparser.JUnitXml.fromfile(str(path))


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_gate_that_holds_passes_and_the_reports_are_kept(vendor: str, tmp_path: Path, failing: LocalPortal) -> None:
    machine = run(vendor, tmp_path / "1", failing, campaigns="", suite="nightly.cyara.yaml")
    assert not machine.failed, machine.printed
    assert set(machine.exit_codes) == {0}, machine.printed
    assert (junit(machine).tests, junit(machine).failures, junit(machine).errors) == (6, 1, 0)
    assert json.loads(machine.reports["report.json"])["exit_code"] == 0
    assert b"<html" in machine.reports["report.html"]


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_gate_that_fails_fails_the_job(vendor: str, tmp_path: Path, failing: LocalPortal) -> None:
    kept: Kept = {}
    machine = run(vendor, tmp_path / "1", failing, kept, campaigns="808 813")
    assert machine.failed
    assert 10 in machine.exit_codes, machine.printed
    assert (junit(machine).tests, junit(machine).failures) == (3, 2)
    # What only that vendor shows.
    if vendor == "GitHub Actions":
        assert machine.reports["exit-code"] == b"10"
        assert b"Campaign 008" in machine.reports["summary"]
        assert "::error" in machine.printed
    if vendor == "Azure DevOps":
        assert "##vso[task.logissue type=error" in machine.printed
    # The next machine begins with what this one knew.
    (strikes,) = kept.values()
    assert strikes.startswith(b"SQLite format 3")
    assert failing.invalid_calls == 0


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_selection_without_a_campaign_fails_the_job(vendor: str, tmp_path: Path, portal: LocalPortal) -> None:
    machine = run(vendor, tmp_path / "1", portal, campaigns="", args="--name nightly*")
    assert machine.failed
    assert 13 in machine.exit_codes, machine.printed
    assert "nightly*" in machine.printed
    assert not any(visit.operation.endswith("/execute") for visit in portal.requests)


@linux_only
@pytest.mark.parametrize("vendor", VENDORS)
def test_text_of_a_user_is_never_run_as_shell(vendor: str, tmp_path: Path, portal: LocalPortal) -> None:
    machine = run(vendor, tmp_path / "1", portal, campaigns="808; touch owned $(touch owned)", args="`touch owned`")
    assert machine.failed
    assert not (machine.workspace / "owned").exists()
    assert portal.arrivals == 0
