"""The right to send one request, as an object that cannot be forgotten: reserved, or free.

A ticket is settled once, by the first of: `settle(outcome)`; leaving its `with` block; being dropped; the end of the
interpreter. Without an outcome it settles itself: NOT_SENT before `sent()`, UNKNOWN after it. So no path, not even a
cancelled task or a lost reference, can leave a charge that nobody accounts for.
"""

import time
from typing import Final, Protocol, Self, final

import attrs

from cyara_auth.guard.call import FENCE, Call, Moment
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

    pair: str
    """Fingerprint of the pair that this ticket is for; a late 401 belongs to it and to no other."""
    verified: bool
    """Whether the pair was verified at this origin when the call was admitted; `classify` wants to know."""
    reserved: bool
    """Whether a charge is in the store for this call, and may stay there."""

    def is_stale(self) -> bool:
        """Whether so much time has passed that the call must not leave any more: give up, and admit it again."""
        ...

    def sent(self) -> None:
        """Say that bytes of the request may leave from now on."""
        ...

    def settle(self, outcome: Outcome, *, retry_after: float | None = None, reason: str | None = None) -> None:
        """Say what the call taught. Never waits for the network, never awaits; only the first call counts.

        Args:
            outcome: What `classify` made of the answer or the exception.
            retry_after: Seconds that an overloaded portal asked for.
            reason: What came in place of a usable answer, for the text of a refusal: `status 502`.
        """
        ...

    def give_up(self) -> None:
        """Settle without an outcome: NOT_SENT before `sent()`, UNKNOWN after it. Nothing happens once it is settled."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_up()


@attrs.frozen
class Answer:
    """What a call taught, with what `Ticket.settle` is told besides."""

    outcome: Outcome
    retry_after: float | None = None
    reason: str | None = None


NOT_SENT: Final = Answer(Outcome.NOT_SENT)


@attrs.define(kw_only=True, eq=False)
class Reservation:
    """A place of this process: one that a call uses, or one that is kept for the next.

    Attributes:
        id: Its ticket in the store.
        call: The call that uses it, or used it last.
        orphan_ttl: For which the store takes it for alive, in seconds; no call on it may be evaluated later.
        taken: When the clocks were read before the store last granted or renewed it.
        held_since: Steady clock when this process got it.
        used_at: Steady clock when the last call on it ended.
        verified: The pair is verified, and the store knows.
        fresh: So lately that others may go beside it.
        verified_at: Steady clock of the last success, if the store does not know of it.
        sent: Bytes may have left.
    """

    # Apart from its ticket, so that the end of the process still finds and settles what was dropped.

    id: str
    call: Call
    orphan_ttl: float
    taken: Moment
    held_since: float
    used_at: float = 0.0
    verified: bool = False
    fresh: bool = False
    verified_at: float | None = None
    sent: bool = False

    @property
    def default_outcome(self) -> Outcome:
        """What is known if nobody says anything more."""
        return Outcome.UNKNOWN if self.sent else Outcome.NOT_SENT


class Settler(Protocol):
    """Where tickets report to."""

    def settle_reserved(self, reservation: Reservation, answer: Answer) -> None:
        """Take a reservation's outcome; only the first one counts."""
        ...

    def settle_free(self, gate: Gate, outcome: Outcome, *, source: str | None, operation: str | None) -> None:
        """Take the outcome of a call that went without a reservation, unless it was a success."""
        ...

    def drop(self, reservation: Reservation) -> None:
        """Note that a ticket is gone; called while the garbage collector runs, so it may only take a note."""
        ...

    def moment(self) -> Moment:
        """Read both clocks."""
        ...


@final
class ReservedTicket(Ticket):
    """A charge is in the store until this settles."""

    __slots__ = ("_settler", "pair", "reservation", "verified")
    reserved = True

    def __init__(self, settler: Settler, reservation: Reservation) -> None:
        self._settler = settler
        self.reservation = reservation
        self.pair = reservation.call.pair
        # As it was at the admission: the reservation learns more.
        self.verified = reservation.verified

    def is_stale(self) -> bool:
        """Whether the store may have given the call up before it leaves."""
        return self._settler.moment().since(self.reservation.taken) >= FENCE

    def sent(self) -> None:
        """Bytes may leave from now on."""
        self.reservation.sent = True

    def settle(self, outcome: Outcome, *, retry_after: float | None = None, reason: str | None = None) -> None:
        """Say what the call taught."""
        self._settler.settle_reserved(self.reservation, Answer(outcome, retry_after, reason))

    def give_up(self) -> None:
        """Settle without an outcome; nothing happens if it is settled."""
        self._settler.settle_reserved(self.reservation, Answer(self.reservation.default_outcome))

    def __del__(self) -> None:
        # Always: the guard knows whether it was settled, and a second settlement counts for nothing.
        self._settler.drop(self.reservation)


@final
class FreeTicket(Ticket):
    """No charge: the pair is verified and fresh. Only bad news reaches the store."""

    __slots__ = ("_gate", "_operation", "_settled", "_settler", "_source", "_taken", "pair")
    verified = True  # nothing else goes free
    reserved = False

    def __init__(self, settler: Settler, gate: Gate, source: str | None, operation: str | None) -> None:
        self._settler = settler
        self._gate = gate
        self.pair = gate.pair
        self._source = source
        self._operation = operation
        self._settled = False
        # The wall clock alone, which costs least: it shows a sleep and a pause.
        self._taken = time.time()

    def is_stale(self) -> bool:
        """Whether a rotation that began after the admission may have ended."""
        return time.time() - self._taken >= FENCE

    def sent(self) -> None:
        """Bytes may leave from now on, which changes nothing for a free call."""

    def settle(self, outcome: Outcome, *, retry_after: float | None = None, reason: str | None = None) -> None:
        """Say what the call taught."""
        del retry_after, reason  # a pause is for probes, and this is none; and no charge stays that would need a reason
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
        self._settled = True
