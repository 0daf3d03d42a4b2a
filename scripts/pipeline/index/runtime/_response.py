"""From an httpx response to a typed value, or to the error that says what came instead."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from . import _decode
from ._annotations import members, resolve
from ._json import loads
from .errors import ApiError, DecodingError, error_class

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from ._http import httpx
    from .operations import Operation

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-ms-request-id", "request-context")
_REQUEST_ID = re.compile(r"[\w|:.=+/-]{1,200}", re.ASCII)
_SUCCESSES = range(200, 300)


class Success(NamedTuple):
    """One documented success: the statuses it covers, where its value is found, and the Python type of that value."""

    low: int
    high: int
    source: str
    python_type: str


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("/json", "+json"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait, or None when the answer does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        # Against the answer's own clock, so a difference between its clock and ours does not matter.
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(headers["date"]) if "date" in headers else dt.datetime.now(dt.UTC)
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):
        return None


def _problem(response: httpx.Response) -> dict[str, Any] | None:
    if not _is_json(_media_type(response.headers)):
        return None
    try:
        value = loads(response.content)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _request_id(headers: Mapping[str, str], problem: Mapping[str, Any] | None) -> str | None:
    candidates = [headers.get(name) for name in _REQUEST_ID_HEADERS] + [(problem or {}).get("traceId")]
    # The id goes into the error's text, so nothing that is not plainly an id passes.
    return next((text for text in candidates if isinstance(text, str) and _REQUEST_ID.fullmatch(text)), None)


def _attempt(response: httpx.Response) -> int:
    attempt = response.extensions.get("cyara.attempt", 1)
    return attempt if isinstance(attempt, int) else 1


def api_error(operation: Operation, response: httpx.Response) -> ApiError:
    """Return the error that stands for an answer that is not a success."""
    problem = _problem(response)
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
    )


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


def _parse(tp: Any, content: bytes, media_type: str) -> Any:
    """Return the JSON of a body that should be of a type; plain text where that type is text."""
    if media_type in {"text/html", "application/xhtml+xml"}:
        # Checked first: a page is text too, and a type that holds text would take it for the value.
        raise DecodingError("an HTML page came instead of JSON (a login page, or a gateway's own page)")
    try:
        value: object = loads(content)
    except RecursionError:
        raise DecodingError("the JSON is nested too deeply") from None
    except ValueError as error:
        if media_type.startswith("text/") and str in members(tp):
            return content.decode("utf-8", "replace")
        # The position is enough to find the place; the text of the parser's error could quote the body.
        position = getattr(error, "pos", None)
        place = "" if position is None else f" at byte {position} of {len(content)}"
        named = media_type or "a body without media type"
        raise DecodingError(f"{named} that is not valid JSON{place} (cut off, or not JSON at all)") from None
    return value


def _read_any(content: bytes, media_type: str) -> Any:
    """Read an answer that the document says nothing about, by its own media type."""
    if not content:
        return None
    if _is_json(media_type):
        return _parse(Any, content, media_type)
    if media_type.startswith("text/"):
        return content.decode("utf-8", "replace")
    return content


def _value(success: Success, response: httpx.Response) -> Any:
    content = response.content
    if success.source == "bytes":
        return content
    if success.source == "text":
        return response.text
    media_type = _media_type(response.headers)
    if success.source == "none":
        return _read_any(content, media_type)
    if content:
        tp = resolve(success.python_type)
        value = _decode.decode(tp, _parse(tp, content, media_type))
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
        return _value(success, response)


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
    return _parse(tp, response.content, _media_type(response.headers))
