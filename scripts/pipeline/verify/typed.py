"""Between JSON values and the package's types: arguments are made of the annotations, and answers are held against them.

The annotations are what users and type checkers rely on, so they are the measure here, not the package's own decoder:
a field annotated `str` that holds None after a call is a failure, although nothing raised.
"""

from __future__ import annotations

import builtins
import datetime as dt
import importlib
import inspect
import typing
import uuid
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin

from cyara_auth.testing.texts import fits_format, read_date_time

from pipeline.verify.meaning import read_span

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE: Final = "cyara_client"


class MisfitError(Exception):
    """A value and a type do not belong together; the text says where."""


class _Names(dict[str, Any]):
    """Names in annotations; what is not among them is a model."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            return getattr(builtins, name)
        return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


def _package(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


@cache
def _names() -> _Names:
    types = _package("types")
    known = {name: getattr(typing, name) for name in ("Any", "Literal", "Union", "Optional", "BinaryIO")}
    ours = {name: getattr(types, name) for name in ("File", "Unset", "Response")}
    client = {"ApiClient": _package("client").ApiClient}
    return _Names({**known, **ours, **client, "datetime": dt, "UUID": uuid.UUID, "uuid": uuid})


@cache
def resolve(annotation: str) -> Any:
    """Return the type that an annotation of the package means."""
    return eval(annotation, {"__builtins__": {}}, _names())  # noqa: S307 - text of the package, which is imported anyway


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return a function's parameters by name, `client` left out."""
    return {name: p for name, p in inspect.signature(function).parameters.items() if name != "client"}


def type_of(parameter: inspect.Parameter) -> Any:
    """Return a parameter's type."""
    return resolve(parameter.annotation) if isinstance(parameter.annotation, str) else parameter.annotation


def members(tp: Any) -> list[Any]:
    """Return the members of a union, or the type itself; `Unset` is left out, None stays."""
    parts = get_args(tp) if get_origin(tp) in {Union, UnionType} else (tp,)
    return [NoneType if part is None else part for part in parts if part is not _names()["Unset"]]


def is_model(tp: Any) -> bool:
    """Whether a type is a generated model."""
    return isinstance(tp, type) and hasattr(tp, "__wire_names__")


def to_python(value: Any, tp: Any) -> Any:
    """Make a typed argument of a JSON value.

    Raises:
        MisfitError: no member of the type can hold the value.
    """
    reasons = []
    for part in members(tp):
        try:
            return _to_python(value, part)
        except (MisfitError, ValueError, TypeError) as error:
            reasons.append(str(error) or type(error).__name__)
    raise MisfitError(f"{_name(tp)} cannot hold it: {'; '.join(reasons)[:300]}")


def _to_python(value: Any, part: Any) -> Any:
    maker = _MAKERS.get(part)
    if maker is not None:
        return maker(value)
    if part in {Any, object}:
        return value
    origin, args = get_origin(part), get_args(part)
    if origin is typing.Literal:
        return _only_if(value, fits=value in args)
    if part is list or origin is list:
        return [to_python(item, args[0] if args else Any) for item in _only_if(value, fits=isinstance(value, list))]
    if part is dict or origin is dict:
        inner = args[1] if args else Any
        return {k: to_python(v, inner) for k, v in _only_if(value, fits=isinstance(value, dict)).items()}
    if is_model(part):
        return _model(_only_if(value, fits=isinstance(value, dict)), part)
    if isinstance(part, type) and issubclass(part, Enum):
        return part(value)
    if part is _names()["File"]:
        data = _only_if(value, fits=isinstance(value, str)).encode("latin-1", "replace")
        return part(payload=data, file_name="file.bin")
    raise MisfitError(f"{_name(part)} is not known here")


def _model(value: dict[str, Any], model: Any) -> Any:
    by_wire = {wire: name for name, wire in model.__wire_names__.items()}
    given = {
        by_wire[k]: to_python(v, resolve(model.__annotations__[by_wire[k]])) for k, v in value.items() if k in by_wire
    }
    made = model(**given)
    extra = {key: inner for key, inner in value.items() if key not in by_wire}
    if extra:
        made.additional_properties.update(to_python(extra, resolve(model.__annotations__["additional_properties"])))
    return made


def misfits(value: Any, tp: Any, where: str = "") -> list[str]:
    """Return the first place where a parsed value is not what the annotations say, or nothing."""
    found: list[str] = []
    for part in members(tp):
        reasons = _misfits(value, part, where)
        if not reasons:
            return []
        found = found or reasons
    return found


def _misfits(value: Any, part: Any, where: str) -> list[str]:
    if part in {Any, object}:
        return []
    origin, args = get_origin(part), get_args(part)
    if origin is typing.Literal:
        return [] if value in args else [_misfit(value, part, where)]
    kind = origin or part
    # JSON has one kind of number: 1 is a fine float.
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind in {int, float}):
        return [_misfit(value, part, where)]
    if kind is dt.date and isinstance(value, dt.datetime):
        return [_misfit(value, part, where)]
    if kind is list and args:
        return next((r for i, item in enumerate(value) if (r := misfits(item, args[0], f"{where}[{i}]"))), [])
    if kind is dict and args:
        return next((r for k, item in value.items() if (r := misfits(item, args[1], f"{where}.{k}"))), [])
    return _model_misfits(value, part, where) if is_model(part) else []


def _model_misfits(value: Any, model: Any, where: str) -> list[str]:
    unset = _names()["Unset"]
    for name, wire in model.__wire_names__.items():
        held = getattr(value, name)
        if isinstance(held, unset):
            continue
        reasons = misfits(held, resolve(model.__annotations__[name]), f"{where}.{wire}")
        if reasons:
            return reasons
    return []


def _misfit(value: Any, part: Any, where: str) -> str:
    return f"{where or 'the answer'} is {type(value).__name__}, declared {_name(part)}"


def _name(tp: Any) -> str:
    return tp.__name__ if isinstance(tp, type) and not get_args(tp) else str(tp)


def _only_if(value: Any, *, fits: bool) -> Any:
    if not fits:
        raise MisfitError(f"{type(value).__name__} does not fit")
    return value


def _scalar(kind: type) -> Callable[[Any], Any]:
    return lambda value: _only_if(value, fits=type(value) is kind)


def _number(value: Any) -> Any:
    return float(_only_if(value, fits=type(value) in {int, float}))


def _date_time(value: Any) -> Any:
    return read_date_time(_only_if(value, fits=isinstance(value, str)))


def _date(value: Any) -> Any:
    text = _only_if(value, fits=isinstance(value, str) and fits_format(value[:10], "date"))
    return dt.date.fromisoformat(text[:10])


_MAKERS: Final[dict[Any, Callable[[Any], Any]]] = {
    str: _scalar(str),
    int: _scalar(int),
    bool: _scalar(bool),
    float: _number,
    NoneType: _scalar(NoneType),
    dt.datetime: _date_time,
    dt.date: _date,
    dt.timedelta: lambda value: read_span(_only_if(value, fits=isinstance(value, str))),
    uuid.UUID: lambda value: uuid.UUID(_only_if(value, fits=isinstance(value, str))),
    bytes: lambda value: _only_if(value, fits=isinstance(value, str)).encode("latin-1"),
}
