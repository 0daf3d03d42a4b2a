"""From a body's value to the keyword arguments of `httpx.Client.request` that carry it, streamed where it is a file."""

from __future__ import annotations

from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from ._encode import form_fields, form_parts, json_bytes, to_text
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import BinaryIO

_CHUNK = 65_536


class Body(NamedTuple):
    """One accepted form of the body.

    Attributes:
        media_type: its media type.
        kind: how it is written: `json`, `data` (form), `files` (multipart) or `content` (as it is).
        python_type: the Python type that it is given as.
        joined: wire name and separator of form fields whose arrays are one text.
    """

    media_type: str
    kind: str
    python_type: str
    joined: tuple[tuple[str, str], ...] = ()


class _Stream:
    """A binary file as a body of a blocking client, in chunks."""

    def __init__(self, payload: BinaryIO) -> None:
        self.payload = payload

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.payload.read(_CHUNK):
            yield chunk


class _AsyncStream:
    """The same for an async client."""

    def __init__(self, payload: BinaryIO) -> None:
        self._payload = payload

    # A class of its own: httpx takes an object that can be iterated both ways for a blocking one.
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := self._payload.read(_CHUNK):
            yield chunk


def for_async(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a request as an async client takes them."""
    content = arguments.get("content")
    return {**arguments, "content": _AsyncStream(content.payload)} if isinstance(content, _Stream) else arguments


def _length(payload: BinaryIO) -> int | None:
    """Return how many bytes are left in a file, or None for one that cannot tell (a pipe)."""
    try:
        here = payload.tell()
        end = payload.seek(0, 2)
        payload.seek(here)
    except (OSError, AttributeError):
        return None
    return end - here


def _choose(bodies: tuple[Body, ...], value: Any) -> Body:
    """Return the form that a body's Python type asks for; the document's first form otherwise."""
    given = type(value).__name__
    for body in bodies:
        if given in {part.strip() for part in body.python_type.split("|")}:
            return body
    if isinstance(value, (bytes, File)):
        return next((body for body in bodies if body.kind == "content"), bodies[0])
    return bodies[0]


def body_arguments(bodies: tuple[Body, ...], value: Any) -> dict[str, Any]:
    """Return the keyword arguments that carry a body.

    Raises:
        TypeError: the value cannot be written in the form that the operation accepts.
    """
    if value is UNSET or not bodies:
        return {}
    body = _choose(bodies, value)
    if body.kind == "files":
        # httpx writes the header: only it knows the boundary that it chose.
        return {"files": parts} if (parts := form_parts(value)) else _no_parts()
    headers = {"Content-Type": body.media_type}
    if body.kind == "json":
        return {"content": json_bytes(value), "headers": headers}
    if body.kind == "data":
        return {"content": urlencode(list(_form_pairs(body, value))).encode(), "headers": headers}
    return _content(value, headers)


def _no_parts() -> dict[str, Any]:
    """Return the keyword arguments of a multipart form without fields."""
    # httpx would send no body at all for it.
    boundary = uuid4().hex
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return {"content": f"--{boundary}--\r\n".encode(), "headers": headers}


def _form_pairs(body: Body, value: Any) -> Iterator[tuple[str, str | bytes]]:
    """Yield the fields of an urlencoded form."""
    separators = dict(body.joined)
    texts: dict[str, list[str]] = {}
    for name, element in form_fields(value):
        if isinstance(element, File):
            # Such a form has no files; where the document declares one, only its content can be meant.
            yield name, element.stream().read()
        elif name in separators:
            texts.setdefault(name, []).append(to_text(element))
        else:
            yield name, to_text(element)
    yield from ((name, separators[name].join(parts)) for name, parts in texts.items())


def _media_type(value: Any, accepted: str) -> str:
    """Return the media type of a body: what its file says, else the one that the operation accepts.

    Raises:
        TypeError: the operation accepts several (`image/*`), and nothing says which this one is.
    """
    named = value.mime_type if isinstance(value, File) else None
    if named is None and "*" in accepted and isinstance(value, File) and value.file_name:
        named = guess_type(value.file_name)[0]
    if named is None and "*" in accepted:
        raise TypeError(
            f"the operation takes {accepted}, and nothing says which of these the body is; nothing was sent. "
            'Pass File(payload=..., mime_type="...") with its media type.'
        )
    return named or accepted


def _content(value: Any, headers: dict[str, str]) -> dict[str, Any]:
    """Return the keyword arguments for a body that is sent as it is."""
    headers["Content-Type"] = _media_type(value, headers["Content-Type"])
    if isinstance(value, str):
        return {"content": value.encode(), "headers": headers}
    if isinstance(value, bytes):
        return {"content": value, "headers": headers}
    if not isinstance(value, File):
        return {"content": json_bytes(value), "headers": headers}
    payload = value.stream()
    # Without a length httpx sends chunks, which not every gateway takes.
    length = _length(payload)
    if length is not None:
        headers["Content-Length"] = str(length)
    return {"content": _Stream(payload), "headers": headers}
