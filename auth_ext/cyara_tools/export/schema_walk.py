"""Finds every schema of an OpenAPI document, and nothing that only looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cyara_tools.portal.json_types import as_object, is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_tools.portal.json_types import Json

_ONE: Final = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
_VALUES: Final = frozenset({"default", "enum", "example", "examples", "value"})
"""What holds values, which may be of any form."""


def each_schema(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every schema, the inner ones before the one that holds them; each may be changed in place."""
    for name, group in as_object(document.get("components")).items():
        for part in as_object(group).values():
            yield from _schemas(part) if name == "schemas" else _around(part)
    for key, part in document.items():
        if key != "components":
            yield from _around(part)


def _around(node: Json) -> Iterator[dict[str, Any]]:
    if is_array(node):
        for each in node:
            yield from _around(each)
    elif is_object(node):
        for key, value in node.items():
            if key == "schema" and is_object(value):
                yield from _schemas(value)
            elif key not in _VALUES and not key.startswith("x-"):
                yield from _around(value)


def _schemas(node: Json) -> Iterator[dict[str, Any]]:
    if not is_object(node):
        return
    for key in _ONE:
        yield from _schemas(node.get(key))
    for key in _LISTS:
        members = node.get(key)
        for member in members if is_array(members) else ():
            yield from _schemas(member)
    for key in _MAPS:
        for member in as_object(node.get(key)).values():
            yield from _schemas(member)
    yield node
