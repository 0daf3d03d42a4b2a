"""Which member of a union a JSON value is.

The JSON type decides first, then the document's discriminator, then which model's fields fit best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_origin

from ._annotations import MISFITS, fields
from ._enums import OpenIntEnum, OpenStrEnum
from ._json import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Candidate = tuple[Any, Callable[[Any], Any]]

_PLAIN = (bool, int, float, str)


def _is_subclass(tp: object, *bases: type) -> bool:
    return isinstance(tp, type) and issubclass(tp, bases)


def _is_list(tp: Any) -> bool:
    return bool(tp is list or get_origin(tp) is list)


def _fit(model: Any, value: Mapping[str, Any]) -> tuple[bool, int, int, bool]:
    """Grade how well an object fits a model: required fields, known fields, few missing ones, no claim of its own."""
    known = set(model.__wire_names__.values())
    needed = {wire for _, wire, _, required in fields(model) if required}
    present = known & value.keys()
    # Of two that fit alike, the base says less than its subtype.
    is_base = model.__discriminated_by__ is None or model.__stands_for_unknown__
    return needed <= value.keys(), len(present), -len(known - present), is_base


def _meant(models: list[Any], value: Mapping[str, Any]) -> list[Any]:
    """Return the models that the discriminator leaves over: the one that it names, or those that it does not rule out.

    A value that nobody declared is none of the models that have values of their own, but the base, which comes last.
    """
    left: list[Any] = []
    for model in models:
        discriminator = model.__discriminated_by__
        said = None if discriminator is None else value.get(discriminator[0])
        if discriminator is None or said is None:
            left.append(model)
        # The document's mapping has texts for keys, whatever the member itself is.
        elif str(said) in discriminator[1]:
            return [model]
        elif model.__stands_for_unknown__ and model is models[-1]:
            left.append(model)
    return left


def meant_model(models: list[Any], value: Mapping[str, Any]) -> Any:
    """Return which of the models an object is, or None where it is none of them."""
    # The first of the best: the document's order decides only between models that fit equally well.
    return max(_meant(models, value), key=lambda model: _fit(model, value), default=None)


def _choose_model(candidates: list[Candidate], value: dict[str, Any]) -> Any:
    meant = meant_model([model for model, _ in candidates], value)
    for model, decoder in candidates:
        if model is meant:
            return decoder(value)
    raise TypeError("an object does not fit any member")


def _first_that_reads(candidates: list[Candidate], value: object) -> Any:
    for _, decoder in candidates:
        try:
            return decoder(value)
        except MISFITS:
            continue
    raise TypeError("the value does not fit any member")


def _choose_text(texts: list[Candidate], value: str) -> Any:
    """Prefer a known member of an enumeration, then what can be parsed, then text as it is, then an unknown member."""
    enums = [pair for pair in texts if _is_subclass(pair[0], OpenStrEnum)]
    for _, decoder in enums:
        found = decoder(value)
        if found.is_known:
            return found
    parsed = [pair for pair in texts if pair not in enums and pair[0] not in _PLAIN]
    # A number may be written as text, but where text is declared it is text.
    plain = [pair for pair in texts if pair[0] is str] or [pair for pair in texts if pair[0] in _PLAIN]
    return _first_that_reads([*parsed, *plain, *enums], value)


def _choose_number(others: list[Candidate], value: object) -> Any:
    """Prefer a member of an enumeration, then the number as it is, then as the other kind of number."""
    exact = [pair for pair in others if pair[0] is type(value)]
    numbered = [pair for pair in others if _is_subclass(pair[0], OpenIntEnum)]
    return _first_that_reads([*numbered, *exact, *others], value)


def chooser(candidates: tuple[Candidate, ...]) -> Callable[[Any], Any]:
    """Return the function that decodes a union of these members, each given with its own decoder.

    What fits no member raises TypeError.
    """
    models = [pair for pair in candidates if hasattr(pair[0], "__wire_names__")]
    lists = [pair for pair in candidates if _is_list(pair[0])]
    others = [pair for pair in candidates if pair not in models and pair not in lists]

    def choose(value: Any) -> Any:
        if is_object(value):
            return _choose_model(models, value)
        if is_array(value):
            return _first_that_reads(lists, value)
        if isinstance(value, str):
            return _choose_text(others, value)
        return _choose_number(others, value)

    return choose


__all__ = ["chooser", "meant_model"]
