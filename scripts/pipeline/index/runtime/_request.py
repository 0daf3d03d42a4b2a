"""From arguments to the keyword arguments of `httpx.Client.request`.

The query is spelled here, not by httpx, because `style` and `explode` decide which characters separate values, and
a separator must not be percent-encoded together with the values. Defaults that the document names are not sent:
the server applies its own.
"""

from __future__ import annotations

from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from ._encode import form_fields, form_parts, json_bytes, to_json, to_text
from ._json import is_array, is_object
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from typing import BinaryIO

_CHUNK = 65_536
_SEPARATORS = {"form": ",", "simple": ",", "spaceDelimited": "%20", "pipeDelimited": "|", "tabDelimited": "%09"}


class Parameter(NamedTuple):
    """One parameter: where it goes, its name on the wire, its Python name, and how arrays and objects are spelled.

    `style` is one of OpenAPI's, or `json` for a parameter that the document describes by a media type.
    """

    location: str
    wire: str
    name: str
    style: str = "form"
    explode: bool = True


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
    """The same for an async client: httpx takes one object for one kind only. The disk is read in between."""

    def __init__(self, payload: BinaryIO) -> None:
        self._payload = payload

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


def _pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any typed value
    """Yield a parameter's encoded name and value pairs, ready to be joined by `&`."""
    name = quote(parameter.wire, safe="")
    plain = to_json(value)
    if parameter.style == "json":
        yield name, quote(json_bytes(value), safe="")
    elif is_object(plain):
        yield from _object_pairs(parameter, name, plain)
    elif is_array(plain):
        texts = [quote(to_text(element), safe="") for element in plain if element is not None]
        if parameter.explode:
            yield from ((name, text) for text in texts)
        elif texts:
            yield name, _SEPARATORS.get(parameter.style, ",").join(texts)
    else:
        yield name, quote(to_text(value), safe="")


def _object_pairs(parameter: Parameter, name: str, plain: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of an object: `name[key]=`, `key=`, or `name=key,value`, by style and explode."""
    entries = [(key, inner) for key, inner in plain.items() if inner is not None]
    if parameter.style != "deepObject" and not parameter.explode:
        yield name, ",".join(quote(to_text(part), safe="") for entry in entries for part in entry)
        return
    for key, inner in entries:
        spelled = quote(key, safe="")
        for element in inner if is_array(inner) else [inner]:
            text = quote(to_text(element), safe="")
            yield (f"{name}[{spelled}]" if parameter.style == "deepObject" else spelled), text


def _parts(plain: object) -> Iterable[object]:
    return plain.values() if is_object(plain) else (plain if is_array(plain) else ())


def _joined(value: Any, *, safe: str | None) -> str:  # noqa: ANN401 - any typed value
    """Spell a value in `simple` style, for paths and headers; `safe=None` leaves characters as they are.

    The style has no spelling for what is nested deeper; that travels as JSON text.
    """
    plain = to_json(value)
    if any(is_object(part) or is_array(part) for part in _parts(plain)):
        text = to_text(plain)
        return text if safe is None else quote(text, safe=safe)
    if is_object(plain):
        texts = [to_text(part) for entry in plain.items() for part in entry]
    else:
        texts = [to_text(part) for part in plain] if is_array(plain) else [to_text(value)]
    return ",".join(texts if safe is None else (quote(text, safe=safe) for text in texts))


def url_and_headers(
    url: str, parameters: tuple[Parameter, ...], arguments: Mapping[str, Any]
) -> tuple[str, dict[str, str]]:
    """Return the relative URL with its query, and the headers that parameters make.

    Arguments that are UNSET or None are left out; a path has no room for that.

    Raises:
        ValueError: a path argument is missing, None or empty, which would address something else.
    """
    headers: dict[str, str] = {}
    query: list[str] = []
    cookies: list[str] = []
    for parameter in parameters:
        value = arguments[parameter.name]
        absent = value is UNSET or value is None
        if parameter.location == "path":
            text = "" if absent else _joined(value, safe="")
            if text in {"", ".", ".."}:
                raise ValueError(f"{parameter.name} must not be empty: it is a part of the path")
            url = url.replace(f"{{{parameter.name}}}", text)
        elif absent:
            continue
        elif parameter.location == "query":
            query += [f"{name}={text}" for name, text in _pairs(parameter, value)]
        elif parameter.location == "header":
            headers[parameter.wire] = _joined(value, safe=None)
        else:
            cookies.append(f"{parameter.wire}={_joined(value, safe='')}")
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    if query:
        url = f"{url}{'&' if '?' in url else '?'}{'&'.join(query)}"
    return url, headers


def _choose(bodies: tuple[Body, ...], value: Any) -> Body:  # noqa: ANN401 - any typed value
    """Return the form that a body's Python type asks for; the document's first form otherwise."""
    given = type(value).__name__
    for body in bodies:
        if given in {part.strip() for part in body.python_type.split("|")}:
            return body
    if isinstance(value, (bytes, File)):
        return next((body for body in bodies if body.kind == "content"), bodies[0])
    return bodies[0]


def body_arguments(bodies: tuple[Body, ...], value: Any) -> dict[str, Any]:  # noqa: ANN401 - any typed value
    """Return the keyword arguments that carry a body; for multipart, httpx writes the header with its own boundary.

    Raises:
        TypeError: the value cannot be written in the form that the operation accepts.
    """
    if value is UNSET or not bodies:
        return {}
    body = _choose(bodies, value)
    if body.kind == "files":
        return {"files": form_parts(value)}
    headers = {"Content-Type": body.media_type}
    if body.kind == "json":
        return {"content": json_bytes(value), "headers": headers}
    if body.kind == "data":
        return {"content": urlencode(list(_form_pairs(body, value))).encode(), "headers": headers}
    return _content(value, headers)


def _form_pairs(body: Body, value: Any) -> Iterator[tuple[str, str | bytes]]:  # noqa: ANN401 - any typed value
    """Yield the fields of an urlencoded form; the rare file in one is its content, as nothing else can be meant."""
    separators = dict(body.joined)
    texts: dict[str, list[str]] = {}
    for name, element in form_fields(value):
        if isinstance(element, File):
            yield name, element.stream().read()
        elif name in separators:
            texts.setdefault(name, []).append(to_text(element))
        else:
            yield name, to_text(element)
    yield from ((name, separators[name].join(parts)) for name, parts in texts.items())


def _media_type(value: Any, accepted: str) -> str:  # noqa: ANN401 - any typed value
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


def _content(value: Any, headers: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401 - any typed value
    """Return the keyword arguments for a body that is sent as it is."""
    headers["Content-Type"] = _media_type(value, headers["Content-Type"])
    if isinstance(value, str):
        return {"content": value.encode(), "headers": headers}
    if isinstance(value, bytes):
        return {"content": value, "headers": headers}
    if not isinstance(value, File):
        return {"content": json_bytes(value), "headers": headers}
    payload = value.stream()
    length = _length(payload)
    if length is not None:
        headers["Content-Length"] = str(length)
    return {"content": _Stream(payload), "headers": headers}
