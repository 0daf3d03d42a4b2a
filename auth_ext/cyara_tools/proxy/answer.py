"""The portal's answer on its way to the caller: byte for byte, as it comes, except for links and the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from cyara_auth._http import httpx
from cyara_tools.portal.media import essence, is_json
from cyara_tools.proxy import coding, headers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cyara_tools.proxy.call import Call
    from cyara_tools.proxy.headers import Header
    from cyara_tools.proxy.links import Links
    from cyara_tools.proxy.mask import SecretMask

LARGEST_OPENED: Final = 8 << 20
"""Bytes: JSON up to this length has its links changed."""

_NO_BODY: Final = frozenset({204, 304})
_PARTIAL: Final = 206
_NOT_MODIFIED: Final = 304
_REFUSED: Final = 400
_LAST_STATUS: Final = 599


@attrs.frozen(kw_only=True)
class AnswerContext:
    """What an answer is for, and what it is changed by.

    Attributes:
        call: The caller's request.
        links: The base URLs.
        mask: Finds the credential.
    """

    call: Call
    links: Links
    mask: SecretMask


async def pass_on(response: httpx.Response, context: AnswerContext) -> None:
    """Send an answer to the caller.

    Raises:
        httpx.HTTPError: It is none, or it broke off.
    """
    if response.status_code > _LAST_STATUS:
        raise httpx.RemoteProtocolError("The status is none of HTTP's.")
    kept = headers.to_caller(response.headers.raw)
    kept = [(name, _led(value, context) if name.lower() == b"location" else value) for name, value in kept]
    kept = [(name, context.mask.whole(value)) for name, value in kept]
    if response.status_code == _NOT_MODIFIED:
        kept = headers.of_unchanged(kept, context.call.head.headers)
    pieces = response.aiter_raw()
    if not _is_opened(response, context.call.head.method):
        return await _stream(response, _masked(pieces, context, kept), kept, context.call)
    begun, size = list[bytes](), 0
    async for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size > LARGEST_OPENED:
            return await _stream(response, _masked(_joined(begun, pieces), context, kept), kept, context.call)
    raw = b"".join(begun)
    changed = _changed(raw, kept, context)
    if changed is not None:
        raw = changed
        kept = headers.of_changed_body(kept, len(raw))
    await _start(response.status_code, kept, context.call)
    await context.call.send({"type": "http.response.body", "body": raw})
    context.call.record.size = len(raw)
    return None


def _is_opened(response: httpx.Response, method: str) -> bool:
    """Return whether an answer is read before it is passed on."""
    # A part of something cannot be read alone.
    if method == "HEAD" or response.status_code in {*_NO_BODY, _PARTIAL}:
        return False
    content_type, used = response.headers.get("content-type", ""), response.headers.get("content-encoding", "")
    length = response.headers.get("content-length", "")
    if used.strip().lower() not in {"", *coding.READABLE} or (length.isdigit() and int(length) > LARGEST_OPENED):
        return False
    if is_json(content_type) or response.status_code >= _REFUSED:
        return True
    # A compressed text could hide what a stream is searched for. Events are never complete.
    return bool(used) and content_type.startswith("text/") and essence(content_type) != "text/event-stream"


def _changed(raw: bytes, kept: Sequence[Header], context: AnswerContext) -> bytes | None:
    """Return a body with the proxy's links and without the credential; None where it has neither to begin with."""
    used = headers.value_of(kept, b"content-encoding").strip().lower()
    content = coding.decode(raw, used, limit=LARGEST_OPENED)
    if content is None:
        return None
    changed = content
    if is_json(headers.value_of(kept, b"content-type")):
        changed = context.links.to_caller(changed)
    changed = context.mask.whole(changed)
    return None if changed == content else coding.encode(changed, used)


async def _stream(response: httpx.Response, pieces: AsyncIterator[bytes], kept: Sequence[Header], call: Call) -> None:
    await _start(response.status_code, kept, call)
    async for piece in pieces:
        call.record.size += len(piece)
        await call.send({"type": "http.response.body", "body": piece, "more_body": True})
    await call.send({"type": "http.response.body", "body": b""})


async def _joined(begun: Sequence[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in begun:
        yield piece
    async for piece in rest:
        yield piece


async def _masked(pieces: AsyncIterator[bytes], context: AnswerContext, kept: Sequence[Header]) -> AsyncIterator[bytes]:
    if headers.value_of(kept, b"content-encoding"):
        async for piece in pieces:
            yield piece
        return
    async for piece in pieces:
        if clean := context.mask.feed(piece):
            yield clean
    if rest := context.mask.rest():
        yield rest


async def _start(status: int, kept: Sequence[Header], call: Call) -> None:
    call.record.status = status
    await call.send({"type": "http.response.start", "status": status, "headers": [*kept, *call.extra]})


def _led(value: bytes, context: AnswerContext) -> bytes:
    return context.links.location(value.decode("latin-1")).encode("latin-1")
