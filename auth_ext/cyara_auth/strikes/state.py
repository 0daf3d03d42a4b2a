"""What a strike store knows of one key: frozen values without a secret, all that `decide` reads and returns.

Pairs and keys appear as fingerprints.
"""

from enum import StrEnum, unique

import attrs

from cyara_auth.machine import Instant, Owner, is_this_machine


@unique
class GuardPolicy(StrEnum):
    """How many calls of a key may be in flight, over everything that shares the store."""

    GUARDED = "guarded"
    """At most two. A lost answer never stops a verified pair: one call at a time goes until a later success."""
    STRICT = "strict"
    """At most two. A lost answer stays charged until a later success, so no fault exceeds the budget."""
    CONCURRENT = "concurrent"
    """No limit once a pair is verified: an unannounced regeneration costs as many invalid calls as are in flight."""


@unique
class PairState(StrEnum):
    """What is known of a `key:token` pair. PROBING and STALE are derived from tickets and clock, never stored."""

    UNVERIFIED = "unverified"
    PROBING = "probing"
    VERIFIED = "verified"
    STALE = "stale"
    SUSPECT = "suspect"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


@unique
class KeyMode(StrEnum):
    """Whether calls of a key are admitted at all."""

    NORMAL = "normal"
    DRAINING = "draining"


@unique
class TicketStatus(StrEnum):
    """OPEN: its owner will settle it. UNKNOWN: nobody will, so it stays charged until a verification refunds it."""

    OPEN = "open"
    UNKNOWN = "unknown"


@unique
class Outcome(StrEnum):
    """What one call taught about its pair; see `classify` for which answer means which."""

    VERIFICATION = "verification"
    """The portal accepted the pair."""
    STRIKE = "strike"
    """The portal itself rejected the pair: counted, and final for the pair."""
    AMBIGUOUS = "ambiguous"
    """A 401 that a gateway may have made: counted like a strike, but not final."""
    REVERIFY = "reverify"
    """A verified pair was denied something: not counted, but the next call goes alone unless a success comes first."""
    NOT_SENT = "not_sent"
    """No byte of the request left."""
    INCONCLUSIVE = "inconclusive"
    """Answered, not counted as invalid, nothing verified."""
    DENIED = "denied"
    """The API itself denied an unverified pair something: charged once for the pair, since good pairs get it, too."""
    BUSY = "busy"
    """As DENIED, and the portal is overloaded: probes wait."""
    INTERCEPTED = "intercepted"
    """A login page came in the API's place: charged as UNKNOWN, and suspect if the API has ever answered there."""
    UNKNOWN = "unknown"
    """The portal may have counted it, and nobody will ever know: stays charged."""


@unique
class Admission(StrEnum):
    """The answer to a caller who wants to send."""

    GRANT = "grant"
    FREE = "free"
    WAIT = "wait"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    SUSPECT = "suspect"
    EXHAUSTED = "exhausted"
    DRAINING = "draining"


@attrs.frozen(kw_only=True)
class Incident:
    """When and where something happened, for the text of a refusal; no decision depends on it.

    Attributes:
        wall: Seconds since 1970 by the wall clock of the machine that saw it.
        host: That machine.
        pid: The process that saw it.
        source: Where that process had the pair from, in words.
        operation: The operation that was called, if known.
        by: Fingerprint of the pair that superseded this one, if that is what happened.
        reason: What came in place of a usable answer: `status 502`, `ReadTimeout`, `a redirect to https://...`.
    """

    # Two kinds of time must never meet: a decision reads an `Instant` of the store's steady clock, and only people read
    # this one. So setting a machine's clock changes no budget.
    wall: float
    host: str
    pid: int
    source: str | None = None
    operation: str | None = None
    by: str | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Standing:
    """What one origin has said of a pair.

    Attributes:
        origin: Canonical, `scheme://host:port`.
        verdict: UNVERIFIED, VERIFIED, SUSPECT, REJECTED or SUPERSEDED.
        was_verified: It was verified here, so that a verification of another pair supersedes it.
        verified_at: The last success; None after a doubt: verified, but not fresh.
        incident: What made the verdict SUSPECT, REJECTED or SUPERSEDED.
    """

    origin: str
    verdict: PairState = PairState.UNVERIFIED
    was_verified: bool = False
    verified_at: Instant | None = None
    incident: Incident | None = None

    @property
    def is_verified(self) -> bool:
        """Whether the pair is verified here, freshly or not."""
        return self.verdict is PairState.VERIFIED


@attrs.frozen(kw_only=True)
class PairRecord:
    """What the store knows of one pair.

    Attributes:
        fingerprint: Of `key:token`.
        first_seen: First admission.
        standings: One per origin that has said anything. Strikes are counted per key.
        retired: When and where an operator replaced the pair by another: final, at every origin.
        charged: A call of this unverified pair is charged for an answer that good pairs get, too; the next is not.
        last_strike: The ticket whose 401 was counted last, so that a report told twice counts once.
    """

    fingerprint: str
    first_seen: Instant
    standings: tuple[Standing, ...] = ()
    retired: Incident | None = None
    charged: bool = False
    last_strike: str | None = None

    def at(self, origin: str) -> Standing:
        """Return what is known of the pair at an origin."""
        return next((known for known in self.standings if known.origin == origin), Standing(origin=origin))

    def is_out(self, origin: str) -> bool:
        """Return whether nothing that an origin says can bring the pair back there: rejected, or replaced."""
        return self.retired is not None or self.at(origin).verdict is PairState.REJECTED

    def with_standing(self, standing: Standing) -> "PairRecord":
        """Return this pair with one standing replaced or appended."""
        others = tuple(known for known in self.standings if known.origin != standing.origin)
        return attrs.evolve(self, standings=(*others, standing))


def speaks_for(origin: str, other: str) -> bool:
    """Return whether what `origin` says of a pair is known at `other`, too."""
    # This machine may run a test server, or a tunnel to the portal. Nobody can tell, so it speaks for itself only.
    return origin == other or not is_this_machine(origin)


def verdict_against(record: PairRecord | None, origin: str) -> tuple[PairState, Incident | None] | None:
    """Return what speaks against a pair at an origin, and what made it so; None if nothing does."""
    if record is None:
        return None
    if record.retired is not None:
        return PairState.SUPERSEDED, record.retired
    standing = record.at(origin)
    if standing.verdict in (PairState.UNVERIFIED, PairState.VERIFIED):
        return None
    return standing.verdict, standing.incident


@attrs.frozen(kw_only=True)
class TicketRecord:
    """One reservation: the right to send one request, charged until it is settled by what came back.

    Attributes:
        id: Unique, chosen by the guard.
        pair: Fingerprint of the pair that is sent.
        origin: Where it is sent.
        owner: The process that will settle it.
        reserved_at: By the store's clock.
        orphan_ttl: Seconds after which the portal has certainly evaluated the call or never will.
        status: OPEN until settled or given up.
        refundable: Ids of the unknowns that a verification by this call refunds, frozen when it was reserved: only
            those can have been evaluated before this call was sent.
        watermark: The strikes of the key when this was reserved: a verification by this call is no older.
        generation: The key's generation then: a call reserved in an earlier one says nothing about the current token.
        confirms: Whether it may bring a SUSPECT pair back.
        incident: When and where it was reserved, for texts.
    """

    id: str
    pair: str
    origin: str
    owner: Owner
    reserved_at: Instant
    orphan_ttl: float
    status: TicketStatus = TicketStatus.OPEN
    refundable: tuple[str, ...] = ()
    watermark: int = 0
    generation: int = 0
    confirms: bool = False
    incident: Incident | None = None


@attrs.frozen(kw_only=True)
class Pause:
    """Probes wait after an overloaded answer: `rounds` such answers in a row, the last at `since`, for `seconds`."""

    since: Instant
    seconds: float
    rounds: int


@attrs.frozen(kw_only=True)
class KeyState:
    """Everything known of one key.

    Attributes:
        strikes: Charged invalid calls since the last generation that is known of.
        watermark: How many of them are older than the verification of the verified pair, so not on its successor.
        mode: DRAINING while the operator rotates the token.
        generation: How often an operator said that the token was regenerated. It only grows; one that is lower than
            before means that the store has lost writes.
        pairs: Every pair ever seen, by age.
        tickets: The reservations not settled yet, by age.
        pause: For which probes wait, if they do.
        drained: When and where the rotation began, while DRAINING.
        drained_at: The same by the store's clock.
        waiting_at: When somebody last found no place: who keeps one hands it over.
        grants: How many reservations were ever granted: it moves when somebody got a place.
        free_ttl: The longest `orphan_ttl` of calls that went without a reservation; 0 if none ever did.
        one_more: An operator looked: the token is active, and one call may go alone whatever is charged.
    """

    strikes: int = 0
    watermark: int = 0
    mode: KeyMode = KeyMode.NORMAL
    generation: int = 0
    pairs: tuple[PairRecord, ...] = ()
    tickets: tuple[TicketRecord, ...] = ()
    pause: Pause | None = None
    drained: Incident | None = None
    drained_at: Instant | None = None
    waiting_at: Instant | None = None
    grants: int = 0
    free_ttl: float = 0.0
    one_more: bool = False

    def pair(self, fingerprint: str) -> PairRecord | None:
        """Return the record of a pair, or None if it was never seen."""
        return next((pair for pair in self.pairs if pair.fingerprint == fingerprint), None)

    def ticket(self, ticket_id: str | None) -> TicketRecord | None:
        """Return a ticket that is not settled yet, or None."""
        return next((ticket for ticket in self.tickets if ticket.id == ticket_id), None)


EMPTY = KeyState()
"""A key of which nothing is known."""
