"""What a call can raise, in one tree.

CyaraError
    ApiError                    the portal answered with a status other than success
        BadRequest              400
        Unauthorized            401
        Forbidden               403
        NotFound                404
        Conflict                409
        RateLimited             429
        ServerError             500 to 599
        UnexpectedStatus        everything else
    DecodingError               the answer is not what the document declares
    PageError                   the pages of a list go round in a circle, lead elsewhere, or end too early
    DownloadError               a file did not arrive as it should
    AccountRequiredError        a call needs an account, and neither it nor the client names one
    HttpLibraryError            CYARA_HTTP_LIBRARY names no HTTP library that is installed; an ImportError, too

Errors of credentials and admission (`cyara_auth`) hang on the same root. Of a refusal's body the text has the portal's
own `title: detail`, in one short line without markup and without what looks like a secret; of headers and of every
other body it has nothing. Those who need the body find it in `content` and `problem`. Errors can be pickled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class CyaraError(Exception):
    """Root of every error of this package."""


def _restore(cls: type[CyaraError], arguments: dict[str, Any]) -> CyaraError:
    """Rebuild an error that was pickled."""
    return cls(**arguments)


class ApiError(CyaraError):
    """The portal answered, but not with success.

    Attributes:
        method: HTTP method.
        path_template: path as the document spells it, with its placeholders, not with the caller's values.
        operation_id: operation of the document.
        status_code: status as a plain int.
        headers: headers of the answer.
        content: body of the answer as bytes.
        problem: the body, when it is a JSON object such as ASP.NET's ProblemDetails.
        request_id: what the portal calls this request, for its operator.
        attempt: number of the attempt that this answer belongs to, from 1.
        retry_after: seconds that the portal asks to wait, when it does.
        host: name of the host that answered.
        explanation: what the portal says about it, as one short line; empty when it says nothing to people.
    """

    advice: ClassVar[str] = ""
    """What to do next, where the status alone says it."""

    def __init__(  # noqa: PLR0913 - one argument for each fact
        self,
        *,
        method: str,
        path_template: str,
        operation_id: str,
        status_code: int,
        headers: Mapping[str, str],
        content: bytes,
        problem: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        attempt: int = 1,
        retry_after: float | None = None,
        host: str = "",
        explanation: str = "",
    ) -> None:
        self.method = method
        self.path_template = path_template
        self.operation_id = operation_id
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.problem = problem
        self.request_id = request_id
        self.attempt = attempt
        self.retry_after = retry_after
        self.host = host
        self.explanation = explanation
        # Neither headers nor body: whoever logs `args` must not log a secret.
        super().__init__(method, path_template, operation_id, status_code)

    def __str__(self) -> str:
        """Say which call met which status where, and what the portal says about it."""
        place = f" at {self.host}" if self.host else ""
        parts = [f"{self.method} {self.path_template} ({self.operation_id}){place} answered {self.status_code}"]
        if self.attempt > 1:
            parts.append(f"on attempt {self.attempt}")
        if self.request_id:
            parts.append(f"request id {self.request_id}")
        if self.retry_after is not None:
            parts.append(f"the portal asks to wait {self.retry_after:g} s")
        if self.explanation:
            parts.append(f'the portal says "{self.explanation}"')
        elif self.problem:
            parts.append("see .problem for what the portal sent")
        if self.advice:
            parts.append(self.advice)
        return "; ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the attributes."""
        # Exceptions are rebuilt from `args`, which cannot carry keyword-only arguments.
        return _restore, (type(self), dict(self.__dict__))


class BadRequest(ApiError):  # noqa: N818 - named for the status, as users say it
    """400: the portal did not accept the request's content."""


class Unauthorized(ApiError):  # noqa: N818 - named for the status, as users say it
    """401: the portal did not accept the credential. Do not call again before it is known why."""

    advice = "do not repeat the call before the credential is checked (cyara auth status)"


class Forbidden(ApiError):  # noqa: N818 - named for the status, as users say it
    """403: the credential is known, but may not do this."""

    advice = "repeating the call does not help: the portal's administrator grants the right"


class NotFound(ApiError):  # noqa: N818 - named for the status, as users say it
    """404: there is no such thing, or it is not visible to this user."""

    advice = "check the identifiers, the account and the base URL"


class Conflict(ApiError):  # noqa: N818 - named for the status, as users say it
    """409: the thing is in a state that does not allow this."""


class RateLimited(ApiError):  # noqa: N818 - named for the status, as users say it
    """429: too many requests; `retry_after` says how long to wait, when the portal says so."""

    advice = "wait before the next call"


class ServerError(ApiError):
    """5xx: the portal or a gateway before it failed."""


class UnexpectedStatus(ApiError):  # noqa: N818 - named for the status, as users say it
    """Any other status that is not a success of this operation."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_SERVER_ERRORS = range(500, 600)


def error_class(status_code: int) -> type[ApiError]:
    """Return the class of error that stands for a status."""
    if status_code in _SERVER_ERRORS:
        return ServerError
    return _BY_STATUS.get(status_code, UnexpectedStatus)


class DecodingError(CyaraError):
    """The answer is a success, but not of the shape that the document declares.

    Attributes:
        reason: what is wrong and where, without any value of the body.
        method: HTTP method.
        path_template: path as the document spells it.
        operation_id: operation of the document.
        status_code: status of the answer.
        headers: headers of the answer.
        content: body of the answer as bytes.
        request_id: what the portal calls this request, for its operator.
        attempt: number of the attempt that this answer belongs to, from 1.
        host: name of the host that answered.
    """

    def __init__(  # noqa: PLR0913 - one argument for each fact
        self,
        reason: str,
        *,
        method: str = "",
        path_template: str = "",
        operation_id: str = "",
        status_code: int = 0,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        request_id: str | None = None,
        attempt: int = 1,
        host: str = "",
    ) -> None:
        self.reason = reason
        self.method = method
        self.path_template = path_template
        self.operation_id = operation_id
        self.status_code = status_code
        self.headers = headers
        self.content = content
        self.request_id = request_id
        self.attempt = attempt
        self.host = host
        super().__init__(reason)

    def __str__(self) -> str:
        """Say which answer could not be read and why, with nothing of the body."""
        if not self.operation_id:
            return self.reason
        return (
            f"{self.method} {self.path_template} ({self.operation_id}) answered {self.status_code}, "
            f"but its body cannot be read: {self.reason}"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the attributes, as `ApiError` does."""
        return _restore, (type(self), dict(self.__dict__))


class PageError(CyaraError):
    """The pages of a list do not lead to an end. What was read before is good."""


class DownloadError(CyaraError):
    """A file was cut off, larger than allowed, or not the one that was expected. Nothing was left on the disk."""


class AccountRequiredError(CyaraError, TypeError):
    """The call needs `account_id`, and neither the call nor the client names one. Nothing was sent."""


class HttpLibraryError(CyaraError, ImportError):
    """`CYARA_HTTP_LIBRARY` names no HTTP library that is known and installed. Nothing was sent."""


class IncompleteListWarning(UserWarning):
    """A list ended before a number of all its items that the portal names and the document does not promise."""


class UnverifiedOperationWarning(UserWarning):
    """The operation's path or bodies are inferred: nobody has seen the portal accept them."""


__all__ = [
    "AccountRequiredError",
    "ApiError",
    "BadRequest",
    "Conflict",
    "CyaraError",
    "DecodingError",
    "DownloadError",
    "Forbidden",
    "HttpLibraryError",
    "IncompleteListWarning",
    "NotFound",
    "PageError",
    "RateLimited",
    "ServerError",
    "Unauthorized",
    "UnexpectedStatus",
    "UnverifiedOperationWarning",
    "error_class",
]
