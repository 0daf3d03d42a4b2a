"""What the proxy answers by itself: `application/problem+json` (RFC 9457), saying what was not sent and what to do."""

from __future__ import annotations

import json
from typing import Final

import attrs

from cyara_auth._http import httpx
from cyara_auth.errors import CyaraAuthError, InferredOperationError, UnexpectedAuthPageError
from cyara_auth.transport.errors import TransportError
from cyara_tools.proxy.settings import API_PATH

MEDIA_TYPE: Final = "application/problem+json"

REFUSED: Final = 423
_BAD_GATEWAY: Final = 502
_TIMED_OUT: Final = 504


@attrs.frozen(kw_only=True)
class Refusal:
    """An answer of the proxy's own.

    Attributes:
        status: Status of the answer.
        title: What happened, in few words.
        detail: Sentences for people: what is wrong, what was not sent, the next step.
        kind: One word for programs and the log.
        sent: Whether the portal may have received the request.
        allow: Methods that the path takes, for 405.
        closes: Whether the connection ends with it.
    """

    status: int
    title: str
    detail: str
    kind: str
    sent: bool = False
    allow: str | None = None
    closes: bool = False

    def body(self) -> bytes:
        """Return the problem as JSON."""
        fields = {
            "type": f"urn:cyara-client:proxy:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            # One word that a script can ask for, whatever the texts say.
            "sent": self.sent,
        }
        return json.dumps(fields, ensure_ascii=False).encode()


def refusal_of(error: CyaraAuthError) -> Refusal:
    """Return the answer for an error of the guarded client."""
    kind, detail = type(error).__name__, str(error)
    if isinstance(error, TransportError):
        status = _TIMED_OUT if isinstance(error, httpx.TimeoutException) else _BAD_GATEWAY
        return Refusal(
            status=status, title="The portal gave no answer", detail=detail, kind=kind, sent=not error.nothing_sent
        )
    if isinstance(error, UnexpectedAuthPageError):
        return Refusal(
            status=_BAD_GATEWAY, title="A login page came from the portal", detail=detail, kind=kind, sent=True
        )
    if isinstance(error, InferredOperationError):
        detail += ". For this proxy that is: cyara proxy --allow-inferred"
    return Refusal(status=REFUSED, title="Not sent", detail=detail, kind=kind)


def cut_off(error: Exception) -> Refusal:
    """Return the answer for one of the portal's that broke off before any of it was passed on."""
    return Refusal(
        status=_BAD_GATEWAY,
        title="The portal's answer broke off",
        detail=f"The portal's answer broke off ({type(error).__name__}), so the call may have taken effect. Next: look "
        "at the portal before you call again, unless the call only reads",
        kind=type(error).__name__,
        sent=True,
    )


def too_slow(*, sent: bool) -> Refusal:
    """Return the answer to a body that does not come."""
    state = "Only a part of it was sent, which no portal takes" if sent else "Nothing was sent"
    return Refusal(
        status=408,
        title="The body came too slowly",
        detail=f"The body, or its first MiB, was not there within 10 seconds, or paused for as long. {state}. Next: "
        "send it without pauses, from a file",
        kind="SlowBody",
        sent=sent,
        closes=True,
    )


def not_here() -> Refusal:
    """Return the answer to an address at which the proxy has nothing."""
    return Refusal(
        status=404,
        title="Nothing is here",
        detail=f"At this proxy the API is behind {API_PATH}. Nothing was sent. Next: take the address that the proxy "
        "printed when it started",
        kind="UnknownPath",
    )


def not_allowed(detail: str, kind: str) -> Refusal:
    """Return the answer to what this proxy was told not to send."""
    return Refusal(status=REFUSED, title="Not sent", detail=detail, kind=kind)


def bad_request(detail: str, kind: str = "BadRequest") -> Refusal:
    """Return the answer to a request that nobody should send."""
    return Refusal(status=400, title="Bad request", detail=f"{detail} Nothing was sent.", kind=kind)
