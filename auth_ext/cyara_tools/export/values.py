"""Models to columns of plain values: a page at a time, since what is done to a whole column costs little.

A value that does not fit its column is None there and stands in the column `drift`, so no row is lost for one odd value
and no column gets a second type.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from cyara_client._encode import to_json
from cyara_client.types import UNSET, Unset
from cyara_tools.export.columns import Column, Kind, columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Values = tuple[Any, ...] | list[Any]

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_EXACT: Final = 2**53
"""Up to here a float holds every integer."""
_OF_NOTHING: Final = 1
"""The year of .NET's moment of nothing."""


class Reader:
    """Reads models of one class.

    Attributes:
        columns: what `read` returns, in this order.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.columns = columns_of(model)
        self._own = [column for column in self.columns if column.path]
        # In C, where nothing is nested: a loop in Python would take longer than all the rest.
        self._flat = attrgetter(*(column.path[0] for column in self._own), "additional_properties", "_unread")
        self._inner = list(dict.fromkeys(column.path[:-1] for column in self._own if len(column.path) > 1))

    def read(self, models: Sequence[Any]) -> list[Values]:
        """Return the values of each column; nulls among the models are passed over."""
        own = [self._as_own(model) for model in models if model is not None]
        if not own:
            return [()] * len(self.columns)
        *found, extras, unread = zip(*map(self._flat, own), strict=True)
        misfits: dict[int, dict[str, Any]] = {}
        columns = [
            settled(column, values if len(column.path) == 1 else [_at(model, column.path) for model in own], misfits)
            for column, values in zip(self._own, found, strict=True)
        ]
        odd = set(misfits)
        if any(extras) or any(unread):
            odd |= {number for number, pair in enumerate(zip(extras, unread, strict=True)) if any(pair)}
        if self._inner:
            odd |= {number for number, model in enumerate(own) if any(map(_is_odd, self._inner_of(model)))}
        drift: list[str | None] = [None] * len(own)
        for number in odd:
            drift[number] = json_text({**self._drift(own[number]), **misfits.get(number, {})}) if odd else None
        return [*columns, drift]

    def _as_own(self, model: Any) -> Any:
        # One of another class, where the document allows several: what the first does not declare is drift.
        return model if model.__class__ is self._model else self._model.from_dict(model.to_dict())

    def _inner_of(self, model: Any) -> list[Any]:
        return [_at(model, path) for path in self._inner]

    def _drift(self, model: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(model.additional_properties)
        for path in self._inner:
            inner = _at(model, path)
            if inner:
                prefix = self._prefix(path)
                found |= {f"{prefix}{name}": value for name, value in inner.additional_properties.items()}
        return {**found, **model.unread()}

    def _prefix(self, path: tuple[str, ...]) -> str:
        below = next(column for column in self._own if column.path[:-1] == path)
        return f"{below.name.rpartition('.')[0]}."


def _at(model: Any, path: tuple[str, ...]) -> Any:
    found: Any = model
    for name in path:
        if found is None or found is UNSET:
            return None
        found = getattr(found, name)
    return None if found is UNSET else found


def _is_odd(inner: Any) -> bool:
    return bool(inner) and bool(inner.additional_properties or getattr(inner, "_unread", None))


def json_text(value: Any) -> str:
    """Return a value as JSON that fits into a text of any encoding."""
    return clean(json.dumps(to_json(value), ensure_ascii=False, default=str))


def clean(text: str) -> str:
    """Return a text that UTF-8 can hold: JSON may have half a character in it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def settled(column: Column, values: Values, misfits: dict[int, dict[str, Any]]) -> Values:
    """Return the values of a column as its kind has them.

    Args:
        column: the column.
        values: as the models have them.
        misfits: gets, by the number of the row, what does not fit, by the name of the column.
    """
    types = set(map(type, values))
    if Unset in types:
        values = [None if value is UNSET else value for value in values]
    present = [value for value in values if value is not None] if types & {NoneType, Unset} else values
    if not present:
        return [None] * len(values)
    if types - {NoneType, Unset} <= column.types and _ARE_FIT[column.kind](present):
        plain = _PLAIN.get((column.kind, len(column.types)))
        return values if plain is None else _mapped(plain, values, present)
    return [_cell(column, value, number, misfits) for number, value in enumerate(values)]


def _mapped(plain: Callable[[Any], Any], values: Values, present: Values) -> Values:
    if len(present) == len(values):
        return list(map(plain, values))
    return [None if value is None else plain(value) for value in values]


def _cell(column: Column, value: Any, number: int, misfits: dict[int, dict[str, Any]]) -> Any:
    if value is None:
        return None
    try:
        return _CELLS[column.kind](value)
    except (TypeError, ValueError, OverflowError):
        misfits.setdefault(number, {})[column.name] = value
        return None


def _text(value: Any) -> str:
    return clean(
        value if isinstance(value, str) else json_text(value) if isinstance(value, (list, dict)) else str(value)
    )


def _integer(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or not _SMALLEST <= number <= _LARGEST:
        raise ValueError("not an integer of 64 bits")
    return number


def _number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number) or (isinstance(value, int) and abs(value) > _EXACT):
        raise ValueError("not a number that a float holds")
    return number


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def _moment(value: Any) -> dt.datetime | None:
    # All moments of the API are UTC, also where nothing says so.
    found = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    return found if found.year > _OF_NOTHING else None


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise TypeError("not a date")
    return value if value.year > _OF_NOTHING else None


def _length(value: Any) -> float:
    if not isinstance(value, dt.timedelta):
        raise TypeError("not a length of time")
    return value.total_seconds()


_CELLS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.MOMENT: _moment,
    Kind.DATE: _date,
    Kind.SECONDS: _length,
    Kind.JSON: json_text,
}


def _texts_are_fit(values: Values) -> bool:
    joined = "".join(values)
    if joined.isascii():
        return True
    try:
        joined.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moments_are_fit(values: Values) -> bool:
    return set(map(attrgetter("tzinfo"), values)) == {dt.UTC} and min(values).year > _OF_NOTHING


_OF_ENUM: Final = 2
_PLAIN: Final[dict[tuple[Kind, int], Callable[[Any], Any]]] = {
    (Kind.SECONDS, 1): dt.timedelta.total_seconds,
    # Members of enumerations are text or numbers, of a class that others may not know.
    (Kind.TEXT, _OF_ENUM): str.__str__,
    (Kind.INTEGER, _OF_ENUM): int,
}
"""By kind and number of types, what makes the value of the column of one that fits; all others are it already."""

_ARE_FIT: Final[dict[Kind, Callable[[Values], bool]]] = {
    Kind.TEXT: _texts_are_fit,
    Kind.INTEGER: lambda values: min(values) >= _SMALLEST and max(values) <= _LARGEST,
    Kind.NUMBER: lambda values: all(map(math.isfinite, values)),
    Kind.BOOLEAN: lambda _: True,
    Kind.MOMENT: _moments_are_fit,
    Kind.DATE: lambda values: min(values).year > _OF_NOTHING,
    Kind.SECONDS: lambda _: True,
    # Always made anew: nothing is JSON already.
    Kind.JSON: lambda _: False,
}


def rows_of(columns: Sequence[Values]) -> list[Any]:
    """Return the values of the columns one row after the other, in one list."""
    return list(chain.from_iterable(zip(*columns, strict=True)))
