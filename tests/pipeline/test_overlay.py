"""Overlays: what they change, which document they belong to, and that a useless one stops the build."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.document.document import parse_document
from pipeline.errors import OverlayError, RefusedDocumentError
from pipeline.inputs import read_settings
from pipeline.overlay import OverlayResult, apply_overlays

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "paths": {"/pets": {"get": {"operationId": "a", "responses": {}}, "post": {"operationId": "b", "responses": {}}}},
}
WHY = {"x-reason": "It is wrong.", "x-remove-when": "It is right."}


def run(tmp_path: Path, *actions: dict[str, Any], **binding: str) -> OverlayResult:
    overlay = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": list(actions)}
    path = tmp_path / "one.overlay.yaml"
    path.write_text(json.dumps(overlay | (binding or {"x-cyara-title": "Pets"})), encoding="utf-8")
    received = parse_document(json.dumps(DOCUMENT).encode(), name="pets.json")
    before = copy.deepcopy(DOCUMENT)
    result = apply_overlays(DOCUMENT, [path], received=received, origin="pets.json")
    assert before == DOCUMENT, "the stage is pure"
    return result


def test_update_merges_objects_and_reports_where(tmp_path: Path) -> None:
    result = run(
        tmp_path, {"target": "$.paths['/pets'].get", "update": {"responses": {"200": {"description": "ok"}}}, **WHY}
    )
    assert result.document["paths"]["/pets"]["get"] == {"operationId": "a", "responses": {"200": {"description": "ok"}}}
    [change] = result.changes
    assert (change.rule, change.where) == ("overlay", "/paths/~1pets/get")
    assert "It is wrong." in change.what


def test_update_appends_to_lists_and_remove_keeps_the_others(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        {"target": "$.tags", "update": {"name": "d"}, **WHY},
        {"target": "$.tags[?@.name != 'c']", "remove": True, **WHY},
    )
    assert result.document["tags"] == [{"name": "c"}]


def test_filters_of_rfc_9535(tmp_path: Path) -> None:
    result = run(tmp_path, {"target": "$.paths.*[?@.operationId == 'b']", "update": {"summary": "s"}, **WHY})
    assert result.document["paths"]["/pets"]["post"]["summary"] == "s"
    assert "summary" not in result.document["paths"]["/pets"]["get"]


def test_a_part_that_stands_in_two_places_is_corrected_in_one(tmp_path: Path) -> None:
    shared = {"description": "both"}
    twice = DOCUMENT | {"a": shared, "b": shared}
    action = {"target": "$.a", "update": {"description": "one"}, **WHY}
    path = tmp_path / "one.overlay.yaml"
    path.write_text(json.dumps({"overlay": "1.0.0", "x-cyara-title": "Pets", "actions": [action]}), encoding="utf-8")
    received = parse_document(json.dumps(twice).encode(), name="pets.json")
    corrected = apply_overlays(twice, [path], received=received, origin="pets.json").document
    assert (corrected["a"], corrected["b"]) == ({"description": "one"}, {"description": "both"})


def test_each_correction_is_told_once_with_its_reason(tmp_path: Path) -> None:
    actions = [{"target": "$.info", "update": {name: 1}, **WHY} for name in "ab"]
    other = {"target": "$.tags", "update": {"name": "d"}, "x-reason": "It lacks.", "x-remove-when": "It does not."}
    result = run(tmp_path, *actions, other)
    assert result.corrections == ["one.overlay.yaml: 'It is wrong.'", "one.overlay.yaml: 'It lacks.'"]
    assert result.applied == ["one.overlay.yaml"]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"target": "$.paths['/gone']", "remove": True, **WHY}, "matches nothing.*vendor has mended"),
        ({"target": "$.info", "update": {"title": "Pets"}, **WHY}, "changes nothing.*vendor has mended"),
        ({"target": "$.info", "update": {"a": 1}}, "needs x-reason and x-remove-when"),
        ({"target": "$.info", "update": {"a": 1}, "x-reason": "r", "x-remove-when": " "}, "needs x-remove-when"),
        ({"target": "$.info", **WHY}, "either update or remove"),
        ({"target": "$.info", "update": {}, "remove": True, **WHY}, "either update or remove"),
        ({"target": "info[", "update": {}, **WHY}, "no JSONPath"),
        ({"target": "$.info.title", "update": {"a": 1}, **WHY}, "neither"),
        ({"target": "$", "remove": True, **WHY}, "whole document"),
        ({"update": {}, **WHY}, "needs a target"),
    ],
)
def test_a_useless_or_malformed_action_stops_the_build(tmp_path: Path, action: dict[str, Any], said: str) -> None:
    with pytest.raises(OverlayError, match=said):
        run(tmp_path, action)


@pytest.mark.parametrize("binding", [{"x-cyara-title": "Pets"}, {"extends": "pets.json"}, {"extends": "Pets"}])
def test_belongs_to_the_document_that_it_names(tmp_path: Path, binding: dict[str, str]) -> None:
    assert not run(tmp_path, {"target": "$.info", "update": {"a": 1}, **WHY}, **binding).skipped


@pytest.mark.parametrize(
    "binding",
    [
        {"x-cyara-title": "Cats"},
        {"x-cyara-sha256": "0" * 64},
        {"extends": "cats.json"},
        {"x-cyara-title": "Pets", "extends": "x"},
    ],
)
def test_skipped_and_reported_for_another_document(tmp_path: Path, binding: dict[str, str]) -> None:
    result = run(tmp_path, {"target": "$.paths['/gone']", "remove": True, **WHY}, **binding)
    assert result.skipped == ["one.overlay.yaml belongs to another document"]
    assert result.document == DOCUMENT
    assert not result.changes


def test_an_overlay_without_a_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.overlay.yaml"
    received = parse_document(json.dumps(DOCUMENT).encode(), name="pets.json")
    for content, said in (
        ("overlay: 1.0.0\nactions: [{}]", "does not name"),
        ("a: 1", "no OpenAPI Overlay"),
        ("overlay: 1.0.0\nextends: pets.json", "no actions"),
        ("overlay: 2.0.0\nextends: pets.json\nactions: [{}]", "no OpenAPI Overlay"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(OverlayError, match=said):
            apply_overlays(DOCUMENT, [path], received=received, origin="pets.json")


@pytest.mark.parametrize("action", [{"target": "$.info", "update": {"a": 1}}, {"target": "info[", **WHY}, {}])
def test_an_overlay_of_another_document_is_not_judged(tmp_path: Path, action: dict[str, Any]) -> None:
    assert run(tmp_path, action, **{"x-cyara-title": "Cats"}).skipped == [
        "one.overlay.yaml belongs to another document"
    ]


def test_a_list_names_no_document(tmp_path: Path) -> None:
    binding: dict[str, Any] = {"x-cyara-title": ["Pets"]}
    assert run(tmp_path, {"target": "$.info", "update": {"a": 1}, **WHY}, **binding).skipped


def test_an_overlay_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.overlay.yaml"
    path.write_bytes("overlay: 1.0.0\nextends: ä".encode("latin-1"))
    received = parse_document(json.dumps(DOCUMENT).encode(), name="pets.json")
    with pytest.raises(OverlayError, match=r"a\.overlay\.yaml is no UTF-8 text\. Nothing was changed"):
        apply_overlays(DOCUMENT, [path], received=received, origin="pets.json")


@pytest.mark.parametrize(("name", "content"), [("allow.json", b"{"), ("generator.yml", b"a: \xe4"), ("x.json", b"[1]")])
def test_settings_that_cannot_be_read_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedDocumentError, match=re.escape(name)):
        read_settings(tmp_path / name)
