"""Where a value departs from its declared type: the slow walk, taken only when decoding has failed."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from ._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    NoneType: "null",
}


def kind(value: object) -> str:
    """Name the JSON type of a value, never the value."""
    return _KINDS.get(type(value), type(value).__name__)


def _fails(tp: Any, value: object) -> bool:  # noqa: ANN401 - a type, or a form of typing
    from . import _decode  # noqa: PLC0415 - the decoder imports this module

    try:
        _decode.try_decoder(tp)(value)
    except _decode.FAILURES:
        return True
    return False


def _expected(tp: Any) -> str:  # noqa: ANN401 - a type, or a form of typing
    from . import _decode  # noqa: PLC0415 - the decoder imports this module

    names = [
        "an array" if get_origin(part) is list else getattr(part, "__name__", str(part)) for part in _decode.members(tp)
    ]
    return " or ".join(names)


def _children(part: Any, value: object, path: str) -> Iterator[tuple[Any, object, str]]:  # noqa: ANN401 - a type
    """Yield what a value consists of: each element's declared type, the element, and where it is."""
    from . import _decode  # noqa: PLC0415 - the decoder imports this module

    if get_origin(part) is list and is_array(value):
        (item,) = get_args(part)
        for index, element in enumerate(value):
            yield item, element, f"{path}[{index}]"
    elif _decode.is_model(part) and is_object(value):
        fields = _decode.fields(part)
        for _, wire, annotation, _ in fields:
            if wire in value:
                yield _decode.resolve(annotation), value[wire], f"{path}.{wire}"
        extra = get_args(_decode.resolve(part.__annotations__["additional_properties"]))[1]
        known = {wire for _, wire, _, _ in fields}
        for key, element in value.items():
            if key not in known:
                yield extra, element, f"{path}.{key}"


def _find(tp: Any, value: object, path: str) -> tuple[str, str]:  # noqa: ANN401 - a type, or a form of typing
    """Return the deepest place that fails, with what is wrong there."""
    from . import _decode  # noqa: PLC0415 - the decoder imports this module

    parts = _decode.members(tp)
    if len(parts) == 1:
        (part,) = parts
        if _decode.is_model(part) and is_object(value):
            missing = [wire for _, wire, _, required in _decode.fields(part) if required and wire not in value]
            if missing:
                return f"{path}.{missing[0]}", f"{part.__name__} requires it and it is missing"
        for child, element, place in _children(part, value, path):
            if _fails(child, element):
                return _find(child, element, place)
    return path, f"{_expected(tp)} expected, {kind(value)} that does not fit found"


def reason(tp: Any, value: object) -> str:  # noqa: ANN401 - a type, or a form of typing
    """Say in one sentence where and why a value cannot be read as the type."""
    try:
        path, what = _find(tp, value, "$")
    except RecursionError:
        return "at $: nested too deeply"
    return f"at {path}: {what}"
