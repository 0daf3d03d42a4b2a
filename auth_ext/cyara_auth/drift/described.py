"""The smallest schema that fits values which were seen, for the corrections of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable

_KINDS = (
    # bool first: for Python it is an int.
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (dict, "object"),
    (list, "array"),
)


def is_node(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value is a list."""
    return isinstance(value, list)


def at(parent: object, key: str | int) -> object:
    """Return what an object or a list has under a key; None where it has nothing there."""
    if isinstance(key, int):
        return parent[key] if is_list(parent) and key < len(parent) else None
    return parent.get(key) if is_node(parent) else None


def type_of(value: object) -> str:
    """Return the JSON type of a value."""
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")


def described(values: Iterable[object]) -> dict[str, Any]:
    """Return a schema that every one of the values fits; nulls say nothing, since they are taken everywhere."""
    by_type: dict[str, list[Any]] = {}
    for value in values:
        if value is not None:
            by_type.setdefault(type_of(value), []).append(value)
    # What is a whole number in one answer may have a fraction in the next.
    if "number" in by_type:
        by_type.pop("integer", None)
    choices = [_of_one_type(kind, found) for kind, found in sorted(by_type.items())]
    return {"anyOf": choices} if len(choices) > 1 else dict(*choices)


def _of_one_type(kind: str, values: list[Any]) -> dict[str, Any]:
    if kind == "array":
        return {"type": kind, "items": described(item for value in values for item in value)}
    # Of an object nothing more: whoever wants its fields typed writes them down.
    return {"type": kind}
