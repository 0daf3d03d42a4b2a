"""Rules about enumerations, constants, numbers, time spans and defaults."""

from __future__ import annotations

import datetime
import math
import uuid
from typing import TYPE_CHECKING, Any

from pipeline.normalise.identifiers import shortened, words
from pipeline.normalise.walk import mapping, members, referred, replace, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_NUMBERS = frozenset({"integer", "number"})
_NAME_KEYS = ("x-enum-varnames", "x-enumNames", "x-enumnames", "x-enum-names", "enumNames")
_SPANS = frozenset({"time-span", "timespan", "date-span", "duration"})
SPAN_MARK = "[time span]"
"""Begins the example of a time span: the only member of a text schema that the templates can see."""


def numeric_text(work: Work) -> None:
    """Read "a number, or a text of digits" as the number that it is.

    Microsoft.AspNetCore.OpenApi writes ``type: [integer, string]`` with a pattern, because System.Text.Json accepts
    numbers in quotes; it never sends them. ``int | str`` would be nobody's idea of an identifier.
    """
    for found in schemas(work.document):
        kinds = found.schema.get("type")
        if isinstance(kinds, list) and "string" in kinds and _NUMBERS & set(kinds) and len(kinds) == 2:  # noqa: PLR2004 # a pair
            number = next(kind for kind in kinds if kind != "string")
            found.schema["type"] = number
            found.schema.pop("pattern", None)
            work.note(found.where, f"{number} alone, not also text")


def enum_values(work: Work) -> None:
    """Make every enumeration one of distinct texts or distinct integers, or none at all; a constant is one of one.

    The generator skips what holds an enumeration of mixed types, floats or booleans, and a constant would refuse new
    values where an enumeration stays open. Part of failure modes 13 and 16.
    """
    for found in schemas(work.document):
        schema = found.schema
        constant = schema.pop("const", None)
        if constant is not None and "enum" not in schema:
            schema["enum"] = [constant]
        values = schema.get("enum")
        if values is None:
            continue
        if schema.get("type") == "array" or isinstance(mapping(schema, "items").get("type"), str):
            items = schema.setdefault("items", {})
            items.setdefault("enum", schema.pop("enum"))
            work.note(found.where, "enumeration moved to the items of the list")
            continue
        kind, kept = _usable_values(schema, values)
        if kept == values and kind == schema.get("type"):
            continue
        _keep_names(schema, values, kept)
        schema["enum"] = kept
        if kind is not None:
            schema["type"] = kind
        if not kept:
            schema.pop("enum")
        work.note(found.where, "enumeration of one type, without doubles" if kept else "enumeration dropped")


def enum_names(work: Work) -> None:
    """Name the members of every enumeration, uniquely.

    NSwag's ``x-enumNames`` are ignored and integers become ``VALUE_0``; ``txt`` beside ``TXT`` crashes the generator
    (issue 1030). Names come from the document's extensions where they fit, else from the values. Failure modes 16, 18.
    """
    for found in schemas(work.document):
        values = found.schema.get("enum")
        if not isinstance(values, list):
            continue
        received = _received_names(found.schema, len(values))
        names: list[str] = []
        for index, value in enumerate(values):
            name = _member_name(received[index] if received else value, index)
            unique, number = name, 2
            while unique in names:
                unique, number = f"{name}_{number}", number + 1
            names.append(unique)
        for key in _NAME_KEYS:
            found.schema.pop(key, None)
        found.schema["x-enum-varnames"] = names
        if received:
            work.note(found.where, "members named as the document says")


def time_spans(work: Work) -> None:
    """Mark .NET time spans, so that templates can type them as ``timedelta``.

    A text property reaches the templates without its format; its example does. Classic generators describe
    ``System.TimeSpan`` as an object of ticks and totals although it travels as text: both are accepted there.
    Failure mode 26.
    """
    spans = {
        name for name, schema in work.schemas.items() if {"ticks", "totalmilliseconds"} <= _lower(schema, "properties")
    }
    for found in list(schemas(work.document)):
        schema = found.schema
        kinds = schema.get("type")
        is_text = kinds == "string" or (isinstance(kinds, list) and "string" in kinds)
        if is_text and str(schema.get("format", "")).lower() in _SPANS:
            example = schema.get("example")
            schema["example"] = f"{SPAN_MARK} {example if isinstance(example, str) else '00:00:30'}"
            for key in ("default", "pattern", "enum"):
                schema.pop(key, None)
            work.note(found.where, "marked as a time span")
        elif referred(schema) in spans and not found.where.rpartition("/")[0].endswith("/anyOf"):
            nullable = {"nullable": True} if schema.get("nullable") else {}
            text = {"type": "string", "format": "time-span", "example": f"{SPAN_MARK} 00:00:30"}
            replace(schema, {"anyOf": [text, {"$ref": schema["$ref"]}], **nullable})
            work.note(found.where, "a time span: text, or the object that the document describes")


def valid_defaults(work: Work) -> None:
    """Drop defaults that do not fit their type, and spell the others as their type.

    The generator skips the operation or the model of a wrong default; a default that is no plain value would become
    shared state. Failure modes 10 and 14.
    """
    for found in schemas(work.document):
        schema = found.schema
        if "default" not in schema:
            continue
        target = _resolved(work, schema)
        fitted = _fitted(target, schema["default"]) if target is not None else None
        if fitted is None:
            dropped = schema.pop("default")
            if dropped is not None:
                work.note(found.where, f"default {ascii(dropped)[:60]} dropped: it does not fit the type")
        else:
            schema["default"] = fitted
        if "$ref" in schema and "default" in schema:
            reference = {"$ref": schema.pop("$ref")}
            schema["allOf"] = [reference]


def _usable_values(schema: dict[str, Any], values: list[Any]) -> tuple[str | None, list[Any]]:
    """Return the type of an enumeration and its distinct usable values; no values where it says nothing useful."""
    kind = schema.get("type")
    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    if all(isinstance(value, int) and not isinstance(value, bool) for value in whole) and kind != "string":
        return ("integer" if kind != "number" else "number"), ([] if kind == "number" else list(dict.fromkeys(whole)))
    if all(isinstance(value, bool) for value in whole) and kind != "string":
        return "boolean", []
    if kind in {"integer", "number", "boolean", "object", "array"}:
        digits = [
            value for value in whole if isinstance(value, str) and value.lstrip("-").isdecimal() and value.isascii()
        ]
        is_digits = kind == "integer" and len(digits) == len(whole)
        return str(kind), list(dict.fromkeys(int(value) for value in digits)) if is_digits else []
    if kind != "string" and not all(isinstance(value, str) for value in whole):
        return None, []
    texts = [value if isinstance(value, str) else _text(value) for value in whole]
    return "string", [text for text in dict.fromkeys(texts) if text.isprintable()]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keep_names(schema: dict[str, Any], values: list[Any], kept: list[Any]) -> None:
    """Keep the member names of an enumeration in step with its values."""
    spelled = [_text(value) if isinstance(value, bool) else str(value) for value in values]
    for key in _NAME_KEYS:
        listed = schema.get(key)
        if isinstance(listed, list) and len(listed) == len(values):
            by_value = dict(zip(reversed(spelled), reversed(listed), strict=True))
            schema[key] = [by_value.get(str(value), str(value)) for value in kept]


def _received_names(schema: dict[str, Any], count: int) -> list[str] | None:
    for key in _NAME_KEYS:
        listed = schema.get(key)
        if isinstance(listed, list) and len(listed) == count and all(isinstance(name, str) for name in listed):
            return [str(name) for name in listed]
    described = members(schema.get("x-ms-enum"), "values")
    by_value = {str(entry.get("value")): entry.get("name") for entry in described}
    names = [by_value.get(str(value)) for value in schema.get("enum", [])]
    return [str(name) for name in names] if names and all(isinstance(name, str) for name in names) else None


def _member_name(source: object, index: int) -> str:
    if isinstance(source, int):
        return f"VALUE_{source}" if source >= 0 else f"VALUE_NEGATIVE_{-source}"
    name = "_".join(words(str(source))).upper()
    if not name or not name.isidentifier():
        name = f"VALUE_{name}" if name and f"VALUE_{name}".isidentifier() and name.isascii() else f"VALUE_{index}"
    if name == "MRO" or not name.isascii():
        name = f"{name}_" if name == "MRO" else f"VALUE_{index}"
    return shortened(name, "_").upper()


def _lower(schema: object, key: str) -> set[str]:
    return {name.lower() for name in mapping(schema, key)}


def _resolved(work: Work, schema: dict[str, Any]) -> dict[str, Any] | None:
    target = referred(schema)
    if target is None:
        return schema
    named = work.schemas.get(target)
    return named if isinstance(named, dict) and "enum" in named else None


def _fitted(schema: dict[str, Any], default: Any) -> Any:
    """Return the default as its type spells it, or None."""
    kind, values = schema.get("type"), schema.get("enum")
    if isinstance(values, list):
        return default if default in values and not isinstance(default, bool) else None
    if kind == "boolean":
        words_of = {"true": True, "false": False}
        return default if isinstance(default, bool) else words_of.get(str(default).lower())
    if kind in _NUMBERS:
        return _number(default, whole=kind == "integer")
    if kind == "string" and isinstance(default, str):
        return default if _readable(default, str(schema.get("format", ""))) else None
    return None


def _number(default: Any, *, whole: bool) -> int | float | None:
    if isinstance(default, bool) or not isinstance(default, (int, float, str)):
        return None
    try:
        number = float(default) if not isinstance(default, int) else default
    except ValueError:
        return None
    if not math.isfinite(number) or (whole and int(number) != number):
        return None
    return int(number) if whole else number


def _readable(default: str, written_as: str) -> bool:
    readers = {
        "date": datetime.date.fromisoformat,
        "date-time": datetime.datetime.fromisoformat,
        "uuid": uuid.UUID,
    }
    if written_as == "binary" or not default.isprintable() or any(char in default for char in "\"'\\"):
        return False
    reader = readers.get(written_as)
    try:
        return reader is None or bool(reader(default))
    except ValueError:
        return False
