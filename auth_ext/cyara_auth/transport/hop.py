"""What every guarded transport does to a hop, whichever HTTP library carries it: httpx sync, httpx async, requests.

`Injector` says which requests are ours and keeps asking the credential's source; `Hop` settles one admitted request by
what came back. Neither sends anything, and neither holds the header.

All of this runs once for each call, between two system calls, so what never changes is computed once and kept.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import CyaraAuthError, InsecureOriginError, UnexpectedAuthPageError
from cyara_auth.extensions import ATTEMPT, operation_of, seconds_of_retry_after
from cyara_auth.guard.guard import StrikeGuard
from cyara_auth.guard.tickets import Ticket
from cyara_auth.origin import Origin
from cyara_auth.providers import CredentialSource
from cyara_auth.strikes.classify import RequestFacts, ResponseFacts, classify, is_login_page
from cyara_auth.strikes.state import Outcome
from cyara_auth.transport.log import CallRecord, log_answer, log_failure

AUTHORIZATION: Final = "Authorization"

UNLIMITED_READ: Final = 3600.0
"""Seconds that stand for "no read timeout" where the guard asks how long a lost call may still be evaluated."""

_log = logging.getLogger("cyara_auth")
_STAYS_CHARGED: Final = frozenset({Outcome.UNKNOWN, Outcome.INTERCEPTED, Outcome.AMBIGUOUS, Outcome.STRIKE})
_SUCCESS: Final = range(200, 300)
_REFUSED_HEAD: Final = ("Illegal ", "Missing mandatory ")
"""How h11 0.16 begins when it refuses a method, a target or a header, before it writes anything."""


class Injector:
    """Binds a credential's source and a guard to one origin.

    Raises:
        InsecureOriginError: a credential must not travel to that origin at all.
    """

    def __init__(self, *, source: CredentialSource, guard: StrikeGuard, origin: Origin) -> None:
        if not origin.may_carry_secret:
            raise InsecureOriginError(f"The credential never travels to {origin}; use https. Nothing was sent.")
        self.source = source
        self.guard = guard
        self.origin = origin
        self.origin_text = f"{origin.scheme}://{origin.host}:{origin.port}"
        self._told_of_override = False

    def tell_of_override(self) -> None:
        """Log, once and without the value, that an `Authorization` of the caller was dropped."""
        if not self._told_of_override:
            self._told_of_override = True
            _log.warning(
                "An Authorization header set by the caller was dropped for %s: the credential of connect() is sent.",
                self.origin,
            )

    def renewed(self, outdated: ApiCredential, refusal: Exception) -> ApiCredential:
        """Return the credential that has replaced an outdated one at its source.

        Raises:
            AdmissionRefusedError: `refusal` itself, if the source still holds the same pair.
        """
        credential = self.source.refresh()
        if credential.fingerprint == outdated.fingerprint:
            raise refusal
        return credential


def read_timeout_of(extensions: Mapping[str, Any]) -> float:
    """Return the seconds that an httpx request waits for an answer."""
    timeout = extensions.get("timeout")
    read = None if timeout is None else timeout.get("read")
    return UNLIMITED_READ if read is None else read


def name_call(error: CyaraAuthError, method: str | None, extensions: Mapping[str, Any]) -> None:
    """Tell an error which call it was raised for."""
    operation = operation_of(extensions)
    error.method = method
    error.path_template = getattr(operation, "path", None)
    error.operation_id = getattr(operation, "operation_id", None)
    error.attempt = extensions.get(ATTEMPT, 1)


class Hop:
    """One admitted request from the moment its bytes may leave; settled by exactly one of its two methods."""

    __slots__ = ("_origin", "_record", "_ticket")

    def __init__(self, ticket: Ticket, origin: Origin, method: str, extensions: Mapping[str, Any]) -> None:
        self._ticket = ticket
        self._origin = origin
        self._record: CallRecord = (method, extensions, ticket.pair, time.perf_counter())
        ticket.sent()

    def failed(self, error: BaseException) -> None:
        """Settle by the exception that came instead of an answer."""
        self._ticket.settle(classify(RequestFacts(verified=self._ticket.verified), _judged(error)))
        log_failure(self._record, error)

    def answered(self, status: int, headers: Mapping[str, str], stays: Callable[[str], bool]) -> bool:
        """Settle by the answer's headers and return whether a charge stays with this call.

        `headers` finds names in lower case; `stays` says whether a location is on the bound origin.

        Raises:
            UnexpectedAuthPageError: the answer is a login page; the call is settled.
        """
        failpoints.hit("after_headers")
        content_type = headers.get("content-type", "")
        verified = self._ticket.verified
        operation = operation_of(self._record[1])
        # A call of no generated operation counts as an ordinary one.
        secured = operation is None or operation.requires_credential
        html = operation is not None and "text/html" in operation.response_media_types
        if status in _SUCCESS:
            outcome, login, charged = _judge_success(secured, verified, html, status, content_type)
        else:
            facts = RequestFacts(secured=secured, verified=verified, json_expected=not html)
            outcome, login, charged = _judge_failure(facts, status, content_type, headers, stays)
        self._ticket.settle(outcome, retry_after=_retry_after(headers) if outcome is Outcome.BUSY else None)
        log_answer(self._record, status, headers)
        if login:
            raise UnexpectedAuthPageError(
                f"{self._origin} answered status {status} with a login page where the API should have answered, so "
                "the credential is under suspicion and the call may count as invalid. Next: sign in to the network or "
                "VPN if one asks for it, check base URL and proxy (cyara auth doctor), then: cyara auth verify",
                status_code=status,
            )
        return charged and self._ticket.reserved


_Judgement = tuple[Outcome, bool, bool]
"""The outcome; whether the answer is a login page; whether a reserved call stays charged."""


def _judgement(request: RequestFacts, answer: ResponseFacts) -> _Judgement:
    outcome = classify(request, answer)
    return outcome, is_login_page(request, answer), outcome in _STAYS_CHARGED


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


@lru_cache
def _judge_success(secured: bool, verified: bool, html: bool, status: int, content_type: str) -> _Judgement:  # noqa: FBT001 - plain values make the cheapest key
    """Judge a success, of which status and media type say everything."""
    request = RequestFacts(secured=secured, verified=verified, json_expected=not html)
    answer = ResponseFacts(status=status, media_type=_media_type(content_type))
    return _judgement(request, answer)


def _judge_failure(
    request: RequestFacts, status: int, content_type: str, headers: Mapping[str, str], stays: Callable[[str], bool]
) -> _Judgement:
    location = headers.get("location", "")
    answer = ResponseFacts(
        status=status,
        media_type=_media_type(content_type),
        challenge=headers.get("www-authenticate", ""),
        server=headers.get("server", ""),
        location=location,
        same_origin_redirect=bool(location) and stays(location),
    )
    return _judgement(request, answer)


def _judged(error: BaseException) -> BaseException:
    """Return the exception that the table is to judge in place of this one.

    httpx calls two things `LocalProtocolError`: a request that was refused before a byte left, and (with HTTP/2, or
    with a body that is not as long as was promised) an exchange that broke down after it. Only h11's own checks of the
    head are the first.
    """
    if isinstance(error, httpx.LocalProtocolError) and not str(error).startswith(_REFUSED_HEAD):
        return httpx.ReadError("the exchange broke down")
    return error


def _retry_after(headers: Mapping[str, str]) -> float | None:
    return seconds_of_retry_after(headers, datetime.now(UTC))
