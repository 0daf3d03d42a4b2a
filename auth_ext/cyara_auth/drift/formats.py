"""Which texts the client can read as the format that a document declares; any other text reads as None."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_SPAN: Final = re.compile(
    r"[+-]?(?:(?:(\d+)\.)?\d+:\d+(?::\d+(?:\.\d+)?)?|\d+|P(?=.)(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:[.,]\d+)?S)?)?)"
)
"""A .NET time span or an ISO 8601 duration."""


def _date(text: str) -> object:
    # .NET writes midnight behind a date that is a DateTime there.
    return dt.datetime.fromisoformat(text)


def _span(text: str) -> object:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError("not a time span")
    return dt.timedelta(days=int(match.group(1) or 0))


_READERS: Final[dict[str, Callable[[str], object]]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": _date,
    "uuid": uuid.UUID,
    "timespan": _span,
    "datespan": _span,
    "duration": _span,
}


def fits_format(written_as: object, text: str) -> bool:
    """Return whether a text can be read as a format; whatever is no date, time span or id is text and can."""
    name = written_as if isinstance(written_as, str) else ""
    reader = _READERS.get(re.sub(r"[-_ ]", "", name).lower())
    try:
        return reader is None or reader(text) is not None
    except (ValueError, OverflowError):
        return False
