"""OpenAPI 3.0 and 3.1 differ in how they write schemas; this turns a document of one into one of the other.

Only what importers read is turned. A keyword of JSON Schema that 3.0 does not have is left out there, which makes a
schema say less, never something else.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from cyara_tools.export.schema_walk import each_schema
from cyara_tools.portal.document import Document
from cyara_tools.portal.json_types import as_array, as_object, is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cyara_tools.portal.json_types import Json

V30: Final = "3.0.3"
V31: Final = "3.1.0"
_BOUNDS: Final = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_NOT_IN_30: Final = (
    *("$anchor", "$comment", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$schema", "$vocabulary", "contains"),
    *("contentEncoding", "contentMediaType", "contentSchema", "dependentRequired", "dependentSchemas", "else", "if"),
    *("maxContains", "minContains", "patternProperties", "prefixItems", "propertyNames", "then"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_COMPOSED: Final = ("$ref", "allOf", "anyOf", "oneOf")
_NULL: Final[Mapping[str, Any]] = {"type": "null"}


def in_version(document: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return a copy of an OpenAPI 3.x document in the version 3.0.3 or 3.1.0."""
    made: dict[str, Any] = copy.deepcopy(dict(document))
    turn = _schema_30(Document(made)) if version == V30 else _schema_31
    # The outer ones first: what a schema holds says what becomes of it, before that is turned, too.
    for schema in reversed(list(each_schema(made))):
        turn(schema)
    if version == V30:
        for name in ("webhooks", "jsonSchemaDialect"):
            made.pop(name, None)
        as_object(made.get("info")).pop("summary", None)
        made.setdefault("paths", {})
    made["openapi"] = version
    return made


def _schema_31(schema: dict[str, Any]) -> None:
    for exclusive, plain in _BOUNDS:
        if isinstance(schema.get(exclusive), bool):
            bound = schema.pop(plain, None)
            if schema.pop(exclusive) and bound is not None:
                schema[exclusive] = bound
            elif bound is not None:
                schema[plain] = bound
    if "example" in schema:
        schema.setdefault("examples", [schema["example"]])
        del schema["example"]
    # The words of 3.1 for what is no text: `format` is only a hint there.
    if schema.get("format") == "byte":
        schema["contentEncoding"] = "base64"
        del schema["format"]
    elif schema.get("format") == "binary":
        schema["contentMediaType"] = "application/octet-stream"
        del schema["format"]
    nullable = schema.pop("nullable", False) is True
    only = as_array(schema.get("allOf"))
    if len(only) == 1 and is_object(only[0]) and set(only[0]) == {"$ref"} and "$ref" not in schema:
        # 3.0 wraps a reference that has a description; 3.1 lets the two stand side by side.
        del schema["allOf"]
        schema["$ref"] = only[0]["$ref"]
    if nullable:
        _let_be_null(schema)


def _let_be_null(schema: dict[str, Any]) -> None:
    composed = {key: schema.pop(key) for key in _COMPOSED if key in schema}
    if composed:
        schema.pop("type", None)
        one = next(iter(composed.values())) if list(composed) in (["anyOf"], ["oneOf"]) else [composed]
        schema["anyOf"] = [*one, dict(_NULL)]
        return
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if is_array(schema.get("enum")) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _schema_30(document: Document) -> Callable[[dict[str, Any]], None]:
    def turn(schema: dict[str, Any]) -> None:
        _values_30(schema)
        _bounds_30(schema)
        _types_30(schema)
        for name in _NOT_IN_30:
            schema.pop(name, None)
        if schema.get("type") == "array":
            schema.setdefault("items", {})
        # 3.0 reads nothing beside a reference.
        if "$ref" in schema and len(schema) > 1:
            schema["allOf"] = [{"$ref": schema.pop("$ref")}, *as_array(schema.get("allOf"))]
        if schema.get("nullable") is True and "type" not in schema:
            _name_type(schema, document)

    return turn


def _values_30(schema: dict[str, Any]) -> None:
    if "const" in schema:
        schema.setdefault("enum", [schema["const"]])
        del schema["const"]
    examples = schema.pop("examples", None)
    if is_array(examples) and examples:
        schema.setdefault("example", examples[0])
    if schema.get("contentEncoding") == "base64":
        schema.setdefault("format", "byte")
    elif "contentMediaType" in schema and schema.get("type") == "string":
        schema.setdefault("format", "binary")


def _bounds_30(schema: dict[str, Any]) -> None:
    for exclusive, plain in _BOUNDS:
        bound = schema.get(exclusive)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            schema[plain], schema[exclusive] = bound, True


def _types_30(schema: dict[str, Any]) -> None:
    if is_array(schema.get("type")):
        kinds: list[Any] = [kind for kind in schema["type"] if kind != "null"]
        nullable = len(kinds) < len(schema["type"])
        del schema["type"]
        if len(kinds) == 1:
            schema["type"] = kinds[0]
        elif kinds and not set(schema) & set(_COMPOSED):
            schema["anyOf"] = [{"type": kind, **({"nullable": True} if nullable else {})} for kind in kinds]
            nullable = False
        if nullable:
            schema["nullable"] = True
    for key in ("anyOf", "oneOf"):
        members = as_array(schema.get(key))
        others = [member for member in members if as_object(member).get("type") not in ("null", ["null"])]
        if others and len(others) < len(members):
            schema[key], schema["nullable"] = others, True
            if len(others) == 1 and "allOf" not in schema:
                schema["allOf"] = schema.pop(key)
    if schema.get("type") == "null":
        schema["nullable"] = True
        del schema["type"]


def _name_type(schema: dict[str, Any], document: Document) -> None:
    """Say the type of what may be null, since 3.0 gives `nullable` no meaning without one."""
    kind = _type_of(schema, document)
    if kind is None:
        del schema["nullable"]
        return
    # In front, where people look for it.
    rest = dict(schema)
    schema.clear()
    schema.update({"type": kind, **rest})


def _type_of(schema: Json, document: Document, depth: int = 8) -> str | None:
    found = as_object(document.resolve(schema))
    kind = found.get("type")
    if is_array(kind):
        kind = next((each for each in kind if each != "null"), None)
    if isinstance(kind, str):
        return kind
    if "properties" in found:
        return "object"
    members = [member for key in ("allOf", "anyOf", "oneOf") for member in as_array(found.get(key))]
    kinds = {_type_of(member, document, depth - 1) for member in members} if depth else set[str | None]()
    return kinds.pop() if len(kinds) == 1 else None
