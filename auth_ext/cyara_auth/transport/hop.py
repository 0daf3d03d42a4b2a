"""What every guarded transport does to a hop, whichever HTTP library carries it: httpx sync, httpx async, requests.

`Injector` admits a request with a credential of its source; `Hop` settles one admitted request by what came back.
Neither sends anything, and neither holds the header.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from cyara_auth import failpoints
from cyara_auth._http import httpx
from cyara_auth.arguments import invalid_argument, is_number
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
from cyara_auth.origin import API_PATH, Origin, is_versioned_route
from cyara_auth.providers import CredentialSource
from cyara_auth.strikes.classify import REDIRECT, SUCCESS, RequestFacts, ResponseFacts, classify
from cyara_auth.strikes.state import GuardPolicy, Outcome
from cyara_auth.transport.inferred import InferredGate, choose_allow_inferred
from cyara_auth.transport.local_portals import LOCAL_PORTAL
from cyara_auth.transport.log import CallRecord, log_answer, log_failure

AUTHORIZATION: Final = "Authorization"

UNLIMITED_READ: Final = 600.0
"""Seconds that stand for "no read timeout" where the guard asks how long a lost call may still be evaluated."""

Admitted = tuple[ApiCredential, Ticket]
"""The credential to send, and the ticket to settle."""

T = TypeVar("T")

_log = logging.getLogger("cyara_auth")
_OUTDATED: Final = (CredentialRejectedError, CredentialSupersededError)
_STAYS_CHARGED: Final = frozenset({Outcome.UNKNOWN, Outcome.INTERCEPTED, Outcome.AMBIGUOUS, Outcome.STRIKE})
_CARRY_DATA: Final = ("GET", "POST", "PUT", "PATCH")
_REFUSED_HEAD: Final = ("Illegal ", "Missing mandatory ")
"""How h11 0.16 begins when it refuses a method, a target or a header, before it writes anything."""


class Injector:
    """Binds a credential's source and a guard to one origin.

    Attributes:
        origin: Where the header may go.
        base_path: Path of the API there; without a generated operation, only routes below it verify a pair.
        gate: Says which operations may be sent at all; by default `CYARA_ALLOW_INFERRED` does.

    Raises:
        InsecureOriginError: a credential must not travel to that origin at all.
    """

    def __init__(
        self,
        *,
        source: CredentialSource,
        guard: StrikeGuard,
        origin: Origin,
        base_path: str = API_PATH,
        gate: InferredGate | None = None,
    ) -> None:
        if not origin.may_carry_secret:
            raise InsecureOriginError(f"The credential never travels to {origin}; use https. Nothing was sent.")
        self.source = source
        self.guard = guard
        self.origin = origin
        self.base_path = base_path
        self.gate = gate or InferredGate(origin=origin, guard=guard, allowed=choose_allow_inferred(None, None))
        # Kept: both are needed once for each call.
        self.origin_text = origin.canonical
        self.is_loopback = origin.is_loopback
        self._has_warned = False

    def admit(self, extensions: Mapping[str, Any]) -> Admitted:
        """Wait for the right to send one request, in a thread.

        Args:
            extensions: The request's: operation, read timeout, and whether an operator has confirmed the call.

        Raises:
            AdmissionRefusedError: nothing may be sent.
            InferredOperationError: likewise, because of the operation.
            CredentialError: the source has no usable credential any more.
        """
        self.gate.check(operation_of(extensions))
        ask = self._asking(self.guard.admit, extensions)
        credential = self.source.current()
        try:
            return credential, ask(credential)
        except _OUTDATED as refusal:
            renewed = self._renewed(credential, refusal)
        return renewed, ask(renewed)

    async def aadmit(self, extensions: Mapping[str, Any]) -> Admitted:
        """Do as `admit` does, in a task."""
        await self.gate.acheck(operation_of(extensions))
        ask = self._asking(self.guard.aadmit, extensions)
        credential = self.source.current()
        try:
            return credential, await ask(credential)
        except _OUTDATED as refusal:
            # The source may be a file, a command or a keyring: not on the event loop.
            renewed = await self.guard.run_blocking(partial(self._renewed, credential, refusal))
        return renewed, await ask(renewed)

    def _renewed(self, credential: ApiCredential, refusal: CyaraAuthError) -> ApiCredential:
        """Return what has replaced a credential at the source; the same pair is not asked for again."""
        renewed = self.source.refresh()
        if renewed.fingerprint == credential.fingerprint:
            raise refusal
        return renewed

    def _asking(self, admit: Callable[..., T], extensions: Mapping[str, Any]) -> Callable[[ApiCredential], T]:
        operation = operation_of(extensions)
        name = None if operation is None else operation.operation_id
        wait, confirm = read_timeout_of(extensions), extensions.get(CONFIRM) is True
        return partial(admit, origin=self.origin_text, operation=name, read_timeout=wait, confirm=confirm)

    def warn_of_override(self) -> None:
        """Log, once and without the value, that an `Authorization` of the caller was dropped."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "An Authorization header set by the caller was dropped for %s: the credential of this client is sent.",
                self.origin,
            )


def read_timeout_of(extensions: Mapping[str, Any]) -> float:
    """Return the seconds that an httpx request waits for an answer.

    Raises:
        ConfigurationError: the caller's timeout is none; a client of the caller's own does not judge it.
    """
    timeouts: Mapping[str, Any] = extensions.get("timeout") or {}
    read = timeouts.get("read")
    if read is not None and not is_number(read):
        raise invalid_argument("timeout", read, takes="seconds, an httpx.Timeout of these, or None", example="30")
    return UNLIMITED_READ if read is None else read


def name_call(error: CyaraAuthError, method: str | None, extensions: Mapping[str, Any]) -> None:
    """Tell an error which call it was raised for."""
    operation = operation_of(extensions)
    error.method = method
    error.path_template = getattr(operation, "path", None)
    error.operation_id = getattr(operation, "operation_id", None)
    error.attempt = extensions.get(ATTEMPT, 1)


class Hop:
    """One admitted request from the moment its bytes may leave; settled by exactly one of its methods."""

    __slots__ = ("_injector", "_key_id", "_path", "_record", "ticket")

    def __init__(
        self, admitted: Admitted, injector: Injector, method: str, path: str, extensions: Mapping[str, Any]
    ) -> None:
        credential, self.ticket = admitted
        self._key_id = credential.key_fingerprint
        self._injector = injector
        self._path = path
        self._record: CallRecord = (method, extensions, self.ticket.pair, time.perf_counter())
        # From now on, what comes back may have been counted.
        self.ticket.sent()

    def not_sent(self) -> None:
        """Settle a call that did not leave in time."""
        self.ticket.settle(Outcome.NOT_SENT)

    def failed(self, error: BaseException) -> None:
        """Settle by the exception that came instead of an answer."""
        outcome = classify(RequestFacts(verified=self.ticket.verified), _for_classification(error))
        self.ticket.settle(outcome, reason=type(error).__name__)
        log_failure(self._record, error)

    def answered(
        self, status: int, headers: Mapping[str, str], is_same_origin: Callable[[str], bool], *, is_real: bool
    ) -> bool:
        """Settle by the answer's headers and return whether the call may be repeated.

        `headers` finds names in lower case; `is_same_origin` says whether a location is on the bound origin; `is_real`
        whether a network connection brought the answer.

        Raises:
            UnexpectedAuthPageError: the answer is a login page; the call is settled.
        """
        failpoints.hit("after_headers")
        issued = headers.get(LOCAL_PORTAL) if self._injector.is_loopback else None
        is_foreign_portal = issued is not None and self._key_id not in issued.replace(" ", "").split(",")
        self._injector.gate.is_local_portal = issued is not None and is_real
        ticket = self.ticket
        content_type = headers.get("content-type", "")
        retry_after = reason = None
        if status in SUCCESS and is_real and not is_foreign_portal:
            outcome = _classify_success(ticket.verified, *self._promised(), status, content_type)
            if outcome is Outcome.INTERCEPTED:
                reason = self._reason("a login page")
        else:
            request = RequestFacts(verified=ticket.verified, json_expected=not _has_html(self._promised()[1]))
            location = headers.get("location", "")
            answer = ResponseFacts(
                status=status,
                media_type=_media_type(content_type),
                challenge=headers.get("www-authenticate", ""),
                server=headers.get("server", ""),
                location=location,
                same_origin_redirect=bool(location) and is_same_origin(location),
                is_real=is_real,
                is_foreign_portal=is_foreign_portal,
            )
            outcome = classify(request, answer)
            reason = self._reason("a redirect" if status in REDIRECT else f"status {status}")
            if status in REDIRECT:
                reason += f" to {_without_query(location)}"
            if outcome is Outcome.BUSY:
                retry_after = seconds_of_retry_after(headers, datetime.now(UTC))
        ticket.settle(outcome, retry_after=retry_after, reason=reason)
        # After the settlement: a handler of the caller's may raise.
        log_answer(self._record, status, headers)
        if outcome is Outcome.INTERCEPTED:
            raise UnexpectedAuthPageError(
                f"{self._injector.origin}{self._injector.base_path} answered status {status} with a login page where "
                "the API should have answered, so the call may count as invalid and shows nothing of the credential. "
                "Next: sign in to the network or VPN if one asks for it, check base URL and proxy (cyara auth doctor), "
                "then: cyara auth status",
                status_code=status,
            )
        # A portal may count each call of a bad pair, whatever it answers; and STRICT charges what may be counted.
        is_strict = self._injector.guard.settings.policy is GuardPolicy.STRICT
        return not is_real or (ticket.verified and not (is_strict and outcome in _STAYS_CHARGED))

    def _promised(self) -> tuple[tuple[int, ...] | range, tuple[str, ...]]:
        """Return which statuses and media types of a success show that the credential was accepted."""
        operation = operation_of(self._record[1])
        if operation is not None:
            return operation.success_statuses if operation.requires_credential else (), operation.response_media_types
        is_api = self._record[0] in _CARRY_DATA and is_versioned_route(self._injector.base_path, self._path)
        return SUCCESS if is_api else (), ()

    def _reason(self, what: str) -> str:
        """Return what came instead of a usable answer, and where from, for the text of a later refusal."""
        return f"{what} at {self._injector.origin}{self._injector.base_path}"


def _without_query(location: str) -> str:
    # What follows the path may hold a ticket of somebody's session.
    try:
        parts = urlsplit(location)
    except ValueError:
        return "an address that is none"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if host else parts.path


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


# Kept, since it runs once for each call, between two system calls.
@lru_cache
def _classify_success(
    verified: bool,  # noqa: FBT001 - plain values make the cheapest key
    statuses: tuple[int, ...] | range,
    media_types: tuple[str, ...],
    status: int,
    content_type: str,
) -> Outcome:
    """Classify a success, of which status and media type say everything."""
    types, json = tuple(map(_media_type, media_types)), not _has_html(media_types)
    request = RequestFacts(verified=verified, success_statuses=statuses, success_media_types=types, json_expected=json)
    return classify(request, ResponseFacts(status=status, media_type=_media_type(content_type)))


def _has_html(media_types: tuple[str, ...]) -> bool:
    return "text/html" in map(_media_type, media_types)


def _for_classification(error: BaseException) -> BaseException:
    """Return the exception that `classify` is to see in place of this one."""
    # httpx calls two things LocalProtocolError: a request that was refused before a byte left, and (with HTTP/2, or
    # with a body that is not as long as was promised) an exchange that broke down after it. Only h11's own checks of
    # the head are the first.
    if isinstance(error, httpx.LocalProtocolError) and not str(error).startswith(_REFUSED_HEAD):
        return httpx.ReadError("the exchange broke down")
    return error
