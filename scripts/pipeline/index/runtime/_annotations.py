"""What the annotations of the generated package mean: they are the only description of a model's shape."""

from __future__ import annotations

import datetime as dt
import uuid
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from .types import File, Unset

MISFITS = (TypeError, ValueError, AttributeError, LookupError, OverflowError)
"""What a decoder raises for a value that is not of its type.

Without RecursionError: what is nested too deeply for one reading is so for all, and trying each would take ages.
"""

_JSON_TYPES: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    NoneType: "null",
}


class _Names(dict[str, Any]):
    """Names that annotations use; a name that is not among them is a model."""

    def __missing__(self, name: str) -> Any:
        # Not kept here: `models` keeps the class, and gives an earlier name anew, with its warning.
        return getattr(import_module(f"{__package__}.models"), name)


_NAMES = _Names(
    {
        "Any": Any,
        "File": File,
        "Literal": Literal,
        "UUID": uuid.UUID,
        "Unset": Unset,
        "datetime": dt,
        **{builtin.__name__: builtin for builtin in (bool, bytes, dict, float, int, list, object, str)},
    }
)


def resolve(annotation: str) -> Any:
    """Return the type that an annotation of the generated package means."""
    # The text is our own rendered code, the same that the interpreter would evaluate without the future import.
    return eval(annotation, {"__builtins__": {}}, _NAMES)  # noqa: S307 - see above


def members(tp: Any) -> list[Any]:
    """Return what a type consists of when None and Unset are left out."""
    parts = get_args(tp) if get_origin(tp) in {Union, UnionType} else (tp,)
    return [part for part in parts if part not in {NoneType, None, Unset}]


def is_model(tp: Any) -> bool:
    """Say whether a type is a generated model."""
    return isinstance(tp, type) and hasattr(tp, "__wire_names__")


def fields(model: Any) -> list[tuple[str, str, str, bool]]:
    """Return (attribute, wire name, annotation, required) for every declared field of a model."""
    annotations = model.__annotations__
    return [
        (name, wire, annotations[name], "Unset" not in annotations[name].split(" | "))
        for name, wire in model.__wire_names__.items()
    ]


def extra_type(model: Any) -> Any:
    """Return the type of the fields that a model does not declare."""
    return get_args(resolve(model.__annotations__["additional_properties"]))[1]


def json_type(value: object) -> str:
    """Name the JSON type of a value, never the value."""
    return _JSON_TYPES.get(type(value), type(value).__name__)


def expected(tp: Any) -> str:
    """Name a type for a message."""
    return " or ".join(
        "an array" if get_origin(part) is list else getattr(part, "__name__", str(part)) for part in members(tp)
    )
