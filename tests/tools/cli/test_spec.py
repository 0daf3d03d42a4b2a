"""Which operations of two documents differ: what changes a call counts, words for people do not."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cyara_tools.cli.spec import compare, own_document

SPECS = Path(__file__).parents[4] / "shared" / "specs"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}

OPENAPI: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://portal.example/cyarawebapi"}],
    "paths": {
        "/v3.0/Trees/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "GetTree",
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}}
                },
            },
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
        "x-comment": "no path",
    },
    "components": {
        "schemas": {
            "Tree": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "example": {"$ref": "#/components/schemas/Leaf~1Node"},
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                },
            },
            "Leaf/Node": {"type": "object", "properties": {"size": {"type": "integer"}}},
        }
    },
}


@pytest.fixture
def newer() -> dict[str, Any]:
    return copy.deepcopy(OPENAPI)


def test_same_document(newer: dict[str, Any]) -> None:
    difference = compare(OPENAPI, newer)
    assert (difference.added, difference.removed, difference.changed, difference.unchanged) == ((), (), (), 2)


def test_words_for_people_do_not_count(newer: dict[str, Any]) -> None:
    newer["info"] = {"title": "other", "version": "2", "description": "words"}
    item = newer["paths"]["/v3.0/Trees/{id}"]
    item["get"] |= {"summary": "words", "description": "words", "tags": ["words"], "x-words": "words"}
    newer["components"]["schemas"]["Tree"] |= {"title": "words", "example": {"$ref": "nowhere"}, "description": "words"}
    assert compare(OPENAPI, newer).unchanged == 2


@pytest.mark.parametrize("where", ["title", "example"])
def test_properties_with_the_names_of_words_do_count(newer: dict[str, Any], where: str) -> None:
    newer["components"]["schemas"]["Tree"]["properties"][where] = {"type": "boolean"}
    assert compare(OPENAPI, newer).changed == ("GetTree",)


def test_a_change_far_behind_references_counts(newer: dict[str, Any]) -> None:
    newer["components"]["schemas"]["Leaf/Node"]["properties"]["size"]["type"] = "string"
    assert compare(OPENAPI, newer).changed == ("GetTree",)


def test_parameters_of_the_path_count_for_all_its_operations(newer: dict[str, Any]) -> None:
    newer["paths"]["/v3.0/Trees/{id}"]["parameters"][0]["schema"]["type"] = "string"
    assert compare(OPENAPI, newer).changed == ("DELETE /v3.0/Trees/{id}", "GetTree")


def test_operations_that_come_and_go(newer: dict[str, Any]) -> None:
    item = newer["paths"]["/v3.0/Trees/{id}"]
    item["put"] = item.pop("delete")
    difference = compare(OPENAPI, newer)
    assert difference.added == ("PUT /v3.0/Trees/{id}",)
    assert difference.removed == ("DELETE /v3.0/Trees/{id}",)


def test_the_base_may_stand_in_the_path_or_before_it_in_any_case(newer: dict[str, Any]) -> None:
    newer["servers"] = []
    newer["paths"] = {"/CyaraWebApi/v3.0/trees/{id}": newer["paths"]["/v3.0/Trees/{id}"]}
    assert compare(OPENAPI, newer).unchanged == 2
    del newer["servers"]
    newer["basePath"] = "/cyarawebapi/"
    newer["paths"] = {"/v3.0/trees/{id}": newer["paths"]["/CyaraWebApi/v3.0/trees/{id}"]}
    assert compare(OPENAPI, newer).unchanged == 2


def test_a_reference_that_leads_nowhere_is_no_error(newer: dict[str, Any]) -> None:
    del newer["components"]["schemas"]["Leaf/Node"]
    assert compare(OPENAPI, newer).changed == ("GetTree",)
    newer["paths"]["/v3.0/Trees/{id}"]["get"]["responses"]["200"] = {"$ref": "https://elsewhere.example/x.json"}
    assert compare(OPENAPI, newer).changed == ("GetTree",)


def test_a_document_without_paths() -> None:
    assert compare(OPENAPI, {"paths": None}).removed == ("DELETE /v3.0/Trees/{id}", "GetTree")


def test_the_client_is_own_document_its_own_document() -> None:
    difference = compare(own_document(), own_document())
    assert (difference.changed, difference.unchanged) == ((), 29)


@pytest.mark.skipif(not SPECS.is_dir(), reason="real documents of other portals are not beside this repository")
def test_real_documents_are_equal_to_themselves() -> None:
    for path in sorted(SPECS.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        places = {
            (method.lower(), place.lower())
            for place, item in document["paths"].items()
            for method in item
            if method.lower() in METHODS
        }
        difference = compare(document, copy.deepcopy(document))
        assert (difference.added, difference.removed, difference.changed) == ((), (), ()), path.name
        assert difference.unchanged == len(places), path.name
