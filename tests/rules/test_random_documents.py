"""Documents that nobody wrote: whatever an ASP.NET server may say, every operation is built and verified."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from pipeline.build import build
from pipeline.inspect import count_operations
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.normalise import NameMap, RuleSwitches, normalise
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport
from pipeline.upgrade import upgrade

sys.path.insert(0, str(Path(__file__).parent))

from aspnet import documents  # the folder has to be on the path first

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Layout(root=Path(__file__).resolve().parents[2])
BOUNDED = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def verified(document: Mapping[str, Any]) -> BuildReport:
    """Build a document into a folder of its own and return the report; raises what stops the build."""
    report = BuildReport()
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "document.json")
        source.write_text(json.dumps(document), encoding="utf-8")
        target = Layout(root=Path(name, "out"))
        request = BuildRequest(repository=REPOSITORY, target=target, source=source, verify=True)
        build(request, StageProgress(display=Silent()), report)
    return report


@pytest.mark.slow
@pytest.mark.timeout(300)
@BOUNDED
@given(document=documents())
def test_every_operation_is_built_and_verified(document: dict[str, Any]) -> None:
    report = verified(document)
    total = count_operations(document)
    assert report.operations_generated == report.operations_importable == total
    assert report.requests_valid == [total, total]
    assert all(good == asked for good, asked in report.answers.values())
    assert report.warnings == []


@settings(BOUNDED, max_examples=100)
@given(document=documents())
def test_normalising_again_with_the_names_changes_nothing(document: dict[str, Any]) -> None:
    received = upgrade(document).document
    first = normalise(received, names=NameMap(), rules=RuleSwitches())
    second = normalise(received, names=first.names, rules=RuleSwitches())
    assert json.dumps(first.document) == json.dumps(second.document)
    assert first.names == second.names
