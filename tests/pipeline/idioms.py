"""Idioms that documents of ASP.NET servers have now and then, each as one operation: name, method, path, operation."""

from __future__ import annotations

from typing import Any

JSON = "application/json"
FORM = "multipart/form-data"
TEXT = {"type": "string"}
NUMBER = {"type": "integer", "format": "int32"}
FILE = {"type": "string", "format": "binary"}
TEXTS = {"type": "array", "items": TEXT}
MOMENT = {"type": "string", "format": "date-time"}
OBJECT = {"type": "object", "properties": {"a": TEXT, "n": NUMBER}}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(place: str, name: str, schema: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    found = {"name": name, "in": place, **more} | ({"required": True} if place == "path" else {})
    return found if schema is None else {**found, "schema": schema}


def asks(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": list(parameters), "responses": answer(ref("Item"))}


def takes(media_type: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "requestBody": {"content": {media_type: {"schema": schema}}, **more},
        "responses": answer(ref("Item")),
    }


def gives(schema: dict[str, Any]) -> dict[str, Any]:
    return {"responses": answer(schema)}


def answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "OK", "content": {JSON: {"schema": schema}}}}


SCHEMAS: dict[str, Any] = {
    "Item": {"type": "object", "properties": {"id": NUMBER, "color": ref("Color"), "when": MOMENT}},
    "Color": {"type": "string", "enum": ["Red", "Green"]},
    "NamedNumber": {"type": "integer", "enum": ["One", "Two"]},
    "NumberWithName": {"type": "integer", "enum": ["0 (User)", "5 (Group)"]},
    "Pairing": {
        "type": "object",
        "properties": {
            "pair": {"type": "array", "prefixItems": [TEXT, NUMBER], "minItems": 2},
            "other": {"$ref": "#/components/schemas/Pairing"},
        },
    },
    "Place": {
        "oneOf": [ref("Town"), ref("River")],
        "discriminator": {
            "propertyName": "sort",
            "mapping": {"1": "#/components/schemas/Town", "2": "#/components/schemas/River"},
        },
    },
    "Town": {"type": "object", "properties": {"sort": {"type": "integer", "enum": [1]}, "people": NUMBER}},
    "River": {"type": "object", "properties": {"sort": {"type": "integer", "enum": [2]}, "length": NUMBER}},
    "NumberedText": {"type": "string", "enum": [0, 1, 2]},
    "NotANumber": {"type": ["number", "string"], "enum": ["NaN", "Infinity"]},
    "NumberOrNull": {"type": "number", "enum": [1.5, None], "nullable": True},
    "Sort": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "integer", "enum": [1, 2]}},
        "discriminator": {
            "propertyName": "kind",
            "mapping": {"1": "#/components/schemas/ByName", "2": "#/components/schemas/ByDate"},
        },
    },
    "ByName": {"allOf": [ref("Sort"), {"type": "object", "properties": {"name": TEXT}}]},
    "ByDate": {"allOf": [ref("Sort"), {"type": "object", "properties": {"date": TEXT}}]},
    "Version": {"type": "object", "properties": {"major": {"type": "integer", "readOnly": True}}},
    "Escaped": {"type": "object", "properties": {"time": {"type": "string", "pattern": "^[0-9]:[0-5]$:[0-5]$"}}},
    "Nested": {
        "type": "object",
        "properties": {
            "inner": {"$ref": "#/components/schemas/Nested/definitions/inner"},
            "code": {"allOf": [{"type": "string", "minLength": 2}, {"type": "string", "maxLength": 5}]},
            "event": {"type": "string", "oneOf": [{"description": "one"}, {"description": "another"}]},
        },
        "definitions": {
            "inner": {
                "type": "object",
                "properties": {"leaf": {"$ref": "#/components/schemas/Nested/definitions/leaf"}},
            },
            "leaf": {"type": "string", "enum": ["a", "b"]},
        },
    },
    "Circle": {
        "type": "object",
        "required": ["link"],
        "properties": {
            "link": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": {"oneOf": [ref("Circle")], "nullable": True}},
            }
        },
    },
    "Upper": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid", "pattern": "^[0-9A-F-]+$"},
            "at": {"type": "string", "format": "date-time", "maxLength": 10},
        },
    },
    "LongCode": {
        "type": "object",
        "properties": {"code": {"type": "string", "pattern": "^[A-Z]+$", "minLength": 3, "maxLength": 5}},
    },
}

IDIOMS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "a nullable reference in a query",
        "get",
        "/q1",
        asks(parameter("query", "f", {"oneOf": [ref("Color")], "nullable": True})),
    ),
    (
        "lists separated by blanks and bars",
        "get",
        "/q2",
        asks(
            parameter("query", "blanks", TEXTS, style="spaceDelimited", explode=False),
            parameter("query", "bars", TEXTS, style="pipeDelimited", explode=False),
        ),
    ),
    (
        "a parameter without schema beside a free object",
        "get",
        "/q3",
        asks(parameter("query", "bare", None), parameter("query", "free", {"type": "object"})),
    ),
    ("lists of lists in a query", "get", "/q4", asks(parameter("query", "nested", {"type": "array", "items": TEXTS}))),
    (
        "two objects spread over a query",
        "get",
        "/q5",
        asks(parameter("query", "free", {"type": "object"}), parameter("query", "fields", OBJECT)),
    ),
    (
        "lists, objects and dates in headers",
        "get",
        "/h1",
        asks(
            parameter("header", "X-Ids", {"type": "array", "items": NUMBER}),
            parameter("header", "X-Object", OBJECT),
            parameter("header", "X-At", MOMENT),
        ),
    ),
    (
        "objects in objects in a header",
        "get",
        "/h4",
        asks(
            parameter("header", "X-Deep", {"type": "object", "properties": {"inner": OBJECT}}),
            parameter("header", "X-Rows", {"type": "array", "items": OBJECT}),
        ),
    ),
    (
        "cookies with blanks in value and name",
        "get",
        "/h2",
        asks(parameter("cookie", "session", TEXT), parameter("cookie", "my cookie", TEXT)),
    ),
    ("a list in a cookie", "get", "/h3", asks(parameter("cookie", "ids", TEXTS))),
    ("an optional path parameter", "get", "/p1/{slug?}", asks(parameter("path", "slug", TEXT))),
    ("a constraint with braces", "get", "/p2/{code:regex(^[[a-z]]{{3}}$)}", asks(parameter("path", "code", TEXT))),
    ("an undeclared path parameter", "get", "/p3/{undeclared}", asks()),
    ("a path outside of ASCII", "get", "/größe/{名}", asks(parameter("path", "名", TEXT))),
    (
        "names that differ in a dash",
        "get",
        "/p4/{user-id}/{user_id}",
        asks(parameter("path", "user-id", TEXT), parameter("path", "user_id", TEXT)),
    ),
    ("a path without its slash", "get", "p5/plain", asks()),
    ("a name twice in a path", "get", "/p6/{id}/{id}", asks(parameter("path", "id", TEXT))),
    ("a query in a path", "get", "/p7?action=open", asks()),
    ("another query in the same path", "get", "/p7?action=close&of={id}", asks(parameter("path", "id", TEXT))),
    ("two templates that differ in a name", "get", "/p8/{id}", asks(parameter("path", "id", TEXT))),
    ("the second of them", "get", "/p8/{name}", {**asks(parameter("path", "name", TEXT)), **gives(ref("LongCode"))}),
    ("the empty path", "get", "", asks()),
    ("an operation of one path", "get", "/p9", asks()),
    ("another, told apart by a fragment", "get", "/p9#name", asks(parameter("query", "name", TEXT, required=True))),
    ("a class in a path", "get", "/p10/{version}", asks(parameter("path", "version", ref("Version")))),
    ("a class in a query", "get", "/q7", asks(parameter("query", "version", ref("Version"), required=True))),
    ("a form that is a file", "post", "/b1", takes(FORM, FILE)),
    ("a form that is a list of files", "post", "/b2", takes(FORM, {"type": "array", "items": FILE})),
    ("a form that is an enumeration", "post", "/b3", takes(FORM, {"oneOf": [ref("Color")], "nullable": True})),
    ("a form of one alternative", "post", "/b4", takes(FORM, {"oneOf": [ref("Item")], "nullable": True})),
    ("a body of any media type", "post", "/b5", takes("*/*", ref("Item"))),
    ("an image of any type", "post", "/b6", takes("image/*", FILE)),
    ("parts that are no fields", "post", "/b7", takes("multipart/mixed", OBJECT)),
    ("an object as plain text", "post", "/b8", takes("text/plain", OBJECT)),
    ("a text under a length and a pattern", "post", "/b9", takes(JSON, ref("LongCode"))),
    ("a pattern that nothing fits", "post", "/b10", takes(JSON, ref("Escaped"))),
    ("definitions in definitions, and constraints by parts", "post", "/b11", takes(JSON, ref("Nested"))),
    ("formats beside patterns and lengths", "post", "/b12", takes(JSON, ref("Upper"))),
    ("a media type without its slash", "post", "/b13", takes("applicationjson;version=1", ref("Item"))),
    (
        "whole members of a number in a query",
        "get",
        "/q6",
        asks(parameter("query", "radius", {"type": "number", "enum": [500]})),
    ),
    ("a form without fields", "post", "/b14", takes(FORM, {"type": "object"}, required=True)),
    ("plain text of any kind", "post", "/b15", takes("text/plain", {})),
    ("a circle that null ends", "post", "/b16", takes(JSON, ref("Circle"))),
    ("numbers by name", "get", "/a1", gives(ref("NamedNumber"))),
    ("numbers with their names", "get", "/a7", gives(ref("NumberWithName"))),
    ("a tuple that knows its places", "get", "/a8", gives(ref("Pairing"))),
    ("a union told apart by a number", "get", "/a9", gives(ref("Place"))),
    ("texts by number", "get", "/a2", gives(ref("NumberedText"))),
    ("numbers that are none", "get", "/a3", gives({"type": "array", "items": ref("NotANumber")})),
    ("a number or null", "get", "/a4", gives(ref("NumberOrNull"))),
    ("a number that names the class", "get", "/a5", gives({"type": "array", "items": ref("Sort")})),
    ("the same in a body", "post", "/a6", takes(JSON, ref("ByDate"))),
)


def document() -> dict[str, Any]:
    """Return one document with all of them."""
    paths: dict[str, Any] = {}
    for name, method, path, operation in IDIOMS:
        paths.setdefault(path, {})[method] = {"operationId": name, "tags": ["Idioms"], **operation}
    return {
        "openapi": "3.0.1",
        "info": {"title": "Idioms", "version": "1"},
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }
