"""From arguments to the address and headers of a request.

The query is spelled here, not by httpx, because `style` and `explode` decide which characters separate values, and
a separator must not be percent-encoded together with the values. Defaults that the document names are not sent:
the server applies its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from ._encode import json_bytes, to_json, to_text
from ._json import is_array, is_object
from .types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
