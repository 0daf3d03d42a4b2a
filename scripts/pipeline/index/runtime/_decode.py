"""From parsed JSON to typed objects, fast.

A model's annotations are the only description of its shape. The first time a model is read, they are compiled into
one straight function without closures, copies or casts (as attrs compiles `__init__`), and models it refers to are
imported then, not before. Null is accepted everywhere: .NET sends it for any reference that is not set, whatever the
document says, and one null must not cost the whole answer.
"""

from __future__ import annotations

import datetime as dt
import uuid
from importlib import import_module
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from . import _explain, _union
from ._enums import OpenIntEnum, OpenStrEnum
from ._scalars import parse_date, parse_datetime, parse_float, parse_int, parse_timespan
from .errors import DecodingError
from .types import UNSET, File, Unset

if TYPE_CHECKING:
    from collections.abc import Callable

    Decoder = Callable[[Any], Any]

_FAILURES = (TypeError, ValueError, AttributeError, KeyError, RecursionError, OverflowError)

_CALLS: dict[Any, Callable[[str], Any]] = {
    dt.datetime: parse_datetime,
    dt.date: parse_date,
    dt.timedelta: parse_timespan,
    uuid.UUID: uuid.UUID,
}


_NUMBERS: dict[Any, Callable[[str], Any]] = {int: parse_int, float: parse_float}


class _Names(dict[str, Any]):
    """Names that annotations use; a name that is not among them is a model, imported when it is first needed."""

    def __missing__(self, name: str) -> Any:  # noqa: ANN401 - any class of the package
        return getattr(import_module(f"{__package__}.models"), name)


_NAMES = _Names(
    {
        "Any": Any,
        "File": File,
        "Literal": Literal,
        "UUID": uuid.UUID,
        "Unset": Unset,
        "datetime": dt,
        **{kind.__name__: kind for kind in (bool, bytes, dict, float, int, list, object, str)},
    }
)


def resolve(annotation: str) -> Any:  # noqa: ANN401 - a type, or a form of typing
    """Return the type that an annotation of the generated package means."""
    # The text is our own rendered code, the same that the interpreter would evaluate without the future import.
    return eval(annotation, {"__builtins__": {}}, _NAMES)  # noqa: S307


def members(tp: Any) -> list[Any]:  # noqa: ANN401 - a type, or a form of typing
    """Return what a type consists of when None and Unset are left out."""
    parts = get_args(tp) if get_origin(tp) in {Union, UnionType} else (tp,)
    return [part for part in parts if part not in {NoneType, None, Unset}]


def is_model(tp: Any) -> bool:  # noqa: ANN401 - a type, or a form of typing
    """Say whether a type is a generated model."""
    return isinstance(tp, type) and hasattr(tp, "__wire_names__")


def fields(model: Any) -> list[tuple[str, str, str, bool]]:  # noqa: ANN401 - a model class
    """Return (attribute, wire name, annotation, required) for every declared field of a model."""
    annotations = model.__annotations__
    return [
        (name, wire, annotations[name], "Unset" not in annotations[name].split(" | "))
        for name, wire in model.__wire_names__.items()
    ]


def not_a_list(value: object) -> Any:  # noqa: ANN401 - never returns
    """Refuse to walk something that is not an array: text and objects can be iterated too."""
    raise TypeError(f"array expected, not {type(value).__name__}")


_scope: dict[str, Any] = {"UNSET": UNSET, "new": object.__new__, "not_a_list": not_a_list}
_decoders: dict[Any, Decoder] = {}
_names_in_scope: dict[Any, str] = {}


def _name(key: Any, value: object, prefix: str) -> str:  # noqa: ANN401 - a hashable of any kind
    """Give a value a name that compiled code can use, one per key."""
    name = _names_in_scope.get(key)
    if name is None:
        name = _names_in_scope[key] = f"{prefix}{len(_names_in_scope)}"
        _scope[name] = value
    return name


def _model_name(model: Any) -> str:  # noqa: ANN401 - a model class
    """Name a model's decoder; until it is first called, a stand-in compiles it, so cycles and order do not matter."""

    def stand_in(value: Any) -> Any:  # noqa: ANN401 - JSON in, model out
        decoder = _scope[name] = _compile_model(model)
        return decoder(value)

    name: str = _name(model, stand_in, "decode_")
    return name


def _expression(tp: Any, variable: str, depth: int = 0) -> str | None:  # noqa: ANN401 - a type, or a form of typing
    """Return code that decodes a variable that is neither null nor unset; None when the value stays as it is."""
    parts = members(tp)
    if len(parts) != 1:
        if Any in parts or object in parts or not parts:
            return None
        candidates = tuple((part, _decoder_of(part)) for part in parts)
        return f"{_name(('union', *map(repr, parts)), _union.chooser(candidates), 'choose_')}({variable})"
    (part,) = parts
    if get_origin(part) is list or part is list:
        item = get_args(part)[0] if get_args(part) else Any
        return _list_expression(item, variable, depth)
    return _call_expression(part, variable)


def _call_expression(part: Any, variable: str) -> str | None:  # noqa: ANN401 - a type, or a form of typing
    """Return code that decodes a value by one call; None when the value stays as it is."""
    if part in _CALLS:
        return f"{_name(part, _CALLS[part], 'parse_')}({variable})"
    if part in _NUMBERS:
        return f"({variable} if type({variable}) is not str else {_name(part, _NUMBERS[part], 'number_')}({variable}))"
    if is_model(part):
        return f"{_model_name(part)}({variable})"
    if isinstance(part, type) and issubclass(part, (OpenStrEnum, OpenIntEnum)):
        known = _name((part, "known"), part._value2member_map_.get, "known_")
        return f"({known}({variable}) or {_name(part, part, 'enum_')}({variable}))"
    return None


def _list_expression(item: Any, variable: str, depth: int) -> str:  # noqa: ANN401 - a type, or a form of typing
    """Return code that decodes an array."""
    inner = _expression(item, f"i{depth}", depth + 1)
    checked = f"({variable} if type({variable}) is list else not_a_list({variable}))"
    if inner is None:
        return checked
    return f"[None if i{depth} is None else {inner} for i{depth} in {checked}]"


def _run(source: str, name: str) -> Decoder:
    """Execute compiled source in the shared scope and return the function it defines."""
    namespace: dict[str, Any] = {}
    exec(compile(source, f"<decoder {name}>", "exec"), _scope, namespace)  # noqa: S102 - as attrs does; names are repr()d
    decoder: Decoder = namespace["decode"]
    return decoder


def _compile_model(model: Any) -> Decoder:  # noqa: ANN401 - a model class
    """Compile a model's annotations into one function."""
    cls = _name((model, "class"), model, "class_")
    known = _name((model, "known fields"), frozenset(model.__wire_names__.values()), "fields_")
    lines = ["def decode(d):", f"    self = new({cls})", "    get = d.get"]
    for attribute, wire, annotation, required in fields(model):
        source = f"d[{wire!r}]" if required else f"get({wire!r}, UNSET)"
        inner = _expression(resolve(annotation), "v")
        if inner is None:
            lines.append(f"    self.{attribute} = {source}")
            continue
        absent = "v is None" if required else "v is None or v is UNSET"
        lines += [f"    v = {source}", f"    self.{attribute} = v if {absent} else {inner}"]
    extra = get_args(resolve(model.__annotations__["additional_properties"]))[1]
    inner = _expression(extra, "v") or "v"
    kept = f"{{k: v if v is None else {inner} for k, v in d.items() if k not in {known}}}"
    lines += [f"    self.additional_properties = {{}} if {known}.issuperset(d) else {kept}", "    return self"]
    return _run("\n".join(lines), model.__name__)


def _decoder_of(tp: Any) -> Decoder:  # noqa: ANN401 - a type, or a form of typing
    """Return the function that decodes a type, compiled once per process."""
    decoder = _decoders.get(tp)
    if decoder is None:
        inner = _expression(tp, "v") or "v"
        decoder = _decoders[tp] = _run(f"def decode(v):\n    return v if v is None else {inner}", "value")
    return decoder


def decode(tp: Any, value: object) -> Any:  # noqa: ANN401 - of the type asked for
    """Turn parsed JSON into the type.

    Raises:
        DecodingError: the value is not of that shape; the text names the place, the expectation and the JSON type
            that was found, never a value. The cause is cut off, because its text quotes the value.
    """
    try:
        return _decoder_of(tp)(value)
    except _FAILURES:
        raise DecodingError(_explain.reason(tp, value)) from None


def try_decoder(tp: Any) -> Decoder:  # noqa: ANN401 - a type, or a form of typing
    """Return the bare decoding function of a type, which raises whatever the value makes it raise."""
    return _decoder_of(tp)


FAILURES = _FAILURES
