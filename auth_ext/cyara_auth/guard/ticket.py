"""The right to send one request, as an object that cannot be forgotten.

A ticket is settled once, by the first of: `settle(outcome)`; leaving its `with` block; being dropped; the end of the
interpreter. Without an outcome it settles itself: NOT_SENT before `sent()`, UNKNOWN after it. So no path, not even a
cancelled task or a lost reference, can leave a charge that nobody accounts for.
"""

from types import TracebackType
from typing import Protocol, Self

from cyara_auth.strikes.state import Outcome


class Ticket(Protocol):
    """What `StrikeGuard.admit` returns.

    ```python
    with guard.admit(credential, origin) as ticket:
        ticket.sent()                        # just before the request is handed on
        response = send(request)
        ticket.settle(outcome_of(response))  # at the headers, not after the body
    ```
    """

    @property
    def pair(self) -> str:
        """Fingerprint of the pair that this ticket is for; a late 401 belongs to it and to no other."""
        ...

    @property
    def proven(self) -> bool:
        """Whether the pair was proven at this origin when the call was admitted; `classify` wants to know."""
        ...

    @property
    def reserved(self) -> bool:
        """Whether a charge is in the store for this call, and may stay there; a retry must not add another."""
        ...

    def sent(self) -> None:
        """Say that bytes of the request may leave from now on."""
        ...

    def settle(self, outcome: Outcome, *, retry_after: float | None = None) -> None:
        """Say what the call taught. Never waits for the network, never awaits; only the first call counts.

        Args:
            outcome: What `classify` made of the answer or the exception.
            retry_after: Seconds that an overloaded portal asked for.
        """
        ...

    def give_up(self) -> None:
        """Settle without an outcome: NOT_SENT before `sent()`, UNKNOWN after it. Nothing happens once it is settled."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
