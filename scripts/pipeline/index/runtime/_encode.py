"""From typed values to what goes on the wire: JSON values, text of parameters, parts of forms."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from enum import Enum
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

from ._json import is_object
from ._scalars import format_datetime, format_timespan
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ._model import Model

_AS_IS = frozenset({str, int, float, bool, type(None)})


_TEXTS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (dt.datetime, format_datetime),
    (dt.date, dt.date.isoformat),
    (dt.timedelta, format_timespan),
    (uuid.UUID, str),
    (Decimal, str),
)


def model_to_json(model: Model) -> dict[str, Any]:
    """Return a model as JSON values: unknown fields first, then the declared ones that are set."""
    result = {key: to_json(value) for key, value in model.additional_properties.items()}
    for name, wire in model.__wire_names__.items():
        value = getattr(model, name)
        if value is not UNSET:
            result[wire] = value if type(value) in _AS_IS else to_json(value)
    return result


def to_json(value: Any) -> Any:  # noqa: ANN401, PLR0911 - any typed value in, JSON out; one return per kind
    """Return a typed value as JSON values.

    Raises:
        TypeError: the value has no JSON form.
    """
    if type(value) in _AS_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "__wire_names__"):
        return model_to_json(value)
    if is_object(value):
        return {str(key): to_json(inner) for key, inner in value.items() if inner is not UNSET}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(inner) for inner in cast("Iterable[Any]", value) if inner is not UNSET]
    for kind, convert in _TEXTS:
        if isinstance(value, kind):
            return convert(value)
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def to_text(value: Any) -> str:  # noqa: ANN401 - any typed value
    """Return a single value as parameters and form fields spell it: `true`, `2024-01-31T00:00:00Z`, `01:00:00`."""
    plain = to_json(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, (dict, list)):
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return "" if plain is None else str(plain)


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - any typed value
    """Return a typed value as a JSON document.

    Raises:
        ValueError: a float is NaN or infinite, which JSON cannot say.
    """
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def form_fields(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a model or a mapping
    """Yield the fields of a form, arrays as one field per element, files as they are; unset and None are left out.

    Raises:
        TypeError: the value has no fields, or a path or an open file stands where a `File` belongs.
    """
    if hasattr(value, "__wire_names__"):
        pairs = list(value.additional_properties.items())
        pairs += [(wire, _file_or_field(value, name)) for name, wire in value.__wire_names__.items()]
    elif is_object(value):
        pairs = list(value.items())
    else:
        raise TypeError(
            f"a form is an object with fields, not {type(value).__name__}; nothing was sent. Pass the model that the "
            "operation's `body` is annotated with, and a file in it as File.from_path(path)."
        )
    for name, field in pairs:
        if isinstance(field, PathLike) or hasattr(field, "read"):
            raise _no_file(name, cast("object", field))
        elements = cast("Iterable[Any]", field if isinstance(field, (list, tuple)) else (field,))
        for element in elements:
            if element is not UNSET and element is not None:
                yield name, element


def _file_or_field(model: Model, name: str) -> Any:  # noqa: ANN401 - any typed value
    """Return a field of a form; a text is no file, and would travel as one that holds its own path."""
    field: Any = getattr(model, name)
    if isinstance(field, str) and {"File", "str"} & set(type(model).__annotations__[name].split(" | ")) == {"File"}:
        raise _no_file(name, field)
    return field


def _no_file(name: str, field: Any) -> TypeError:  # noqa: ANN401 - whatever was given
    return TypeError(
        f"{name} takes a File, not {type(field).__name__}; nothing was sent. Pass File.from_path(path) for a file of "
        "the disk, or File(payload=...) for bytes or an open binary file."
    )


def form_parts(value: Any) -> list[tuple[str, tuple[str | None, Any, str | None]]]:  # noqa: ANN401 - model or mapping
    """Return the parts of a multipart form: files are streamed, objects are JSON, everything else is text."""
    parts: list[tuple[str, tuple[str | None, Any, str | None]]] = []
    for name, element in form_fields(value):
        if isinstance(element, File):
            parts.append((name, (element.file_name or "upload", element.stream(), element.mime_type)))
        elif isinstance(element, bytes):
            parts.append((name, ("upload", element, None)))
        elif isinstance(element, dict) or hasattr(element, "__wire_names__"):
            parts.append((name, (None, json_bytes(element), "application/json")))
        else:
            parts.append((name, (None, to_text(element).encode(), None)))
    return parts
