"""Typed arguments out of JSON values, made by the annotations of the package."""

from __future__ import annotations

import datetime as dt
import typing
import uuid
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

from cyara_tools.portal.json_types import is_array, is_object
from cyara_tools.portal.string_formats import fits_format, read_date_time
from pipeline.verify.annotations import is_model, kind_of, members, names, resolve, shown
from pipeline.verify.meaning import read_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyara_tools.portal.json_types import Json
    from pipeline.verify.annotations import Annotation


class MisfitError(Exception):
    """A value and a type do not belong together; the text says where."""


def to_python(value: Json, tp: Annotation) -> Json:
    """Make a typed argument of a JSON value.

    Raises:
        MisfitError: no member of the type can hold the value.
    """
    reasons: list[str] = []
    for part in members(tp):
        try:
            return _as(part, value)
        # A constructor of the package may refuse a value in its own way; the next member may hold it.
        except (MisfitError, ValueError, TypeError) as error:
            reasons.append(str(error) or type(error).__name__)
    raise MisfitError(f"{shown(tp)} cannot hold it: {'; '.join(reasons)[:300]}")


def _as(part: Annotation, value: Json) -> Json:
    kind = kind_of(part)
    maker = _MAKERS.get(kind)
    if maker is not None:
        return maker(value)
    for fits, make in _KINDS:
        if fits(kind):
            return make(value, part)
    raise MisfitError(f"{shown(part)} is not known here")


def _literal(value: Json, part: Annotation) -> Json:
    return _only_if(value, fits=value in get_args(part))


def _list(value: Json, part: Annotation) -> list[Any]:
    inner = (get_args(part) or (Any,))[0]
    return [to_python(item, inner) for item in _only_if(value, fits=is_array(value))]


def _dict(value: Json, part: Annotation) -> dict[str, Any]:
    inner = (get_args(part) or (str, Any))[1]
    return {key: to_python(item, inner) for key, item in _only_if(value, fits=is_object(value)).items()}


def _model(value: Json, model: Annotation) -> Json:
    attributes = {wire: name for name, wire in model.__wire_names__.items()}
    types = model.__annotations__
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for wire, inner in _only_if(value, fits=is_object(value)).items():
        name = attributes.get(wire)
        if name is None:
            extra[wire] = inner
        else:
            given[name] = to_python(inner, resolve(types[name]))
    made = model(**given)
    if extra:
        made.additional_properties.update(to_python(extra, resolve(types["additional_properties"])))
    return made


def _file(value: Json, part: Annotation) -> Json:
    data = _only_if(value, fits=isinstance(value, str)).encode("latin-1", "replace")
    return part(payload=data, file_name="file.bin")


_KINDS: Final[tuple[tuple[Callable[[Annotation], bool], Callable[[Json, Annotation], Json]], ...]] = (
    (lambda tp: tp in {Any, object}, lambda value, _: value),
    (lambda tp: tp is typing.Literal, _literal),
    (lambda tp: tp is list, _list),
    (lambda tp: tp is dict, _dict),
    (is_model, _model),
    (lambda tp: isinstance(tp, type) and issubclass(tp, Enum), lambda value, part: part(value)),
    (lambda tp: tp is names()["File"], _file),
)


def _only_if(value: Json, *, fits: bool) -> Json:
    if not fits:
        raise MisfitError(f"{type(value).__name__} does not fit")
    return value


def _exactly(kind: type) -> Callable[[Json], Json]:
    return lambda value: _only_if(value, fits=type(value) is kind)


def _text(value: Json) -> str:
    text: str = _only_if(value, fits=isinstance(value, str))
    return text


def _date(value: Json) -> dt.date:
    text = _text(value)
    return dt.date.fromisoformat(_only_if(text[:10], fits=fits_format(text[:10], "date")))


_MAKERS: Final[dict[Annotation, Callable[[Json], Json]]] = {
    # Exactly: to `isinstance` True is an int, and a member of an enumeration a str.
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    float: lambda value: float(_only_if(value, fits=type(value) in {int, float})),
    NoneType: _exactly(NoneType),
    dt.datetime: lambda value: read_date_time(_text(value)),
    dt.date: _date,
    dt.timedelta: lambda value: read_span(_text(value)),
    uuid.UUID: lambda value: uuid.UUID(_text(value)),
    bytes: lambda value: _text(value).encode("latin-1", "replace"),
}
