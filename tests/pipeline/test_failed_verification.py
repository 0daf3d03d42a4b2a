"""A failed verification stops the build, unless the failure is accepted by name for this document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.build import build
from pipeline.errors import RefusedDocumentError, VerificationError
from pipeline.install.layout import Layout
from pipeline.report import BuildReport
from pipeline.verify import Failure, VerifyReport
from pipeline.verify.security import unmet_security

if TYPE_CHECKING:
    from pathlib import Path


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


def _two_schemes(kit: Any, title: str = "Pets") -> dict[str, Any]:
    """Let a list ask for our header, another operation for another one, and a third say nothing."""
    document: dict[str, Any] = kit.pets(title)
    document["components"]["securitySchemes"] = {
        "Key": {"type": "apiKey", "in": "header", "name": "authorization"},
        "Renamed": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    }
    document["paths"]["/pets"]["get"]["security"] = [{"Key": []}]
    document["paths"]["/pets"]["post"]["security"] = [{"Renamed": []}]
    return document


def test_a_document_that_asks_for_another_header_is_not_built_into_the_repository(
    tree: Layout, kit: Any, tmp_path: Path
) -> None:
    report = BuildReport()
    source = kit.write_json(tmp_path / "planted.json", _two_schemes(kit))
    with pytest.raises(
        VerificationError, match=r"^1 of 3 operations ask for other credentials.*'AddPet' \(.*'X-Api-Key'.*overlay"
    ):
        build(kit.request(tree, source=source), kit.progress(), report)
    assert [(failure["operation"], failure["what"]) for failure in report.failures] == [("AddPet", "security")]
    assert not tree.package.exists()
    accepted = kit.built(tree, source=source, allow=("AddPet",))
    assert (accepted.allowed, accepted.warnings) == (["AddPet"], [])
    assert kit.built(tree, source=source).allowed == ["AddPet"]


def test_a_document_of_the_same_title_is_held_to_it_wherever_it_is_built(
    tree: Layout, kit: Any, tmp_path: Path
) -> None:
    kit.built(tree)
    elsewhere = Layout(root=tmp_path / "out")
    source = kit.write_json(tmp_path / "planted.json", _two_schemes(kit))
    with pytest.raises(VerificationError, match="1 of 3 operations ask for other credentials"):
        kit.built(tree, target=elsewhere, source=source)


def test_of_another_document_the_report_says_that_it_is_not_proven(tree: Layout, kit: Any, tmp_path: Path) -> None:
    kit.built(tree)
    source = kit.write_json(tmp_path / "foreign.json", _two_schemes(kit, "Others"))
    report = kit.built(tree, target=Layout(root=tmp_path / "out"), source=source, verify=True)
    assert report.to_json()["unmet_security"] == {
        "AddPet": "wants the header 'X-Api-Key', not Authorization",
        "GetPet": "says nothing about credentials",
    }
    assert report.security == [1, 3]
    verified, silent, unproven = (line for line in report.lines() if "header" in line)
    assert "asking for our header 1/3" in verified
    assert silent.startswith("1 operation(s) say nothing about credentials")
    assert unproven.startswith("Not proven: 1 of 3 operations ask for other credentials than the header Authorization")
    assert "AddPet" in unproven
    again = kit.built(tree, target=Layout(root=tmp_path / "out"), source=source, verify=True)
    assert (again.unchanged, again.unmet_security) == (True, report.unmet_security)


def test_a_scheme_that_the_document_describes_wrongly_is_put_right_by_an_overlay(
    tree: Layout, kit: Any, tmp_path: Path
) -> None:
    source = kit.write_json(tmp_path / "planted.json", _two_schemes(kit))
    action = {
        "target": "$.components.securitySchemes.Renamed",
        "update": {"name": "Authorization"},
        "x-reason": "the portal takes the header Authorization there too",
        "x-remove-when": "the document says so",
    }
    overlay = {"overlay": "1.0.0", "info": {"title": "Header", "version": "1"}, "extends": "Pets", "actions": [action]}
    kit.write_json(tree.openapi / "overlays" / "header.overlay.yaml", overlay)
    report = kit.built(tree, source=source)
    assert report.unmet_security == {"GetPet": "says nothing about credentials"}


def test_an_operation_that_is_listed_as_public_asks_for_nothing(tree: Layout, kit: Any, tmp_path: Path) -> None:
    kit.write_json(tree.openapi / "public-operations.yaml", {"extends": "Pets", "operations": ["AddPet", "GetPet"]})
    report = kit.built(tree, source=kit.write_json(tmp_path / "planted.json", _two_schemes(kit)))
    assert (report.unmet_security, report.security) == ({}, [3, 3])


@pytest.mark.parametrize(
    ("scheme", "reason"),
    [
        ({"type": "http", "scheme": "bearer"}, "wants 'Key' (http bearer)"),
        ({"type": "apiKey", "in": "query", "name": "Authorization"}, "wants 'Key' (apiKey in query)"),
        ({"type": "oauth2", "flows": {}}, "wants 'Key' (oauth2)"),
        ({"type": "http", "scheme": "ApiKey"}, None),
        ({"type": "apiKey", "in": "header", "name": "AUTHORIZATION"}, None),
    ],
)
def test_what_a_scheme_asks_for_counts_and_not_its_name(kit: Any, scheme: dict[str, Any], reason: str | None) -> None:
    document: dict[str, Any] = kit.pets()
    document["components"]["securitySchemes"] = {"Key": scheme, "Both": {"type": "oauth2", "flows": {}}}
    document["security"] = [{"Key": []}]
    found = unmet_security(document).get("GetPets")
    assert found is None if reason is None else str(found).startswith(reason)
    # One alternative of several has to be met, all parts of it.
    document["security"] = [{"Both": []}, {"Key": []}]
    assert ("GetPets" in unmet_security(document)) == (reason is not None)
    document["security"] = [{"Both": [], "Key": []}]
    assert "GetPets" in unmet_security(document)
    document["security"] = [{"Both": []}, {}]
    assert unmet_security(document) == {}


def test_what_failed_because_of_another_operation_is_named_behind_it(
    tree: Layout, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(*_: object, **__: object) -> VerifyReport:
        why = "0 requests on the wire, not one (CredentialSuspectError)"
        found = [Failure(operation="GetPets", what="request", why=why)]
        found.append(Failure(operation="AddPet", what="answer full", why="planted"))
        return VerifyReport(operations=3, operations_importable=3, requests_valid=[2, 3], failing=found)

    monkeypatch.setattr("pipeline.package.verify", verify)
    with pytest.raises(VerificationError, match=r"^2 operation\(s\).*checks: 'AddPet' \(.*'GetPets' \("):
        kit.built(tree, verify=True)


def test_where_all_operations_ask_for_our_header_nothing_is_said(tree: Layout, kit: Any, tmp_path: Path) -> None:
    document = kit.pets()
    document["components"]["securitySchemes"] = {"Key": {"type": "apiKey", "in": "header", "name": "Authorization"}}
    document["security"] = [{"Key": []}]
    document["paths"]["/pets"]["post"]["security"] = []
    report = kit.built(tree, verify=True, source=kit.write_json(tmp_path / "good.json", document))
    assert report.unmet_security == {}
    assert not [line for line in report.lines() if "Authorization" in line]
