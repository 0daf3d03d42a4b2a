"""Every error of `cyara_auth`: one tree, so that one `except` catches as much or as little as the caller means.

```
CyaraError                              root, rendered into cyara_client.errors
+-- ApiError, DecodingError, ...        the portal's answers: see cyara_client.errors
+-- CyaraAuthError                      everything in this module
    +-- ConfigurationError              the client cannot be built as asked
    |   +-- BaseUrlError                no address, or one that is not the API's
    |   +-- InsecureOriginError         plain http to another machine, which nobody allowed
    |   +-- UnsupportedClientError      this httpx client cannot be guarded
    |   +-- MissingExtraError           an optional dependency is not installed
    +-- CredentialError                 no usable credential; nothing was sent
    |   +-- CredentialNotFoundError     no source has one, or half of one
    |   +-- CredentialFormatError       the text is not a key:token pair
    |   +-- CredentialPermissionsError  the file that holds it is not private
    |   +-- CredentialConflictError     two sources of equal rank disagree
    |   +-- CredentialSourceError       a source is there but cannot be read
    |   +-- CredentialExpiredError      its expires_at has passed
    |   +-- CredentialOriginError       bound to another portal
    |       +-- ForeignPageError        a list's link to its next page leads there; a PageError, too
    +-- AdmissionRefusedError           the guard let no byte out
    |   +-- CredentialRejectedError     the portal rejected this pair; final
    |   |   +-- CredentialSuspectError  a 401 or login page, perhaps not the portal's; an operator may try once more
    |   +-- CredentialSupersededError   another pair of the key works, or was put in its place
    |   +-- StrikeBudgetExhaustedError  one more call could void the token
    |   +-- ProbeWaitTimeoutError       another caller is still verifying the pair
    |   |   +-- PlaceWaitTimeoutError   nobody gave one of the two places of the key back
    |   +-- RotationInProgressError     `cyara auth rotate begin` holds the key
    |   +-- NoRotationError             an operator's command, to end a rotation that has not begun
    |   +-- UnsettledCallsError         an operator's command, while lost calls may still count against the new token
    |   +-- StrikeStoreUnavailableError nobody can say how many strikes there are
    |   |   +-- StrikeStoreDamagedError the store's file cannot be read any more
    |   +-- SharedStoreRequiredError    a private store, where a shared one was demanded
    +-- UnexpectedAuthPageError         a login page where the API should have answered
    +-- OperationUnavailableError       this client's document lacks what a workflow needs
    +-- InferredOperationError          it would change things, and nobody has seen a portal accept it
    +-- WaitTimeoutError                what was waited for did not happen in time
    |   +-- RunNotFoundError            a start without an answer, and no run that can be its own is listed
    +-- ClosedClientError               the client was closed (cyara_auth.client.retrying_clients)
    +-- DriftError                      strict: the answer has what the document does not (cyara_auth.drift.drift)
    +-- EventHookError                  a hook of the caller's raised httpx's own error (cyara_auth.client.hooks)
    +-- TransportError                  no answer came (cyara_auth.transport.errors)
```

None but the last derives from `httpx.HTTPError`: libraries that retry transport errors would loop on a refusal.
None holds a secret or a body, in text or attribute; all can be pickled. The warnings stand at the end of the module.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Self, final

# With `as`, which says that others may take these from here: they name nothing of the client themselves.
from cyara_client.errors import ApiError as ApiError  # noqa: PLC0414 - see above
from cyara_client.errors import CyaraError
from cyara_client.errors import DecodingError as DecodingError  # noqa: PLC0414 - see above
from cyara_client.errors import PageError as PageError  # noqa: PLC0414 - see above

SHOWN_HEX_DIGITS = 8
"""How much of a fingerprint people see: enough to compare by eye, as git does with commits."""


def _bare(kind: type["CyaraAuthError"], args: tuple[Any, ...]) -> "CyaraAuthError":
    # Without `__init__`, whose keyword arguments `BaseException` does not keep.
    return kind.__new__(kind, *args)


class CyaraAuthError(CyaraError):
    """Root of what `cyara_auth` raises by itself, before or instead of an answer of the portal.

    It knows its call by the same names as `ApiError`; None is what is unknown, or does not apply.

    Attributes:
        method: HTTP method.
        path_template: Path as the document spells it, not with the caller's values.
        operation_id: Operation of the document.
        status_code: Status of the answer.
        request_id: What the portal calls the request.
        attempt: Number of the attempt, from 1.
        retry_after: Seconds that the portal asks to wait.
    """

    method: str | None = None
    path_template: str | None = None
    operation_id: str | None = None
    status_code: int | None = None
    request_id: str | None = None
    attempt: int | None = None
    retry_after: float | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _bare, (type(self), self.args), self.__dict__


class ConfigurationError(CyaraAuthError):
    """The client cannot be built as asked; the message says which setting and what to use instead."""


class BaseUrlError(ConfigurationError):
    """There is no base URL, or it is not the address of the API (a Swagger UI page, user information in it, ...)."""


class InsecureOriginError(ConfigurationError):
    """A credential would travel over plain http to a host that is not this machine, and that nobody named."""


class UnsupportedClientError(ConfigurationError):
    """An httpx client that the guard cannot wrap completely; half a guard is none."""


class MissingExtraError(ConfigurationError):
    """A feature needs an optional dependency; the message has the command that installs it."""


class CredentialError(CyaraAuthError):
    """There is no usable credential. Nothing was sent."""


class CredentialNotFoundError(CredentialError):
    """No source has a credential, or one variable of a pair of variables is missing."""


@final
class CredentialFormatError(CredentialError):
    """The text is not a `key:token` pair in a form that the portal shows.

    Attributes:
        reason: Code of the defect, for programs (the values of `FormatReason`).
        length: Length of the whole text, in characters.
        key_length: Length of the part before the only colon, `None` when there is no such part.
        token_length: Length of the part after it, likewise.
        source: Where the text came from, in words.
    """

    def __init__(  # noqa: PLR0913  # each is a fact that programs may ask for
        self,
        message: str,
        *,
        reason: str,
        length: int,
        key_length: int | None = None,
        token_length: int | None = None,
        source: str | None = None,
    ) -> None:
        super().__init__(message)
        self.reason, self.source = reason, source
        self.length, self.key_length, self.token_length = length, key_length, token_length


class CredentialPermissionsError(CredentialError):
    """The credential file is readable by others, not ours, a link, or not a regular file."""


class CredentialConflictError(CredentialError):
    """Two sources of the same rank hold different pairs; choosing one would be a guess that costs a strike."""


class CredentialSourceError(CredentialError):
    """A source is configured but cannot be read: a failing command, a locked keyring, a damaged file."""


class CredentialExpiredError(CredentialError):
    """The credential's `expires_at` has passed; the portal would count the call as invalid."""


class CredentialOriginError(CredentialError):
    """The credential, or the page that is to be followed, belongs to another portal."""


# Raised while a list is read, so whoever catches PageError for the sake of the pages before gets it as well.
class ForeignPageError(CredentialOriginError, PageError):
    """The link to a list's next page leads to another portal, and was not followed. What was read before is good."""


class AdmissionRefusedError(CyaraAuthError):
    """The guard let no byte out. The text says why, since when, where it began, and the next command.

    Attributes:
        fingerprint: Of the pair, or of the key where all its pairs are concerned; `None` when it does not matter.
        detail: What is special about this case, a clause without the final stop.
        when: When the cause arose (aware, UTC), if known.
        host: Name of the machine on which the cause arose, if known.
        pid: Process in which the cause arose, if known.
        source: Where the pair came from, in words, if known.
        command: What to do next.
    """

    what: ClassVar[str] = "The call was refused"
    usual_command: ClassVar[str] = "cyara auth status"

    def __init__(  # noqa: PLR0913  # each is a fact that a refusal has to name
        self,
        *,
        fingerprint: str | None = None,
        detail: str | None = None,
        when: datetime | None = None,
        host: str | None = None,
        pid: int | None = None,
        source: str | None = None,
        command: str | None = None,
    ) -> None:
        self.fingerprint, self.source, self.detail = fingerprint, source, detail
        self.when, self.host, self.pid = when, host, pid
        self.command = self.usual_command if command is None else command
        super().__init__(self._text())

    def _text(self) -> str:
        """Return the sentences; what is not known is left out."""
        parts = [f"{self.what}." if self.detail is None else f"{self.what}: {self.detail}."]
        if self.fingerprint is not None:
            origin = "" if self.source is None else f" from {self.source}"
            parts.append(f"Fingerprint {self.fingerprint[:SHOWN_HEX_DIGITS]}{origin}.")
        circumstances = (
            # Without a zone %Z is empty, and leaves a blank before the full stop.
            "" if self.when is None else f"on {self.when:%Y-%m-%d at %H:%M:%S %Z}".rstrip(),
            "" if self.pid is None else f"in process {self.pid}",
            "" if self.host is None else f"on {self.host}",
        )
        if any(circumstances):
            parts.append(f"It happened {' '.join(filter(None, circumstances))}.")
        parts.append(f"Nothing was sent. Next: {self.command}")
        return " ".join(parts)


class CredentialRejectedError(AdmissionRefusedError):
    """The portal answered 401 to this very pair. Tokens never come back, so no timer reopens it."""

    what = "The portal rejected this key:token pair, and a rejected pair stays rejected"
    usual_command = "copy the current token from the portal (Settings > API), then: cyara auth login"


# Derived, since whoever handles a rejection must handle this as well: the pair is not sent again by itself.
class CredentialSuspectError(CredentialRejectedError):
    """A login page, or a 401 of a gateway or of a server that does not know the new token yet: counted, not final."""

    what = "A login page, or a 401 that may not be the portal's own, put this key:token pair under suspicion"
    usual_command = (
        "sign in to the network or VPN if one asks for it, check the base URL (cyara auth doctor), then, if the token "
        "is active in the portal: cyara auth reset --still-valid"
    )


class CredentialSupersededError(AdmissionRefusedError):
    """Another pair of the key works, or an operator put it in this one's place: no strike was spent to learn it."""

    what = "Another token of the same key is in use, so this one counts as replaced"
    usual_command = "give this program the current token (cyara auth doctor shows where it has its own from)"


class StrikeBudgetExhaustedError(AdmissionRefusedError):
    """Strikes and calls of unknown outcome have used the budget; the next invalid call could void the token."""

    what = "The budget of possibly invalid calls is used up; the pair itself may be fine"
    usual_command = (
        "look whether the token is active in the portal (Settings > API); if it is: cyara auth reset --still-valid; if "
        "it was regenerated: cyara auth reset --regenerated"
    )


class ProbeWaitTimeoutError(AdmissionRefusedError):
    """One call at a time may verify a pair; that call took longer than this one was willing to wait."""

    what = "Another call is still verifying this pair"
    usual_command = "try again, or verify the pair first with: cyara auth verify"


class PlaceWaitTimeoutError(ProbeWaitTimeoutError):
    """Two calls of a key may be in flight, and for the longest time that one may take, none of them ended."""

    what = "The calls that hold the places of this key have not ended"
    usual_command = (
        "look who holds them with: cyara auth status; more calls at once: policy='concurrent' (a regeneration that "
        "nobody announced then costs as many invalid calls as are in flight, and the third voids the token)"
    )


class RotationInProgressError(AdmissionRefusedError):
    """The operator is replacing the token, so nothing is admitted until that ends."""

    what = "The token of this key is being rotated"
    usual_command = "with the new token: cyara auth rotate commit; if none was generated: cyara auth rotate abort"


class NoRotationError(AdmissionRefusedError):
    """The operator ends a rotation that has not begun."""

    what = "No rotation of this key has begun, so there is none to commit"
    usual_command = "cyara auth rotate begin, or, if the token is regenerated already: cyara auth reset --regenerated"


class UnsettledCallsError(AdmissionRefusedError):
    """The operator says that the token is new, and calls that were lost may be judged after it was generated."""

    what = "The new token may have to pay for calls with the old one"


class StrikeStoreUnavailableError(AdmissionRefusedError):
    """The store of strikes cannot be read or written, so nobody can say whether the call is safe."""

    what = "The strike store is not available"
    usual_command = (
        "see that the store can be reached and written (CYARA_STRIKE_STORE), or look what is wrong: cyara auth doctor"
    )


class StrikeStoreDamagedError(StrikeStoreUnavailableError):
    """The file of the strike store cannot be read any more. `cyara auth doctor` says what moving it away forgets.

    Attributes:
        path: The file.
    """

    usual_command = "cyara auth doctor"
    path: Path

    @classmethod
    def at(cls, path: Path, detail: str, *, fingerprint: str | None = None) -> Self:
        """Return the error for a file."""
        error = cls(detail=detail, fingerprint=fingerprint)
        error.path = path
        return error


class SharedStoreRequiredError(AdmissionRefusedError):
    """`require_shared_store` was set and strikes would be counted in this process only."""

    what = "A store that other processes share is required, and this one is private"
    usual_command = (
        "set CYARA_STRIKE_STORE=redis://HOST (or rediss://, unix://), or s3://BUCKET/PREFIX (or az://, gs://)"
    )


class UnexpectedAuthPageError(CyaraAuthError):
    """A login page, or the way to one, came in the API's place: it verifies nothing, and the pair is suspect."""

    def __init__(self, message: str, *, status_code: int) -> None:
        super().__init__(message)
        self.status_code = status_code


class OperationUnavailableError(CyaraAuthError):
    """A workflow needs an operation that the document, from which this client was generated, does not have."""


class InferredOperationError(CyaraAuthError):
    """An operation would change things at the portal, and its path and bodies are guesses. Nothing was sent.

    `connect(allow_inferred=True)` or `CYARA_ALLOW_INFERRED=1` lets it go; to a local portal it always goes. A client
    that was generated from a portal's own document has no guesses in it.
    """

    @classmethod
    def of(cls, operation_id: str, method: str, path: str, *, portal: str) -> Self:
        """Return the error for an operation that was meant for the origin `portal`."""
        error = cls(
            f"{operation_id} ({method} {path}) changes things at the portal, and it is inferred: nobody has seen a "
            f"portal accept it as it stands here, so the call to {portal} was refused. Nothing was sent. Next: "
            "generate the client from your portal's own document, which has no guesses; in the folder of this project "
            "run: python3 scripts/dev.py regenerate fetch --portal https://<portal>, and then: python3 scripts/dev.py "
            "regenerate build. Whoever accepts the risk until then gives connect(allow_inferred=True), or sets "
            "CYARA_ALLOW_INFERRED=1"
        )
        error.operation_id, error.method, error.path_template = operation_id, method, path
        return error


class WaitTimeoutError(CyaraAuthError):
    """What was waited for did not happen before the deadline. `last` is the last answer, `seconds` the time waited."""

    def __init__(self, *, last: object, attempts: int, seconds: float) -> None:
        # Whole seconds, but a fraction where the deadline was one.
        digits = max(2, len(f"{seconds:.0f}"))
        super().__init__(
            f"It did not happen within {seconds:.{digits}g} seconds (questions asked: {attempts}). Nothing at the "
            "portal was stopped: wait again with a longer deadline, or look at the error's `last` for how far it came."
        )
        self.last, self.attempts, self.seconds = last, attempts, seconds


class RunNotFoundError(WaitTimeoutError):
    """A run of a campaign is not listed: its start was never answered, or somebody named a run that is not there."""


class CyaraAuthWarning(UserWarning):
    """Root of the warnings of `cyara_auth`: what goes on for now, and will not for ever."""


class CredentialExpiryWarning(CyaraAuthWarning):
    """The credential will expire soon; replace it before it does."""


class PlainHttpWarning(CyaraAuthWarning):
    """The credential travels over plain http to a host that was named for it: anyone on the way can read it."""


class PrivateStoreWarning(CyaraAuthWarning):
    """Strikes are counted in this process only: no file could be shared, or a fork copied a store in memory."""


class ThrowAwayStoreWarning(CyaraAuthWarning):
    """In CI, strikes are counted in a store that was made just now, and what it knows may go with the machine."""


class StrikeStoreRolledBackWarning(CyaraAuthWarning):
    """The store has lost writes, and perhaps strikes, that this process had seen."""
