"""What a strike store knows of one key: frozen values without a secret, all that `decide` reads and returns.

Pairs and keys appear as fingerprints.
"""

from enum import StrEnum, unique

import attrs

from cyara_auth.machine import Instant, Owner


@unique
class GuardPolicy(StrEnum):
    """How much a verified pair is trusted."""

    GUARDED = "guarded"
    """Calls of a verified, fresh pair need no reservation: no limit on concurrency, no cost."""
    STRICT = "strict"
    """Every call is reserved, so that not even an unannounced regeneration can spend more than the budget."""


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

    @property
    def is_final(self) -> bool:
        """Whether only an operator can bring the pair back."""
        # Tokens do not expire, they are replaced, and a replaced one never becomes valid again.
        return self in (PairState.REJECTED, PairState.SUPERSEDED)


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
    BUSY = "busy"
    """As INCONCLUSIVE, and the portal is overloaded: probes back off."""
    INTERCEPTED = "intercepted"
    """A login page came in the API's place: charged as UNKNOWN, and nothing goes before an operator has looked."""
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
    """

    # Two kinds of time must never meet: a decision reads an `Instant` of the store's steady clock, and only people read
    # this one. So setting a machine's clock changes no budget.
    wall: float
    host: str
    pid: int
    source: str | None = None
    operation: str | None = None
    by: str | None = None


@attrs.frozen(kw_only=True)
class Verification:
    """The last success of a pair at an origin. `at` is None after a denial: verified once, but not fresh."""

    origin: str
    at: Instant | None


@attrs.frozen(kw_only=True)
class PairRecord:
    """What the store knows of one pair.

    Attributes:
        fingerprint: Of `key:token`.
        verdict: UNVERIFIED, VERIFIED, SUSPECT, REJECTED or SUPERSEDED.
        first_seen: First admission; a rejection soon after it may come from a half-propagated new token.
        verifications: One per origin at which the pair was verified. Strikes are counted per key.
        incident: What made the verdict SUSPECT, REJECTED or SUPERSEDED.
    """

    fingerprint: str
    verdict: PairState = PairState.UNVERIFIED
    first_seen: Instant
    verifications: tuple[Verification, ...] = ()
    incident: Incident | None = None

    def superseded(self, incident: Incident, by: str) -> "PairRecord":
        """Return this pair after another one, fingerprint `by`, has taken its place; a final verdict stays."""
        if self.verdict.is_final:
            return self
        superseding = attrs.evolve(incident, by=by)
        return attrs.evolve(self, verdict=PairState.SUPERSEDED, verifications=(), incident=superseding)

    def verification_at(self, origin: str) -> Verification | None:
        """Return the verification at `origin`, if the pair is verified there."""
        # A suspect pair keeps its verifications, but nothing may rely on them.
        if self.verdict is not PairState.VERIFIED:
            return None
        return next((known for known in self.verifications if known.origin == origin), None)


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
class Backoff:
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
        backoff: Back-off of probes, if any.
        drained: When and where the rotation began, while DRAINING.
    """

    strikes: int = 0
    watermark: int = 0
    mode: KeyMode = KeyMode.NORMAL
    generation: int = 0
    pairs: tuple[PairRecord, ...] = ()
    tickets: tuple[TicketRecord, ...] = ()
    backoff: Backoff | None = None
    drained: Incident | None = None

    def pair(self, fingerprint: str) -> PairRecord | None:
        """Return the record of a pair, or None if it was never seen."""
        return next((pair for pair in self.pairs if pair.fingerprint == fingerprint), None)

    def ticket(self, ticket_id: str | None) -> TicketRecord | None:
        """Return a ticket that is not settled yet, or None."""
        return next((ticket for ticket in self.tickets if ticket.id == ticket_id), None)


EMPTY = KeyState()
"""A key of which nothing is known."""
