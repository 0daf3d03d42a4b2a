"""The right to send one request, as an object that cannot be forgotten: reserved, free, or free on the ramp.

A ticket is settled once, by the first of: `settle(outcome)`; leaving its `with` block; being dropped; the end of the
interpreter. Without an outcome it settles itself: NOT_SENT before `sent()`, UNKNOWN after it. So no path, not even a
cancelled task or a lost reference, can leave a charge that nobody accounts for.
"""

from types import TracebackType
from typing import Protocol, Self, final

import attrs

from cyara_auth.guard.call import Call
from cyara_auth.guard.gates import Gate
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

    __slots__ = ()

    @property
    def pair(self) -> str:
        """Fingerprint of the pair that this ticket is for; a late 401 belongs to it and to no other."""
        ...

    @property
    def verified(self) -> bool:
        """Whether the pair was verified at this origin when the call was admitted; `classify` wants to know."""
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.give_up()


@attrs.define(kw_only=True, eq=False)
class Reservation:
    """An open reservation of this process."""

    # Apart from its ticket, so that the end of the process still finds and settles what was dropped.

    id: str
    call: Call
    sent: bool = False

    @property
    def default_outcome(self) -> Outcome:
        """What is known if nobody says anything more."""
        return Outcome.UNKNOWN if self.sent else Outcome.NOT_SENT


class Settler(Protocol):
    """Where tickets report to."""

    def settle_reserved(self, reservation: Reservation, outcome: Outcome, retry_after: float | None) -> None:
        """Take a reservation's outcome; only the first one counts."""
        ...

    def settle_free(self, gate: Gate, outcome: Outcome, *, source: str | None, operation: str | None) -> None:
        """Take the outcome of a call that went without a reservation, unless it was a success."""
        ...

    def drop(self, reservation: Reservation) -> None:
        """Note that a ticket is gone; called while the garbage collector runs, so it may only take a note."""
        ...

    def place_free(self, key_id: str) -> None:
        """Wake a caller who waits for a place on the ramp."""
        ...


@final
class ReservedTicket(Ticket):
    """A charge is in the store until this settles."""

    __slots__ = ("_reservation", "_settler", "_verified")

    def __init__(self, settler: Settler, reservation: Reservation, *, verified: bool) -> None:
        self._settler = settler
        self._reservation = reservation
        self._verified = verified

    @property
    def pair(self) -> str:
        """Fingerprint of the pair that is sent."""
        return self._reservation.call.pair

    @property
    def verified(self) -> bool:
        """Whether the pair was verified at this origin when the call was admitted."""
        return self._verified

    @property
    def reserved(self) -> bool:
        """A charge may stay behind."""
        return True

    def sent(self) -> None:
        """Bytes may leave from now on."""
        self._reservation.sent = True

    def settle(self, outcome: Outcome, *, retry_after: float | None = None) -> None:
        """Say what the call taught."""
        self._settler.settle_reserved(self._reservation, outcome, retry_after)

    def give_up(self) -> None:
        """Settle without an outcome; nothing happens if it is settled."""
        self._settler.settle_reserved(self._reservation, self._reservation.default_outcome, None)

    def __del__(self) -> None:
        # Always: the guard knows whether it was settled, and a second settlement counts for nothing.
        self._settler.drop(self._reservation)


class FreeTicket(Ticket):
    """No charge: the pair is verified and fresh. Only bad news reaches the store."""

    __slots__ = ("_gate", "_operation", "_settled", "_settler", "_source")

    def __init__(self, settler: Settler, gate: Gate, source: str | None, operation: str | None) -> None:
        self._settler = settler
        self._gate = gate
        self._source = source
        self._operation = operation
        self._settled = False

    @property
    def pair(self) -> str:
        """Fingerprint of the pair that is sent."""
        return self._gate.pair

    @property
    def verified(self) -> bool:
        """Always: nothing else goes free."""
        return True

    @property
    def reserved(self) -> bool:
        """No charge can stay behind."""
        return False

    def sent(self) -> None:
        """Bytes may leave from now on, which changes nothing for a free call."""

    def settle(self, outcome: Outcome, *, retry_after: float | None = None) -> None:
        """Say what the call taught."""
        del retry_after  # back-off is for probes, and this is none
        if self._settled:
            return
        self._settled = True
        # A flag and no write: the gate dates the success when it next asks the store.
        if outcome is Outcome.VERIFICATION:
            self._gate.succeeded = True
        else:
            self._settler.settle_free(self._gate, outcome, source=self._source, operation=self._operation)

    def give_up(self) -> None:
        """A call of unknown outcome changes nothing for a verified pair."""
        # GUARDED reserved nothing, so there is no charge that could stay.
        self._settled = True


@final
class RampedTicket(FreeTicket):
    """A free ticket that holds one of the few places right after a verification."""

    __slots__ = ("_ramp",)

    def __init__(self, settler: Settler, gate: Gate, source: str | None, operation: str | None) -> None:
        super().__init__(settler, gate, source, operation)
        self._ramp = gate.ramp

    def settle(self, outcome: Outcome, *, retry_after: float | None = None) -> None:
        """Say what the call taught, and make room for the next."""
        if not self._settled:
            self._ramp.give_back(success=outcome is Outcome.VERIFICATION)
            super().settle(outcome, retry_after=retry_after)
            self._settler.place_free(self._gate.key_id)

    def give_up(self) -> None:
        """Make room for the next."""
        self.settle(Outcome.UNKNOWN)

    def __del__(self) -> None:
        # No wake-up from here: the garbage collector may run in a thread that holds the lock of the waiters.
        if not self._settled:
            self._settled = True
            self._ramp.give_back(success=False)
