"""Formats of strings: which strings fit a `format` or `pattern`, and one plausible string for each format."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cyara_tools.portal.patterns import matching_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIME_SPAN: Final = re.compile(r"-?(?:\d+\.)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?")
ISO_DURATION: Final = re.compile(
    r"-?P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)
SPAN_FORMATS: Final = frozenset({"time-span", "timespan", "date-span", "duration", "partial-time-span"})

_FRACTION: Final = re.compile(r"(\.\d{6})\d+")


def read_date_time(text: str) -> datetime:
    """Read an ISO 8601 time with any number of fractional digits, of which six are kept.

    Raises:
        ValueError: the text is not a time, or a date alone.
    """
    # Python reads a date alone as midnight; .NET would too, but no server writes it where it means a moment.
    if len(text) <= len("2024-05-06"):
        raise ValueError(f"not a date and time: {text!r}")
    # .NET writes seven digits, of which Python keeps six.
    return datetime.fromisoformat(_FRACTION.sub(r"\1", text))


def _base64(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _span(text: str) -> None:
    if not (TIME_SPAN.fullmatch(text) or ISO_DURATION.fullmatch(text)):
        raise ValueError(f"not a time span: {text!r}")


# Only formats that a .NET server insists on; any other says nothing, as in JSON Schema.
_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "date-time": read_date_time,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "uuid": UUID,
    "guid": UUID,
    "byte": _base64,
    **dict.fromkeys(SPAN_FORMATS, _span),
}


def is_known_format(name: object) -> bool:
    """Whether a format says what a text has to look like."""
    return isinstance(name, str) and name in _READERS


def fits_format(text: str, name: object) -> bool:
    """Whether a text has the form that a format names; an unknown format takes every text."""
    if not (isinstance(name, str) and name in _READERS):
        return True
    try:
        # Whatever .NET would read fits, so each format is tried by a reader and not by a pattern.
        _READERS[name](text)
    except ValueError:
        return False
    return True


def fits_pattern(text: str, pattern: object) -> bool:
    """Whether a text matches; a pattern that Python cannot read, or that no text is known for, takes every text."""
    if not isinstance(pattern, str):
        return True
    try:
        # Some patterns are escaped once too often, so that nothing could ever match.
        return re.search(pattern, text) is not None or not _has_text(pattern)
    # Documents carry .NET's dialect.
    except (re.error, RecursionError, OverflowError):
        return True


@lru_cache(maxsize=1024)
def _has_text(pattern: str) -> bool:
    return matching_text(pattern) is not None


SAMPLES: Final[Mapping[str, str]] = {
    "date-time": "2024-05-06T07:08:09Z",
    "date": "2024-05-06",
    "time": "07:08:09",
    **dict.fromkeys(SPAN_FORMATS, "01:02:03.5000000"),
    "uuid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "guid": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "byte": "Y3lhcmE=",
    "uri": "https://example.com/a",
    "uri-reference": "/a",
    "url": "https://example.com/a",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::1",
    "phone": "+12025550147",
    "tel": "+12025550147",
    "char": "a",
    "decimal": "1.5",
    "double": "1.5",
    "float": "1.5",
    "int32": "7",
    "int64": "7",
}
SEVEN_DIGITS: Final = "2019-04-26T21:15:11.8071332Z"
