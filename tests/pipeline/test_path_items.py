"""Path items that stand elsewhere in the document: written out, counted, built and verified like all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline.document.path_items import with_path_items
from pipeline.errors import RefusedDocumentError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.install.layout import Layout


def operation(name: str) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": "ok"}}}


def test_every_operation_is_built(tree: Layout, kit: Any, tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shared", "version": "1"},
        "paths": {
            "/a": {"$ref": "#/components/pathItems/Thing"},
            "/b": {"$ref": "#/paths/~1c~1%7Bid%7D", "post": operation("Own")},
            "/c/{id}": {"get": operation("Get"), "delete": operation("Delete")},
        },
        "components": {"pathItems": {"Thing": {"get": operation("GetThing")}}},
    }
    source = kit.write_json(tmp_path / "shared.json", document)
    report = kit.built(tree, source=source, verify=True)
    assert report.operations_in_document == report.operations_generated == report.operations_importable == 6
    assert report.requests_valid == [6, 6]


def test_a_document_without_any_is_the_same_object() -> None:
    document = {"paths": {"/a": {"get": operation("Get")}}}
    assert with_path_items(document) is document


def test_circles_and_nothing_are_empty() -> None:
    paths = {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}, "/c": {"$ref": "#/nowhere/0", "get": {}}}
    assert with_path_items({"paths": paths})["paths"] == {"/a": {}, "/b": {}, "/c": {"get": {}}}


def test_one_that_would_grow_without_bound_is_refused() -> None:
    large = {"get": {"description": "x" * 1_000_000}}
    paths = {f"/p{number}": {"$ref": "#/components/pathItems/Large"} for number in range(100)}
    with pytest.raises(RefusedDocumentError, match="larger than 64 MiB"):
        with_path_items({"paths": paths, "components": {"pathItems": {"Large": large}}})
