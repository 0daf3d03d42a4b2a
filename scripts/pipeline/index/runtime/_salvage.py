"""Reading an object that departs from its declaration, field by field, so that one odd value costs nothing but itself.

One rule for all values: what cannot be read as declared reads as None. The value as it came is kept beside the model by
the document's name of the field, and is written back as long as nobody puts something else into its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard, get_args, get_origin

from ._annotations import MISFITS, extra_type, fields, members, resolve
from ._json import is_array
from .types import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    DecoderOf = Callable[[Any], Callable[[Any], Any]]


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    # Not only what a parser makes: a program may read a model from any mapping.
    return isinstance(value, Mapping)


def salvaged(tp: Any, value: object, decoder_of: DecoderOf) -> Any:
    """Return what of a value can be read as its type: an array with None for each element that cannot, else None."""
    try:
        return decoder_of(tp)(value)
    except MISFITS:
        item = next((get_args(part)[0] for part in members(tp) if get_origin(part) is list), None)
        if item is None or not is_array(value):
            return None
        return [salvaged(item, element, decoder_of) for element in value]


def reader(model: Any, decoder_of: DecoderOf) -> Callable[[Any], Any]:
    """Return the function that reads an object as a model, whatever its fields hold.

    It is slower than compiled code, and made only for what that code gave up on. It raises TypeError for what is no
    object.
    """
    declared = [(name, wire, resolve(annotation), required) for name, wire, annotation, required in fields(model)]
    known = frozenset(wire for _, wire, _, _ in declared)
    extra = extra_type(model)

    def read(value: Any) -> Any:
        if not _is_object(value):
            raise TypeError("object expected")
        unread: dict[str, Any] = {}

        def take(tp: Any, key: str) -> Any:
            raw = value[key]
            try:
                return decoder_of(tp)(raw)
            except MISFITS:
                unread[key] = raw
                return salvaged(tp, raw, decoder_of)

        self = object.__new__(model)
        for name, wire, tp, required in declared:
            if wire in value:
                setattr(self, name, take(tp, wire))
                continue
            setattr(self, name, None if required else UNSET)
            if required:
                unread[wire] = UNSET
        self.additional_properties = {key: take(extra, key) for key in value if key not in known}
        self._unread = unread or None
        return self

    return read


def still_unread(model: Any, decoder_of: DecoderOf) -> dict[str, Any]:
    """Return, by wire name, what could not be read and was not replaced since; UNSET for what was missing."""
    unread: dict[str, Any] | None = getattr(model, "_unread", None)
    if not unread:
        return {}
    declared = {wire: (getattr(model, name), annotation) for name, wire, annotation, _ in fields(model)}
    extra, kept = extra_type(model), model.additional_properties
    found: dict[str, Any] = {}
    for wire, raw in unread.items():
        if wire in declared:
            held, tp = declared[wire][0], resolve(declared[wire][1])
        else:
            held, tp = kept.get(wire, UNSET), extra
        # As it is now, and as it would be read again: what differs was set by somebody.
        if held is None if raw is UNSET else held == salvaged(tp, raw, decoder_of):
            found[wire] = raw
    return found
