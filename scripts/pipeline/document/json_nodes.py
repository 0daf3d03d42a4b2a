"""Plain JSON data: what a document holds is known only by looking, and these say it to the type checkers too."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard

Data: TypeAlias = Any
"""JSON data of any kind."""


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether JSON data is an object; keys of JSON are text."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether JSON data is a list."""
    return isinstance(value, list)


def mapping(node: object, key: str) -> dict[str, Any]:
    """Return the object under ``key``, or an empty one: a document of untrusted origin may hold anything there."""
    value = node.get(key) if is_mapping(node) else None
    return value if is_mapping(value) else {}


def members(node: object, key: str) -> list[Any]:
    """Return the list under ``key``, or an empty one."""
    value = node.get(key) if is_mapping(node) else None
    return value if is_list(value) else []
