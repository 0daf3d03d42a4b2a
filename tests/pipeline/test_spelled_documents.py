"""Whole documents of unusual spelling, and of classes told apart by a discriminator: built, and verified in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline.install.layout import Layout
from pipeline.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.report import BuildReport

TEXT = {"type": "string"}
JSON = "application/json"


def _parameter(name: str, place: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": True, "schema": schema or TEXT}


def _get(name: str, *parameters: dict[str, Any], answer: Any = None, kind: str = JSON, status: str = "200") -> Any:
    content = {kind: {} if answer == {} else {"schema": answer or TEXT}}
    responses = {status: {"description": "ok", "content": content}}
    return {"get": {"operationId": name, "tags": ["spelled"], "parameters": list(parameters), "responses": responses}}


def _document(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    info = {"title": "Spelled", "version": "1"}
    return {"openapi": "3.0.1", "info": info, "paths": paths, "components": {"schemas": schemas}}


SPELLED = _document(
    {
        " /before/{id}": _get("Before", _parameter("id", "path", type="integer")),
        "/behind/{id} ": _get("Behind", _parameter(" ID ", "Path", type="Integer", format="Int32")),
        "/tab\t": _get("Tab"),
        "/at/{lat:double},{lon:double}": _get(
            "At",
            _parameter("lat:double", "path", type="number", format="Double"),
            _parameter("lon", "path", type="double"),
        ),
        "/code/{code:regex(^[a-z]{{3}}$)}": _get("Code", _parameter("code:regex(^[a-z]{{3}}$)", "path")),
        "/file/{*path}": _get("File", _parameter("*path", "path", type="string", default="")),
        "/from/{id}/to/{id}": _get("FromTo", _parameter("id", "path", type="integer")),
        "/case/{a}/{A}": _get("Case", _parameter("a", "path", type="integer"), _parameter("A", "path", type="boolean")),
        "/nameless/{}": _get("Nameless"),
        "/none/{kind}": _get("None", _parameter("kind", "path", type="string", enum=["", "x"], default="")),
        "/dots/{name?}": _get("Dots", _parameter("name", "path", type="string", example="..")),
        "/headers": _get(
            "Headers",
            _parameter(" X-Blank ", "header", type="string", default=" x "),
            _parameter("X-Umlaut", "header", type="string", default="Zürich"),
            _parameter("Host", "header"),
            _parameter("Content-Length", "header", type="integer"),
        ),
        "/wrong": _get(
            "Wrong",
            _parameter("n", "query", type="integer", default="seven"),
            _parameter("d", "query", type="string", format="Date-Time", default="tomorrow"),
        ),
        "/swagger": _get("Swagger"),
        "/swagger/v3/swagger.json": _get("SwaggerJson", answer={"type": "object"}),
        "/{page}": _get("Page", _parameter("page", "path", type="string", default="swagger")),
        "/status": _get("Status", status=" 200 OK"),
        "/times": _get(
            "Times",
            answer={
                "type": "Object",
                "properties": {
                    "span": {"type": "string", "format": "TimeSpan"},
                    "when": {"type": "DateTime"},
                    "ids": {"type": "LIST", "items": {"type": "Guid"}},
                    "count": {"type": "Integer", "nullable": True},
                },
            },
        ),
        "/text": _get("Text", kind=" Text/Plain "),
        "/page": _get("Html", kind="text/html"),
        "/scan": _get("Scan", answer={"type": "string", "format": "Binary"}, kind="image/tiff"),
        "/list": {
            "get": {
                "operationId": "List",
                "tags": ["spelled"],
                "responses": {"200": {"description": "ok", "content": {"application/pdf": {}, "text/csv": {}}}},
            }
        },
    }
)
KINDS = _document(
    {"/rules": _get("GetRules", answer={"type": "array", "items": {"$ref": "#/components/schemas/Rule"}})},
    Rule={
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": TEXT, "name": TEXT},
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"byCount": "#/components/schemas/ByCount", "byHand": "#/components/schemas/ByHand"},
        },
    },
    ByHand={"allOf": [{"$ref": "#/components/schemas/Rule"}]},
    ByCount={
        "allOf": [
            {"$ref": "#/components/schemas/Rule"},
            {"type": "object", "properties": {"most": {"type": "integer"}}},
        ]
    },
)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_spelling_is_built_and_verified(kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "spelled.json", SPELLED)
    target = Layout(root=tmp_path / "out")
    report: BuildReport = kit.built(Layout(root=kit.repository), target=target, source=source, verify=True)
    total = len(SPELLED["paths"])
    assert report.operations_generated == report.operations_importable == total
    assert report.requests_valid == [total, total]
    assert all(good == asked > 0 for good, asked in report.answers.values())
    assert (report.texts, report.files) == ([3, 3], [1, 1])
    assert any("texts 3/3; files 1/1" in line for line in report.lines())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_object_of_an_unknown_class_is_no_sibling_and_the_proof_finds_it(kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "kinds.json", KINDS)
    target = Layout(root=tmp_path / "out")
    report: BuildReport = kit.built(Layout(root=kit.repository), target=target, source=source, verify=True)
    assert report.kinds == [1, 1]
    assert any("unknown kinds 1/1" in line for line in report.lines())
    union = target.package / "_union.py"
    text = union.read_text("utf-8")
    planted = "elif model.__stands_for_unknown__ and model is models[-1]:"
    assert planted in text
    union.write_text(text.replace(planted, "elif not model.__stands_for_unknown__:"), "utf-8")
    found = verify(target.package.parent, KINDS)
    assert [(failure.operation, failure.what) for failure in found.failing] == [("GetRules", "answer unknown_kind")]
    assert "was read as" in found.failing[0].why
    assert found.kinds == [0, 1]


ONE_OF = _document(
    {
        "/dogs": {"post": {**_get("AddDog", answer={"$ref": "#/components/schemas/Dog"})["get"]}},
        "/animals": _get("GetAnimals", answer={"type": "array", "items": {"$ref": "#/components/schemas/Animal"}}),
    },
    Animal={
        "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
        "discriminator": {
            "propertyName": "$type",
            "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"},
        },
    },
    Cat={"type": "object", "properties": {"lives": {"type": "integer"}}},
    Dog={"type": "object", "additionalProperties": False, "properties": {"barks": {"type": "boolean"}}},
)
ONE_OF["paths"]["/dogs"]["post"]["requestBody"] = {
    "required": True,
    "content": {JSON: {"schema": {"$ref": "#/components/schemas/Dog"}}},
}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_class_carries_the_discriminator_that_tells_it_apart_elsewhere(kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "animals.json", ONE_OF)
    target = Layout(root=tmp_path / "out")
    report: BuildReport = kit.built(Layout(root=kit.repository), target=target, source=source, verify=True)
    assert (report.requests_valid, report.kinds) == ([2, 2], [1, 1])
