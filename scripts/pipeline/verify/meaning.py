"""Comparing what was sent with what arrived: two spellings of one moment, time span or number are the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from cyara_tools.portal.json_types import is_array, is_object
from cyara_tools.portal.string_formats import ISO_DURATION, TIME_SPAN, read_date_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cyara_tools.portal.json_types import Json

_TIME_SPAN: Final = re.compile(r"(-?)(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?")
_ISO_DURATION: Final = re.compile(r"(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def read_span(text: str) -> dt.timedelta:
    """Read a .NET time span or an ISO 8601 duration without months and years.

    Raises:
        ValueError: it is neither.
    """
    parts = _TIME_SPAN.fullmatch(text)
    if parts:
        sign, days, hours, minutes, seconds, fraction = parts.groups()
        micro = int(((fraction or "") + "000000")[:6])
        whole = dt.timedelta(int(days or 0), int(seconds or 0), micro, 0, int(minutes), int(hours))
        return -whole if sign else whole
    iso = _ISO_DURATION.fullmatch(text)
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


def difference(sent: Json, got: Json, where: str = "") -> str | None:
    """Return the first place where two JSON values differ in what they mean, or None."""
    if is_object(sent) and is_object(got):
        return next(filter(None, _members(sent, got, where)), None)
    if is_array(sent) and is_array(got):
        if len(sent) != len(got):
            return f"{where} has {len(got)} entries, not {len(sent)}"
        pairs = enumerate(zip(sent, got, strict=True))
        return next(filter(None, (difference(*pair, f"{where}[{index}]") for index, pair in pairs)), None)
    return None if _same(sent, got) else f"{where or 'the value'} is {got!r:.60}, not {sent!r:.60}"


def _members(sent: dict[str, Json], got: dict[str, Json], where: str) -> Iterator[str | None]:
    for name, value in sent.items():
        yield difference(value, got[name], f"{where}.{name}") if name in got else f"{where}.{name} is gone"
    yield from (f"{where}.{name} came from nowhere" for name in got if name not in sent)


def _same(sent: Json, got: Json) -> bool:
    if isinstance(sent, str) and isinstance(got, str):
        return sent == got or any(read(sent) == read(got) is not None for read in (_moment, _span, _guid))
    # To Python True equals 1.
    if isinstance(sent, bool) or isinstance(got, bool):
        return sent is got
    numbers = isinstance(sent, int | float) and isinstance(got, int | float)
    return bool(sent == got) and (numbers or type(sent) is type(got))


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


def _guid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def to_json(value: Json) -> Json:
    """Return a parsed answer as JSON values."""
    if hasattr(value, "to_dict"):
        return to_json(value.to_dict())
    if is_object(value):
        return {key: to_json(inner) for key, inner in value.items()}
    if is_array(value):
        return [to_json(inner) for inner in value]
    return next((write(value) for kind, write in _TEXTS if isinstance(value, kind)), value)


def as_texts(value: Json) -> Json:
    """Return a JSON value with every number and truth value in it as text."""
    if is_object(value):
        return {key: as_texts(inner) for key, inner in value.items()}
    if is_array(value):
        return [as_texts(inner) for inner in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)


def written(value: Json, got: Json) -> Json:
    """Return a value of a form or query as texts, with the JSON text of each object where a text arrived."""
    if not is_object(value):
        return as_texts(value)
    # A member of any type (`{}`, as in ABP's `ExtraProperties`) has no other spelling there.
    if not is_object(got):
        return json.dumps(value, separators=(",", ":"))
    return {key: written(inner, got.get(key, {})) for key, inner in value.items()}


def _span_text(span: dt.timedelta) -> str:
    sign, size = ("-", -span) if span < dt.timedelta() else ("", span)
    minutes, seconds = divmod(size.seconds, 60)
    return f"{sign}{size.days}.{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{size.microseconds:06}0"


_TEXTS: Final[tuple[tuple[type, Callable[[Json], Json]], ...]] = (
    (Enum, lambda value: value.value),
    (dt.timedelta, _span_text),
    (dt.date, lambda value: value.isoformat()),
    (UUID, str),
)
