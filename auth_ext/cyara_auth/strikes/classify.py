"""What an answer or an exception means for the pair: a pure table.

| answer | outcome |
|---|---|
| over no real connection (a mock, a replayed cassette) | NOT_SENT, whatever it says |
| from the local portal, for a key that it did not issue | INCONCLUSIVE: it judges its own keys only |
| 2xx but HTML where JSON is promised, 3xx to a login address | INTERCEPTED |
| a documented 2xx with its media type, on an operation that needs credentials | VERIFICATION |
| any other 2xx, 304 | INCONCLUSIVE |
| other 3xx | INCONCLUSIVE on a verified pair and the same origin, else UNKNOWN |
| 401 | STRIKE; AMBIGUOUS if HTML, with a Basic, Digest, NTLM or Negotiate challenge, or made by a known gateway |
| 403 | REVERIFY on a verified pair; else DENIED if JSON, UNKNOWN if not: the vendor may use it for bad pairs |
| 400, 404, 405, 407, 409, 422 | INCONCLUSIVE: may have been answered before authentication |
| 429, 500, 501, 503, 505 | BUSY |
| 408, 502, 504, 520 to 527 | UNKNOWN: a server behind the gateway may have counted |
| any other status | INCONCLUSIVE on a verified pair, else UNKNOWN |
| no connection, no place in the pool, refused by the client's own checks or by the proxy | NOT_SENT |
| any other exception, cancellations included | UNKNOWN |
"""

import re
from collections.abc import Container
from typing import Final

import attrs

from cyara_auth._http import httpx
from cyara_auth.strikes.state import Outcome

NOTHING_EVALUATED: Final[tuple[type[Exception], ...]] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
    httpx.InvalidURL,
)
"""Exceptions after which the portal cannot have seen the request."""

SUCCESS: Final = range(200, 300)
REDIRECT: Final = range(300, 400)
_NOT_MODIFIED: Final = 304
_WITHOUT_BODY: Final = (204, 205, _NOT_MODIFIED)
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403

_BY_STATUS: Final = {
    # May have been answered before authentication, so they say nothing about the pair.
    **dict.fromkeys((400, 404, 405, 407, 409, 422), Outcome.INCONCLUSIVE),
    # The API itself is overloaded or broken. A proxy would say 502, 504 or a number of its own.
    **dict.fromkeys((429, 500, 501, 503, 505), Outcome.BUSY),
    # A server behind the gateway may have judged the call and counted it.
    **dict.fromkeys((408, 502, 504, *range(520, 528)), Outcome.UNKNOWN),
}

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
# Compiled when a 401 or a redirect is met, so that importing this stays cheap.
_FOREIGN_CHALLENGE: Final = r"(?i)(?:^|,)\s*(?:basic|digest|ntlm|negotiate)\b"
_GATEWAY: Final = r"(?i)cloudflare|akamai|awselb|cloudfront|big-?ip|imperva|sucuri|zscaler|squid"
_LOGIN: Final = r"(?i)log-?[io]n|sign-?in|\bsso\b|saml|oauth|openid|adfs|[?&]returnurl=|/account/|/error\b"


@attrs.frozen(kw_only=True)
class RequestFacts:
    """What has to be known of a request to judge its answer.

    Attributes:
        verified: The pair was verified when this call was admitted (`Ticket.verified`).
        success_statuses: Which statuses show that the credential was accepted; none if the operation needs none.
        success_media_types: Which media types do, with such a status; none stands for every kind of JSON.
        json_expected: HTML instead of the answer is a login page.
    """

    verified: bool = False
    success_statuses: Container[int] = ()
    success_media_types: tuple[str, ...] = ()
    json_expected: bool = True


@attrs.frozen(kw_only=True)
class ResponseFacts:
    """What has to be known of an answer; taken at its headers, before the body.

    Attributes:
        status: Status code.
        media_type: `Content-Type` without parameters, lower case, empty if absent.
        challenge: `WWW-Authenticate`, empty if absent.
        server: `Server`, empty if absent.
        location: `Location`, as received; empty if absent.
        same_origin_redirect: The location stays on the bound origin.
        is_real: It came over a network connection. Nothing else is evidence of anything.
        is_foreign_portal: A local portal on this machine answered for a key that it did not issue.
    """

    status: int
    media_type: str = ""
    challenge: str = ""
    server: str = ""
    location: str = ""
    same_origin_redirect: bool = False
    is_real: bool = True
    is_foreign_portal: bool = False


def classify(request: RequestFacts, answer: ResponseFacts | BaseException) -> Outcome:
    """Return what one hop taught about its pair."""
    # Whatever something in between may have made is taken for the worse of its meanings.
    if isinstance(answer, BaseException):
        return Outcome.NOT_SENT if isinstance(answer, NOTHING_EVALUATED) else Outcome.UNKNOWN
    if not answer.is_real or answer.is_foreign_portal:
        return Outcome.INCONCLUSIVE if answer.is_real else Outcome.NOT_SENT
    # Before the success: a login page usually comes with status 200.
    if is_login_page(request, answer):
        return Outcome.INTERCEPTED
    if answer.status in SUCCESS or answer.status == _NOT_MODIFIED:
        return Outcome.VERIFICATION if _is_accepted(request, answer) else Outcome.INCONCLUSIVE
    if answer.status in REDIRECT:
        # Where a bad pair is sent away, too, the redirect is all that ever tells of it.
        stays = request.verified and answer.same_origin_redirect
        return Outcome.INCONCLUSIVE if stays else Outcome.UNKNOWN
    return _failure(request, answer)


def _is_accepted(request: RequestFacts, answer: ResponseFacts) -> bool:
    """Return whether a success is one that only an accepted credential gets."""
    # A public page, a cached answer and a proxy's greeting succeed with any pair: they come without a body, as HTML, or
    # on a route that is not the API's.
    if answer.status not in request.success_statuses or answer.status in _WITHOUT_BODY or answer.media_type in _HTML:
        return False
    known = request.success_media_types
    # A document that names no type, or any, still promises the API's own format.
    if is_json(answer.media_type):
        return not known or any(is_json(media_type) or media_type == "*/*" for media_type in known)
    return answer.media_type in known


def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON's, or one that is made of it (RFC 6839)."""
    return media_type in ("application/json", "text/json") or media_type.endswith("+json")


def is_login_page(request: RequestFacts, answer: ResponseFacts) -> bool:
    """Return whether a gateway wants somebody to log in: HTML instead of JSON, or a redirect to a login address."""
    if answer.status in SUCCESS:
        return request.json_expected and answer.media_type in _HTML
    if answer.status in REDIRECT:
        return re.search(_LOGIN, answer.location) is not None
    return False


def _failure(request: RequestFacts, answer: ResponseFacts) -> Outcome:
    if answer.status == _UNAUTHORIZED:
        return Outcome.AMBIGUOUS if _foreign(answer) else Outcome.STRIKE
    # Nobody outside the vendor knows whether a bad pair gets 403, so one that was never good is charged.
    if answer.status == _FORBIDDEN:
        if request.verified:
            return Outcome.REVERIFY
        return Outcome.DENIED if is_json(answer.media_type) else Outcome.UNKNOWN
    return _BY_STATUS.get(answer.status) or (Outcome.INCONCLUSIVE if request.verified else Outcome.UNKNOWN)


def _foreign(answer: ResponseFacts) -> bool:
    """Return whether a 401 carries signs of something between us and the API."""
    # One sign is enough: a 401 that is wrongly called ambiguous costs a question to the operator, one that is wrongly
    # called the API's ends a valid pair.
    return (
        answer.media_type in _HTML
        or re.search(_FOREIGN_CHALLENGE, answer.challenge) is not None
        or re.search(_GATEWAY, answer.server) is not None
    )
