"""From a request's body to the JSON value that it encodes, by its media type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import attrs
from python_multipart.multipart import create_form_parser

from cyara_tools.portal import media
from cyara_tools.portal.decode import ABSENT, from_query, json_types_of, scalar, takes_array
from cyara_tools.portal.document import ServedParameter
from cyara_tools.portal.json_types import as_object, is_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.schema import Shape, Shapes


_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


class UnreadableBodyError(ValueError):
    """The body is not what its media type says; the text says why."""


@attrs.frozen(kw_only=True)
class Part:
    """One part of a multipart body."""

    name: str
    file_name: str | None
    content_type: str | None
    data: bytes


def read_body(data: bytes, content_type: str, described: Mapping[str, Json], shapes: Shapes) -> Json:
    """Read a body as the JSON value that its media type object describes (`schema`, and for forms `encoding`).

    Binary content is read as text of one character a byte.

    Raises:
        UnreadableBodyError: the bytes are not of the media type they claim to be.
    """
    name = media.essence(content_type)
    shape = shapes.of(described.get("schema"))
    if media.is_json(name):
        return _json(data)
    if name == _FORM:
        return _form(data, shape, shapes, as_object(described.get("encoding")))
    if name == _MULTIPART:
        return _multipart(read_parts(data, content_type), shape, shapes)
    if name.startswith("text/"):
        return scalar(_text(data), shape, shapes)
    # One character a byte, so that it can be recorded and compared like any text.
    return data.decode("latin-1")


def is_structured(content_type: str) -> bool:
    """Whether a body of this type is read as the value its schema describes.

    XML and files are taken as they are, and so is `multipart/mixed`, whose parts (of a batch, say) are no fields.
    """
    name = media.essence(content_type)
    return media.is_json(name) or name in {_FORM, _MULTIPART} or name.startswith("text/")


def read_parts(data: bytes, content_type: str) -> list[Part]:
    """Split a multipart body.

    Raises:
        UnreadableBodyError: no boundary, no closing boundary, or a part without a name.
    """
    boundary = media.parameter(content_type, "boundary")
    if not boundary:
        raise UnreadableBodyError("the multipart Content-Type has no boundary")
    # The parser below takes a body that was cut off for a complete one.
    if f"--{boundary}--".encode() not in data:
        raise UnreadableBodyError("the multipart body does not end with its boundary")
    found: list[Part] = []

    def on_field(field: Json) -> None:
        found.append(_part(field.field_name, None, None, field.value or b""))

    def on_file(file: Json) -> None:
        file.file_object.seek(0)
        kind = getattr(file, "content_type", None)
        # Not closed: older releases write to it once more, and it is memory, which goes by itself.
        found.append(_part(file.field_name, file.file_name, kind, file.file_object.read()))

    # The default keeps files beyond a megabyte on disk, where they would have to be read back at once.
    settings = {"MAX_MEMORY_FILE_SIZE": len(data) + 1}
    headers = {"Content-Type": content_type.encode("latin-1"), "Content-Length": str(len(data)).encode()}
    try:
        parser = create_form_parser(headers, on_field, on_file, config=settings)
        parser.write(data)
        parser.finalize()
    except ValueError as error:
        raise UnreadableBodyError(f"the multipart body is broken: {error}") from None
    return found


def _part(name: bytes | None, file_name: bytes | None, kind: Json, data: bytes) -> Part:
    if not name:
        raise UnreadableBodyError("a part of the multipart body has no name")
    return Part(
        name=name.decode("utf-8", "replace"),
        file_name=None if file_name is None else file_name.decode("utf-8", "replace"),
        content_type=kind.decode("latin-1") if isinstance(kind, bytes) else kind,
        data=data,
    )


def _json(data: bytes) -> Json:
    try:
        return json.loads(data)
    # Too much nesting is no error in the JSON to Python, and any caller can send it.
    except RecursionError:
        raise UnreadableBodyError("the body is nested too deeply") from None
    except ValueError as error:
        raise UnreadableBodyError(f"the body is not JSON: {error}") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableBodyError("the body is not UTF-8") from None


def _form(data: bytes, shape: Shape, shapes: Shapes, encoding: Mapping[str, Json]) -> dict[str, Any]:
    fields = parse_qs(_text(data), keep_blank_values=True)
    found: dict[str, Any] = {}
    used: set[str] = set()
    for name, schema in shape.properties.items():
        field_encoding = as_object(encoding.get(name))
        style = field_encoding.get("style") or "form"
        explode = bool(field_encoding.get("explode", style == "form"))
        field = ServedParameter(
            name=name, location="query", required=False, schema=schema, style=style, explode=explode
        )
        # An object member is not spread over the fields beside it, unlike an object parameter in a query.
        nested = (
            shapes.of(schema).is_object and name not in fields and not any(k.startswith(f"{name}[") for k in fields)
        )
        value = ABSENT if nested else from_query(fields, field, shapes, used)
        if value is not ABSENT:
            found[name] = value
    extra = shapes.of(shape.additional)
    for name in fields:
        if name not in used:
            found[name] = scalar(fields[name][0], extra, shapes)
    return found


def _multipart(parts: Sequence[Part], shape: Shape, shapes: Shapes) -> Json:
    types = json_types_of(shape, shapes)
    if types and not (shape.is_object or "object" in types):
        return _unnamed_value(parts, shape, shapes)
    fields = {
        name: schema for one in (*map(shapes.of, shape.alternatives), shape) for name, schema in one.properties.items()
    }
    found: dict[str, Any] = {}
    for part in parts:
        schema = fields.get(part.name, shape.additional)
        inner = shapes.of(schema)
        if takes_array(inner, shapes):
            decoded = _json_or_none(part)
            # A list comes as one part of JSON, or as a part for each entry.
            if is_array(decoded):
                found[part.name] = decoded
                continue
            found.setdefault(part.name, []).append(_part_value(part, shapes.of(inner.items), shapes))
        elif part.name in found:
            raise UnreadableBodyError(f"the part {part.name!r} comes twice")
        else:
            found[part.name] = _part_value(part, inner, shapes)
    return found


def _unnamed_value(parts: Sequence[Part], shape: Shape, shapes: Shapes) -> Json:
    """Read a form whose schema is a file, a text or a list of those: its parts are the value, whatever their names."""
    if takes_array(shape, shapes):
        return [_part_value(part, shapes.of(shape.items), shapes) for part in parts]
    if len(parts) != 1:
        raise UnreadableBodyError(f"the multipart body has {len(parts)} parts where the document describes one value")
    return _part_value(parts[0], shape, shapes)


def _part_value(part: Part, shape: Shape, shapes: Shapes) -> Json:
    # A file is never decoded, even one of JSON: its bytes are the value.
    if part.file_name is not None:
        return part.data.decode("latin-1")
    if shape.is_object or (part.content_type and media.is_json(part.content_type)):
        decoded = _json_or_none(part)
        if decoded is not None:
            return decoded
    return scalar(part.data.decode("utf-8", "replace"), shape, shapes)


def _json_or_none(part: Part) -> Json:
    try:
        return json.loads(part.data)
    except ValueError:
        return None
