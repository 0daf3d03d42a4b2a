"""How models look to people: one short line, and a table in notebooks.

Only what was set is shown, long texts and lists are cut, and what has a name of a secret is not shown at all.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import Enum
from html import escape
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ._flat import flat_rows, is_record, items_of, plain
from ._json import is_array, is_mapping
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LONGEST_TEXT = 60
_LONGEST_LINE = 500
_LONGEST_INNER = 150
_LISTED = 3
_DEEPEST = 2
_ROWS = 20
_COLUMNS = 12
_SECRET = re.compile(r"pass_?(?:word|wd|phrase)|secret|api_?key|credential|authorization|private_?key", re.IGNORECASE)
_HIDDEN = "[hidden]"


def model_repr(model: Any, depth: int = 0) -> str:
    """Return a model as one line: its class, and its fields that are set."""
    parts: list[str] = []
    length = 0
    shown = list(_set_fields(model))
    for name, value in shown:
        text = f"{name}={_HIDDEN if _SECRET.search(name) and value is not None else _short(value, depth)}"
        length += len(text) + 2
        if length > (_LONGEST_INNER if depth else _LONGEST_LINE) and parts:
            parts.append(f"... {len(shown) - len(parts)} more")
            break
        parts.append(text)
    return f"{type(model).__name__}({', '.join(parts)})"


def _set_fields(model: Any) -> Iterator[tuple[str, Any]]:
    for name in model.__wire_names__:
        if (value := getattr(model, name)) is not UNSET:
            yield name, value
    if model.additional_properties:
        yield "additional_properties", model.additional_properties
    if unread := _unread(model):
        yield "unread", unread


def _unread(model: Any) -> dict[str, Any]:
    """Return what is None in a model because it could not be read, which is not what the portal sent."""
    # Not asked for in vain: the answer costs as much as writing the whole model.
    return model.unread() if getattr(model, "_unread", None) else {}


def short(value: object) -> str:
    """Return any value of an answer as part of a line."""
    return _short(value, 0)


def _short(value: object, depth: int) -> str:  # noqa: PLR0911 - one return per kind of value
    if is_record(value):
        return model_repr(value, depth + 1) if depth < _DEEPEST else f"{type(value).__name__}(...)"
    if is_array(value):
        return _short_list(value, depth)
    if is_mapping(value):
        return _short_object(value, depth)
    if isinstance(value, Enum):
        return _cut(repr(value.value))
    if isinstance(value, (dt.date, dt.timedelta, UUID)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        # Cut before it is quoted: the text may be a whole file.
        return repr(_cut(value))
    return _cut(repr(value)) if not isinstance(value, File) else repr(value)


def _short_list(values: list[Any], depth: int) -> str:
    if depth > _DEEPEST and values:
        return "[...]"
    shown = [_short(value, depth + 1) for value in values[:_LISTED]]
    more = [f"... {len(values) - _LISTED} more"] if len(values) > _LISTED else []
    return f"[{', '.join(shown + more)}]"


def _short_object(values: Mapping[str, Any], depth: int) -> str:
    if depth >= _DEEPEST:
        return "{...}"
    shown = [
        f"{_cut(str(name))!r}: {_HIDDEN if _SECRET.search(str(name)) else _short(value, depth + 1)}"
        for name, value in list(values.items())[:_LISTED]
    ]
    more = [f"... {len(values) - _LISTED} more"] if len(values) > _LISTED else []
    return f"{{{', '.join(shown + more)}}}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def model_html(model: Any) -> str:
    """Return a model as a table of its fields that are set, a page of a list as a table of what is on it."""
    items = items_of(model)
    if items is not None:
        # How many there are, and not the addresses of other pages.
        rest = [(wire, getattr(model, name)) for name, wire in model.__wire_names__.items()]
        said = ", ".join(f"{wire}: {value}" for wire, value in rest if isinstance(value, int))
        return rows_html(flat_rows(items), title=f"{type(model).__name__}{f' ({said})' if said else ''}")
    wires: dict[str, str] = model.__wire_names__
    fields = [(wires.get(name, name), value) for name, value in _set_fields(model) if name in wires]
    fields += list(model.additional_properties.items())
    fields += [("unread", unread)] if (unread := _unread(model)) else []
    lines = [(escape(str(name)), _cell(str(name), value)) for name, value in fields]
    return _table(type(model).__name__, ("field", "value"), lines)


def rows_html(rows: Sequence[Mapping[str, Any]], title: str = "") -> str:
    """Return rows as a table, the first of them and their first columns if there are many."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    # A column in which nothing stands only takes room.
    names = [name for name in names if any(row.get(name) is not None for row in rows)]
    head = [escape(_cut(str(name))) for name in names[:_COLUMNS]]
    lines = [[_cell(name, row.get(name)) for name in names[:_COLUMNS]] for row in rows[:_ROWS]]
    left = [f"{len(rows) - _ROWS} more rows"] if len(rows) > _ROWS else []
    left += [f"{len(names) - _COLUMNS} more columns"] if len(names) > _COLUMNS else []
    return _table(title or f"{len(rows)} rows", head, lines, ", ".join(left))


def _cell(name: str, value: object) -> str:
    """Return a value for a cell, escaped."""
    if value is None or value is UNSET:
        return ""
    if _SECRET.search(name):
        return escape(_HIDDEN)
    if is_record(value) or is_mapping(value) or is_array(value) or isinstance(value, (bytes, bytearray, File)):
        return escape(_short(value, 1))
    return escape(_cut(str(plain(value))))


def _table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]], left: str = "") -> str:
    header = "".join(f"<th>{name}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
    below = f"<p>{escape(left)}</p>" if left else ""
    return f"<table><caption>{escape(title, quote=False)}</caption><tr>{header}</tr>{body}</table>{below}"


__all__ = ["model_html", "model_repr", "rows_html", "short"]
