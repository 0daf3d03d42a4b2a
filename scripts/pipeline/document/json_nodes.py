"""Nodes of a document as JSON data: what a node holds is known only by looking; type checkers learn it here too."""

from __future__ import annotations

from typing import Any, Final, TypeAlias, TypeGuard

Data: TypeAlias = Any
"""JSON data of any kind."""

# The order is the generator's: it lists the endpoints of a path in it, and they are matched to operations by place.
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""HTTP methods that are keys of a path item, in OpenAPI 3.x."""


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether JSON data is an object; keys of JSON are text."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether JSON data is a list."""
    return isinstance(value, list)


# A document of untrusted origin may hold anything anywhere: what is not of the expected kind counts as empty.


def as_mapping(node: object) -> dict[str, Any]:
    """Return a node that should be an object, or an empty one."""
    return node if is_mapping(node) else {}


def as_text(node: object) -> str:
    """Return a node that should be text, or an empty one."""
    return node if isinstance(node, str) else ""


def mapping(node: object, key: str) -> dict[str, Any]:
    """Return the object under ``key``, or an empty one."""
    return as_mapping(as_mapping(node).get(key))


def members(node: object, key: str) -> list[Any]:
    """Return the list under ``key``, or an empty one."""
    value = as_mapping(node).get(key)
    return value if is_list(value) else []
