"""Numbers that people write into policies: refused when the policy is made, in one sentence that says what would do.

The validators of attrs say it in a tuple of internals, and compare a text, where a number was meant, by a TypeError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from cyara_auth.client_options import is_number, refused

if TYPE_CHECKING:
    import attrs

_Validator = Callable[[object, "attrs.Attribute[Any]", object], None]


def whole_from(low: int) -> _Validator:
    """Return a validator for a number of things, `low` or more."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if not isinstance(value, int) or not is_number(value) or value < low:
            raise refused(field.name, value, takes=f"a whole number from {low}", example=str(field.default))

    return check


def seconds_from(low: float) -> _Validator:
    """Return a validator for seconds, or a factor, `low` or more."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if not is_number(value) or not cast("float", value) >= low:  # so that NaN is refused, too
            raise refused(field.name, value, takes=f"a number from {low:g}", example=str(field.default))

    return check


def seconds_above(low: float) -> _Validator:
    """Return a validator for seconds, more than `low`."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if not is_number(value) or not cast("float", value) > low:
            raise refused(field.name, value, takes=f"a number above {low:g}", example=str(field.default))

    return check
