"""JSON types as schemas declare them and as answers have them."""

from __future__ import annotations

import re
from typing import Any, Final, cast

_NUMERIC: Final = ("integer", "number")
_TYPES: Final = frozenset({*_NUMERIC, "string", "boolean", "object", "array", "null"})
_A_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def type_of(value: object) -> str:
    """Return the JSON type of a text, a number or a boolean."""
    return str(described(value)["type"])


def declared_types(schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the JSON types that a schema allows; none if it does not say, or says something else than JSON Schema."""
    declared = schema.get("type", [])
    types = tuple(map(str, cast("list[object]", declared if isinstance(declared, list) else [declared])))
    return types if _TYPES.issuperset(types) else ()


def fits(schema: dict[str, Any], declared: tuple[str, ...], value: object) -> bool:
    """Return whether a text, a number or a boolean is of a declared type; 1 and 1.0 are integers, as in JSON Schema.

    A pattern that fits a number, written out, says that numbers travel as texts here, or the other way round.
    """
    seen = type_of(value)
    if seen in declared or (seen == "integer" and "number" in declared):
        return True
    if isinstance(value, float) and "integer" in declared and value.is_integer():
        return True
    other = {"integer": {"string"}, "number": {"string"}, "string": set(_NUMERIC)}.get(seen, set())
    return not other.isdisjoint(declared) and _is_number_by_pattern(schema.get("pattern"), str(value))


def _is_number_by_pattern(pattern: object, text: str) -> bool:
    if not isinstance(pattern, str) or _A_NUMBER.fullmatch(text) is None:
        return False
    try:
        return re.search(pattern, text) is not None
    except re.error:  # a regular expression of JavaScript's that Python does not know
        return True


def described(value: object) -> dict[str, Any]:
    """Return the smallest schema that a seen value fits."""
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (dict, "object")):
        if isinstance(value, kind):
            return {"type": name}
    if isinstance(value, list):
        return {"type": "array", "items": described(cast("list[object]", value)[0]) if value else {}}
    return {}
