"""Models, and how they and every other typed value are written: as JSON, as text of parameters, as parts of forms."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal
from enum import Enum
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from . import _decode, _salvage
from ._json import is_object
from ._scalars import format_datetime, format_timespan
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ._records import Records

_AS_IS = frozenset({str, int, float, bool, type(None)})
# In this order: a datetime is a date too.
_TEXTS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (dt.datetime, format_datetime),
    (dt.date, dt.date.isoformat),
    (dt.timedelta, format_timespan),
    (uuid.UUID, str),
    (Decimal, str),
)


def no_extras() -> dict[str, Any]:
    """Return a new, empty `additional_properties`; its own function, so that type checkers know what is in it."""
    return {}


class Model:
    """A JSON object with known fields: the base of every generated model.

    Fields that the portal sends beyond those are kept in `additional_properties` and written back by `to_dict`.
    A field that was absent holds `UNSET` and is not written; None is written as null. What came and is not as declared
    is None here, and so is a required field that was missing; see `unread`.
    """

    __slots__ = ()

    __wire_names__: ClassVar[dict[str, str]] = {}
    """Name on the wire by attribute, for every declared field."""

    __discriminated_by__: ClassVar[tuple[str, tuple[str, ...]] | None] = None
    """Field and values that tell this model from its siblings, when the document has a discriminator."""

    __stands_for_unknown__: ClassVar[bool] = False
    """Whether values of the discriminator that the document does not list are read as this model."""

    additional_properties: dict[str, Any]
    _unread: dict[str, Any] | None

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Build the model from parsed JSON.

        Raises:
            DecodingError: the value is not of the declared shape; the text says where.
        """
        model: Self = _decode.decode(cls, src_dict)
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON values, without what is unset, and with what could not be read as it came."""
        return _model_to_json(self)

    def unread(self) -> dict[str, Any]:
        """Return the values that did not come as declared, as they came, by the names of their fields in the document.

        Such a field is None here; of an array, the elements that cannot be read are. `to_dict` writes the value as it
        came. What was set since to anything but None is not listed, and is written as it was set.
        """
        return _salvage.rejoined(self, _as_held(self), _decode.decoder_of)

    # The rest is for people, and imported when somebody asks: decoding and sending need none of it.

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field, or the default where it is absent or null.

        `name` is the field's name in Python or in the document; one that came without being declared is found, too, and
        one of an inner object by a path with dots: `result.get("testCase.name", "?")`. With types: `value_of`.
        """
        from ._flat import lookup

        return lookup(self, name, default)

    def to_records(self) -> Records:
        """Return the model as one flat row, or a page of a list as one row for each of its items.

        Rows are dictionaries by the document's names, as pandas, polars and `csv.DictWriter` take them; see
        `cyara_client.to_records` for lists and iterators.
        """
        from ._records import to_records

        return to_records(self)

    def __repr__(self) -> str:
        """Show what is set, shortened."""
        from ._display import model_repr

        return model_repr(self)

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        from ._display import model_html

        return model_html(self)


def _model_to_json(model: Model) -> dict[str, Any]:
    result = _as_held(model)
    if getattr(model, "_unread", None) is not None:
        _salvage.rejoined(model, result, _decode.decoder_of)
    return result


def _as_held(model: Model) -> dict[str, Any]:
    # The declared fields come second: one of the same name among the extras must not replace them.
    result = {key: to_json(value) for key, value in model.additional_properties.items()}
    for name, wire in model.__wire_names__.items():
        value = getattr(model, name)
        if value is not UNSET:
            result[wire] = value if type(value) in _AS_IS else to_json(value)
    return result


def to_json(value: Any) -> Any:  # noqa: PLR0911 - one return per kind of value
    """Return a typed value as JSON values.

    Raises:
        TypeError: the value has no JSON form.
    """
    if type(value) in _AS_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Model):
        return _model_to_json(value)
    if is_object(value):
        return {str(key): to_json(inner) for key, inner in value.items() if inner is not UNSET}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(inner) for inner in cast("Iterable[Any]", value) if inner is not UNSET]
    for kind, convert in _TEXTS:
        if isinstance(value, kind):
            return convert(value)
    # Subclasses of these, which `_AS_IS` does not know.
    if isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def to_text(value: Any) -> str:
    """Return a single value as parameters and form fields spell it: `true`, `2024-01-31T00:00:00Z`, `01:00:00`."""
    encoded = to_json(value)
    # Before numbers: a boolean is an int, and .NET reads `true`, not `True`.
    if isinstance(encoded, bool):
        return "true" if encoded else "false"
    if isinstance(encoded, (dict, list)):
        return json.dumps(encoded, ensure_ascii=False, separators=(",", ":"))
    return "" if encoded is None else str(encoded)


def json_bytes(value: Any) -> bytes:
    """Return a typed value as a JSON document.

    Raises:
        ValueError: a float is NaN or infinite, which JSON cannot say.
    """
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def form_fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a form, arrays as one field per element, files as they are; unset and None are left out.

    Raises:
        TypeError: the value has no fields, or a path or an open file stands where a `File` belongs.
    """
    if isinstance(value, Model):
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


def _file_or_field(model: Model, name: str) -> Any:
    """Return a field of a form."""
    field: Any = getattr(model, name)
    # A path given as text would travel as a file that holds its own path.
    if isinstance(field, str) and {"File", "str"} & set(type(model).__annotations__[name].split(" | ")) == {"File"}:
        raise _no_file(name, field)
    return field


def _no_file(name: str, field: Any) -> TypeError:
    return TypeError(
        f"{name} takes a File, not {type(field).__name__}; nothing was sent. Pass File.from_path(path) for a file of "
        "the disk, or File(payload=...) for bytes or an open binary file."
    )


def form_parts(value: Any) -> list[tuple[str, tuple[str | None, Any, str | None]]]:
    """Return the parts of a multipart form: files are streamed, objects are JSON, everything else is text."""
    parts: list[tuple[str, tuple[str | None, Any, str | None]]] = []
    for name, element in form_fields(value):
        if isinstance(element, File):
            # ASP.NET binds a part to a file only if it has a file name.
            parts.append((name, (element.file_name or "upload", element.stream(), element.mime_type)))
        elif isinstance(element, bytes):
            parts.append((name, ("upload", element, None)))
        elif isinstance(element, (dict, Model)):
            parts.append((name, (None, json_bytes(element), "application/json")))
        else:
            parts.append((name, (None, to_text(element).encode(), None)))
    return parts
