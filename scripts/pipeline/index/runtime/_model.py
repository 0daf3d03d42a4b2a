"""Base of every generated model: its fields are its annotations, and reading and writing follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from . import _decode, _encode

if TYPE_CHECKING:
    from collections.abc import Mapping


def no_extras() -> dict[str, Any]:
    """Return a new, empty `additional_properties`; its own function, so that type checkers know what is in it."""
    return {}


class Model:
    """A JSON object with known fields.

    Fields that the portal sends beyond those are kept in `additional_properties` and written back by `to_dict`.
    A field that was absent holds `UNSET` and is not written; None is written as null.
    """

    __slots__ = ()

    __wire_names__: ClassVar[dict[str, str]] = {}
    """Name on the wire by attribute, for every declared field."""

    __discriminated_by__: ClassVar[tuple[str, tuple[str, ...]] | None] = None
    """Field and values that tell this model from its siblings, when the document has a discriminator."""

    additional_properties: dict[str, Any]

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Build the model from parsed JSON.

        Raises:
            DecodingError: the value is not of the declared shape; the text says where.
        """
        model: Self = _decode.decode(cls, src_dict)
        return model

    def to_dict(self) -> dict[str, Any]:
        """Return the model as plain JSON values, without what is unset."""
        return _encode.model_to_json(self)
