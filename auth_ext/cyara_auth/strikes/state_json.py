"""The state of a key as JSON text, for stores that keep text; every field is written by its name."""

import json
import types
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import attrs

from cyara_auth.strikes.state import KeyState

FORMAT = 2
"""Version of the format. It changes whenever a field gets another meaning or an old reader would lose one."""


class StateFormatError(ValueError):
    """The text is not a state that this release understands."""


def dump_state(state: KeyState) -> str:
    """Write a state; fields that have their default value are left out."""
    data = {"format": FORMAT, **_writer(KeyState)(state)}
    return json.dumps(data, separators=(",", ":"))


def load_state(text: str) -> KeyState:
    """Read a state.

    Raises:
        StateFormatError: damaged, of an unknown format, or with a field that this release does not know.
    """
    try:
        data = json.loads(text)
        found = data.pop("format")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateFormatError("The strike state is damaged: it is not a JSON object with a format number") from error
    # What a newer release has written is refused rather than half understood: a lost field could be a lost strike.
    if found != FORMAT:
        raise StateFormatError(f"Another release wrote the strike state, in format {found!r}; this one reads {FORMAT}")
    try:
        return cast("KeyState", _reader(KeyState)(data))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateFormatError("The strike state is damaged: a field is missing, unknown or of another kind") from error


# Readers and writers are built once per type from its annotations: a place is a state read and written.


@cache
def _writer(kind: type[attrs.AttrsInstance]) -> Callable[[Any], dict[str, Any]]:
    fields = tuple((field.name, field.default) for field in attrs.fields(kind))

    def write(value: Any) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, default in fields:
            held = getattr(value, name)
            if held != default:
                data[name] = _written(held)
        return data

    return write


def _written(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if hasattr(value, "__attrs_attrs__"):
        return _writer(cast("type[attrs.AttrsInstance]", type(value)))(value)
    return [_written(item) for item in value]


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    # Optional is the only union in the state.
    if get_origin(kind) in (Union, types.UnionType):
        inner = _reader(get_args(kind)[0])
        return lambda data: None if data is None else inner(data)
    if get_origin(kind) is tuple:
        item = _reader(get_args(kind)[0])
        return lambda data: tuple(map(item, data))
    if attrs.has(kind):
        # A name without a reader raises KeyError: an unknown field is refused, too.
        readers = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
        return lambda data: kind(**{name: readers[name](held) for name, held in data.items()})
    if issubclass(kind, Enum):
        return cast("Callable[[Any], Any]", kind)
    return lambda data: _exactly(kind, data)


def _exactly(kind: type[Any], data: Any) -> Any:
    # Not `isinstance`, which takes True for an integer.
    if type(data) is kind:
        return data
    # Other writers of JSON may leave the point out of a whole number.
    if kind is float and type(data) is int:
        return float(data)
    raise TypeError(f"{kind.__name__} expected")
