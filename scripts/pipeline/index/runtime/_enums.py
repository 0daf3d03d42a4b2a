"""Enumerations that stay open: the next release of the portal may send a member that this document does not know.

An unknown value becomes a member-like object of the same class: a real `str` or `int`, equal to the bare value,
hashable, picklable, with `is_known` False. It is never listed among the members. A number in place of a text is equal
to its digits; its `value` is the number.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, Self


class OpenStrEnum(StrEnum):
    """Base of enumerations whose values are text."""

    @property
    def is_known(self) -> bool:
        """Whether the document lists this value."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        # .NET's converter writes a value that has no name as its number.
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = str(value)
        # A number stays one, so that what is sent back is what came; the type checkers know of text only.
        object.__setattr__(unknown, "_value_", value)
        return unknown

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        # By value: before Python 3.11.4 enum pickles by name, and an unknown member has no name to be found by.
        return type(self), (self._value_,)

    def __repr__(self) -> str:
        """As enum writes it, which expects a text for a value."""
        return f"<{type(self).__name__}.{self._name_}: {self._value_!r}>"


class OpenIntEnum(IntEnum):
    """Base of enumerations whose values are numbers."""

    @property
    def is_known(self) -> bool:
        """Whether the document lists this value."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, str):
            return cls._from_text(value)
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = str(value)
        unknown._value_ = value
        return unknown

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        # By value: before Python 3.11.4 enum pickles by name, and an unknown member has no name to be found by.
        return type(self), (self._value_,)

    @classmethod
    def _from_text(cls, text: str) -> Self | None:
        """Read the member's name, in any case and with or without underscores, or its number as text."""
        # A server with a string converter sends names although the document lists numbers.
        spelled = text.replace("_", "").casefold()
        for member in cls:
            if member.name.replace("_", "").casefold() == spelled:
                return member
        try:
            return cls(int(text))
        except ValueError:
            return None


__all__ = ["OpenIntEnum", "OpenStrEnum"]
