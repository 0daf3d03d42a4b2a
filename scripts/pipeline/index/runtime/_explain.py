"""Where a value departs from its declared type: a slow search, made only when decoding has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from ._annotations import FAILURES, extra_type, fields, is_model, json_type, members, resolve
from ._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    DecoderOf = Callable[[Any], Callable[[Any], Any]]


def _fails(tp: Any, value: object, decoder_of: DecoderOf) -> bool:
    try:
        decoder_of(tp)(value)
    except FAILURES:
        return True
    return False


def _expected(tp: Any) -> str:
    return " or ".join(
        "an array" if get_origin(part) is list else getattr(part, "__name__", str(part)) for part in members(tp)
    )


def _children(part: Any, value: object, path: str) -> Iterator[tuple[Any, object, str]]:
    """Yield what a value consists of: each element's declared type, the element, and where it is."""
    if get_origin(part) is list and is_array(value):
        (item,) = get_args(part)
        for index, element in enumerate(value):
            yield item, element, f"{path}[{index}]"
    elif is_model(part) and is_object(value):
        declared = fields(part)
        for _, wire, annotation, _ in declared:
            if wire in value:
                yield resolve(annotation), value[wire], f"{path}.{wire}"
        known = {wire for _, wire, _, _ in declared}
        for key, element in value.items():
            if key not in known:
                yield extra_type(part), element, f"{path}.{key}"


def _find(tp: Any, value: object, path: str, decoder_of: DecoderOf) -> tuple[str, str]:
    """Return the deepest place that fails, with what is wrong there."""
    parts = members(tp)
    # Of a union nobody knows which member was meant, so the search ends at it.
    if len(parts) == 1:
        (part,) = parts
        if is_model(part) and is_object(value):
            missing = [wire for _, wire, _, required in fields(part) if required and wire not in value]
            if missing:
                return f"{path}.{missing[0]}", f"{part.__name__} requires it and it is missing"
        for child, element, place in _children(part, value, path):
            if _fails(child, element, decoder_of):
                return _find(child, element, place, decoder_of)
    return path, f"{_expected(tp)} expected, {json_type(value)} that does not fit found"


def reason(tp: Any, value: object, decoder_of: DecoderOf) -> str:
    """Say in one sentence where and why a value cannot be read as the type.

    `decoder_of` returns the function that decodes a type and raises where a value does not fit: it is tried on each
    part of the value.
    """
    try:
        path, what = _find(tp, value, "$", decoder_of)
    except RecursionError:
        return "at $: nested too deeply"
    return f"at {path}: {what}"
