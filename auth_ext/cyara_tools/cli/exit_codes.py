"""Exit codes of the command line, the same for every command, for CI to decide by. They never change their meaning."""

from enum import IntEnum

from cyara_auth._http import httpx
from cyara_auth.errors import (
    AdmissionRefusedError,
    ApiError,
    ConfigurationError,
    CredentialError,
    CredentialRejectedError,
    CredentialSupersededError,
    CredentialSuspectError,
    DecodingError,
    InferredOperationError,
    OperationUnavailableError,
    PageError,
    SharedStoreRequiredError,
    StrikeStoreUnavailableError,
    UnexpectedAuthPageError,
    WaitTimeoutError,
)
from cyara_client.errors import AccountRequiredError, DownloadError, HttpLibraryError, Unauthorized
from cyara_tools.output.errors import OutputClosedError, UsageError
from cyara_tools.run.errors import AlreadyRunningError, NothingSelectedError


class ExitCode(IntEnum):
    """What happened. 1 is left to unforeseen errors (Python's own)."""

    OK = 0
    USAGE = 2
    """An option or argument is wrong; the option parser's own errors end so, too."""
    NO_CREDENTIAL = 3
    """No source has a usable credential. Nothing was sent."""
    REJECTED = 4
    """The portal rejects the pair, now or before; it needs another token."""
    REFUSED = 5
    """Nothing was sent to protect the token; the pair may be fine."""
    STORE = 6
    """The strike store cannot be used, or a shared one is required."""
    CONFIGURATION = 7
    """A setting is unusable, or an extra is not installed."""
    INCONCLUSIVE = 8
    """The portal was not reached, or its answer says nothing about the pair."""
    FINDINGS = 9
    """`doctor` found something that will not work."""
    GATE_FAILED = 10
    """`run`: tests were run, and too many of them were bad."""
    NOT_RUN = 11
    """`run`: not every test could be run, and the gate does not cover that."""
    TIMED_OUT = 12
    """`run`: the time was up before the run had ended; it goes on at the portal."""
    NOTHING_SELECTED = 13
    """`run`: no campaign matched the selection."""
    INTERRUPTED = 130
    """Ctrl-C."""
    PIPE_CLOSED = 141
    """Whoever read the output has enough of it, as `head` has; what a shell says of a program that SIGPIPE ended."""


# First match wins, so special errors stand before their parents.
_BY_ERROR: tuple[tuple[type[BaseException], ExitCode], ...] = (
    # A link to another host is a credential's error as well, and says nothing about the credential.
    (PageError, ExitCode.INCONCLUSIVE),
    (CredentialError, ExitCode.NO_CREDENTIAL),
    (CredentialSuspectError, ExitCode.REFUSED),
    (CredentialRejectedError, ExitCode.REJECTED),
    (CredentialSupersededError, ExitCode.REJECTED),
    (StrikeStoreUnavailableError, ExitCode.STORE),
    (SharedStoreRequiredError, ExitCode.STORE),
    (AdmissionRefusedError, ExitCode.REFUSED),
    (ConfigurationError, ExitCode.CONFIGURATION),
    (InferredOperationError, ExitCode.CONFIGURATION),
    (OperationUnavailableError, ExitCode.CONFIGURATION),
    (AccountRequiredError, ExitCode.CONFIGURATION),
    (HttpLibraryError, ExitCode.CONFIGURATION),
    (WaitTimeoutError, ExitCode.TIMED_OUT),
    (NothingSelectedError, ExitCode.NOTHING_SELECTED),
    (AlreadyRunningError, ExitCode.NOT_RUN),
    # The guard has judged it by now: a pair that is only under suspicion is refused as such at its next call.
    (Unauthorized, ExitCode.REJECTED),
    (ApiError, ExitCode.INCONCLUSIVE),
    (DecodingError, ExitCode.INCONCLUSIVE),
    (UnexpectedAuthPageError, ExitCode.INCONCLUSIVE),
    (DownloadError, ExitCode.INCONCLUSIVE),
    (httpx.HTTPError, ExitCode.INCONCLUSIVE),
    (UsageError, ExitCode.USAGE),
    (OutputClosedError, ExitCode.PIPE_CLOSED),
    # A file or folder that cannot be used; httpx has errors of its own for the network.
    (OSError, ExitCode.CONFIGURATION),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
)

# A command reports these in one sentence. Anything else is a defect, and shows its traceback.
EXPECTED: tuple[type[BaseException], ...] = tuple(kind for kind, _ in _BY_ERROR)


def exit_code_of(error: BaseException) -> ExitCode:
    """Return the exit code of an expected error."""
    return next(code for kind, code in _BY_ERROR if isinstance(error, kind))
