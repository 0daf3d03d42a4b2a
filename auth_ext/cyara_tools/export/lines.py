"""Columns of values as lines of text: CSV, or JSON Lines.

A batch of rows is put together by one `%`, because a call for each cell would take longer than fetching the rows.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from itertools import repeat
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

from cyara_tools.export.columns import Column, Kind
from cyara_tools.export.values import Values, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_TO_QUOTE: Final = ('"', ",", "\r", "\n")
_TRUTH: Final = {True: "true", False: "false"}


class Lines:
    """Writes rows as lines.

    Args:
        columns: of every row.
        as_json: JSON Lines, else CSV.
    """

    def __init__(self, columns: Sequence[Column], *, as_json: bool) -> None:
        self._columns = columns
        self._as_json = as_json
        self._absent = "null" if as_json else ""
        self._written = _JSON if as_json else _CSV
        self._line = self._template(())

    @property
    def head(self) -> str:
        """The line before all others; empty where there is none."""
        return "" if self._as_json else ",".join(_quoted(column.name) for column in self._columns) + "\n"

    def set_first(self, values: Sequence[Any]) -> None:
        """Let the first columns of every row to come have these values."""
        cells = zip(self._columns, values, strict=False)
        self._line = self._template([str(*self._cells(column, [value])) for column, value in cells])

    def of(self, values: Sequence[Values]) -> str:
        """Return the lines of the rows whose other columns these are."""
        own = self._columns[len(self._columns) - len(values) :]
        cells = tuple(rows_of([self._cells(column, each) for column, each in zip(own, values, strict=True)]))
        return self._line * (len(cells) // len(own)) % cells

    def _template(self, first: Sequence[str]) -> str:
        cells = [*(cell.replace("%", "%%") for cell in first), *["%s"] * (len(self._columns) - len(first))]
        if not self._as_json:
            return ",".join(cells) + "\n"
        names = [encode_basestring(column.name).replace("%", "%%") for column in self._columns]
        return "{" + ",".join(f"{name}:{cell}" for name, cell in zip(names, cells, strict=True)) + "}\n"

    def _cells(self, column: Column, values: Values) -> Values:
        write = self._written[column.kind]
        if None not in values:
            return values if write is None else write(values)
        present = [value for value in values if value is not None]
        if not present:
            return [self._absent] * len(values)
        written = iter(present if write is None else write(present))
        return [self._absent if value is None else next(written) for value in values]


def _quoted(text: str) -> str:
    if not _is_to_quote(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _is_to_quote(text: str) -> bool:
    # Four searches for one character each are faster than one for any of them.
    return any(character in text for character in _TO_QUOTE)


def _csv_texts(values: Values) -> Values:
    # Most columns have nothing to quote in a whole batch.
    return list(map(_quoted, values)) if _is_to_quote("".join(values)) else values


def _json_texts(values: Values) -> list[str]:
    return list(map(encode_basestring, values))


def _truth(values: Values) -> list[str]:
    return [_TRUTH[value] for value in values]


def _moments(values: Values) -> list[str]:
    # Always six digits: readers guess the form of a whole column by its first value. Date and time apart, since a
    # datetime with a zone takes twice as long to write.
    return [f"{day}T{time}Z" for day, time in _days_and_times(values)]


def _json_moments(values: Values) -> list[str]:
    return [f'"{day}T{time}Z"' for day, time in _days_and_times(values)]


def _days_and_times(values: Values) -> Iterator[tuple[str, str]]:
    days = map(_day, map(dt.datetime.date, values))
    return zip(days, map(dt.time.isoformat, map(dt.datetime.time, values), repeat("microseconds")), strict=True)


# The results of a run fall on few days.
@lru_cache(maxsize=64)
def _day(day: dt.date) -> str:
    return day.isoformat()


def _json_dates(values: Values) -> list[str]:
    return [f'"{value}"' for value in values]


_CSV: Final[dict[Kind, Callable[[Values], Values] | None]] = {
    Kind.TEXT: _csv_texts,
    Kind.INTEGER: None,
    Kind.NUMBER: None,
    Kind.BOOLEAN: _truth,
    Kind.MOMENT: _moments,
    Kind.DATE: None,
    Kind.SECONDS: None,
    Kind.JSON: _csv_texts,
}
_JSON: Final[dict[Kind, Callable[[Values], Any] | None]] = {
    **_CSV,
    Kind.TEXT: _json_texts,
    Kind.MOMENT: _json_moments,
    Kind.DATE: _json_dates,
    Kind.JSON: _json_texts,
}
