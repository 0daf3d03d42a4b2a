"""A workbook for Excel made of JSON Lines, by xlsxwriter's constant memory (extra `export`).

Excel knows no zones and no time before 1900, holds fifteen digits of a number and 32,767 characters in a cell. So
columns of moments say UTC in their heading, and what it cannot hold is text, or is cut off, which is counted.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from cyara_tools.export.columns import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MOST_ROWS: Final = 1_048_575
"""Rows of a sheet, without the heading."""
MOST_COLUMNS: Final = 16_384
_MOST_CHARACTERS: Final = 32_767
_EXACT: Final = 10**15
_FIRST_YEAR: Final = 1901
"""Excel takes 1900 for a leap year, so that its first days are off by one."""
_EPOCH: Final = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)
_DAY: Final = dt.timedelta(days=1)
_WIDTHS: Final = {Kind.MOMENT: 24, Kind.DATE: 12, Kind.TEXT: 24, Kind.JSON: 24}
_OTHER_WIDTH: Final = 14


class Workbook:
    """Writes one sheet. `cut` says how many cells were too long for it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.cut = 0

    def convert(self, lines: Path, target: Path) -> None:
        """Write a file of JSON Lines as a workbook.

        Raises:
            OSError: a file cannot be read or written.
        """
        # By name, since it has no types.
        xlsxwriter: Any = import_module("xlsxwriter")

        # Not in a `with` block: at an error it would write what there is.
        book = xlsxwriter.Workbook(str(target), {"constant_memory": True, "default_date_format": None})
        sheet = book.add_worksheet("results")
        formats = {
            Kind.MOMENT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
            Kind.DATE: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for number, column in enumerate(self._columns):
            sheet.set_column(number, number, _WIDTHS.get(column.kind, _OTHER_WIDTH), formats.get(column.kind))
            zone = " (UTC)" if column.kind is Kind.MOMENT else ""
            sheet.write_string(0, number, f"{column.name}{zone}")
        sheet.freeze_panes(1, 0)
        rows = self._write_rows(sheet, lines, formats)
        sheet.autofilter(0, 0, rows, len(self._columns) - 1)
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            # Of its own kind, around the system's.
            raise error.args[0] from error

    def _write_rows(self, sheet: Any, lines: Path, formats: dict[Kind, Any]) -> int:
        text, number = sheet.write_string, sheet.write_number
        writers: list[Callable[[int, int, Any], object]] = [
            self._writer(column.kind, text, number, sheet.write_boolean, formats.get(column.kind))
            for column in self._columns
        ]
        row = 0
        with lines.open("rb") as source:
            for row, line in enumerate(source, start=1):
                for place, (write, value) in enumerate(zip(writers, json.loads(line).values(), strict=True)):
                    if value is not None:
                        write(row, place, value)
        return row

    def _writer(
        self,
        kind: Kind,
        text: Callable[..., object],
        number: Callable[..., object],
        truth: Callable[..., object],
        form: Any,
    ) -> Callable[[int, int, Any], object]:
        def write_text(row: int, place: int, value: str) -> None:
            if len(value) > _MOST_CHARACTERS:
                self.cut += 1
                value = value[:_MOST_CHARACTERS]
            text(row, place, value)

        def write_integer(row: int, place: int, value: int) -> None:
            if -_EXACT < value < _EXACT:
                number(row, place, value)
            else:
                text(row, place, str(value))

        def write_moment(row: int, place: int, value: str) -> None:
            days = _days(value)
            if days is None:
                text(row, place, value)
            else:
                number(row, place, days, form)

        by_kind: dict[Kind, Callable[[int, int, Any], object]] = {
            Kind.INTEGER: write_integer,
            Kind.NUMBER: number,
            Kind.SECONDS: number,
            Kind.BOOLEAN: truth,
            Kind.MOMENT: write_moment,
            Kind.DATE: write_moment,
        }
        return by_kind.get(kind, write_text)


# Start and end of a run come again with each of its results.
@lru_cache(maxsize=16)
def _days(value: str) -> float | None:
    """Return a moment or date as Excel counts; None for one that it cannot show."""
    moment = dt.datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return None if moment.year < _FIRST_YEAR else (moment - _EPOCH) / _DAY
