"""Real documents of ASP.NET servers, where they lie beside the repository: every one builds and is verified in full.

They are third-party documents, so they are not part of the project. Which of them ran is said at the end of the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.install.layout import Layout

if TYPE_CHECKING:
    from pipeline.report import BuildReport

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "specs"
FOUND = sorted(FOLDER.glob("*.json"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.skipif(not FOUND, reason="no documents in ../shared/specs")
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_every_operation_of_a_real_document_is_built_and_verified(path: Path, kit: Any, tmp_path: Path) -> None:
    target = Layout(root=tmp_path / "out")
    report: BuildReport = kit.built(Layout(root=kit.repository), target=target, source=path, verify=True)
    total = report.operations_in_document
    assert total > 0
    assert report.operations_generated == report.operations_importable == total
    assert report.requests_valid == [total, total]
    assert report.answers.keys() == {"full", "nulls", "unknown_enum"}
    for form, (good, asked) in report.answers.items():
        assert good == asked > 0, form
    for good, asked in (report.texts, report.files, *report.iterators.values()):
        assert good == asked
    assert report.iterators.keys() == {"full", "null", "last"}
    assert not report.failures
    assert not report.warnings
    assert not report.allowed
    assert {entry.name for entry in target.root.iterdir()} == {"generated", "openapi"}
