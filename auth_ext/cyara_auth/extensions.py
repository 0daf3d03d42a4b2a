"""What travels beside a request and an answer, in httpx's `extensions`: names, and what the layers read from them.

The layers know each other by these names alone: the endpoint functions say which operation is called, the retries say
which attempt it is, the guard says what must not be repeated.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

OPERATION: Final = "cyara.operation"
"""Request extension: the generated `Operation` that is called, put there by the endpoint functions."""

CONFIRM: Final = "cyara.confirm"
"""Request extension: `True` lets this call spend budget on a pair under suspicion: an operator has looked."""

IDEMPOTENT_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Methods that RFC 9110, section 9.2.2, calls idempotent, without TRACE."""

RETRYABLE_STATUSES: Final = frozenset({408, 429, 502, 503, 504})

IDEMPOTENT: Final = "cyara.idempotent"
"""Request extension: `True` says that this call may be repeated though its method is POST or PATCH."""

ATTEMPT: Final = "cyara.attempt"
"""Extension of request and response: which attempt this is, from 1."""

LONGEST_RETRY_AFTER: Final = 31_536_000.0
"""Seconds of a year: who asks for more than that means "never", and no clock need reckon with it."""

REDACT: Final = "cyara.redact"
"""Response extension of a refusal: a function that takes this call's credential out of a text."""

UNREPEATABLE: Final = "cyara.unrepeatable"
"""Response extension: the portal may have counted this call as invalid, so the call is not repeated by itself."""


def is_idempotent(method: str, extensions: Mapping[str, Any]) -> bool:
    """Return whether a call may be repeated: by its method, or because its caller says so."""
    return method in IDEMPOTENT_METHODS or extensions.get(IDEMPOTENT) is True


def operation_of(extensions: Mapping[str, Any]) -> Any:
    """Return the generated `Operation` that is called, None for a request that no endpoint function made."""
    return extensions.get(OPERATION)


def seconds_of_retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `Retry-After` (seconds or an HTTP date, RFC 9110 section 10.2.3), at most `LONGEST_RETRY_AFTER`.

    Of several values of one answer, which a gateway may have added, the longest counts; what is neither form counts as
    absent.
    """
    text = headers.get("retry-after", "").strip()
    numbers = [part.strip() for part in text.split(",")]
    if all(number.isascii() and number.isdigit() for number in numbers):
        return min(LONGEST_RETRY_AFTER, max(map(float, numbers)))
    try:
        date = parsedate_to_datetime(text)
        # An HTTP date is in GMT, also where it does not say so.
        moment = date if date.tzinfo else date.replace(tzinfo=UTC)
        return min(LONGEST_RETRY_AFTER, max(0.0, (moment - now).total_seconds()))
    # Of a year or a zone that no clock has, the standard library raises more than it says.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
