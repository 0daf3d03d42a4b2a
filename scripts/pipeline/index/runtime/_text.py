"""Bodies that are text: read whatever charset they claim, as text or as the one value that the text spells."""

from __future__ import annotations

import codecs
import datetime as dt
import json
import re
import uuid
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from ._annotations import MISFITS, members
from ._enums import OpenIntEnum, OpenStrEnum
from ._scalars import parse_date, parse_datetime, parse_timespan
from .errors import DecodingError

if TYPE_CHECKING:
    from collections.abc import Callable

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
# To Python these are encodings too, but none that a text travels in.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "unicode_escape"})
_INTEGER = re.compile(r"[+-]?\d{1,4000}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?|Infinity|NaN)", re.ASCII | re.IGNORECASE)
_TRUTH = {"true": True, "false": False}
_NOTHING = frozenset({"", "null"})


def text_of(content: bytes, content_type: str) -> str:
    """Return a body as text: in the charset of its media type, in UTF-8 where that names none that can be used."""
    found = _CHARSET.search(content_type)
    try:
        charset = codecs.lookup(found[1]).name if found else "utf-8"
        # `decode` refuses what is no encoding of texts, such as `hex`.
        text = content.decode("utf-8" if charset in _NO_CHARSETS else charset, "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    # .NET's writers put a byte order mark before a text.
    return text.removeprefix("\ufeff")


def _truth(text: str) -> bool:
    # .NET's `ToString` writes `True`, its serialisers `true`.
    return _TRUTH[text.lower()]


def _integer(text: str) -> int:
    # `int` alone takes `1_000` and the digits of every script.
    if _INTEGER.fullmatch(text) is None:
        raise ValueError("not a whole number")
    return int(text)


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("not a number")
    return float(text)


_READERS: dict[Any, Callable[[str], Any]] = {
    bool: _truth,
    int: _integer,
    float: _number,
    uuid.UUID: uuid.UUID,
    dt.datetime: parse_datetime,
    dt.date: parse_date,
    dt.timedelta: parse_timespan,
}


def _literal(part: Any, text: str) -> Any:
    return next(value for value in get_args(part) if str(value) == text)


def _read(part: Any, text: str) -> Any:
    if part in _READERS:
        return _READERS[part](text)
    if get_origin(part) is Literal:
        return _literal(part, text)
    if isinstance(part, type) and issubclass(part, (OpenStrEnum, OpenIntEnum)):
        # Numbers are found by their names too, which no type says.
        member: Any = part
        return member(text)
    if part in {str, Any, object}:
        return text
    raise TypeError("no single value")


def value_of_text(tp: Any, body: str, *, nullable: bool) -> Any:
    """Return the value that a text spells: a number, a truth value, a moment, an id, a member of an enumeration.

    Blanks and JSON's quotation marks around it do not count.

    Raises:
        DecodingError: it spells none of the type; the text of the error does not quote it.
    """
    text = body.strip()
    if text.startswith('"'):
        # A serialiser was asked for text, and wrote the JSON of it.
        try:
            text = str(json.loads(text))
        except (ValueError, RecursionError):
            text = body
    if text in _NOTHING and nullable:
        return None
    # What is more than text first: any text is a text.
    for part in sorted(members(tp), key=lambda part: part in {str, Any, object}):
        try:
            return _read(part, text)
        except (*MISFITS, StopIteration):
            continue
    expected = " or ".join(getattr(part, "__name__", str(part)) for part in members(tp))
    raise DecodingError(f"at $: {expected} expected, {'text that does not fit' if text else 'no text'} found")
