"""JSON text to Python values: the standard library, or orjson when it is there (extra `fast`).

orjson reads integers beyond 64 bits as floats.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a parsed value is a JSON object, in words that type checkers understand."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Say whether a parsed value is a JSON array, in words that type checkers understand."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Say whether a value is a mapping, as objects are that the caller made."""
    return isinstance(value, Mapping)


def _fast_loads() -> Callable[[bytes], Any] | None:
    """Return orjson's reader, or None where it is not installed."""
    try:
        loads: Callable[[bytes], Any] = import_module("orjson").loads
    except ImportError:
        return None
    return loads


_fast = _fast_loads()


def loads(content: bytes) -> Any:
    """Read a JSON document.

    Raises:
        ValueError: the text is not JSON.
        RecursionError: it is nested more deeply than Python can follow.
    """
    if _fast is not None:
        try:
            return _fast(content)
        # orjson refuses what the standard library accepts (a byte order mark, NaN, lone surrogates).
        except ValueError:
            pass
    return json.loads(content)
