"""Which columns a model has: its declared fields, those of inner models with dots between, each of one kind.

Columns come from the class alone, so that they do not depend on what is in the rows.
"""

from __future__ import annotations

import datetime as dt
import uuid
from enum import Enum, StrEnum
from typing import Any, Final

import attrs

from cyara_client._annotations import fields, is_model, members, resolve

DRIFT: Final = "drift"
"""The column of what an answer has beside its declaration: undeclared fields, and values of another kind, as JSON."""

_DEEPEST: Final = 4


class Kind(StrEnum):
    """What stands in a column; None may stand in any."""

    TEXT = "text"
    INTEGER = "integer"
    """64 bits with a sign."""
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    """A datetime in UTC."""
    DATE = "date"
    SECONDS = "seconds"
    """A length of time as a number."""
    JSON = "json"
    """A list, or an object of no declared shape, as the text of its JSON."""


@attrs.frozen
class Column:
    """One column.

    Attributes:
        name: by the document's names, with dots between; a length of time ends with `_s`.
        kind: what stands in it.
        path: attributes that lead from a model to its value; empty for what comes from elsewhere.
        types: classes whose values need no look at each of them.
    """

    name: str
    kind: Kind
    path: tuple[str, ...] = ()
    types: frozenset[type] = frozenset()


_KINDS: Final[dict[Any, Kind]] = {
    str: Kind.TEXT,
    uuid.UUID: Kind.TEXT,
    int: Kind.INTEGER,
    float: Kind.NUMBER,
    bool: Kind.BOOLEAN,
    dt.datetime: Kind.MOMENT,
    dt.date: Kind.DATE,
    dt.timedelta: Kind.SECONDS,
}


def columns_of(model: type) -> tuple[Column, ...]:
    """Return the columns of a generated model, in the document's order, `drift` last."""
    found = list(_columns(model, "", (), (model,)))
    found.append(Column(DRIFT, Kind.JSON))
    return unique(found)


def unique(columns: list[Column]) -> tuple[Column, ...]:
    """Return the columns with a different name each: a later one of the same name gets an underscore."""
    names: set[str] = set()
    kept: list[Column] = []
    for column in columns:
        name = column.name
        while name in names:
            name += "_"
        names.add(name)
        kept.append(attrs.evolve(column, name=name))
    return tuple(kept)


def _columns(model: Any, prefix: str, path: tuple[str, ...], above: tuple[Any, ...]) -> list[Column]:
    found: list[Column] = []
    for attribute, wire, annotation, _ in fields(model):
        parts, here = members(resolve(annotation)), (*path, attribute)
        part = parts[0] if len(parts) == 1 else None
        # Models may hold each other in many ways: from a depth on, one is a text in its column.
        if is_model(part) and part not in above and len(above) <= _DEEPEST:
            found += _columns(part, f"{prefix}{wire}.", here, (*above, part))
        else:
            found.append(_column(f"{prefix}{wire}", part, here))
    return found


def _is_enumeration(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, Enum)


def _column(name: str, part: Any, path: tuple[str, ...]) -> Column:
    if _is_enumeration(part):
        kind, plain = (Kind.INTEGER, int) if issubclass(part, int) else (Kind.TEXT, str)
        return Column(name, kind, path, frozenset({plain, part}))
    kind = _KINDS.get(part, Kind.JSON)
    # An id is written as text, so none of them is what its column holds.
    types: frozenset[type] = frozenset() if kind is Kind.JSON or part is uuid.UUID else frozenset({part})
    return Column(f"{name}_s" if kind is Kind.SECONDS else name, kind, path, types)
