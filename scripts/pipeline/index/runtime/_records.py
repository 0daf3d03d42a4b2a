"""Answers as rows: what pandas, polars, `csv` and a look at a notebook want of models and pages.

A row is a flat dictionary by the document's names, those of inner objects with dots between (`lastResult.result`). All
rows of one call have the same columns, in the document's order; what was absent or null is None. Values are plain:
text, numbers, truth values, moments and durations; ids become text, members of enumerations their value. Lists stay
lists.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterable, Iterable, Mapping
from enum import Enum
from typing import Any, TypeGuard

from ._annotations import fields, is_model, members, resolve
from ._encode import Model
from ._json import is_array, is_mapping
from ._rows import ROWS_AT
from .types import UNSET, File

_DEEPEST = 4
"""Inner objects that get their columns even where there are none: models may hold each other in many ways."""


_known_inner: dict[Any, dict[str, type[Model]]] = {}


class Records(list[dict[str, Any]]):
    """Rows: a list of dictionaries with the same keys, which a notebook shows as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from ._display import rows_html

        return rows_html(self)


def to_records(value: object) -> Records:
    """Return the rows of an answer.

    Args:
        value: a model, a page of a list (its items are the rows), or any number of models: a list, or what an
            iterator such as `cyara.campaigns.iter_campaigns()` yields.

    Raises:
        TypeError: it is none of these.
    """
    rows = [_row(item) for item in _items(value)]
    columns = dict.fromkeys(name for row in rows for name in row)
    return Records({name: row.get(name) for name in columns} for row in rows)


def items_of(page: Model) -> list[Any] | None:
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
    if isinstance(value, Model):
        if name in value.__wire_names__:
            return getattr(value, name)
        attribute = next((own for own, wire in value.__wire_names__.items() if wire == name), None)
        return value.additional_properties.get(name, UNSET) if attribute is None else getattr(value, attribute)
    return value.get(name, UNSET) if is_mapping(value) else UNSET


def _items(value: object) -> Iterable[Any]:
    if isinstance(value, Model):
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
    if isinstance(item, Model):
        _add_model(row, item, "")
    elif is_mapping(item):
        _add_object(row, item, "")
    elif item is not None and item is not UNSET:
        row["value"] = plain(item)
    return row


def _inner_models(model: type[Model]) -> dict[str, type[Model]]:
    """Return the class of each field that holds one model, by its attribute."""
    known = _known_inner.get(model)
    if known is None:
        found = {attribute: members(resolve(annotation)) for attribute, _, annotation, _ in fields(model)}
        known = {name: parts[0] for name, parts in found.items() if len(parts) == 1 and is_model(parts[0])}
        _known_inner[model] = known
    return known


def _add_model(row: dict[str, Any], model: Model, prefix: str) -> None:
    inner = _inner_models(type(model))
    for attribute, wire in model.__wire_names__.items():
        value, column = getattr(model, attribute), f"{prefix}{wire}"
        if attribute in inner and not isinstance(value, Model):
            _add_blanks(row, inner[attribute], f"{column}.", (type(model),))
        else:
            _add(row, value, column)
    _add_object(row, model.additional_properties, prefix)


def _add_blanks(row: dict[str, Any], model: type[Model], prefix: str, above: tuple[type[Model], ...]) -> None:
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
    if isinstance(value, Model):
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
    if isinstance(value, Model) or is_mapping(value):
        return _row(value)
    if _is_sequence(value):
        return [plain(item) for item in value]
    return value


__all__ = ["Records", "items_of", "lookup", "plain", "to_records"]
