"""The state of an account as JSON text, for stores that keep text.

Every field is written by its name, and the format carries a version: a store that a newer release has written is
refused rather than half understood, because forgetting one field could forget a strike.
"""

import json
import types
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import attrs

from cyara_auth.state import AccountState

FORMAT = 1
"""Version of the format. It changes whenever a field gets another meaning or an old reader would lose one."""


class StateFormatError(ValueError):
    """The text is not a state that this release understands."""


def dump_state(state: AccountState) -> str:
    """Write a state; fields that have their default value are left out."""
    return json.dumps({"format": FORMAT, **cast("dict[str, object]", _dump(state))}, separators=(",", ":"))


def load_state(text: str) -> AccountState:
    """Read a state.

    Raises:
        StateFormatError: damaged, of an unknown format, or with a field that this release does not know.
    """
    try:
        data = json.loads(text)
        found = data.pop("format")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateFormatError("The strike state is damaged: it is not a JSON object with a format number") from error
    if found != FORMAT:
        raise StateFormatError(f"The strike state has format {found!r}; this release reads {FORMAT}")
    try:
        state: AccountState = _load(AccountState, data)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateFormatError("The strike state is damaged: a field is missing, unknown or of another kind") from error
    return state


def _dump(value: object) -> object:
    if isinstance(value, tuple):
        return [_dump(item) for item in cast("tuple[object, ...]", value)]
    if not attrs.has(type(value)):
        return value
    fields = (
        (field, getattr(value, field.name)) for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
    )
    return {field.name: _dump(held) for field, held in fields if held != field.default}


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _load(kind: Any, data: Any) -> Any:  # noqa: ANN401  # the annotation of any field, and JSON
    if get_origin(kind) in (Union, types.UnionType):
        return None if data is None else _load(get_args(kind)[0], data)
    if get_origin(kind) is tuple:
        return tuple(_load(get_args(kind)[0], item) for item in data)
    if attrs.has(kind):
        hints = _hints(kind)
        return kind(**{name: _load(hints[name], item) for name, item in data.items()})
    if issubclass(kind, Enum):
        return kind(data)
    if kind is float and type(data) is int:
        return float(data)
    if type(data) is not kind:
        raise TypeError(f"{kind.__name__} expected")
    return data
