"""One log line for each request, made from an allow-list: what is not named here is never logged."""

from __future__ import annotations

import logging
import time
from collections import deque
from datetime import UTC, datetime
from typing import Final

import attrs

from cyara_tools.proxy.door import METHODS

REQUESTS: Final = "cyara_tools.proxy.requests"
LOGGER: Final = logging.getLogger(REQUESTS)
_SHOWN: Final = 20

LOGGER.addHandler(logging.NullHandler())


@attrs.define(kw_only=True)
class RequestRecord:
    """What is remembered of one request: nothing that a caller could have written into it.

    Attributes:
        method: HTTP method, `other` for what is none.
        operation: Operation id; `-` where none was found.
        path: Template of the operation, never the path itself: that holds names, and the proxy's secret.
        status: Status of the answer; 0 where the caller had left.
        size: Bytes of the answer's body.
        kind: Why the proxy answered itself; `-` for an answer of the portal.
        sent: Whether the portal may have received the request.
        began: When it came in.
        milliseconds: How long it took.
    """

    method: str
    operation: str = "-"
    path: str = "-"
    status: int = 0
    size: int = 0
    kind: str = "-"
    sent: bool = False
    began: datetime = attrs.field(factory=lambda: datetime.now(UTC))
    milliseconds: float = 0.0
    _clock: float = attrs.field(factory=time.perf_counter)

    @classmethod
    def of(cls, method: str) -> RequestRecord:
        """Begin a record."""
        return cls(method=method if method in METHODS else "other")

    def finish(self) -> None:
        """Take the time."""
        self.milliseconds = round((time.perf_counter() - self._clock) * 1000, 1)


class RequestLog:
    """Writes the lines, and keeps the latest for the page."""

    def __init__(self) -> None:
        self.recent: deque[RequestRecord] = deque(maxlen=_SHOWN)

    def write(self, record: RequestRecord) -> None:
        """Write the line of a request that is over."""
        record.finish()
        # Pages look at themselves every few seconds, and strangers knock: neither is a call.
        if record.operation != "-" or record.kind not in {"Page", "Stranger"}:
            self.recent.appendleft(record)
        if record.kind == "Page" or not LOGGER.isEnabledFor(logging.INFO):
            return
        fields = {
            "operation": record.operation,
            "method": record.method,
            "path": record.path,
            "status": record.status or "none",
            "bytes": record.size,
            "ms": record.milliseconds,
            "sent": "yes" if record.sent else "no",
            "kind": record.kind,
        }
        extra = {f"cyara_{name}": value for name, value in fields.items()}
        LOGGER.info(" ".join(f"{name}=%s" for name in fields), *fields.values(), extra=extra)
