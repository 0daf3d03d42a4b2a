"""Dates and durations as .NET writes them, both ways.

Dates come in ISO 8601 with up to seven fractional digits, with `Z`, an offset, or no zone at all. Durations are .NET
time spans, `[-][d.]hh:mm:ss[.fffffff]`, or ISO 8601 durations (`PT1H`). Python keeps microseconds, so the seventh digit
(100 ns) is cut off.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

_SPAN = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>\d+)(?::(?P<seconds>\d+)(?:\.(?P<fraction>\d+))?)?"
)
_DAYS_ONLY = re.compile(r"(?P<sign>[+-]?)(?P<days>\d+)")
_ISO_SPAN = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:[.,](?P<fraction>\d+))?S)?)?"
)
_SECONDS_OF_AN_HOUR = 3_600
_LONGEST_KEPT = 40
_SECONDS_OF_A_MINUTE = 60

# The C function reads every form above, seven digits included (it cuts off the seventh), so reading costs one call.
# A date without a zone stays without one: guessing would shift it.
parse_datetime = dt.datetime.fromisoformat
_MIDNIGHT = parse_datetime("0001-01-01T00:00:00")


class Memory:
    """Values of texts that were read before: durations, and ids of what rows have in common, come again and again.

    `seen` looks a text up, which is much faster than reading it. Where there turn out to be too many different texts,
    nothing is kept any more: then they do not repeat, and looking up would only cost time.
    """

    def __init__(self, most: int = 4096) -> None:
        self._known: dict[str, Any] = {}
        self._most = most
        self.seen = self._known.get
        self.has_room = True

    def keep(self, text: str, value: object) -> None:
        """Remember what a text says, if it is as long as such texts are."""
        if len(text) > _LONGEST_KEPT:
            return
        self._known[text] = value
        if len(self._known) > self._most:
            self.has_room = False
            self._known.clear()


KNOWN_SPANS = Memory()
KNOWN_GUIDS = Memory()


def parse_date(text: str) -> dt.date:
    """Read a date; .NET writes midnight behind it when the property is a DateTime.

    Raises:
        ValueError: the text is not a date.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return parse_datetime(text).date()


def parse_timespan(text: str) -> dt.timedelta:
    """Read a .NET time span or an ISO 8601 duration.

    Raises:
        ValueError: the text is neither, or longer than Python's timedelta can hold.
    """
    # Nearly all spans are under a day and in .NET's constant form; the C parser reads those as a time of day.
    try:
        span = parse_datetime("0001-01-01T" + text) - _MIDNIGHT if text[2] == ":" else _parse_parts(text)
    except (ValueError, TypeError, IndexError):
        span = _parse_parts(text)
    if KNOWN_SPANS.has_room:
        KNOWN_SPANS.keep(text, span)
    return span


def parse_uuid(text: str) -> uuid.UUID:
    """Read a GUID as .NET writes it, with or without hyphens or braces.

    Raises:
        ValueError: the text is no GUID.
    """
    guid = uuid.UUID(text)
    if KNOWN_GUIDS.has_room:
        KNOWN_GUIDS.keep(text, guid)
    return guid


def parse_int(value: object) -> int:
    """Read an integer that was written as text or with a fraction of nought.

    Raises:
        ValueError: it is no integer.
        TypeError: it is neither text nor number.
    """
    if isinstance(value, float):
        # In JSON 5.0 is an integer, and orjson reads integers beyond 64 bits as floats.
        if value.is_integer():
            return int(value)
    elif isinstance(value, str):
        number = int(value)
        # "007" and "1_000" are integers to Python, but no number that a serialiser wrote.
        if str(number) == value:
            return number
    else:
        raise TypeError("an integer expected")
    raise ValueError("not an integer")


def parse_float(value: object) -> float:
    """Read a number that was written without a fraction or as text, `NaN` and `Infinity` included.

    Raises:
        ValueError: the text is no number.
        TypeError: it is neither text nor number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        # As it came: a large one would lose digits.
        return value
    if isinstance(value, str):
        # Python reads "1_000", which no serialiser writes.
        return float(value.replace("_", "?"))
    raise TypeError("a number expected")


def _parse_parts(text: str) -> dt.timedelta:
    match = _SPAN.fullmatch(text) or _DAYS_ONLY.fullmatch(text) or _ISO_SPAN.fullmatch(text)
    if match is None or text[-1:] in {"P", "T"}:
        raise ValueError("not a time span")
    parts = match.groupdict()
    fraction = (parts.get("fraction") or "")[:6].ljust(6, "0")
    try:
        span = dt.timedelta(
            weeks=int(parts.get("weeks") or 0),
            days=int(parts.get("days") or 0),
            hours=int(parts.get("hours") or 0),
            minutes=int(parts.get("minutes") or 0),
            seconds=int(parts.get("seconds") or 0),
            microseconds=int(fraction),
        )
    except OverflowError as error:
        raise ValueError("the time span is too long") from error
    return -span if parts["sign"] == "-" else span


def format_datetime(moment: dt.datetime) -> str:
    """Write a moment as ISO 8601, UTC as `Z`, as the API's own examples do."""
    text = moment.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def format_timespan(span: dt.timedelta) -> str:
    """Write a duration as .NET's constant format does: days and fraction only where they are needed."""
    sign = "-" if span < dt.timedelta() else ""
    size = abs(span)
    hours, rest = divmod(size.seconds, _SECONDS_OF_AN_HOUR)
    minutes, seconds = divmod(rest, _SECONDS_OF_A_MINUTE)
    days = f"{size.days}." if size.days else ""
    fraction = f".{size.microseconds:06d}0" if size.microseconds else ""
    return f"{sign}{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"
