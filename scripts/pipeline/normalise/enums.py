"""Rules about enumerations and constants: one type, distinct values, a name for every member."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import Data, is_list, mapping
from pipeline.normalise.descriptions import MEMBERS
from pipeline.normalise.enum_texts import is_text_key, spelled, take_texts
from pipeline.normalise.identifiers import numbered, shortened, spoken
from pipeline.normalise.walk import schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

TEXTS = "x-cyara-enum"
"""Between the two rules: what the document calls the members, by the text of their values."""

NUMBERED = re.compile(r"(-?[0-9]+) \((\w+)\)", re.ASCII)
"""A number with its name behind it, `0 (User)`: a spelling for readers; on the wire it is the number."""
_NUMBERS = frozenset({"integer", "number"})
_NOT_TEXT = frozenset({"integer", "number", "boolean", "object", "array"})


def enum_values(work: Work) -> None:
    """Make every enumeration one of distinct texts or distinct integers, or none at all; a constant is one of one.

    The generator skips what holds an enumeration of mixed types, floats or booleans. Part of failure modes 13 and 16.
    """
    for found in schemas(work.document):
        schema = found.schema
        schema.pop(TEXTS, None)
        constant = schema.pop("const", None)
        # An enumeration of one stays open for values of a newer server; a constant would refuse them.
        if constant is not None and "enum" not in schema:
            schema["enum"] = [constant]
        values = schema.get("enum")
        if values is None or _is_of_items(schema):
            continue
        kind, kept = _usable_values(schema, values)
        _keep_texts(schema, values, kept)
        if kept == values and kind == schema.get("type"):
            continue
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
        if not is_list(values):
            continue
        texts = found.schema.pop(TEXTS, {})
        received = mapping(texts, "names")
        names: list[str] = []
        for index, value in enumerate(values):
            name = _member_name(received.get(spelled(value)) or value, index)
            names.append(next(free for free in numbered(name) if free not in names))
        found.schema["x-enum-varnames"] = names
        described = mapping(texts, "descriptions")
        said = {name: described.get(spelled(value), "") for name, value in zip(names, values, strict=True)}
        if any(said.values()):
            found.schema[MEMBERS] = {name: text for name, text in said.items() if text}
        work.note(found.where, "members named as the document says" if received else "members named by their values")


def _usable_values(schema: dict[str, Any], values: list[Any]) -> tuple[str | None, list[Any]]:
    """Return the type of an enumeration and its distinct usable values; no values where it says nothing useful."""
    kind = schema.get("type") if isinstance(schema.get("type"), str) else None
    if kind == "integer" and values and all(isinstance(value, str) and NUMBERED.fullmatch(value) for value in values):
        return kind, list(dict.fromkeys(int(value.partition(" ")[0]) for value in values))
    # From here on the values decide, not the type beside them: they are what a person or a serialiser wrote. JSON has
    # one kind of number, and some writers put `1.0` for 1.
    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    if all(isinstance(value, int) and not isinstance(value, bool) for value in whole):
        return ("integer" if kind != "number" else "number"), ([] if kind == "number" else list(dict.fromkeys(whole)))
    if all(isinstance(value, bool) for value in whole):
        return "boolean", []
    if kind in _NUMBERS and all(_is_number_text(value) for value in whole):
        return kind, list(dict.fromkeys(map(int, whole))) if kind == "integer" else []
    texts = [value for value in whole if isinstance(value, str)]
    # Mixed kinds make no enumeration: the generator refuses them.
    if len(texts) < len(whole):
        return (kind if kind in _NOT_TEXT else None), []
    return "string", [text for text in dict.fromkeys(texts) if text.isprintable()]


def _is_number_text(value: Data) -> bool:
    return isinstance(value, str) and value.lstrip("-").isdecimal() and value.isascii()


def _is_of_items(schema: dict[str, Any]) -> bool:
    """Move an enumeration to the items of a list, beside which some writers put it."""
    if schema.get("type") != "array" and not isinstance(mapping(schema, "items").get("type"), str):
        return False
    items = schema.setdefault("items", {})
    for key in [key for key in schema if key == "enum" or is_text_key(key)]:
        items.setdefault(key, schema.pop(key))
    return True


def _keep_texts(schema: dict[str, Any], values: list[Any], kept: list[Any]) -> None:
    """Keep what the document says of the members by their values, since the list of those may change."""
    texts = take_texts(schema, values)
    # `0 (User)` names the number in the value itself. As many as are left: with doubles among them, which name belongs
    # to which number is anybody's guess.
    matches = [match for value in values if isinstance(value, str) and (match := NUMBERED.fullmatch(value))]
    if len(matches) == len(values) == len(kept):
        for match in matches:
            texts.names.setdefault(match[1], texts.names.get(match[0], match[2]))
    if kept and (texts.names or texts.descriptions):
        schema[TEXTS] = {"names": texts.names, "descriptions": texts.descriptions}


def _member_name(source: object, index: int) -> str:
    if isinstance(source, int):
        return f"VALUE_{source}" if source >= 0 else f"VALUE_NEGATIVE_{-source}"
    name = "_".join(spoken(str(source))).upper()
    if not name or not name.isidentifier():
        name = f"VALUE_{name}" if name and f"VALUE_{name}".isidentifier() and name.isascii() else f"VALUE_{index}"
    if name == "MRO" or not name.isascii():
        name = f"{name}_" if name == "MRO" else f"VALUE_{index}"
    return shortened(name, "_").upper()
