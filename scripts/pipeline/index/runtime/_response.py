"""From an httpx response to a typed value, or to the error that says what came instead."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _decode
from ._annotations import members, resolve
from ._json import is_object, loads
from ._text import text_of, value_of_text
from .errors import ApiError, DecodingError, error_class

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ._http import httpx
    from .operations import Operation

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-ms-request-id", "request-context")
_REQUEST_ID = re.compile(r"[\w|:.=+/-]{1,200}", re.ASCII)
_SUCCESSES = range(200, 300)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_LONGEST_WAIT = 31_536_000.0
"""Seconds of a year: who asks for more than that means "never"."""


class Success(NamedTuple):
    """One documented success: the statuses it covers, where its value is found, and the Python type of that value."""

    low: int
    high: int
    source: str
    python_type: str


def _base(content_type: str) -> str:
    """Return a media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait, at most a year, or None when the answer does not say."""
    text = headers.get("retry-after", "").strip()
    # Of several values, which a gateway may have added, the longest counts.
    numbers = [part.strip() for part in text.split(",")]
    if all(number.isascii() and number.isdigit() for number in numbers):
        return min(_LONGEST_WAIT, max(map(float, numbers)))
    until = _moment(text)
    if until is None:
        return None
    # Against the answer's own clock, so a difference between its clock and ours does not matter.
    sent = _moment(headers.get("date", "")) or dt.datetime.now(dt.UTC)
    return min(_LONGEST_WAIT, max(0.0, (until - sent).total_seconds()))


def _moment(text: str) -> dt.datetime | None:
    """Return the moment of an HTTP date, None where the text is none."""
    try:
        moment = parsedate_to_datetime(text)
        # It is in GMT, also where it does not say so.
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    # Of a year or a zone that no clock has, the standard library raises more than it says.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _request_id(headers: Mapping[str, str], problem: Mapping[str, Any] | None) -> str | None:
    candidates = [headers.get(name) for name in _REQUEST_ID_HEADERS] + [(problem or {}).get("traceId")]
    # The id goes into the error's text, so nothing that is not plainly an id passes.
    return next((text for text in candidates if isinstance(text, str) and _REQUEST_ID.fullmatch(text)), None)


def _attempt(response: httpx.Response) -> int:
    attempt = response.extensions.get("cyara.attempt", 1)
    return attempt if isinstance(attempt, int) else 1


def api_error(operation: Operation, response: httpx.Response) -> ApiError:
    """Return the error that stands for an answer that is not a success."""
    problem, said = _words(response)
    return error_class(response.status_code)(
        method=operation.method,
        path_template=operation.path,
        operation_id=operation.operation_id,
        status_code=response.status_code,
        headers=response.headers,
        content=response.content,
        problem=problem,
        request_id=_request_id(response.headers, problem),
        attempt=_attempt(response),
        retry_after=_retry_after(response.headers),
        host=response.request.url.host,
        explanation=said,
    )


def _words(response: httpx.Response) -> tuple[dict[str, Any] | None, str]:
    """Return the object that a refusal's body is, if it is one, and its words without the credential of the call."""
    # Late: only a refusal pays for the search for secrets.
    from ._problem import explanation, parsed_problem

    content_type = response.headers.get("content-type", "")
    if not response.content or _base(content_type) in _PAGES:
        return None, ""
    value = parsed_problem(response.content, _base(content_type))
    # The transport that sent the credential knows it in every spelling; by its shape alone a part of it may pass.
    redact: Callable[[str], str] = response.extensions.get("cyara.redact", str)
    return value if is_object(value) else None, explanation(value, response.content, content_type, redact)


def _decoding_error(operation: Operation, response: httpx.Response, reason: str) -> DecodingError:
    return DecodingError(
        reason,
        method=operation.method,
        path_template=operation.path,
        operation_id=operation.operation_id,
        status_code=response.status_code,
        headers=response.headers,
        content=response.content,
        request_id=_request_id(response.headers, None),
        attempt=_attempt(response),
        host=response.request.url.host,
    )


def success_of(successes: tuple[Success, ...], status_code: int) -> Success | None:
    """Return the documented success that a status belongs to, or None when it is not a success."""
    for success in successes:
        if success.low <= status_code <= success.high:
            return success
    # ASP.NET documents name 200 for operations that in truth answer 201 or 204. The call has happened, and an error
    # would make people repeat it.
    return successes[0] if successes and status_code in _SUCCESSES else None


def _accepts_nothing(python_type: str) -> bool:
    return any(part.strip() in {"None", "Any", "object"} for part in python_type.split("|"))


def _parse(tp: Any, content: bytes, content_type: str) -> Any:
    """Return the JSON of a body that should be of a type; plain text where that type is text."""
    media_type = _base(content_type)
    if media_type in _PAGES:
        # Checked first: a page is text too, and a type that holds text would take it for the value.
        raise DecodingError("an HTML page came instead of JSON (a login page, or a gateway's own page)")
    try:
        value: object = loads(content)
    except RecursionError:
        raise DecodingError("the JSON is nested too deeply") from None
    except ValueError as error:
        if media_type.startswith("text/") and str in members(tp):
            return text_of(content, content_type)
        # The position is enough to find the place; the text of the parser's error could quote the body.
        position = getattr(error, "pos", None)
        place = "" if position is None else f" at byte {position} of {len(content)}"
        named = media_type or "a body without media type"
        raise DecodingError(f"{named} that is not valid JSON{place} (cut off, or not JSON at all)") from None
    return value


def _read_any(content: bytes, content_type: str) -> Any:
    """Read an answer that the document says nothing about, by its own media type."""
    media_type = _base(content_type)
    if not content:
        return None
    if _is_json(media_type):
        return _parse(Any, content, content_type)
    if media_type.startswith("text/"):
        return text_of(content, content_type)
    return content


def _read_text(success: Success, content: bytes, content_type: str, documented: tuple[str, ...]) -> Any:
    """Read an answer that is text, or one value written as text, as `/$count` is."""
    media_type = _base(content_type)
    if media_type in _PAGES and not _PAGES.intersection(map(_base, documented)):
        raise DecodingError("an HTML page came instead of text (a login page, or a gateway's own page)")
    text = text_of(content, content_type)
    if success.python_type == "str":
        return text
    return value_of_text(resolve(success.python_type), text, nullable=_accepts_nothing(success.python_type))


def _value(success: Success, response: httpx.Response, documented: tuple[str, ...]) -> Any:
    content = response.content
    if success.source == "bytes":
        return content
    content_type = response.headers.get("content-type", "")
    if success.source == "text":
        return _read_text(success, content, content_type, documented)
    if success.source == "none":
        return _read_any(content, content_type)
    if content:
        tp = resolve(success.python_type)
        value = _decode.decode(tp, _parse(tp, content, content_type))
        # The decoder lets null through everywhere; at the top it is the whole answer that is missing.
        if value is None and not _accepts_nothing(success.python_type):
            raise DecodingError(f"at $: {success.python_type} expected, null found")
        return value
    if _accepts_nothing(success.python_type):
        return None
    raise DecodingError("the body is empty")


def read(operation: Operation, success: Success, response: httpx.Response) -> Any:
    """Return the typed value of a success.

    Raises:
        DecodingError: the body is not what the document declares.
    """
    with reading(operation, response):
        return _value(success, response, operation.response_media_types)


@contextmanager
def reading(operation: Operation, response: httpx.Response) -> Generator[None]:
    """Say which call an answer belongs to that cannot be read.

    Raises:
        DecodingError: the body is not what the document declares.
    """
    try:
        yield
    except DecodingError as error:
        raise _decoding_error(operation, response, error.reason) from None


def parsed(tp: Any, response: httpx.Response) -> Any:
    """Return the JSON of an answer that should be of a type.

    Raises:
        DecodingError: it is not JSON.
    """
    if not response.content:
        raise DecodingError("the body is empty")
    return _parse(tp, response.content, response.headers.get("content-type", ""))
