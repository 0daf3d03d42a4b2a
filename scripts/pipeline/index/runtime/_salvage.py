"""Reading an object that departs from its declaration, field by field, so that one odd value costs nothing but itself.

One rule for all values: what cannot be read as declared reads as None. The value as it came is kept beside the model by
the document's name of the field, and is written back as long as nobody puts something else into its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard, get_args, get_origin

from ._annotations import MISFITS, extra_type, fields, is_model, members, resolve
from ._json import is_array
from ._union import meant_model
from .types import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable

    DecoderOf = Callable[[Any], Callable[[Any], Any]]


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    # Not only what a parser makes: a program may read a model from any mapping.
    return isinstance(value, Mapping)


def _item_of(tp: Any) -> Any:
    """Return the type of an array's elements; None for what is no array."""
    return next((get_args(part)[0] for part in members(tp) if get_origin(part) is list), None)


def salvaged(tp: Any, value: object, decoder_of: DecoderOf) -> Any:
    """Return what of a value can be read as its type: an array with None for each element that cannot, else None.

    It raises nothing but RecursionError, and reads every part of the value once. (Compiled code may give up on an
    object after it has read its children; trying it again for each of them would take ages in a deep tree.)
    """
    models = [part for part in members(tp) if is_model(part)]
    if models and _is_object(value):
        meant = models[0] if len(members(tp)) == 1 else meant_model(models, value)
        return None if meant is None else reader(meant, decoder_of)(value, late=True)
    item = _item_of(tp)
    if item is not None and is_array(value):
        return [salvaged(item, element, decoder_of) for element in value]
    try:
        return decoder_of(tp)(value)
    except MISFITS:
        return None


def _is_lost(read: Any, raw: Any) -> bool:
    """Return whether something came where None was read, in the value itself or in an array."""
    if read is None:
        return raw is not None
    return is_array(read) and is_array(raw) and any(map(_is_lost, read, raw))


@cache
def reader(model: Any, decoder_of: DecoderOf) -> Callable[..., Any]:
    """Return the function that reads an object as a model, whatever its fields hold.

    It is slower than compiled code, and made only for what that code gave up on; `late` says that it did so after it
    had read children of the object. It raises TypeError for what is no object.
    """
    types = [(name, wire, resolve(annotation), required) for name, wire, annotation, required in fields(model)]
    declared = [(name, wire, tp, decoder_of(tp), required) for name, wire, tp, required in types]
    extra = extra_type(model)
    known = frozenset(model.__wire_names__.values())

    def read(value: Any, *, late: bool) -> Any:
        if not _is_object(value):
            raise TypeError("object expected")
        unread: dict[str, Any] = {}

        def take(tp: Any, decoder: Callable[[Any], Any], key: str) -> Any:
            raw = value[key]
            if not late:
                try:
                    return decoder(raw)
                except MISFITS:
                    pass
            found = salvaged(tp, raw, decoder_of)
            if _is_lost(found, raw):
                unread[key] = raw
            return found

        self = object.__new__(model)
        for name, wire, tp, decoder, required in declared:
            if wire in value:
                setattr(self, name, take(tp, decoder, wire))
                continue
            setattr(self, name, None if required else UNSET)
            if required:
                unread[wire] = UNSET
        others = [key for key in value if key not in known]
        self.additional_properties = {key: take(extra, decoder_of(extra), key) for key in others}
        self._unread = unread or None
        return self

    return read


def rejoined(model: Any, written: dict[str, Any], decoder_of: DecoderOf) -> dict[str, Any]:
    """Put what could not be read back into a model's JSON, and return it by wire name, as it came.

    What was replaced since stays replaced, so it is neither put back nor returned.
    """
    unread: dict[str, Any] = getattr(model, "_unread", None) or {}
    types = {wire: annotation for _, wire, annotation, _ in fields(model)} if unread else {}
    found: dict[str, Any] = {}
    for wire, raw in unread.items():
        if wire not in written:
            continue
        if raw is UNSET:
            # A required field that was missing stays so.
            if written[wire] is None:
                del written[wire]
            continue
        tp = resolve(types[wire]) if wire in types else extra_type(model)
        written[wire], is_kept = _joined(tp, written[wire], raw, decoder_of)
        if is_kept:
            found[wire] = raw
    return found


def _joined(tp: Any, written: Any, raw: Any, decoder_of: DecoderOf) -> tuple[Any, bool]:
    """Return what to write where one value is held now and another one came, and whether any of that is in it."""
    if written is None:
        is_kept = raw is not None and salvaged(tp, raw, decoder_of) is None
        return (raw, True) if is_kept else (None, False)
    item = _item_of(tp)
    if item is None or not is_array(written) or not is_array(raw) or len(written) != len(raw):
        return written, False
    joined = [_joined(item, new, old, decoder_of) for new, old in zip(written, raw, strict=True)]
    return [value for value, _ in joined], any(is_kept for _, is_kept in joined)
