"""A failed verification stops the build, unless the failure is accepted by name for this document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.build import build
from pipeline.errors import RefusedDocumentError, VerificationError
from pipeline.report import BuildReport
from pipeline.verify import Failure, VerifyReport

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.install.layout import Layout


@pytest.fixture
def one_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the verification find that GetPets does not parse its answer; verification itself has its own tests."""

    def verify(_root: Path, _document: object, *, allow: frozenset[str]) -> VerifyReport:
        found = [Failure(operation="GetPets", what="answer full", why="planted")]
        report = VerifyReport(operations=3, operations_importable=3, requests_valid=[3, 3])
        report.answers = {form: [2, 3] for form in ("full", "nulls", "unknown_enum")}
        report.failing = [failure for failure in found if failure.operation not in allow]
        report.allowed = [failure for failure in found if failure.operation in allow]
        return report

    monkeypatch.setattr("pipeline.package.verify", verify)


@pytest.mark.usefixtures("one_failure")
def test_a_failure_stops_the_build_and_is_in_the_report(tree: Layout, kit: Any) -> None:
    report = BuildReport()
    with pytest.raises(
        VerificationError, match=r"'GetPets' \('answer full': 'planted'\).*Nothing was installed.*--allow NAME"
    ):
        build(kit.request(tree, verify=True), kit.progress(), report)
    assert report.failures == [{"operation": "GetPets", "what": "answer full", "why": "planted"}]
    assert report.answers["full"] == [2, 3]
    assert not tree.package.exists()


@pytest.mark.usefixtures("one_failure")
def test_an_accepted_failure_is_remembered_for_this_document_only(tree: Layout, kit: Any, tmp_path: Path) -> None:
    report = kit.built(tree, verify=True, allow=("GetPets",))
    assert report.allowed == ["GetPets"]
    assert json.loads((tree.openapi / "allow.json").read_bytes())["operations"].keys() == {"GetPets"}
    assert kit.built(tree, verify=True).unchanged
    other = kit.write_json(tmp_path / "other.json", kit.pets("Others"))
    with pytest.raises(VerificationError):
        kit.built(tree, verify=True, source=other)
    document = kit.pets()
    document["paths"]["/pets"]["get"]["summary"] = "Grown"
    grown = kit.built(tree, verify=True, source=kit.write_json(tmp_path / "grown.json", document))
    assert (grown.allowed, grown.skipped) == (["GetPets"], [])


@pytest.mark.usefixtures("one_failure")
def test_only_failing_operations_are_accepted_for_later(tree: Layout, kit: Any) -> None:
    with pytest.raises(RefusedDocumentError, match=r"no operation 'GetPest'\..*Near it: GetPets?, GetPets?\."):
        kit.built(tree, verify=True, allow=("GetPets", "GetPest"))
    report = kit.built(tree, verify=True, allow=("GetPets", "AddPet"))
    assert report.warnings == ["`--allow` was not needed for AddPet: nothing of it fails."]
    assert json.loads((tree.openapi / "allow.json").read_bytes())["operations"].keys() == {"GetPets"}


def test_where_all_passes_nothing_is_accepted(tree: Layout, kit: Any) -> None:
    report = kit.built(tree, verify=True, allow=("GetPets",))
    assert (len(report.warnings), report.allowed) == (1, [])
    assert not (tree.openapi / "allow.json").exists()


def test_operations_that_do_not_ask_for_our_header_are_in_the_report(tree: Layout, kit: Any, tmp_path: Path) -> None:
    document = kit.pets()
    document["components"]["securitySchemes"] = {
        "Key": {"type": "apiKey", "in": "header", "name": "authorization"},
        "Renamed": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    }
    document["paths"]["/pets"]["get"]["security"] = [{"Key": []}]
    document["paths"]["/pets"]["post"]["security"] = [{"Renamed": []}]
    report = kit.built(tree, verify=True, source=kit.write_json(tmp_path / "planted.json", document))
    assert report.to_json()["unmet_security"] == {
        "AddPet": "wants the header 'X-Api-Key', not Authorization",
        "GetPet": "says nothing about credentials",
    }
    (line,) = [line for line in report.lines() if "Authorization" in line]
    assert line.startswith("2 operation(s) do not ask for the header Authorization")
    assert "AddPet" in line
    assert "GetPets" not in line
    again = kit.built(tree, verify=True)
    assert (again.unchanged, again.unmet_security) == (True, report.unmet_security)


def test_where_all_operations_ask_for_our_header_nothing_is_said(tree: Layout, kit: Any, tmp_path: Path) -> None:
    document = kit.pets()
    document["components"]["securitySchemes"] = {"Key": {"type": "apiKey", "in": "header", "name": "Authorization"}}
    document["security"] = [{"Key": []}]
    document["paths"]["/pets"]["post"]["security"] = []
    report = kit.built(tree, verify=True, source=kit.write_json(tmp_path / "good.json", document))
    assert report.unmet_security == {}
    assert not [line for line in report.lines() if "Authorization" in line]
