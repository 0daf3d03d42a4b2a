"""From parsed JSON to typed objects, fast.

The first time that a model is read, its annotations are compiled into one function without closures, copies or casts
(as attrs compiles `__init__`). Null is accepted everywhere, whatever the document says.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, get_args, get_origin

from . import _explain, _union
from ._annotations import FAILURES, extra_type, fields, is_model, members, resolve
from ._enums import OpenIntEnum, OpenStrEnum
from ._scalars import parse_date, parse_datetime, parse_float, parse_int, parse_timespan
from .errors import DecodingError
from .types import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    Decoder = Callable[[Any], Any]

_CALLS: dict[Any, Callable[[str], Any]] = {
    dt.datetime: parse_datetime,
    dt.date: parse_date,
    dt.timedelta: parse_timespan,
    uuid.UUID: uuid.UUID,
}
# System.Text.Json can be told to write numbers as text.
_NUMBERS: dict[Any, Callable[[str], Any]] = {int: parse_int, float: parse_float}


def not_a_list(value: object) -> Any:
    """Refuse what is not an array."""
    # Without this check the comprehension would iterate over the characters of a text and the keys of an object.
    raise TypeError(f"array expected, not {type(value).__name__}")


_scope: dict[str, Any] = {"UNSET": UNSET, "new": object.__new__, "not_a_list": not_a_list}
_decoders: dict[Any, Decoder] = {}
_names_in_scope: dict[Any, str] = {}


def _name(key: Any, value: object, prefix: str) -> str:
    """Give a value a name that compiled code can use, one per key."""
    name = _names_in_scope.get(key)
    if name is None:
        name = _names_in_scope[key] = f"{prefix}{len(_names_in_scope)}"
        _scope[name] = value
    return name


def _model_name(model: Any) -> str:
    """Return the name of a model's decoder, which is compiled when it is first called."""
    # A model may hold itself, or one that is compiled later: code calls the stand-in, which then replaces itself.

    def stand_in(value: Any) -> Any:
        decoder = _scope[name] = _compile_model(model)
        return decoder(value)

    name: str = _name(model, stand_in, "decode_")
    return name


def _expression(tp: Any, variable: str, depth: int = 0) -> str | None:
    """Return code that decodes a variable that is neither null nor unset; None when the value stays as it is."""
    parts = members(tp)
    if len(parts) != 1:
        if Any in parts or object in parts or not parts:
            return None
        candidates = tuple((part, decoder_of(part)) for part in parts)
        return f"{_name(('union', *map(repr, parts)), _union.chooser(candidates), 'choose_')}({variable})"
    (part,) = parts
    if get_origin(part) is list or part is list:
        item = get_args(part)[0] if get_args(part) else Any
        return _list_expression(item, variable, depth)
    return _call_expression(part, variable)


def _call_expression(part: Any, variable: str) -> str | None:
    """Return code that decodes a value by one call; None when the value stays as it is."""
    if part in _CALLS:
        return f"{_name(part, _CALLS[part], 'parse_')}({variable})"
    if part in _NUMBERS:
        return f"({variable} if type({variable}) is not str else {_name(part, _NUMBERS[part], 'number_')}({variable}))"
    if is_model(part):
        return f"{_model_name(part)}({variable})"
    if isinstance(part, type) and issubclass(part, (OpenStrEnum, OpenIntEnum)):
        # A look-up is much faster than a call of the class, which is left for members that the document does not know.
        known = _name((part, "known"), part._value2member_map_.get, "known_")
        return f"({known}({variable}) or {_name(part, part, 'enum_')}({variable}))"
    return None


def _list_expression(item: Any, variable: str, depth: int) -> str:
    """Return code that decodes an array."""
    inner = _expression(item, f"i{depth}", depth + 1)
    checked = f"({variable} if type({variable}) is list else not_a_list({variable}))"
    if inner is None:
        return checked
    return f"[None if i{depth} is None else {inner} for i{depth} in {checked}]"


def _run(source: str, name: str) -> Decoder:
    """Execute compiled source in the shared scope and return the function it defines."""
    namespace: dict[str, Any] = {}
    # Every name of the document is written by repr() or looked up in the scope, so none can become code.
    exec(compile(source, f"<decoder {name}>", "exec"), _scope, namespace)  # noqa: S102 - see above
    decoder: Decoder = namespace["decode"]
    return decoder


def _compile_model(model: Any) -> Decoder:
    """Compile a model's annotations into one function."""
    cls = _name((model, "class"), model, "class_")
    known = _name((model, "known fields"), frozenset(model.__wire_names__.values()), "fields_")
    # `__init__` is skipped: every attribute is set here, and binding keyword arguments would only cost time.
    lines = ["def decode(d):", f"    self = new({cls})", "    get = d.get"]
    for attribute, wire, annotation, required in fields(model):
        source = f"d[{wire!r}]" if required else f"get({wire!r}, UNSET)"
        inner = _expression(resolve(annotation), "v")
        if inner is None:
            lines.append(f"    self.{attribute} = {source}")
            continue
        # .NET sends null for any reference that is not set; one null must not cost the whole response.
        absent = "v is None" if required else "v is None or v is UNSET"
        lines += [f"    v = {source}", f"    self.{attribute} = v if {absent} else {inner}"]
    inner = _expression(extra_type(model), "v") or "v"
    kept = f"{{k: v if v is None else {inner} for k, v in d.items() if k not in {known}}}"
    lines += [f"    self.additional_properties = {{}} if {known}.issuperset(d) else {kept}", "    return self"]
    return _run("\n".join(lines), model.__name__)


def decoder_of(tp: Any) -> Decoder:
    """Return the function that decodes a type, compiled once per process."""
    decoder = _decoders.get(tp)
    if decoder is None:
        inner = _expression(tp, "v") or "v"
        decoder = _decoders[tp] = _run(f"def decode(v):\n    return v if v is None else {inner}", "value")
    return decoder


def decode(tp: Any, value: object) -> Any:
    """Turn parsed JSON into the type.

    Raises:
        DecodingError: the value is not of that shape; the text names the place, the expectation and the JSON type
            that was found, never a value.
    """
    try:
        return decoder_of(tp)(value)
    except FAILURES:
        # Without a cause: its text quotes the value.
        raise DecodingError(_explain.reason(tp, value, decoder_of)) from None
