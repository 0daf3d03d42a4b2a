"""Which member of a union a JSON value is.

The JSON type decides first, then the document's discriminator, then which model's fields fit best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

from ._annotations import fields
from ._enums import OpenIntEnum, OpenStrEnum
from ._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    Candidate = tuple[Any, Callable[[Any], Any]]

# Without RecursionError: what is nested too deeply for one member is so for all, and trying each would take ages.
_MISFITS = (TypeError, ValueError, AttributeError, KeyError, OverflowError)
_NUMBERS = (bool, int, float)


def _is_subclass(tp: object, *bases: type) -> bool:
    return isinstance(tp, type) and issubclass(tp, bases)


def _is_list(tp: Any) -> bool:
    return bool(tp is list or get_origin(tp) is list)


def _fit(model: Any, value: dict[str, Any]) -> tuple[bool, bool, int, int]:
    """Grade how well an object fits a model: discriminator, required fields, known fields, few missing ones."""
    known = set(model.__wire_names__.values())
    needed = {wire for _, wire, _, required in fields(model) if required}
    discriminator = model.__discriminated_by__
    # The document's mapping has texts for keys, whatever the member itself is.
    chosen = bool(discriminator) and str(value.get(discriminator[0])) in discriminator[1]
    present = known & value.keys()
    return chosen, needed <= value.keys(), len(present), -len(known - present)


def _choose_model(models: list[Candidate], value: dict[str, Any]) -> Any:
    # The sort is stable: the document's order decides only between models that fit equally well.
    ranked = sorted(models, key=lambda candidate: _fit(candidate[0], value), reverse=True)
    failure: Exception | None = None
    for _, decoder in ranked:
        try:
            return decoder(value)
        except _MISFITS as error:
            # The best fit's failure is the one that says what is wrong.
            failure = failure or error
    raise failure or TypeError("an object does not fit any member")


def _choose_text(texts: list[Candidate], value: str) -> Any:
    """Prefer a known member of an enumeration, then what can be parsed, then text as it is, then an unknown member."""
    for tp, decoder in texts:
        if _is_subclass(tp, OpenStrEnum):
            found = decoder(value)
            if found.is_known:
                return found
    for tp, decoder in texts:
        if tp is not str and not _is_subclass(tp, OpenStrEnum):
            try:
                return decoder(value)
            except _MISFITS:
                continue
    if any(tp is str for tp, _ in texts):
        return value
    for tp, decoder in texts:
        if _is_subclass(tp, OpenStrEnum):
            return decoder(value)
    return value


def _choose_list(lists: list[Candidate], value: list[Any]) -> Any:
    for _, decoder in lists:
        try:
            return decoder(value)
        except _MISFITS:
            continue
    raise TypeError("an array does not fit any member")


def chooser(candidates: tuple[Candidate, ...]) -> Callable[[Any], Any]:
    """Return the function that decodes a union of these members, each given with its own decoder.

    Text and numbers that fit no member stay as they are; objects and arrays that fit none raise TypeError.
    """
    models = [pair for pair in candidates if hasattr(pair[0], "__wire_names__")]
    lists = [pair for pair in candidates if _is_list(pair[0])]
    numbers = [pair for pair in candidates if _is_subclass(pair[0], OpenIntEnum)]
    texts = [pair for pair in candidates if pair not in models and pair not in lists and pair[0] not in _NUMBERS]

    def choose(value: Any) -> Any:
        if is_object(value):
            return _choose_model(models, value)
        if is_array(value):
            return _choose_list(lists, value)
        if isinstance(value, str):
            return _choose_text(texts, value)
        if numbers and type(value) is int:
            return numbers[0][1](value)
        return value

    return choose


__all__ = ["chooser"]
