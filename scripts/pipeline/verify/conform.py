"""Is a parsed answer what the annotations say? Checked down to the last field."""

from __future__ import annotations

import datetime as dt
import typing
from typing import TYPE_CHECKING, Any, get_args

from pipeline.verify.annotations import is_model, kind_of, members, names, resolve, shown

if TYPE_CHECKING:
    from cyara_tools.portal.json_types import Json
    from pipeline.verify.annotations import Annotation


def misfit(value: Json, tp: Annotation, where: str = "") -> str | None:
    """Return the first place where a parsed value is not of its declared type, or None."""
    found: str | None = None
    for part in members(tp):
        reason = _misfit(value, part, where)
        if reason is None:
            return None
        found = found or reason
    return found


def _misfit(value: Json, part: Annotation, where: str) -> str | None:
    kind = kind_of(part)
    if kind in {Any, object}:
        return None
    if not _is(value, kind, get_args(part)):
        return f"{where or 'the answer'} is {type(value).__name__}, declared {shown(part)}"
    return next((reason for reason in _inner(value, part, where) if reason), None)


def _is(value: Json, kind: Annotation, arguments: tuple[Annotation, ...]) -> bool:
    if kind is typing.Literal:
        return value in arguments
    # To Python a boolean is an int, and a datetime a date.
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, dt.datetime):
        return kind is dt.datetime
    # JSON has one kind of number: 1 is a fine float.
    return isinstance(value, (int, float) if kind is float else kind)


def _inner(value: Json, part: Annotation, where: str) -> typing.Iterator[str | None]:
    kind, arguments = kind_of(part), get_args(part)
    if kind is list and arguments:
        for index, item in enumerate(value):
            yield misfit(item, arguments[0], f"{where}[{index}]")
    elif kind is dict and arguments:
        for key, item in value.items():
            yield misfit(item, arguments[1], f"{where}.{key}")
    elif is_model(part):
        for name, wire in part.__wire_names__.items():
            held = getattr(value, name)
            if not isinstance(held, names()["Unset"]):
                yield misfit(held, resolve(part.__annotations__[name]), f"{where}.{wire}")
