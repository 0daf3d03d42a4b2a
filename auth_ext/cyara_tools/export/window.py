"""`--since` and `--until`: a moment, or so long ago."""

from __future__ import annotations

import datetime as dt

from cyara_tools.durations import seconds_of

_FORMS = "Write it as 30d or 12h, as 2026-01-31, or as 2026-01-31T08:00:00+01:00"


def moment_of(text: str, now: dt.datetime) -> dt.datetime:
    """Return the moment that a text names, in UTC; one without a zone is UTC, as those of the API are.

    Args:
        text: a length of time before `now`, with its unit; or a date or time as ISO 8601 writes it.
        now: an aware moment.

    Raises:
        ValueError: it is neither; the message says which forms there are.
    """
    plain = text.strip()
    try:
        found = dt.datetime.fromisoformat(plain)
    except ValueError:
        return _ago(plain, now)
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def _ago(text: str, now: dt.datetime) -> dt.datetime:
    # A number alone would be seconds, and is more likely half a date.
    if not text or text.replace(".", "").isdigit():
        raise ValueError(f"{text!r} is neither a moment nor a length of time. {_FORMS}")
    try:
        return now - dt.timedelta(seconds=seconds_of(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is neither a moment nor a length of time. {_FORMS}") from None
