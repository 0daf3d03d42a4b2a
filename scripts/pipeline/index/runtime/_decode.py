"""From parsed JSON to typed objects, fast.

The first time that a model is read, its annotations are compiled into one function without closures, copies or casts
(as attrs compiles `__init__`). It reads what is as declared; null is accepted everywhere, whatever the document says.
An object that departs from its declaration is read again by `_salvage`, which keeps what cannot be read.
"""

from __future__ import annotations

import datetime as dt
import uuid
from itertools import repeat
from operator import itemgetter
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from . import _salvage, _union
from ._annotations import MISFITS, expected, extra_type, fields, is_model, json_type, members, resolve
from ._enums import OpenIntEnum, OpenStrEnum
from ._json import is_array
from ._scalars import (
    KNOWN_GUIDS,
    KNOWN_SPANS,
    Memory,
    parse_date,
    parse_datetime,
    parse_float,
    parse_int,
    parse_timespan,
    parse_uuid,
)
from .errors import DecodingError
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Callable

    Decoder = Callable[[Any], Any]


def refuse(value: object) -> Any:
    """Refuse what is not of the declared type."""
    raise TypeError(f"{json_type(value)} does not fit")


def not_a_list(value: object) -> Any:
    """Refuse what is not an array."""
    # Without this check the comprehension would iterate over the characters of a text and the keys of an object.
    raise TypeError(f"array expected, not {type(value).__name__}")


# What JSON itself has, and what else may stand for it: System.Text.Json can be told to write numbers as text.
_PLAIN: dict[Any, Decoder] = {str: refuse, bool: refuse, int: parse_int, float: parse_float}
_CALLS: dict[Any, Callable[[str], Any]] = {
    dt.datetime: parse_datetime,
    dt.date: parse_date,
    dt.timedelta: parse_timespan,
    uuid.UUID: parse_uuid,
    # No JSON holds a file.
    File: refuse,
}

_KNOWN: dict[Any, Memory] = {dt.timedelta: KNOWN_SPANS, uuid.UUID: KNOWN_GUIDS}

_scope: dict[str, Any] = {"UNSET": UNSET, "new": object.__new__, "not_a_list": not_a_list, "refuse": refuse}
_scope |= {"MISFITS": MISFITS, "unsets": repeat(UNSET), **{tp.__name__: tp for tp in _PLAIN}}
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


def _reading(tp: Any, variable: str, absent: str, depth: int = 0) -> str:
    """Return code that reads a variable, which stays as it is under the condition `absent`."""
    parts = members(tp)
    if not parts or Any in parts or object in parts:
        return variable
    if len(parts) > 1:
        candidates = tuple((part, decoder_of(part)) for part in parts)
        choose = _name(("union", *map(repr, parts)), _union.chooser(candidates), "choose_")
        return f"{variable} if {absent} else {choose}({variable})"
    (part,) = parts
    if part in _PLAIN:
        other = _name((part, "other"), _PLAIN[part], "other_")
        return f"{variable} if type({variable}) is {part.__name__} or {absent} else {other}({variable})"
    if get_origin(part) is list or part is list:
        item = get_args(part)[0] if get_args(part) else Any
        return f"{variable} if {absent} else {_list_expression(item, variable, depth)}"
    call = _call_expression(part, variable)
    return variable if call is None else f"{variable} if {absent} else {call}"


def _call_expression(part: Any, variable: str) -> str | None:
    """Return code that decodes a value by one call; None when the value stays as it is."""
    if part in _CALLS:
        read = f"{_name(part, _CALLS[part], 'parse_')}({variable})"
        if part not in _KNOWN:
            return read
        return f"({_name((part, 'seen'), _KNOWN[part].seen, 'seen_')}({variable}) or {read})"
    if is_model(part):
        return f"{_model_name(part)}({variable})"
    if get_origin(part) is Literal:
        values: tuple[Any, ...] = get_args(part)
        allowed = _name((part, "allowed"), {(value.__class__, value) for value in values}, "allowed_")
        return f"({variable} if (type({variable}), {variable}) in {allowed} else refuse({variable}))"
    if isinstance(part, type) and issubclass(part, (OpenStrEnum, OpenIntEnum)):
        # A look-up is much faster than a call of the class, which is left for members that the document does not know.
        known = _name((part, "known"), part._value2member_map_.get, "known_")
        found = f"({known}({variable}) or {_name(part, part, 'enum_')}({variable}))"
        # To Python true is 1, and so is a member of that number.
        return f"({found} if type({variable}) is not bool else refuse({variable}))" if issubclass(part, int) else found
    return None


def _list_expression(item: Any, variable: str, depth: int) -> str:
    """Return code that decodes an array."""
    element = f"i{depth}"
    inner = _reading(item, element, f"{element} is None", depth + 1)
    checked = f"({variable} if type({variable}) is list else not_a_list({variable}))"
    if inner == element:
        return checked
    read = f"[{inner} for {element} in {checked}]"
    (part,) = members(item) if len(members(item)) == 1 else (None,)
    if part not in _PLAIN:
        return read
    plain = _name((part, "plain"), frozenset({part, NoneType}).issuperset, "plain_")
    return f"({variable} if type({variable}) is list and {plain}(map(type, {variable})) else {read})"


def _run(source: str, name: str) -> Decoder:
    """Execute compiled source in the shared scope and return the function it defines."""
    namespace: dict[str, Any] = {}
    # Every name of the document is written by repr() or looked up in the scope, so none can become code.
    exec(compile(source, f"<decoder {name}>", "exec"), _scope, namespace)  # noqa: S102 - see above
    decoder: Decoder = namespace["decode"]
    return decoder


def _compile_model(model: Any) -> Decoder:
    """Compile a model's annotations into one function."""
    declared = fields(model)
    wires = tuple(wire for _, wire, _, _ in declared)
    cls, known = _name((model, "class"), model, "class_"), _name((model, "known fields"), frozenset(wires), "fields_")
    plain: list[str] = []
    nested: list[str] = []
    for number, (attribute, _, annotation, required) in enumerate(declared):
        variable, tp = f"v{number}", resolve(annotation)
        # .NET sends null for any reference that is not set; one null must not cost the whole response.
        absent = f"{variable} is None" if required else f"{variable} is None or {variable} is UNSET"
        code = _reading(tp, variable, absent)
        if required and code == variable:
            code = f"{variable} if {variable} is not UNSET else refuse({variable})"
        (nested if _holds_models(tp) else plain).append(f"self.{attribute} = {code}")
    kept = f"{{k: {_reading(extra_type(model), 'v', 'v is None')} for k, v in d.items() if k not in {known}}}"
    nested.append(f"self.additional_properties = {kept} if more else {{}}")
    # `__init__` is skipped: every attribute is set here, and binding keyword arguments would only cost time. What holds
    # other models comes last: where the object itself is odd, none of them has been read for nothing.
    lines = ["late = False", *_fetching(model, wires, known), f"self = new({cls})", *plain, "late = True", *nested]
    again = _name("again", _read_again, "again_")
    source = ["def decode(d):", "  try:", *(f"    {line}" for line in (*lines, "self._unread = None", "return self"))]
    return _run("\n".join([*source, "  except MISFITS:", f"    return {again}({cls}, d, late)"]), model.__name__)


def _read_again(model: Any, value: Any, late: bool) -> Any:  # noqa: FBT001 - called by compiled code
    return _salvage.reader(model, decoder_of)(value, late=late)


def _holds_models(tp: Any) -> bool:
    return any(is_model(part) or any(map(_holds_models, get_args(part))) for part in members(tp))


def _fetching(model: Any, wires: tuple[str, ...], known: str) -> list[str]:
    """Return code that takes all declared fields out of the object, and says in `more` whether there are others."""
    keys = _name((model, "keys"), wires, "keys_")
    names = "".join(f"v{number}, " for number in range(len(wires)))
    one_by_one = [f"{names}= map(d.get, {keys}, unsets)" if wires else "d.get", f"more = not {known}.issuperset(d)"]
    if len(wires) < 2:  # noqa: PLR2004 - of a single key itemgetter makes no tuple
        return one_by_one
    # All at once is faster, and possible where every field is there.
    fetch = _name((model, "fetch"), itemgetter(*wires), "fetch_")
    return [
        "size = len(d)",
        f"if size < {len(wires)}:",
        *(f"  {line}" for line in one_by_one),
        "else:",
        "  try:",
        f"    {names}= {fetch}(d)",
        f"    more = size > {len(wires)}",
        "  except KeyError:",
        *(f"    {line}" for line in one_by_one),
    ]


def decoder_of(tp: Any) -> Decoder:
    """Return the function that decodes a type, compiled once per process; it raises one of MISFITS."""
    decoder = _decoders.get(tp)
    if decoder is None:
        code = _reading(tp, "v", "v is None")
        decoder = _decoders[tp] = _run(f"def decode(v):\n    return {code}", "value")
    return decoder


def decode(tp: Any, value: object) -> Any:
    """Turn parsed JSON into the type. What cannot be read inside of it is None there, see `Model.unread`.

    Raises:
        DecodingError: the value as a whole is not of that type; the text names the expectation and the JSON type that
            was found, never a value.
    """
    try:
        try:
            return decoder_of(tp)(value)
        except MISFITS:
            # The elements of an array that can be read are not lost for one that cannot.
            if is_array(value) and (read := _salvage.salvaged(tp, value, decoder_of)) is not None:
                return read
            # Without a cause: its text quotes the value.
            reason = f"{expected(tp)} expected, {json_type(value)} that does not fit found"
    except RecursionError:
        reason = "nested too deeply"
    raise DecodingError(f"at $: {reason}")
