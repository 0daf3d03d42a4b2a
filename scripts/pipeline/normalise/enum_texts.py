"""What documents call the members of an enumeration, and how they describe them, in each of the usual extensions.

JSON Schema has no names for members, so every tool made one: ``x-enum-varnames`` and ``x-enumNames`` (a list beside
``enum``), ``x-ms-enum`` with ``values`` (each with ``value``, ``name`` and ``description``), ``x-enum-values``,
``x-enum-elements``, ``x-speakeasy-enums``, ``x-fern-enum`` (lists or mappings of either direction), and for
descriptions ``x-enumDescriptions`` and ``x-enum-descriptions``. They are told apart by their shape, not by tool.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from pipeline.document.json_nodes import is_list, is_mapping

if TYPE_CHECKING:
    from pipeline.document.json_nodes import Data

_NOT_LETTERS = re.compile(r"[^a-z]")
_NAMES = (
    "xenumvarnames",
    "xenumnames",
    "enumnames",
    "xenumkeys",
    "xenumvalues",
    "xenummembers",
    "xenumelements",
    "xenummap",
    "xenummapping",
    "xenum",
    "xspeakeasyenums",
    "xfernenum",
    "xmsenum",
    "xenumlabels",
)
"""Extensions that name members, the best first, by the letters of their keys."""

_DESCRIPTIONS = ("xenumdescriptions", "xenumcomments", "xenumvaluedescriptions", "enumdescriptions")
_VALUE_KEYS = ("value", "id", "const")
_NAME_KEYS = ("name", "varname", "identifier", "key", "label", "displayname")
_TEXT_KEYS = ("description", "summary", "comment")


@define(kw_only=True, slots=True)
class MemberTexts:
    """Names and descriptions by the value's text; a value may have neither."""

    names: dict[str, str] = Factory(dict[str, str])
    descriptions: dict[str, str] = Factory(dict[str, str])


def spelled(value: Data) -> str:
    """Return the text by which a value is found: one for 1, 1.0 and "1"."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def is_text_key(key: str) -> bool:
    """Return whether a member of a schema names or describes the members of its enumeration."""
    letters = _NOT_LETTERS.sub("", key.lower())
    return letters in _NAMES or letters in _DESCRIPTIONS


def take_texts(schema: dict[str, Any], values: list[Any]) -> MemberTexts:
    """Return what the extensions of an enumeration say of its values, and take them off the schema."""
    found: dict[str, Data] = {}
    for key in [key for key in schema if is_text_key(key)]:
        found.setdefault(_NOT_LETTERS.sub("", key.lower()), schema.pop(key))
    keys = [spelled(value) for value in values]
    texts = MemberTexts()
    for letters in _NAMES:
        if letters in found:
            _read(found[letters], keys, texts)
    for letters in _DESCRIPTIONS:
        described = MemberTexts()
        _read(found.get(letters), keys, described)
        by_name = {name: key for key, name in texts.names.items()}
        extension = found.get(letters)
        # go-swag describes by the name of the member.
        if not described.names and is_mapping(extension):
            described.names = {
                by_name[name]: text for name, text in extension.items() if name in by_name and isinstance(text, str)
            }
        texts.descriptions = described.descriptions | described.names | texts.descriptions
    return texts


def _read(extension: Data, keys: list[str], texts: MemberTexts) -> None:
    """Add what an extension says; what earlier ones said stays."""
    if is_mapping(extension) and is_list(extension.get("values")):
        extension = extension["values"]
    if is_list(extension):
        _read_list(extension, keys, texts)
    elif is_mapping(extension):
        _read_mapping(extension, keys, texts)


def _read_list(entries: list[Any], keys: list[str], texts: MemberTexts) -> None:
    beside = len(entries) == len(keys)
    for index, entry in enumerate(entries):
        if isinstance(entry, str) and beside:
            _add(texts, keys[index], name=entry)
        elif is_mapping(entry):
            value = _first(entry, _VALUE_KEYS)
            key = spelled(value) if value is not None else (keys[index] if beside else "")
            if key in keys:
                _add(texts, key, name=_first(entry, _NAME_KEYS), text=_first(entry, _TEXT_KEYS))


def _read_mapping(extension: dict[str, Any], keys: list[str], texts: MemberTexts) -> None:
    for left, right in extension.items():
        value = _first(right, _VALUE_KEYS) if is_mapping(right) else right
        # By value first: where the values are texts, one of them may be the name of another.
        if left in keys:
            name = _first(right, _NAME_KEYS) if is_mapping(right) else right
            _add(texts, left, name=name, text=_first(right, _TEXT_KEYS) if is_mapping(right) else None)
        elif value is not None and spelled(value) in keys:
            _add(texts, spelled(value), name=left, text=_first(right, _TEXT_KEYS) if is_mapping(right) else None)


def _first(entry: dict[str, Any], wanted: tuple[str, ...]) -> Data:
    by_letters = {_NOT_LETTERS.sub("", str(key).lower()): value for key, value in entry.items()}
    return next((by_letters[key] for key in wanted if by_letters.get(key) is not None), None)


def _add(texts: MemberTexts, key: str, *, name: Data = None, text: Data = None) -> None:
    if isinstance(name, str) and name.strip():
        texts.names.setdefault(key, name)
    if isinstance(text, str) and text.strip():
        texts.descriptions.setdefault(key, text)
