"""From arguments to the address and headers of a request.

Defaults that the document names are not sent: the server applies its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from ._encode import json_bytes, to_json, to_text
from ._json import is_array, is_object
from .types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# The query is spelled here, not by httpx: `style` decides which characters separate values, and a separator must not be
# percent-encoded together with the values.
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


def _pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """Yield a parameter's encoded name and value pairs, ready to be joined by `&`."""
    name = quote(parameter.wire, safe="")
    encoded = to_json(value)
    if parameter.style == "json":
        yield name, quote(json_bytes(value), safe="")
    elif is_object(encoded):
        yield from _object_pairs(parameter, name, encoded)
    elif is_array(encoded):
        texts = [quote(to_text(element), safe="") for element in encoded if element is not None]
        if parameter.explode:
            yield from ((name, text) for text in texts)
        elif texts:
            yield name, _SEPARATORS.get(parameter.style, ",").join(texts)
    else:
        yield name, quote(to_text(value), safe="")


def _object_pairs(parameter: Parameter, name: str, encoded: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of an object: `name[key]=`, `key=`, or `name=key,value`, by style and explode."""
    entries = [(key, inner) for key, inner in encoded.items() if inner is not None]
    if parameter.style != "deepObject" and not parameter.explode:
        yield name, ",".join(quote(to_text(part), safe="") for entry in entries for part in entry)
        return
    for key, inner in entries:
        spelled = quote(key, safe="")
        for element in inner if is_array(inner) else [inner]:
            text = quote(to_text(element), safe="")
            yield (f"{name}[{spelled}]" if parameter.style == "deepObject" else spelled), text


def _parts(encoded: object) -> Iterable[object]:
    return encoded.values() if is_object(encoded) else (encoded if is_array(encoded) else ())


def _joined(value: Any, *, safe: str | None) -> str:
    """Spell a value in `simple` style, for paths and headers; `safe=None` leaves characters as they are."""
    encoded = to_json(value)
    # The style has no spelling for what is nested deeper; that travels as JSON text.
    if any(is_object(part) or is_array(part) for part in _parts(encoded)):
        text = to_text(encoded)
        return text if safe is None else quote(text, safe=safe)
    if is_object(encoded):
        texts = [to_text(part) for entry in encoded.items() for part in entry]
    else:
        texts = [to_text(part) for part in encoded] if is_array(encoded) else [to_text(value)]
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
            # "." and ".." are resolved away by clients and servers, and would address another resource.
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
