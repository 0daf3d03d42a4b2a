"""Schemas of Swagger 2.0 in the words of OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_list, is_mapping

if TYPE_CHECKING:
    from pipeline.document.json_nodes import Data
    from pipeline.upgrade.source import Source

_OLD_PREFIX, _NEW_PREFIX = "#/definitions/", "#/components/schemas/"

_SINGLE = ("items", "additionalProperties", "not")
_LISTS = ("allOf", "anyOf", "oneOf")

_VALUE_KEYS = ("x-ms-discriminator-value", "x-discriminator-value")
"""How AutoRest and Swashbuckle filters name the discriminator value of a subtype; 2.0 has no mapping of its own."""


def upgrade_definitions(source: Source) -> dict[str, Any]:
    """Return ``components.schemas`` from ``definitions``; names stay as received."""
    definitions = source.document.get("definitions")
    if not is_mapping(definitions):
        return {}
    schemas = {name: upgrade_schema(schema) for name, schema in definitions.items()}
    _add_mappings(schemas)
    return schemas


def upgrade_schema(schema: Data) -> Data:
    """Return a schema in the words of 3.0: references, nullability, files, discriminators, all the way down."""
    if not is_mapping(schema):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _upgrade_reference(reference, schema)
    result = dict(schema)
    for key in _SINGLE:
        if key in result:
            result[key] = upgrade_schema(result[key])
    for key in _LISTS:
        if is_list(result.get(key)):
            result[key] = [upgrade_schema(member) for member in result[key]]
    if is_mapping(result.get("properties")):
        result["properties"] = {name: upgrade_schema(member) for name, member in result["properties"].items()}
    if isinstance(result.get("discriminator"), str):
        result["discriminator"] = {"propertyName": result["discriminator"]}
    if result.get("type") == "file":
        result.update(type="string", format="binary")
    _upgrade_null(result)
    return result


def _upgrade_reference(reference: str, schema: dict[str, Any]) -> dict[str, Any]:
    target = {"$ref": reference.replace(_OLD_PREFIX, _NEW_PREFIX, 1)}
    # 3.0 ignores everything beside a reference, a mark of null too.
    return {"allOf": [target], "nullable": True} if schema.get("x-nullable") is True else target


def _upgrade_null(schema: dict[str, Any]) -> None:
    if "x-nullable" in schema:
        nullable = schema.pop("x-nullable")
        if nullable is True:
            schema["nullable"] = True
    kinds = schema.get("type")
    if is_list(kinds) and "null" in kinds:
        rest = [kind for kind in kinds if kind != "null"]
        schema["nullable"] = True
        schema["type"] = rest[0] if len(rest) == 1 else rest


def _add_mappings(schemas: dict[str, Any]) -> None:
    """Write a subtype's own discriminator value into the mapping of its base."""
    for name, schema in schemas.items():
        if not is_mapping(schema):
            continue
        value = next((schema[key] for key in _VALUE_KEYS if isinstance(schema.get(key), str)), None)
        # 2.0 has the value at the subtype, 3.0 in a mapping at the base: at each one, however far up.
        for base in _bases(schema, schemas, set()) if value is not None else ():
            discriminator = base.get("discriminator")
            if is_mapping(discriminator):
                discriminator.setdefault("mapping", {})[value] = _NEW_PREFIX + name


def _bases(schema: dict[str, Any], schemas: dict[str, Any], seen: set[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    members = schema.get("allOf")
    for member in members if is_list(members) else ():
        reference = member.get("$ref") if is_mapping(member) else None
        name = reference.removeprefix(_NEW_PREFIX) if isinstance(reference, str) else ""
        base = schemas.get(name)
        if is_mapping(base) and name not in seen:
            seen.add(name)
            found += [base, *_bases(base, schemas, seen)]
    return found
