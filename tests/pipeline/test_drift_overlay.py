"""What a strict client hears of becomes an overlay, and the client that is built with it hears of it no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.install.layout import Layout

OK = {"description": "ok"}
PET = {"type": "object", "properties": {"name": {"type": "string"}}}
GROWN = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}


def old(schema: dict[str, Any]) -> dict[str, Any]:
    answer = {**OK, "schema": {"$ref": "#/definitions/Pet"}}
    operation = {
        "tags": ["pets"],
        "operationId": "GetPet",
        "produces": ["application/json"],
        "responses": {"200": answer},
    }
    return {
        "swagger": "2.0",
        "info": {"title": "Pets", "version": "1"},
        "paths": {"/pet": {"get": operation}},
        "definitions": {"Pet": schema},
    }


def new(schema: dict[str, Any]) -> dict[str, Any]:
    answer = {**OK, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Pets", "version": "1"},
        "paths": {"/pet": {"get": {"tags": ["pets"], "operationId": "GetPet", "responses": {"200": answer}}}},
        "components": {"schemas": {"Pet": schema}},
    }


ASK = """
    import sys
    from cyara_auth import connect
    from cyara_auth.drift.drift import DriftError
    from cyara_tools.portal import LocalPortal
    from cyara_tools.portal.document import Document

    Document.bundled()  # what a portal without a document of its own would serve
    with LocalPortal(document={served!r}) as portal:
        with connect(portal.base_url, portal.credential, store="memory:", strict=True) as cyara:
            try:
                print(cyara.pets.get_pet().name is not None)
            except DriftError as error:
                print(error.overlay())
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("received", [old, new], ids=["Swagger 2.0", "OpenAPI 3"])
def test_a_drift_becomes_an_overlay_and_is_gone(
    received: Callable[[dict[str, Any]], dict[str, Any]],
    tree: Layout,
    kit: Any,
    run_with: Callable[[Path, str], str],
) -> None:
    kit.write_json(tree.openapi / "upstream" / "cyara-v3.json", received(PET))
    kit.built(tree)
    ask = ASK.format(served=new(GROWN))
    said = run_with(tree.root / "generated", ask)
    assert "'Pet'" in said
    seen = tree.openapi / "overlays" / "seen.overlay.yaml"
    seen.parent.mkdir(exist_ok=True)
    seen.write_text(said, encoding="utf-8")
    report = kit.built(tree)
    assert not report.skipped
    assert run_with(tree.root / "generated", ask).strip() == "True"
