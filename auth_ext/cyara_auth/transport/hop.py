"""What every guarded transport does to a hop, whichever HTTP library carries it: httpx sync, httpx async, requests.

`Injector` admits a request with a credential of its source; `Hop` settles one admitted request by what came back.
Neither sends anything, and neither holds the header.
"""

import logging
import time
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import (
    CredentialRejectedError,
    CredentialSupersededError,
    CyaraAuthError,
    InsecureOriginError,
    UnexpectedAuthPageError,
)
from cyara_auth.extensions import ATTEMPT, CONFIRM, operation_of, seconds_of_retry_after
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

Admitted = tuple[ApiCredential, Ticket]
"""The credential to send, and the ticket to settle."""

T = TypeVar("T")

_log = logging.getLogger("cyara_auth")
_OUTDATED: Final = (CredentialRejectedError, CredentialSupersededError)
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
        # Kept as text: it is needed once for each call.
        self.origin_text = f"{origin.scheme}://{origin.host}:{origin.port}"
        self._has_warned = False

    def admit(self, extensions: Mapping[str, Any]) -> Admitted:
        """Wait for the right to send one request, in a thread.

        Args:
            extensions: The request's: operation, read timeout, and whether an operator has confirmed the call.

        Raises:
            AdmissionRefusedError: nothing may be sent.
            CredentialError: the source has no usable credential any more.
        """
        ask = self._asking(self.guard.admit, extensions)
        candidates = self._candidates()
        credential = next(candidates)
        while True:
            try:
                return credential, ask(credential)
            except _OUTDATED as refusal:
                credential = candidates.throw(refusal)

    async def aadmit(self, extensions: Mapping[str, Any]) -> Admitted:
        """Do as `admit` does, in a task."""
        ask = self._asking(self.guard.aadmit, extensions)
        candidates = self._candidates()
        credential = next(candidates)
        while True:
            try:
                return credential, await ask(credential)
            except _OUTDATED as refusal:
                # Late: threads do not need it.
                import asyncio

                # The source may be a file, a command or a keyring: not on the event loop.
                credential = await asyncio.to_thread(candidates.throw, refusal)

    def _candidates(self) -> Generator[ApiCredential]:
        """Yield the credentials to ask for, one after the other; each refusal as outdated is thrown in, or out again.

        After the current one comes what has replaced it at the source, once; the same pair is not asked for again.
        """
        credential = self.source.current()
        try:
            yield credential
        except _OUTDATED:
            renewed = self.source.refresh()
            if renewed.fingerprint == credential.fingerprint:
                raise
            credential = renewed
        yield credential

    def _asking(self, admit: Callable[..., T], extensions: Mapping[str, Any]) -> Callable[[ApiCredential], T]:
        operation = operation_of(extensions)
        return partial(
            admit,
            origin=self.origin_text,
            operation=None if operation is None else operation.operation_id,
            read_timeout=read_timeout_of(extensions),
            confirm=extensions.get(CONFIRM) is True,
        )

    def warn_of_override(self) -> None:
        """Log, once and without the value, that an `Authorization` of the caller was dropped."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "An Authorization header set by the caller was dropped for %s: the credential of connect() is sent.",
                self.origin,
            )


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
        # From now on, what comes back may have been counted.
        ticket.sent()

    def failed(self, error: BaseException) -> None:
        """Settle by the exception that came instead of an answer."""
        self._ticket.settle(classify(RequestFacts(verified=self._ticket.verified), _for_classification(error)))
        log_failure(self._record, error)

    def answered(self, status: int, headers: Mapping[str, str], is_same_origin: Callable[[str], bool]) -> bool:
        """Settle by the answer's headers and return whether a charge stays with this call.

        `headers` finds names in lower case; `is_same_origin` says whether a location is on the bound origin.

        Raises:
            UnexpectedAuthPageError: the answer is a login page; the call is settled.
        """
        failpoints.hit("after_headers")
        content_type = headers.get("content-type", "")
        verified = self._ticket.verified
        operation = operation_of(self._record[1])
        # A call of no generated operation counts as one that needs the credential and answers JSON.
        secured = operation is None or operation.requires_credential
        html = operation is not None and "text/html" in operation.response_media_types
        if status in _SUCCESS:
            outcome, login, charged = _classify_success(secured, verified, html, status, content_type)
        else:
            facts = RequestFacts(secured=secured, verified=verified, json_expected=not html)
            outcome, login, charged = _classify_failure(facts, status, content_type, headers, is_same_origin)
        self._ticket.settle(outcome, retry_after=_retry_after(headers) if outcome is Outcome.BUSY else None)
        # After the settlement: a handler of the caller's may raise.
        log_answer(self._record, status, headers)
        if login:
            raise UnexpectedAuthPageError(
                f"{self._origin} answered status {status} with a login page where the API should have answered, so "
                "the credential is under suspicion and the call may count as invalid. Next: sign in to the network or "
                "VPN if one asks for it, check base URL and proxy (cyara auth doctor), then: cyara auth verify",
                status_code=status,
            )
        return charged and self._ticket.reserved


_Classification = tuple[Outcome, bool, bool]
"""The outcome; whether the answer is a login page; whether a reserved call stays charged."""


def _classification(request: RequestFacts, answer: ResponseFacts) -> _Classification:
    outcome = classify(request, answer)
    return outcome, is_login_page(request, answer), outcome in _STAYS_CHARGED


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


# Kept, since it runs once for each call, between two system calls.
@lru_cache
def _classify_success(secured: bool, verified: bool, html: bool, status: int, content_type: str) -> _Classification:  # noqa: FBT001 - plain values make the cheapest key
    """Classify a success, of which status and media type say everything."""
    request = RequestFacts(secured=secured, verified=verified, json_expected=not html)
    answer = ResponseFacts(status=status, media_type=_media_type(content_type))
    return _classification(request, answer)


def _classify_failure(
    request: RequestFacts,
    status: int,
    content_type: str,
    headers: Mapping[str, str],
    is_same_origin: Callable[[str], bool],
) -> _Classification:
    location = headers.get("location", "")
    answer = ResponseFacts(
        status=status,
        media_type=_media_type(content_type),
        challenge=headers.get("www-authenticate", ""),
        server=headers.get("server", ""),
        location=location,
        same_origin_redirect=bool(location) and is_same_origin(location),
    )
    return _classification(request, answer)


def _for_classification(error: BaseException) -> BaseException:
    """Return the exception that `classify` is to see in place of this one."""
    # httpx calls two things LocalProtocolError: a request that was refused before a byte left, and (with HTTP/2, or
    # with a body that is not as long as was promised) an exchange that broke down after it. Only h11's own checks of
    # the head are the first.
    if isinstance(error, httpx.LocalProtocolError) and not str(error).startswith(_REFUSED_HEAD):
        return httpx.ReadError("the exchange broke down")
    return error


def _retry_after(headers: Mapping[str, str]) -> float | None:
    return seconds_of_retry_after(headers, datetime.now(UTC))
