"""From the text on the wire back to JSON values, by a parameter's style.

Path, query, header and form fields carry text only; what it means depends on the schema and on `style` and `explode`.
A text that cannot be what the schema asks for is returned as text, so that validation can say what is wrong with it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from cyara_tools.portal.json_types import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyara_tools.portal.document import ServedParameter
    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shape, Shapes

_INTEGER: Final = re.compile(r"[+-]?\d+")
_SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
ABSENT: Final = object()
"""No value was sent, which null would not say."""


def scalar(text: str, shape: Shape, shapes: Shapes) -> Json:
    """Read one text as the JSON value that the schema asks for."""
    types = json_types_of(shape, shapes)
    if not text and shape.nullable and "string" not in types:
        return None
    if "boolean" in types and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if types & {"integer", "number"}:
        return _number(text, whole="number" not in types)
    # What is nested deeper than a style can spell travels as JSON text.
    nested = ("object" in types and text[:1] == "{") or ("array" in types and text[:1] == "[")
    return _json(text) if nested else text


def json_types_of(shape: Shape, shapes: Shapes) -> set[str]:
    """Return the JSON types that a schema takes, by its alternatives too; empty when it takes any."""
    types: set[str] = set()
    for one in (shape, *map(shapes.of, shape.alternatives)):
        types |= {_json_type(value) for value in one.enum or ()}
        if not one.enum or "number" in one.types:
            types |= set(one.types)
    return types


def _json_type(member: Json) -> str:
    # `bool` before `int`, of which it is a subclass.
    names = ((bool, "boolean"), (int, "integer"), (float, "number"))
    return next((name for kind, name in names if isinstance(member, kind)), "string")


def _number(text: str, *, whole: bool) -> Json:
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        return text if whole else float(text)
    except ValueError:
        return text


def takes_array(shape: Shape, shapes: Shapes) -> bool:
    """Whether the schema is an array, directly or by one of its alternatives."""
    return "array" in shape.types or any("array" in shapes.of(member).types for member in shape.alternatives)


def from_path(text: str, parameter: ServedParameter, shapes: Shapes) -> Json:
    """Read a value of a path template, still percent-encoded."""
    shape = shapes.of(parameter.schema)
    if parameter.style == "label":
        text = text.removeprefix(".")
    if parameter.style == "matrix":
        text = text.partition("=")[2]
    return _delimited(text, ",", shape, shapes, encoded=True)


def from_header(values: Sequence[str], parameter: ServedParameter, shapes: Shapes) -> Json:
    """Read the values of one header; several lines of it are one list."""
    if not values:
        return ABSENT
    shape = shapes.of(parameter.schema)
    text = ",".join(values)
    if parameter.media_type:
        return _json(text)
    return _delimited(text, ",", shape, shapes, encoded=False)


def from_query(query: Mapping[str, Sequence[str]], parameter: ServedParameter, shapes: Shapes, used: set[str]) -> Json:
    """Read a query parameter (or a cookie or a form field) and note in `used` which keys belong to it."""
    name, shape = parameter.name, shapes.of(parameter.schema)
    values = list(query.get(name, ()))
    if values:
        used.add(name)
        return _json(values[0]) if parameter.media_type else _own_values(values, parameter, shape, shapes)
    # `name[member]` is read as a deep object whatever the style says: ASP.NET binds it, and clients send it.
    if parameter.style == "deepObject" or any(key.startswith(f"{name}[") for key in query):
        return _deep(query, name, shape, shapes, used)
    if shape.is_object and parameter.explode and not parameter.media_type:
        return _exploded(query, shape, shapes, used)
    return ABSENT


def _own_values(values: list[str], parameter: ServedParameter, shape: Shape, shapes: Shapes) -> Json:
    """Read the values that stand under a parameter's own name."""
    if takes_array(shape, shapes) and parameter.explode:
        return [scalar(value, shapes.of(_items(shape, shapes)), shapes) for value in values]
    # Several values where one text is meant stay a list, so that validation can say what is wrong.
    if len(values) > 1:
        return values
    separator = _SEPARATORS.get(parameter.style, ",") if takes_array(shape, shapes) else ","
    return _delimited(values[0], separator, shape, shapes, encoded=False)


def _items(shape: Shape, shapes: Shapes) -> Json:
    if shape.items is not None:
        return shape.items
    return next((shapes.of(member).items for member in shape.alternatives if "array" in shapes.of(member).types), None)


def _delimited(text: str, separator: str, shape: Shape, shapes: Shapes, *, encoded: bool) -> Json:
    # Split first and undo the encoding after it: an encoded comma belongs to its entry.
    undo = unquote if encoded else str
    if takes_array(shape, shapes) and undo(text)[:2] not in {"[{", "[["}:
        items = shapes.of(_items(shape, shapes))
        return [scalar(undo(part), items, shapes) for part in text.split(separator)] if text else []
    if shape.is_object and "{" not in text:
        parts = [undo(part) for part in re.split(r"[,=]", text)]
        pairs = zip(parts[::2], parts[1::2], strict=False)
        return {key: scalar(value, shapes.of(shape.properties.get(key)), shapes) for key, value in pairs}
    return scalar(undo(text), shape, shapes)


def _deep(query: Mapping[str, Sequence[str]], name: str, shape: Shape, shapes: Shapes, used: set[str]) -> Json:
    found: dict[str, Any] = {}
    for key, values in query.items():
        if key.startswith(f"{name}[") and key.endswith("]"):
            member = key[len(name) + 1 : -1]
            used.add(key)
            inner = shapes.of(shape.properties.get(member, shape.additional))
            found[member] = _member(values, inner, shapes)
    return found or ABSENT


def _exploded(query: Mapping[str, Sequence[str]], shape: Shape, shapes: Shapes, used: set[str]) -> Json:
    found: dict[str, Any] = {}
    for member, schema in shape.properties.items():
        if member in query:
            used.add(member)
            inner = shapes.of(schema)
            found[member] = _member(query[member], inner, shapes)
    if is_object(shape.additional) or (shape.additional is True) or not shape.properties:
        extra = shapes.of(shape.additional)
        for key in set(query) - set(shape.properties) - used:
            used.add(key)
            found[key] = scalar(query[key][0], extra, shapes)
    return found or ABSENT


def _member(values: Sequence[str], shape: Shape, shapes: Shapes) -> Json:
    if takes_array(shape, shapes):
        return [scalar(value, shapes.of(shape.items), shapes) for value in values]
    return scalar(values[0], shape, shapes)


def _json(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text
