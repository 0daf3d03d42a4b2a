"""Values as the page writes them: texts of a portal cleaned and bounded, times with their zone, lengths of time."""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

NONE: Final = "\N{EN DASH}"
"""Stands where there is no value."""

# Control characters have no place in HTML, and marks of direction could turn the text around them.
_TO_BLANK: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_AWAY: Final = dict.fromkeys(
    (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF)
)
_TABLE: Final = _TO_BLANK | _AWAY
_MINUTE: Final = 60
_HOUR: Final = 3600


def clean(text: str | None, limit: int) -> str:
    """Return a text of a portal on one line, without control characters, and of at most `limit` characters.

    It is not escaped: the template does that.
    """
    # What is cut away below need not be cleaned: a text may have megabytes.
    kept = (text or "")[: 8 * limit]
    # A portal's JSON can spell half a pair of surrogates, which no file in UTF-8 can hold.
    plain = " ".join(kept.translate(_TABLE).encode("utf-8", "replace").decode("utf-8").split())
    return plain if len(plain) <= limit and len(kept) == len(text or "") else plain[: limit - 1] + "…"


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
    known = started is not None and ended is not None
    return span((ended - started).total_seconds()) if known else NONE


def share(part: int, whole: int) -> str:
    """Return a share in percent, rounded down: what is not all never reads as 100 %."""
    tenths = 1000 * part // whole if whole else 0
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10:.1f} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 call`, `1,200 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
