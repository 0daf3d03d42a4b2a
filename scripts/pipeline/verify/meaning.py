"""Comparing what was sent with what arrived: two spellings of one moment, time span or number are the same."""

from __future__ import annotations

import datetime as dt
import re
from enum import Enum
from typing import Any, Final
from uuid import UUID

from cyara_auth.testing.texts import ISO_DURATION, TIME_SPAN, read_date_time

_PARTS: Final = re.compile(r"(-?)(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?")
_ISO: Final = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def read_span(text: str) -> dt.timedelta:
    """Read a .NET time span or an ISO 8601 duration without months and years.

    Raises:
        ValueError: it is neither.
    """
    parts = _PARTS.fullmatch(text)
    if parts:
        sign, days, hours, minutes, seconds, fraction = parts.groups()
        micro = int(((fraction or "") + "000000")[:6])
        whole = dt.timedelta(int(days or 0), int(seconds or 0), micro, 0, int(minutes), int(hours))
        return -whole if sign else whole
    iso = _ISO.fullmatch(text)
    if iso is None:
        raise ValueError(f"not a time span: {text!r}")
    sign, weeks, days, hours, minutes, seconds = iso.groups()
    whole = dt.timedelta(
        weeks=int(weeks or 0),
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=float(seconds or 0),
    )
    return -whole if sign else whole


def difference(sent: Any, got: Any, where: str = "") -> str | None:
    """Return the first place where two JSON values differ in what they mean, or None."""
    match sent, got:
        case dict(), dict():
            for name in sent:
                if name not in got:
                    return f"{where}.{name} is gone"
                found = difference(sent[name], got[name], f"{where}.{name}")
                if found:
                    return found
            return next((f"{where}.{name} came from nowhere" for name in got if name not in sent), None)
        case list(), list():
            if len(sent) != len(got):
                return f"{where} has {len(got)} entries, not {len(sent)}"
            return next(
                (r for i, pair in enumerate(zip(sent, got, strict=True)) if (r := difference(*pair, f"{where}[{i}]"))),
                None,
            )
        case _:
            return None if _same(sent, got) else f"{where or 'the value'} is {got!r:.60}, not {sent!r:.60}"


def _same(sent: Any, got: Any) -> bool:
    if type(sent) is bool or type(got) is bool:
        return sent is got
    if isinstance(sent, int | float) and isinstance(got, int | float):
        return bool(sent == got)
    if not (isinstance(sent, str) and isinstance(got, str)):
        return type(sent) is type(got) and sent == got
    return (
        sent == got
        or _moment(sent) == _moment(got) is not None
        or _span(sent) == _span(got) is not None
        or (len(sent) == len(got) and sent.lower() == got.lower() and _is_guid(sent))
    )


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = read_date_time(text)
    except ValueError:
        try:
            moment = dt.datetime.combine(dt.date.fromisoformat(text), dt.time())
        except ValueError:
            return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment


def _span(text: str) -> dt.timedelta | None:
    if not (TIME_SPAN.fullmatch(text) or ISO_DURATION.fullmatch(text)):
        return None
    try:
        return read_span(text)
    except ValueError:
        return None


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def plain(value: Any) -> Any:
    """Return a parsed answer as JSON values."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    match value:
        case Enum():
            return value.value
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case dt.timedelta():
            return _span_text(value)
        case dt.datetime() | dt.date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return value


def _span_text(span: dt.timedelta) -> str:
    sign, size = ("-", -span) if span < dt.timedelta() else ("", span)
    minutes, seconds = divmod(size.seconds, 60)
    return f"{sign}{size.days}.{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{size.microseconds:06}0"
