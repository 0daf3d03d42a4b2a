"""What an answer or an exception means for the pair: a pure table.

| answer | outcome |
|---|---|
| our header was not on this hop | INCONCLUSIVE: not about our pair |
| 2xx but HTML where JSON is promised, 3xx to a login address | INTERCEPTED |
| other 2xx, 304 | VERIFICATION if the operation needs credentials, else INCONCLUSIVE |
| other 3xx | INCONCLUSIVE on the same origin, UNKNOWN elsewhere |
| 401 | STRIKE; AMBIGUOUS if HTML, with a Basic, Digest, NTLM or Negotiate challenge, or made by a known gateway |
| 403 | REVERIFY on a verified pair, else UNKNOWN: the vendor may use it for bad pairs |
| 400, 404, 405, 407, 409, 422 | INCONCLUSIVE: may have been answered before authentication |
| 429, 500, 501, 503, 505 | BUSY |
| 408, 502, 504, 520 to 527 | UNKNOWN: a server behind the gateway may have counted |
| any other status | INCONCLUSIVE on a verified pair, else UNKNOWN |
| no connection, no place in the pool, refused by the client's own checks or by the proxy | NOT_SENT |
| any other exception, cancellations included | UNKNOWN |
"""

import re
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

_LOWEST_SUCCESS: Final = 200
_LOWEST_REDIRECT: Final = 300
_LOWEST_CLIENT_ERROR: Final = 400
_NOT_MODIFIED: Final = 304
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
_LOGIN: Final = r"(?i)log-?[io]n|sign-?in|\bsso\b|saml|oauth|openid|adfs"


@attrs.frozen(kw_only=True)
class RequestFacts:
    """What has to be known of a request to judge its answer.

    Attributes:
        injected: This hop carried our header to the bound origin.
        secured: The operation needs credentials (no explicit `security: []`, not listed as public).
        verified: The pair was verified when this call was admitted (`Ticket.verified`).
        json_expected: The document promises JSON for this operation; an HTML page instead is a login page.
    """

    injected: bool = True
    secured: bool = True
    verified: bool = False
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
    """

    status: int
    media_type: str = ""
    challenge: str = ""
    server: str = ""
    location: str = ""
    same_origin_redirect: bool = False


def classify(request: RequestFacts, answer: ResponseFacts | BaseException) -> Outcome:
    """Return what one hop taught about its pair."""
    # Whatever something in between may have made is taken for the worse of its meanings.
    if isinstance(answer, BaseException):
        return Outcome.NOT_SENT if isinstance(answer, NOTHING_EVALUATED) else Outcome.UNKNOWN
    if not request.injected:
        return Outcome.INCONCLUSIVE
    # Before the success: a login page usually comes with status 200.
    if is_login_page(request, answer):
        return Outcome.INTERCEPTED
    if _LOWEST_SUCCESS <= answer.status < _LOWEST_REDIRECT or answer.status == _NOT_MODIFIED:
        return Outcome.VERIFICATION if request.secured else Outcome.INCONCLUSIVE
    if _LOWEST_REDIRECT <= answer.status < _LOWEST_CLIENT_ERROR:
        # A redirect elsewhere may be the API's or a gateway's; who sent it, and after what, is not known.
        return Outcome.INCONCLUSIVE if answer.same_origin_redirect else Outcome.UNKNOWN
    return _failure(request, answer)


def is_login_page(request: RequestFacts, answer: ResponseFacts) -> bool:
    """Return whether a gateway wants somebody to log in: HTML instead of JSON, or a redirect to a login address."""
    if _LOWEST_SUCCESS <= answer.status < _LOWEST_REDIRECT:
        return request.json_expected and answer.media_type in _HTML
    if _LOWEST_REDIRECT <= answer.status < _LOWEST_CLIENT_ERROR:
        return re.search(_LOGIN, answer.location) is not None
    return False


def _failure(request: RequestFacts, answer: ResponseFacts) -> Outcome:
    if answer.status == _UNAUTHORIZED:
        return Outcome.AMBIGUOUS if _foreign(answer) else Outcome.STRIKE
    # Nobody outside the vendor knows whether a bad pair gets 403, so one that was never good is charged.
    if answer.status == _FORBIDDEN:
        return Outcome.REVERIFY if request.verified else Outcome.UNKNOWN
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
