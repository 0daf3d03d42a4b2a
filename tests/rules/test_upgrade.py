"""Swagger 2.0 becomes OpenAPI 3.0.3 that says the same: part by part."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator
from pipeline.errors import RefusedDocumentError
from pipeline.upgrade import upgrade

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"

PAGED = "Acme.Page[Acme.User]"

OLD: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Old", "version": "v1"},
    "host": "portal.example",
    "basePath": "/api",
    "schemes": ["https", "http"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {
        "key": {"type": "apiKey", "name": "Authorization", "in": "header"},
        "login": {"type": "basic", "description": "old users"},
        "oauth": {
            "type": "oauth2",
            "flow": "accessCode",
            "authorizationUrl": "https://portal.example/a",
            "tokenUrl": "https://portal.example/t",
            "scopes": {"read": "to read"},
        },
    },
    "security": [{"key": []}],
    "parameters": {
        "Id": {"name": "id", "in": "path", "required": True, "type": "integer", "format": "int64"},
        "Dto": {"name": "dto", "in": "body", "required": True, "schema": {"$ref": "#/definitions/User"}},
    },
    "responses": {"Gone": {"description": "gone", "schema": {"$ref": "#/definitions/Problem"}}},
    "paths": {
        "/users/{id}": {
            "parameters": [{"$ref": "#/parameters/Id"}],
            "get": {
                "operationId": "GetUser",
                "produces": ["application/json", "text/json"],
                "parameters": [
                    {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                    {
                        "name": "many",
                        "in": "query",
                        "type": "array",
                        "items": {"type": "integer", "enum": [1, 2]},
                        "collectionFormat": "multi",
                    },
                    {"name": "X-Old", "in": "header", "type": "string", "x-nullable": True, "description": "old"},
                ],
                "responses": {
                    "200": {
                        "description": "a user",
                        "schema": {"$ref": "#/definitions/User"},
                        "headers": {"X-Total": {"type": "integer", "description": "how many"}},
                        "examples": {"application/json": {"name": "a"}},
                    },
                    "410": {"$ref": "#/responses/Gone"},
                    "204": {"description": "nothing"},
                },
            },
            "put": {"parameters": [{"$ref": "#/parameters/Dto"}], "responses": {"200": {"description": "OK"}}},
        },
        "/files": {
            "post": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "file", "in": "formData", "type": "file", "required": True, "description": "the file"},
                    {
                        "name": "tags",
                        "in": "formData",
                        "type": "array",
                        "items": {"type": "string"},
                        "collectionFormat": "multi",
                    },
                ],
                "responses": {"200": {"description": "OK", "schema": {"type": "file"}}},
            },
            "put": {
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "a", "in": "formData", "type": "array", "items": {"type": "string"}},
                    {"name": "n", "in": "formData", "type": "integer", "default": 3},
                ],
                "responses": {"200": {"description": "OK"}},
            },
        },
    },
    "definitions": {
        "User": {
            "type": "object",
            "discriminator": "kind",
            "required": ["kind"],
            "properties": {
                "kind": {"type": "string"},
                "name": {"type": "string", "x-nullable": True},
                "boss": {"$ref": "#/definitions/User", "x-nullable": True},
                "friends": {"type": "array", "items": {"$ref": "#/definitions/User"}},
            },
        },
        "Admin": {
            "x-ms-discriminator-value": "admin",
            "allOf": [{"$ref": "#/definitions/User"}, {"type": "object", "properties": {"level": {"type": "integer"}}}],
        },
        "Problem": {"type": "object", "additionalProperties": {"$ref": "#/definitions/User"}},
        PAGED: {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/definitions/User"}}}},
    },
}


@pytest.fixture(scope="module")
def new() -> dict[str, Any]:
    return upgrade(OLD).document


def test_the_received_document_is_left_alone() -> None:
    before = copy.deepcopy(OLD)
    upgrade(OLD)
    assert before == OLD


def test_documents_of_version_3_pass_unchanged() -> None:
    document = {"openapi": "3.1.1", "info": {"title": "x", "version": "1"}, "paths": {}}
    result = upgrade(document)
    assert result.document is document
    assert result.changes == []


@pytest.mark.parametrize("document", [{}, {"swagger": "1.2", "paths": {}}, {"openapi": "4.0.0"}, {"openapi": None}])
def test_other_versions_are_refused_in_one_sentence(document: dict[str, Any]) -> None:
    with pytest.raises(RefusedDocumentError, match="Nothing was changed"):
        upgrade(document)


def test_nothing_of_2_0_is_left(new: dict[str, Any]) -> None:
    text = json.dumps(new)
    for word in ("#/definitions/", "#/parameters/", "#/responses/", "collectionFormat", "x-nullable", '"formData"'):
        assert word not in text
    assert new["openapi"] == "3.0.3"
    assert not {"swagger", "host", "basePath", "schemes", "consumes", "produces", "definitions"} & set(new)


def test_servers_come_from_host_base_path_and_schemes(new: dict[str, Any]) -> None:
    assert new["servers"] == [{"url": "https://portal.example/api"}, {"url": "http://portal.example/api"}]
    assert upgrade({"swagger": "2.0", "basePath": "/v1", "paths": {}}).document["servers"] == [{"url": "/v1"}]
    assert upgrade({"swagger": "2.0", "paths": {}}).document["servers"] == [{"url": "/"}]


def test_security(new: dict[str, Any]) -> None:
    schemes = new["components"]["securitySchemes"]
    assert schemes["key"] == {"type": "apiKey", "name": "Authorization", "in": "header"}
    assert schemes["login"] == {"type": "http", "scheme": "basic", "description": "old users"}
    assert schemes["oauth"]["flows"]["authorizationCode"] == {
        "authorizationUrl": "https://portal.example/a",
        "tokenUrl": "https://portal.example/t",
        "scopes": {"read": "to read"},
    }
    assert new["security"] == [{"key": []}]


def test_parameters(new: dict[str, Any]) -> None:
    item = new["paths"]["/users/{id}"]
    (shared,) = item["parameters"]
    assert shared == {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "format": "int64"}}
    tags, many, old = item["get"]["parameters"]
    assert (tags["style"], tags["explode"]) == ("form", False)
    assert (many["style"], many["explode"]) == ("form", True)
    assert many["schema"] == {"type": "array", "items": {"type": "integer", "enum": [1, 2]}}
    assert old == {
        "name": "X-Old",
        "in": "header",
        "description": "old",
        "schema": {"type": "string", "nullable": True},
    }


@pytest.mark.parametrize(
    ("written", "style", "explode"),
    [
        ("csv", "form", False),
        ("ssv", "spaceDelimited", False),
        ("pipes", "pipeDelimited", False),
        ("multi", "form", True),
        ("tsv", "form", False),
    ],
)
def test_collection_formats(written: str, style: str, explode: bool) -> None:  # noqa: FBT001  # a table
    parameter = {"name": "a", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": written}
    paths = {"/x": {"get": {"parameters": [parameter], "responses": {}}}}
    result = upgrade({"swagger": "2.0", "paths": paths})
    (found,) = result.document["paths"]["/x"]["get"]["parameters"]
    assert (found["style"], found["explode"]) == (style, explode)
    assert any("tabs" in change.what for change in result.changes) == (written == "tsv")


def test_a_list_in_a_path_is_simple() -> None:
    parameter = {"name": "ids", "in": "path", "required": True, "type": "array", "items": {"type": "string"}}
    paths = {"/x/{ids}": {"get": {"parameters": [parameter], "responses": {}}}}
    (found,) = upgrade({"swagger": "2.0", "paths": paths}).document["paths"]["/x/{ids}"]["get"]["parameters"]
    assert (found["style"], found["explode"]) == ("simple", False)


def test_a_body_takes_the_media_types_of_its_operation(new: dict[str, Any]) -> None:
    body = new["paths"]["/users/{id}"]["put"]["requestBody"]
    assert body["required"] is True
    assert body["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}


def test_forms_and_files(new: dict[str, Any]) -> None:
    files = new["paths"]["/files"]["post"]["requestBody"]
    assert files["required"] is True
    schema = files["content"]["multipart/form-data"]["schema"]
    assert schema["required"] == ["file"]
    assert schema["properties"]["file"] == {"type": "string", "format": "binary", "description": "the file"}
    form = new["paths"]["/files"]["put"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    assert form["schema"]["properties"]["n"] == {"type": "integer", "default": 3}
    assert form["encoding"] == {"a": {"style": "form", "explode": False}}


def test_a_file_never_travels_as_a_plain_form() -> None:
    operation = {
        "consumes": ["application/x-www-form-urlencoded"],
        "parameters": [{"name": "f", "in": "formData", "type": "file"}],
        "responses": {},
    }
    upgraded = upgrade({"swagger": "2.0", "paths": {"/x": {"post": operation}}}).document
    assert list(upgraded["paths"]["/x"]["post"]["requestBody"]["content"]) == ["multipart/form-data"]


def test_answers(new: dict[str, Any]) -> None:
    answers = new["paths"]["/users/{id}"]["get"]["responses"]
    content = answers["200"]["content"]
    assert list(content) == ["application/json", "text/json"]
    assert content["application/json"]["example"] == {"name": "a"}
    assert answers["200"]["headers"]["X-Total"] == {"description": "how many", "schema": {"type": "integer"}}
    assert "content" not in answers["204"]
    assert answers["410"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    file = new["paths"]["/files"]["post"]["responses"]["200"]["content"]
    assert file == {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def test_schemas(new: dict[str, Any]) -> None:
    schemas = new["components"]["schemas"]
    user = schemas["User"]
    assert user["discriminator"] == {"propertyName": "kind", "mapping": {"admin": "#/components/schemas/Admin"}}
    assert user["properties"]["name"] == {"type": "string", "nullable": True}
    assert user["properties"]["boss"] == {"allOf": [{"$ref": "#/components/schemas/User"}], "nullable": True}
    assert schemas["Admin"]["allOf"][0] == {"$ref": "#/components/schemas/User"}
    assert schemas["Problem"]["additionalProperties"] == {"$ref": "#/components/schemas/User"}
    assert PAGED in schemas


def test_references_in_a_circle_end() -> None:
    paths = {
        "/x": {"get": {"parameters": [{"$ref": "#/parameters/A"}], "responses": {"200": {"$ref": "#/responses/A"}}}}
    }
    circle = {"A": {"$ref": "#/parameters/A"}}
    upgraded = upgrade({"swagger": "2.0", "paths": paths, "parameters": circle, "responses": {"A": "x"}}).document
    assert upgraded["paths"]["/x"]["get"]["parameters"] == [{"$ref": "#/parameters/A"}]


def test_the_result_is_valid(new: dict[str, Any]) -> None:
    document = copy.deepcopy(new)
    schemas = document["components"]["schemas"]
    del schemas[PAGED]  # 3.0 does not allow brackets in a name; `normalise` gives another one
    assert [str(error) for error in OpenAPIV30SpecValidator(document).iter_errors()] == []


@pytest.mark.parametrize("path", sorted(SPECS.glob("*v20.json")), ids=lambda path: path.stem)
def test_real_documents_keep_every_operation(path: Path) -> None:
    received = json.loads(path.read_text(encoding="utf-8-sig"))
    upgraded = upgrade(received).document
    assert {name: set(item) for name, item in received["paths"].items()} == {
        name: set(item) for name, item in upgraded["paths"].items()
    }
    assert "#/definitions/" not in json.dumps(upgraded)
