"""The one name for values that came from JSON or go there.

What they are is decided by a document at run time, so no static type says more than this.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard

Json: TypeAlias = Any


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def as_object(value: object) -> dict[str, Any]:
    """Return a JSON object as it is, and an empty one in place of anything else."""
    return value if is_object(value) else {}


def as_array(value: object) -> list[Any]:
    """Return a JSON array as it is, and an empty one in place of anything else."""
    return value if is_array(value) else []
