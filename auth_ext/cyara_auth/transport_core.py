"""What every guarded transport does to a hop, whichever HTTP library carries it: httpx sync, httpx async, requests.

`Injector` says which requests are ours and keeps asking the credential's source; `Hop` settles one admitted request by
what came back. Neither sends anything, and neither holds the header.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import attrs

from cyara_auth import failpoints
from cyara_auth.classify import RequestFacts, ResponseFacts, classify, is_login_page
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import InsecureOriginError, UnexpectedAuthPageError
from cyara_auth.guard import StrikeGuard
from cyara_auth.origin import Origin
from cyara_auth.providers import CredentialSource
from cyara_auth.retry import seconds_of_retry_after
from cyara_auth.state import Outcome
from cyara_auth.ticket import Ticket
from cyara_auth.transport_log import CallLog

AUTHORIZATION: Final = "Authorization"

CONFIRM: Final = "cyara.confirm"
"""Request extension: `True` lets this call spend budget on a pair that an ambiguous 401 has made suspect."""

_log = logging.getLogger("cyara_auth")
_STAYS_CHARGED: Final = frozenset({Outcome.UNKNOWN, Outcome.AMBIGUOUS, Outcome.STRIKE})
UNLIMITED_READ: Final = 3600.0
"""Seconds that stand for "no read timeout" where the guard asks how long a lost call may still be evaluated."""


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


@attrs.frozen(kw_only=True)
class Asked:
    """What the request itself says: the generated operation if there is one, and how long it waits for an answer."""

    operation: Any
    read_timeout: float
    confirm: bool = False

    @classmethod
    def by(cls, extensions: Mapping[str, Any]) -> "Asked":
        """Read the extensions of an httpx request; `cyara.operation` is put there by the generated endpoints."""
        timeout = extensions.get("timeout")
        read = None if timeout is None else timeout.get("read", None)
        return cls(
            operation=extensions.get("cyara.operation"),
            read_timeout=UNLIMITED_READ if read is None else read,
            confirm=extensions.get(CONFIRM) is True,
        )

    def admission(self) -> dict[str, Any]:
        """Return the keyword arguments of `StrikeGuard.admit`."""
        return {
            "operation": None if self.operation is None else self.operation.operation_id,
            "read_timeout": self.read_timeout,
            "confirm": self.confirm,
        }

    def facts(self, *, proven: bool) -> RequestFacts:
        """Return what the answer will be judged by; a request of unknown operation counts as an ordinary API call."""
        if self.operation is None:
            return _facts(secured=True, proven=proven, json_expected=True)
        return _facts(
            secured=self.operation.requires_credential,
            proven=proven,
            json_expected="text/html" not in self.operation.response_media_types,
        )


@cache
def _facts(*, secured: bool, proven: bool, json_expected: bool) -> RequestFacts:
    return RequestFacts(injected=True, secured=secured, proven=proven, json_expected=json_expected)


class Hop:
    """One admitted request from the moment its bytes may leave; settled by exactly one of its two methods."""

    __slots__ = ("_facts", "_log", "_origin", "_ticket")

    def __init__(self, *, ticket: Ticket, origin: Origin, facts: RequestFacts, log: CallLog) -> None:
        self._ticket = ticket
        self._origin = origin
        self._facts = facts
        self._log = log
        ticket.sent()

    def failed(self, error: BaseException) -> None:
        """Settle by the exception that came instead of an answer."""
        self._ticket.settle(classify(self._facts, error))
        self._log.failed(error)

    def answered(self, status: int, headers: Mapping[str, str], stays: Callable[[str], bool]) -> bool:
        """Settle by the answer's headers and return whether a charge stays with this call.

        `headers` finds names in lower case; `stays` says whether a location is on the bound origin.

        Raises:
            UnexpectedAuthPageError: the answer is a login page; the call is settled.
        """
        failpoints.hit("after_headers")
        location = headers.get("location", "")
        facts = ResponseFacts(
            status=status,
            media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
            challenge=headers.get("www-authenticate", ""),
            server=headers.get("server", ""),
            location=location,
            same_origin_redirect=bool(location) and stays(location),
        )
        outcome = classify(self._facts, facts)
        self._ticket.settle(outcome, retry_after=_retry_after(headers) if outcome is Outcome.BUSY else None)
        self._log.answered(status, headers)
        if outcome is Outcome.UNKNOWN and is_login_page(self._facts, facts):
            raise UnexpectedAuthPageError(
                f"{self._origin} answered status {status} with a login page where the API should have answered, so "
                "nothing is known of the credential and the call counts as possibly invalid. Check the base URL and "
                "the proxy: cyara auth doctor"
            )
        return self._ticket.reserved and outcome in _STAYS_CHARGED


def _retry_after(headers: Mapping[str, str]) -> float | None:
    return seconds_of_retry_after(headers, datetime.now(UTC))
