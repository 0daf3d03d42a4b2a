"""What an answer says, read from its JSON whatever the document calls it.

The verdict of a run must not depend on guesses of a document: which fields there are, how they are spelled, of which
type they are. So names are compared without case and punctuation, numbers of things as text, and moments by what they
show.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any, TypeGuard

_NIL = frozenset("0-")
_GUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-z])")
_YEAR = re.compile(r"(?<!\d)(?!0001)\d{4}(?!\d)|\d{10}")


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def as_json(answer: Any) -> Any:
    """Return an answer of the client as JSON values: a model as the portal wrote it, all else as it is."""
    to_dict = getattr(answer, "to_dict", None)
    return to_dict() if callable(to_dict) else answer


def values_of(answer: Any) -> Any:
    """Return JSON values for the bytes of an answer, or its text."""
    if not isinstance(answer, bytes):
        return answer
    text = answer.decode("utf-8", "replace")
    try:
        return json.loads(text)
    # RecursionError: nothing that a portal answers may end what it has started.
    except (ValueError, RecursionError):
        return text


def spelled(name: str) -> str:
    """Return a field's name without case and punctuation: `campaignRunId` and `campaign_run_id` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def field(value: Any, *names: str) -> Any:
    """Return the first of these fields of a JSON object that is there and not null; names as `spelled` returns them."""
    if not is_object(value):
        return None
    known = {spelled(str(key)): inner for key, inner in value.items()}
    return next((known[name] for name in names if known.get(name) is not None), None)


def identity(value: Any) -> str | None:
    """Return the number or GUID of a thing in a form that can be compared; None where it names nothing.

    Zero, the GUID of zeros and an empty text are what .NET writes for no number.
    """
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    text = f"{value:.0f}" if isinstance(value, float) else str(value)
    text = text.strip().strip("{}()\"'").lower()
    plain = text.replace("-", "")
    return None if set(text) <= _NIL else plain if is_guid(text) else text


def is_guid(text: str) -> bool:
    """Return whether a text is a GUID, with or without its hyphens."""
    return _GUID.fullmatch(text) is not None


def guids_in(text: str) -> list[str]:
    """Return every GUID that stands in a text, as `identity` spells it."""
    found = (identity(guid) for guid in _GUID.findall(text.lower()))
    return [guid for guid in found if guid is not None]


def is_moment(value: Any) -> bool:
    """Return whether a value shows that something has happened at some time.

    A text or number of any format will do that has a year or the seconds since 1970 in it. The year 1, which is .NET's
    moment of nothing, will not, and no word such as `Running`.
    """
    if isinstance(value, dt.datetime):
        return value.year > 1
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    return _YEAR.search(str(value)) is not None


def moment(value: Any) -> dt.datetime | None:
    """Return a model's moment if it was read as one; a moment without a zone is UTC, as all of the API's are."""
    if not isinstance(value, dt.datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
