"""Lengths of time as people write them on a command line: `90`, `30s`, `1h30m`, `30d`."""

import re
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern}\s*)+", re.ASCII)
_BARE: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def seconds_of(text: str) -> float:
    """Return the seconds of a length of time; a bare number is seconds.

    Raises:
        ValueError: The text is none; the message says which forms there are.
    """
    plain = text.strip().lower()
    if _BARE.fullmatch(plain):
        return float(plain)
    if not _WHOLE.fullmatch(plain):
        raise ValueError(f"{text!r} is not a length of time. Write it as 30s, 5m, 1h30m or 30d")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(plain))
