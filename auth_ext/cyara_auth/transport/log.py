"""One log line for each call on the wire, made from an allow-list: what is not named here is never logged.

The fields are attributes of the log record too (`cyara_status`, ...), for collectors.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from cyara_auth.errors import SHOWN_HEX_DIGITS
from cyara_auth.extensions import ATTEMPT, operation_of

LOGGER: Final = logging.getLogger("cyara_auth.calls")
"""INFO: a call that was answered, or that the caller ended; WARNING: one that failed without an answer."""

# No last-resort output on stderr for a failure that is raised anyway.
LOGGER.addHandler(logging.NullHandler())

CallRecord = tuple[str, Mapping[str, Any], str, float]
"""What the line needs to remember: method, the request's extensions, fingerprint, and when it began (perf_counter)."""


def log_answer(record: CallRecord, status: int, headers: Mapping[str, str]) -> None:
    """Log an answer."""
    if LOGGER.isEnabledFor(logging.INFO):
        _write(logging.INFO, record, {"status": status, "bytes": headers.get("content-length", "unknown")})


def log_failure(record: CallRecord, error: BaseException) -> None:
    """Log the kind of failure."""
    level = logging.WARNING if isinstance(error, Exception) else logging.INFO
    if LOGGER.isEnabledFor(level):
        # Not its message, which may hold an address or more.
        _write(level, record, {"failure": type(error).__name__})


def _write(level: int, record: CallRecord, result: dict[str, Any]) -> None:
    method, extensions, fingerprint, began = record
    operation = operation_of(extensions)
    fields = {
        "operation": getattr(operation, "operation_id", None) or "unnamed",
        "method": method,
        # Addresses are logged as the document's template: paths and queries hold names of people and accounts.
        "path": getattr(operation, "path", None) or "-",
        **result,
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "attempt": extensions.get(ATTEMPT, 1),
        "fingerprint": fingerprint[:SHOWN_HEX_DIGITS],
    }
    extra = {f"cyara_{name}": value for name, value in fields.items()}
    LOGGER.log(level, " ".join(f"{name}=%s" for name in fields), *fields.values(), extra=extra)
