"""One log line for each call on the wire, made from an allow-list: what is not named here is never logged.

Addresses are logged as the document's template, since paths and queries hold names of people and accounts; of the
credential only the fingerprint. The fields are attributes of the log record too (`cyara_status`, ...), for collectors.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from cyara_auth.errors import SHOWN_HEX_DIGITS
from cyara_auth.retry import ATTEMPT

LOGGER: Final = logging.getLogger("cyara_auth.calls")
"""INFO: a call that was answered, or that the caller ended; WARNING: one that failed without an answer."""


class CallLog:
    """Remembers what the line about one call needs; does nothing when nobody listens."""

    __slots__ = ("_began", "_extensions", "_fingerprint", "_method")

    def __init__(self, *, method: str, extensions: Mapping[str, Any], fingerprint: str) -> None:
        self._method = method
        self._extensions = extensions
        self._fingerprint = fingerprint
        self._began = time.perf_counter()

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Log an answer."""
        if LOGGER.isEnabledFor(logging.INFO):
            self._write(logging.INFO, {"status": status, "bytes": headers.get("content-length", "unknown")})

    def failed(self, error: BaseException) -> None:
        """Log the kind of failure; its message may hold an address or more."""
        level = logging.WARNING if isinstance(error, Exception) else logging.INFO
        if LOGGER.isEnabledFor(level):
            self._write(level, {"failure": type(error).__name__})

    def _write(self, level: int, result: dict[str, Any]) -> None:
        operation = self._extensions.get("cyara.operation")
        fields = {
            "operation": getattr(operation, "operation_id", None) or "unnamed",
            "method": self._method,
            "path": getattr(operation, "path", None) or "-",
            **result,
            "ms": round((time.perf_counter() - self._began) * 1000, 1),
            "attempt": self._extensions.get(ATTEMPT, 1),
            "fingerprint": self._fingerprint[:SHOWN_HEX_DIGITS],
        }
        LOGGER.log(
            level,
            " ".join(f"{name}=%s" for name in fields),
            *fields.values(),
            extra={f"cyara_{name}": value for name, value in fields.items()},
        )
