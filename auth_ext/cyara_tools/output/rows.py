"""Flat rows of one set of columns, for csv, tsv and tables, and what `--fields` leaves of JSON values."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from cyara_client import to_records
from cyara_client._encode import to_json
from cyara_client._json import is_array, is_object
from cyara_tools.output.fields import columns_of
from cyara_tools.reports.ci_commands import json_without_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyara_tools.output.options import OutputPlan

VALUE = "value"
"""Column of rows that are no objects."""


def picked(document: Any, names: Iterable[str]) -> Any:
    """Return JSON values with nothing but these fields, nested as they were; what is no object stays as it is."""
    if is_array(document):
        return [picked(inner, names) for inner in document]
    if not is_object(document):
        return document
    result: dict[str, Any] = {}
    below: dict[str, list[str]] = {}
    for name in names:
        head, tail = _split(document, name)
        if tail is None:
            result[head] = document.get(head)
        else:
            below.setdefault(head, []).append(tail)
            # In the order in which fields were asked for.
            result.setdefault(head, None)
    for head, tails in below.items():
        if result[head] is None and head in document:
            result[head] = picked(document[head], tails)
    return result


def _split(document: dict[str, Any], name: str) -> tuple[str, str | None]:
    """Return the field of an object that a name begins with, and the rest of the name."""
    if name in document:
        return name, None
    for place in (index for index, char in enumerate(name) if char == "."):
        if isinstance(document.get(name[:place]), (dict, list)):
            return name[:place], name[place + 1 :]
    return name, None


class FlatRows:
    """Rows with the columns of the first ones.

    Attributes:
        columns: names of the columns; what `--fields` names, or what the first rows have.
        left_out: columns that only later rows have, and which are therefore nowhere.
    """

    def __init__(self, plan: OutputPlan, first: Sequence[Any]) -> None:
        self._fields = plan.fields
        self.left_out: dict[str, None] = {}
        records = _records(first)
        known = list(records[0]) if records else [] if plan.model is None else columns_of(plan.model)
        self.columns = known if self._fields is None else _expanded(self._fields, known)
        self.first = [self.cells(item, record) for item, record in zip(first, records, strict=True)]

    def row(self, item: Any) -> list[Any]:
        """Return the values of one row, in the order of the columns."""
        return self.cells(item, _records([item])[0])

    def cells(self, item: Any, record: dict[str, Any]) -> list[Any]:
        """Return the values of a row that is flat already."""
        if self._fields is None:
            self.left_out |= dict.fromkeys(name for name in record if name not in self.columns)
            return [record.get(name) for name in self.columns]
        return [record[name] if name in record else _reach(to_json(item), name) for name in self.columns]


def _expanded(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return columns for names; the name of an inner object stands for all its columns."""
    return [
        column
        for name in names
        for column in ([name] if name in known else [own for own in known if own.startswith(f"{name}.")] or [name])
    ]


def _records(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return flat rows; a row that is an array has numbered columns."""
    if any(map(is_array, items)):
        items = [
            {f"{VALUE}{place}": inner for place, inner in enumerate(item, 1)} if is_array(item) else item
            for item in items
        ]
    return to_records(items)


def _reach(document: Any, name: str) -> Any:
    """Return what a name means in JSON values; of arrays, which have no columns of their own, what it means in each."""
    if is_array(document):
        return [_reach(inner, name) for inner in document]
    if not is_object(document):
        return None
    head, tail = _split(document, name)
    return document.get(head) if tail is None else _reach(document[head], tail)


def cell(value: Any) -> Any:
    """Return a value as csv, tsv and tables show it: a number, or a text; empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.timedelta):
        # A number that can be added up; the portal's own spelling is in the other forms.
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    document = to_json(value)
    return json_text(document) if is_array(document) or is_object(document) else document


def json_text(document: Any, *, indent: int | None = None) -> str:
    """Return JSON values as text that every parser reads, and no CI obeys that prints it."""
    separators = (",", ":") if indent is None else None
    try:
        text = json.dumps(document, ensure_ascii=False, indent=indent, separators=separators, allow_nan=False)
    except ValueError:
        # .NET writes these as words, which is how they came.
        named = json.loads(json.dumps(document), parse_constant=str)
        text = json.dumps(named, ensure_ascii=False, indent=indent, separators=separators)
    return json_without_command(text)
