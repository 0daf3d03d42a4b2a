"""What the portal saw, request by request, without the secret."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

import attrs

from cyara_tools.portal.json_types import Json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_tools.portal.credentials import CredentialResult

KEPT: Final = 20_000
MASK: Final = "***"


@attrs.define(kw_only=True)
class RecordedRequest:
    """One request and what became of it. The Authorization header is masked; `credential_result` says what it was."""

    arrival: int
    """Number of the request, from 1."""
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    credential_result: CredentialResult | None = None
    """What the check of the credential found; None if there was no check."""
    credential_correct: bool = False
    """Whether there was exactly one Authorization header and it held the valid pair."""
    secret_elsewhere: bool = False
    """Whether the key or a token stood anywhere but in the Authorization header: address, other headers, body."""
    operation: str | None = None
    """Method and path template of the operation that the request was for."""
    reasons: tuple[str, ...] = ()
    """Why the request is not valid under the document; empty for a valid one."""
    values: Mapping[str, Json] = attrs.field(factory=dict[str, Json])
    """Decoded parameters, by `location.name`."""
    body: Json = None
    """Decoded body."""
    body_size: int = 0
    status: int | None = None
    """Status answered; None if the connection was dropped, or the answer is still to come."""


class Recorder:
    """Numbers requests as they arrive and keeps the latest of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        # Bounded, so that a portal that serves for days does not fill the memory.
        self._requests: deque[RecordedRequest] = deque(maxlen=KEPT)

    def record(self, method: str, path: str, query: str, headers: tuple[tuple[str, str], ...]) -> RecordedRequest:
        """Note a request that has arrived."""
        # Masked before it is kept: whoever prints a record cannot leak the token.
        masked = tuple((name, MASK if name == "authorization" else value) for name, value in headers)
        with self._lock:
            self._count += 1
            recorded = RecordedRequest(arrival=self._count, method=method, path=path, query=query, headers=masked)
            self._requests.append(recorded)
        return recorded

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The latest requests, oldest first."""
        with self._lock:
            return tuple(self._requests)

    @property
    def count(self) -> int:
        """How many requests have arrived since the start."""
        return self._count

    def forget(self) -> None:
        """Drop what was recorded; numbers go on."""
        with self._lock:
            self._requests.clear()
