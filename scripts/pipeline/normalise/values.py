"""Rules about plain values: numbers, time spans and defaults."""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import Data, is_list, is_mapping
from pipeline.normalise.walk import referred, schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.normalise.work import Work

_NUMBERS = ("integer", "number")
_SPANS = frozenset({"timespan", "datespan", "duration"})
_SEPARATORS = re.compile(r"[-_ ]")
_WRITTEN = {"date": 10, "date-time": 20, "uuid": 36}
"""How many characters the client writes for a format, at the least."""
_TAKES_LOWER_CASE = re.compile(r"a-[fz]|\\[wSDW]|\.|\(\?[a-z]*i")
"""What lets a pattern match small letters. The pattern itself is not tried: a document's may take for ever."""
SPAN_MARK = "[time span]"
"""Begins the example of a time span: the only member of a text schema that the templates can see."""


def numeric_text(work: Work) -> None:
    """Read "a number, or a text of digits" as the number that it is.

    Microsoft.AspNetCore.OpenApi writes ``type: [integer, string]`` with a pattern, because System.Text.Json accepts
    numbers in quotes; it does not send them, or text would come first. ``int | str`` would be nobody's idea of an
    identifier. Without a pattern it is both: some values were seen as text.
    """
    for found in schemas(work.document):
        kinds = found.schema.get("type")
        digits = isinstance(found.schema.get("pattern"), str)
        if digits and kinds in (["integer", "string"], ["number", "string"]) and "enum" not in found.schema:
            number = kinds[0]
            # The pattern is about the text, and a number has none.
            found.schema["type"] = number
            found.schema.pop("pattern", None)
            work.note(found.where, f"{number} alone, not also text")


def spelled_formats(work: Work) -> None:
    """Leave a date or identifier text where the document holds it to a spelling that its type would not write.

    A ``[RegularExpression]`` for upper case on a ``Guid``, or a length of 25 on a date: the client writes ``uuid.UUID``
    in lower case and UTC as ``Z``, a server that checks refuses that, and the caller would have no way round.
    """
    for found in schemas(work.document):
        schema = found.schema
        written = _WRITTEN.get(str(schema.get("format")))
        if written is None or schema.get("type") != "string":
            continue
        pattern = schema.get("pattern")
        shouts = schema["format"] == "uuid" and isinstance(pattern, str) and not _TAKES_LOWER_CASE.search(pattern)
        if shouts or not _bound(schema, "minLength", 0) <= written <= _bound(schema, "maxLength", math.inf):
            work.note(found.where, f"text, because not every {schema.pop('format')} is spelled as it asks")


def time_spans(work: Work) -> None:
    """Mark .NET time spans, so that templates can type them as ``timedelta``. Failure mode 26."""
    for found in schemas(work.document):
        schema = found.schema
        kinds = schema.get("type")
        is_text = kinds == "string" or (is_list(kinds) and "string" in kinds)
        if is_text and _SEPARATORS.sub("", str(schema.get("format", ""))).lower() in _SPANS:
            example = schema.get("example")
            # A text property reaches the templates without its format; its example does.
            schema["example"] = f"{SPAN_MARK} {example if isinstance(example, str) else '00:00:30'}"
            for key in ("default", "pattern", "enum"):
                schema.pop(key, None)
            work.note(found.where, "marked as a time span")


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
        # Members beside a reference are ignored, by the generator as by OpenAPI 3.0.
        if "$ref" in schema and "default" in schema:
            reference = {"$ref": schema.pop("$ref")}
            schema["allOf"] = [reference]


def _bound(schema: dict[str, Any], key: str, otherwise: float) -> float:
    bound = schema.get(key)
    return bound if isinstance(bound, int) else otherwise


def _resolved(work: Work, schema: dict[str, Any]) -> dict[str, Any] | None:
    target = referred(schema)
    if target is None:
        return schema
    named = work.schemas.get(target)
    return named if is_mapping(named) and "enum" in named else None


def _fitted(schema: dict[str, Any], default: Data) -> Data:
    """Return the default as its type spells it, or None."""
    kind, values = schema.get("type"), schema.get("enum")
    if is_list(values):
        plain = _readable(default, "") if isinstance(default, str) else not isinstance(default, bool)
        return default if plain and default in values else None
    if kind == "boolean":
        words_of = {"true": True, "false": False}
        return default if isinstance(default, bool) else words_of.get(str(default).lower())
    if kind in _NUMBERS:
        return _number(default, whole=kind == "integer")
    if kind == "string" and isinstance(default, str):
        return default if _readable(default, str(schema.get("format", ""))) else None
    return None


def _number(default: Data, *, whole: bool) -> int | float | None:
    # `True` is an int to Python, and a mistake in a document.
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
    readers: dict[str, Callable[[str], object]] = {
        "date": dt.date.fromisoformat,
        "date-time": dt.datetime.fromisoformat,
        "uuid": uuid.UUID,
    }
    # It is written into generated code, between quotes.
    if written_as == "binary" or not default.isprintable() or any(char in default for char in "\"'\\"):
        return False
    reader = readers.get(written_as)
    try:
        return reader is None or bool(reader(default))
    except ValueError:
        return False
