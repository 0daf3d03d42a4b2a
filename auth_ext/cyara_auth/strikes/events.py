"""What can happen to a key (events), and what `decide` answers (a Decision).

An event carries everything that a decision may depend on: the store's clock reading, the settings, the owners that are
known to be dead. So `decide` needs no clock, no process table and no store, and a model can replay it exhaustively.
"""

import attrs

from cyara_auth.machine import Instant, Owner
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, Incident, KeyState, Outcome, PairRecord, TicketRecord


@attrs.frozen(kw_only=True)
class Admit:
    """A caller wants to send one request.

    Attributes:
        now: The store's clock.
        settings: Policy and numbers.
        pair: Fingerprint of the pair that would be sent.
        origin: Where to.
        owner: The process that asks.
        ticket: Id for the reservation, if one is granted.
        orphan_ttl: Seconds after which that reservation can no longer be evaluated by the portal.
        dead: Owners that are certainly gone; learnt from an earlier decision's `blockers`.
        confirm: The caller accepts to spend budget on a SUSPECT pair (an operator's `verify`).
        incident: When and where, for the texts of those who have to wait or are refused because of this call.
        waiting_life: Seconds for which a mark that somebody waits is believed; None if a refused place leaves none.
    """

    now: Instant
    settings: GuardSettings
    pair: str
    origin: str
    owner: Owner
    ticket: str
    orphan_ttl: float
    # `decide` has no process table: the caller asks who lives, and asks again without the dead.
    dead: frozenset[Owner] = frozenset()
    confirm: bool = False
    incident: Incident | None = None
    waiting_life: float | None = None


@attrs.frozen(kw_only=True)
class Renew:
    """A process dates its reservation anew: between two calls of a kept place, or while a call still sends.

    Attributes:
        now: The store's clock.
        settings: Policy and numbers.
        ticket: Id of the reservation.
        sending: A call on it has not ended.
        verified_at: When the last call on it succeeded, by the store's clock, if the store does not know.
    """

    now: Instant
    settings: GuardSettings
    ticket: str
    sending: bool = False
    verified_at: Instant | None = None


@attrs.frozen(kw_only=True)
class Settle:
    """A call has ended, or was given up.

    Attributes:
        now: The store's clock when the call ended, which may be a while before this is written.
        settings: Policy and numbers.
        pair: Fingerprint of the pair captured when the call was admitted, never "the current one".
        origin: Where the call went.
        outcome: What it taught.
        ticket: Id of its reservation, or None for a call that went free.
        incident: When and where, for texts.
        retry_after: Seconds that an overloaded portal asked for, if any.
        keep: The process keeps the place for its next call; only after a success.
    """

    now: Instant
    settings: GuardSettings
    pair: str
    origin: str
    outcome: Outcome
    # A free call has no ticket; one that is settled twice names a ticket that is gone.
    ticket: str | None
    incident: Incident
    retry_after: float | None = None
    keep: bool = False


@attrs.frozen(kw_only=True)
class RotateBegin:
    """The operator is about to regenerate the token: admit nothing from now on."""

    now: Instant
    incident: Incident


@attrs.frozen(kw_only=True)
class RotateCommit:
    """The operator has regenerated the token, and `pair` is the new one. Without a RotateBegin it changes nothing."""

    now: Instant
    incident: Incident
    pair: str


@attrs.frozen(kw_only=True)
class RotateAbort:
    """The operator did not regenerate after all. Without a RotateBegin it changes nothing."""


@attrs.frozen(kw_only=True)
class Reset:
    """The operator says that the token was regenerated, so that its count starts at zero.

    Attributes:
        now: The store's clock.
        forgive: Fingerprints of pairs to forget altogether, rejected ones too (a vendor that answers 401 where it
            means a missing permission). All other rejections stay.
    """

    now: Instant
    forgive: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class StillValid:
    """The operator looked: the token is active in the portal. One call may go, alone; no charge is cleared.

    Attributes:
        forgive: Fingerprints of pairs to forget altogether, as in `Reset`.
    """

    forgive: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class DateTickets:
    """An operator asks how old the tickets are; those whose age cannot be known are dated by this moment."""

    now: Instant


Event = Admit | Renew | Settle | RotateBegin | RotateCommit | RotateAbort | Reset | StillValid | DateTickets


@attrs.frozen(kw_only=True)
class Decision:
    """The answer to an event.

    Attributes:
        state: The key afterwards; the very object that went in if nothing changed.
        changed: Whether a store has to write.
        durable: Whether that write must survive a power cut (strikes, probes, what an operator said).
        admission: The answer to an Admit or a Renew (GRANT, or None if the place is lost), None for other events.
        ticket: The reservation, if `admission` is GRANT.
        pair: What is known of the pair, for gates and texts.
        blockers: Owners of the open tickets for which the caller has to wait; ask whether they still live.
        retry_in: Seconds after which asking again makes sense by itself, None if only another settlement helps.
    """

    state: KeyState
    changed: bool
    durable: bool = False
    admission: Admission | None = None
    ticket: TicketRecord | None = None
    pair: PairRecord | None = None
    blockers: frozenset[Owner] = frozenset()
    retry_in: float | None = None
