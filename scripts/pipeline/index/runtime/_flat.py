"""Answers taken apart: a field by its name, what is on a page, and flat rows of plain values."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterable, Iterable, Mapping
from enum import Enum
from typing import Any, TypeGuard

from ._annotations import fields, is_model, members, resolve
from ._json import is_array, is_mapping
from ._rows import ROWS_AT
from .types import UNSET, File

_DEEPEST = 4
"""Inner objects that get their columns even where there are none: models may hold each other in many ways."""


_known_inner: dict[Any, dict[str, Any]] = {}


def is_record(value: object) -> TypeGuard[Any]:
    """Say whether a value is a model: by its shape, since models know of rows and not the other way round."""
    return is_model(type(value))


def flat_rows(value: object) -> list[dict[str, Any]]:
    """Return the rows of an answer, all with the same columns.

    Raises:
        TypeError: it is no model, no page and no number of these.
    """
    rows = [_row(item) for item in _items(value)]
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in columns} for row in rows]


def items_of(page: Any) -> list[Any] | None:
    """Return what is on a page of a list; None for a model that is no such page."""
    found: Any = page
    path = ROWS_AT.get(type(page).__name__)
    for name in path or ():
        found = lookup(found, name, None)
    if path is None:
        return None
    return found if is_array(found) else []


def lookup(value: object, name: str, default: Any) -> Any:
    """Return a field of a model or of an object, the default where it is absent or null.

    `name` is the field's name in Python or in the document; of inner objects with dots between.
    """
    found = _field(value, name)
    head, dot, tail = name.partition(".")
    if found is UNSET and dot:
        return lookup(_field(value, head), tail, default)
    return default if found is UNSET or found is None else found


def _field(value: object, name: str) -> Any:
    """Return a field, `UNSET` where there is none."""
    if is_record(value):
        if name in value.__wire_names__:
            return getattr(value, name)
        attribute = next((own for own, wire in value.__wire_names__.items() if wire == name), None)
        return value.additional_properties.get(name, UNSET) if attribute is None else getattr(value, attribute)
    return value.get(name, UNSET) if is_mapping(value) else UNSET


def _items(value: object) -> Iterable[Any]:
    if is_record(value):
        items = items_of(value)
        return [value] if items is None else items
    if is_mapping(value):
        return [value]
    # A page as `on_page` sees it is a tuple of more than its items.
    if is_array(items := getattr(value, "items", None)):
        return items
    if _is_iterable(value):
        return value
    hint = "; collect it first: [item async for item in ...]" if isinstance(value, AsyncIterable) else ""
    kind = type(value).__name__  # pyright: ignore[reportUnknownArgumentType] - of what an AsyncIterable yields
    raise TypeError(f"rows are made of models, pages and lists of these, not of {kind}{hint}")


def _is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes))


def _is_sequence(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    return isinstance(value, (list, tuple))


def _row(item: object) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if is_record(item):
        _add_model(row, item, "")
    elif is_mapping(item):
        _add_object(row, item, "")
    elif item is not None and item is not UNSET:
        row["value"] = plain(item)
    return row


def _inner_models(model: Any) -> dict[str, Any]:
    """Return the class of each field that holds one model, by its attribute."""
    known = _known_inner.get(model)
    if known is None:
        found = {attribute: members(resolve(annotation)) for attribute, _, annotation, _ in fields(model)}
        known = {name: parts[0] for name, parts in found.items() if len(parts) == 1 and is_model(parts[0])}
        _known_inner[model] = known
    return known


def _add_model(row: dict[str, Any], model: Any, prefix: str) -> None:
    kind: Any = type(model)
    inner = _inner_models(kind)
    for attribute, wire in model.__wire_names__.items():
        value, column = getattr(model, attribute), f"{prefix}{wire}"
        if attribute in inner and not is_record(value):
            _add_blanks(row, inner[attribute], f"{column}.", (kind,))
        else:
            _add(row, value, column)
    _add_object(row, model.additional_properties, prefix)


def _add_blanks(row: dict[str, Any], model: Any, prefix: str, above: tuple[Any, ...]) -> None:
    """Add the columns of an inner object that is absent, so that columns do not depend on what is in the rows."""
    if model in above or len(above) > _DEEPEST:
        return
    inner = _inner_models(model)
    for attribute, wire in model.__wire_names__.items():
        if attribute in inner:
            _add_blanks(row, inner[attribute], f"{prefix}{wire}.", (*above, model))
        else:
            row[f"{prefix}{wire}"] = None


def _add_object(row: dict[str, Any], values: Mapping[str, Any], prefix: str) -> None:
    for name, value in values.items():
        # A declared field of the same name comes first.
        if f"{prefix}{name}" not in row:
            _add(row, value, f"{prefix}{name}")


def _add(row: dict[str, Any], value: object, column: str) -> None:
    if is_record(value):
        _add_model(row, value, f"{column}.")
    elif is_mapping(value) and value:
        _add_object(row, value, f"{column}.")
    else:
        row[column] = plain(value)


def plain(value: object) -> Any:  # noqa: PLR0911 - one return per kind of value
    """Return a value as Python's own, without our classes."""
    if value is UNSET or (is_mapping(value) and not value):
        return None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, File):
        return value.file_name
    if is_record(value) or is_mapping(value):
        return _row(value)
    if _is_sequence(value):
        return [plain(item) for item in value]
    return value


__all__ = ["flat_rows", "is_record", "items_of", "lookup", "plain"]
