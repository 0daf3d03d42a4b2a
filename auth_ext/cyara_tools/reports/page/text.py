"""Values as the page writes them: texts of a portal cleaned and bounded, times with their zone, lengths of time."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from cyara_tools.plain_text import one_line

NONE: Final = "\N{EN DASH}"
"""Stands where there is no value."""

_MINUTE: Final = 60
_HOUR: Final = 3600


def clean(text: str | None, limit: int) -> str:
    """Return a text of a portal on one line, without control characters, and of at most `limit` characters.

    It is not escaped: the template does that.
    """
    whole = text or ""
    # What is cut away below need not be cleaned, and blanks that are many count as one.
    kept = whole[: 8 * limit]
    line = " ".join(one_line(kept, most=len(kept)).split())
    return line if len(line) <= limit and len(kept) == len(whole) else f"{line[: limit - 1]}…"


def moment(time: dt.datetime | None) -> str:
    """Return a moment in UTC, to the second; one without a zone is shown as it is, and says so."""
    if time is None:
        return NONE
    if time.tzinfo is None:
        return f"{time:%Y-%m-%d %H:%M:%S} (zone not said)"
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(seconds: float | None) -> str:
    """Return a length of time in seconds as people read it."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return NONE
    if seconds < _MINUTE:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def between(started: dt.datetime | None, ended: dt.datetime | None) -> str:
    """Return how long something took."""
    return NONE if started is None or ended is None else span((ended - started).total_seconds())


def share(part: int, whole: int) -> str:
    """Return a share in percent, rounded down: what is not all never reads as 100 %."""
    tenths = 1000 * part // whole if whole else 0
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10:.1f} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 call`, `1,200 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
