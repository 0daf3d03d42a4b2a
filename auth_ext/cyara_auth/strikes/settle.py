"""The half of `decide` that learns from a call that ended, or was given up."""

import attrs

from cyara_auth.strikes.admit import is_fresh, with_pair
from cyara_auth.strikes.events import Decision, Settle
from cyara_auth.strikes.state import (
    Backoff,
    KeyState,
    Outcome,
    PairRecord,
    PairState,
    TicketRecord,
    TicketStatus,
    Verification,
)

_ANSWERED = frozenset({Outcome.VERIFICATION, Outcome.STRIKE, Outcome.AMBIGUOUS, Outcome.REVERIFY, Outcome.INCONCLUSIVE})


def settle(state: KeyState, event: Settle) -> Decision:
    """Take the ticket off, keep it charged or turn it into a strike, by what the call taught.

    Idempotent by ticket: one that is not there any more was settled before, and is not counted again.
    """
    ticket = state.ticket(event.ticket)
    record = state.pair(event.pair) or PairRecord(fingerprint=event.pair, first_seen=event.now)
    match event.outcome:
        case Outcome.VERIFICATION:
            after = _verified(state, event, record, ticket)
        case Outcome.STRIKE | Outcome.AMBIGUOUS:
            after = _strike(state, event, record, ticket)
        case Outcome.REVERIFY if record.verification_at(event.origin) is not None:
            after = _reverify(state, event, record)
        case Outcome.BUSY:
            after = _busy(state, event, record)
        case Outcome.INTERCEPTED:
            after = _intercepted(state, event, record, ticket)
        case Outcome.NOT_SENT | Outcome.INCONCLUSIVE:
            after = attrs.evolve(state, tickets=_without(state, event.ticket))
        case _:  # UNKNOWN, a denial of an unverified pair, and whatever may be added: charged
            after = _unknown(state, ticket)
    # The portal answers again, whatever it said, so the next overload starts with the shortest back-off.
    if event.outcome in _ANSWERED and after.backoff is not None:
        after = attrs.evolve(after, backoff=None)
    changed = after != state
    return Decision(
        state=after if changed else state,
        changed=changed,
        # A strike that a power cut takes back could be spent again; a lost success costs one probe.
        durable=changed and event.outcome in (Outcome.STRIKE, Outcome.AMBIGUOUS),
        pair=after.pair(event.pair),
    )


def _without(state: KeyState, ticket_id: str | None) -> tuple[TicketRecord, ...]:
    return tuple(ticket for ticket in state.tickets if ticket.id != ticket_id)


def _verified_at(record: PairRecord, event: Settle) -> PairRecord:
    others = tuple(known for known in record.verifications if known.origin != event.origin)
    return attrs.evolve(
        record,
        verdict=PairState.VERIFIED,
        verifications=(*others, Verification(origin=event.origin, at=event.now)),
        incident=None,
    )


def _verified(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """A success, which verifies the pair if it was reserved since the last operator's word and the pair is not out."""
    tickets = _without(state, event.ticket)
    if ticket is None:
        # A free call may have been evaluated before things that the store has learnt since, so it refreshes a
        # verification that stands, never turns one back in time, and makes none by itself.
        known = record.verification_at(event.origin)
        if known is None or (known.at is not None and event.now.since(known.at) is None):
            return state
        return attrs.evolve(state, pairs=with_pair(state, _verified_at(record, event)))
    out = record.verdict.is_final or (record.verdict is PairState.SUSPECT and not ticket.confirms)
    if out or ticket.generation != state.generation:
        return attrs.evolve(state, tickets=tickets)
    # Unknowns of this pair were evaluated while it was valid; those of other pairs were strikes, and older.
    converted = sum(old.id in ticket.refundable and old.pair != event.pair for old in tickets)
    return attrs.evolve(
        state,
        strikes=state.strikes + converted,
        watermark=max(state.watermark, ticket.watermark) + converted,
        # One token of a key is valid at a time, so whatever was verified before is dead now. A pair that was never
        # verified may be the token after this one.
        pairs=tuple(
            pair.superseded(event.incident, event.pair)
            if pair.fingerprint != event.pair and pair.verifications
            else pair
            for pair in with_pair(state, _verified_at(record, event))
        ),
        tickets=tuple(old for old in tickets if old.id not in ticket.refundable),
    )


def _strike(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """A 401: counted, and the end of the pair unless it may be a gateway's or a half-propagated token's."""
    tickets = _without(state, event.ticket)
    strikes, watermark = state.strikes, state.watermark
    after = _rejected(record, event)
    # A ticket that is named but gone was settled before. A free call has none and always counts.
    if event.ticket is None or ticket is not None:
        current = ticket is None or ticket.generation == state.generation
        # A verified pair is rejected: the token was regenerated in between, so the strikes below the watermark are on
        # an older token than the current one and leave the count (generation roll).
        if after.verdict is PairState.REJECTED and current and record.verification_at(event.origin) is not None:
            tickets = tuple(attrs.evolve(other, watermark=max(0, other.watermark - watermark)) for other in tickets)
            strikes, watermark = strikes - watermark, 0
        strikes += 1
    return attrs.evolve(state, strikes=strikes, watermark=watermark, pairs=with_pair(state, after), tickets=tickets)


def _rejected(record: PairRecord, event: Settle) -> PairRecord:
    if record.verdict.is_final:
        return record
    if event.outcome is Outcome.AMBIGUOUS or _may_be_half_propagated(record, event):
        return _suspected(record, event)
    return attrs.evolve(record, verdict=PairState.REJECTED, verifications=(), incident=event.incident)


def _suspected(record: PairRecord, event: Settle) -> PairRecord:
    # Withdrawn, not forgotten: that the pair was verified once still lets a newer pair supersede it.
    withdrawn = tuple(attrs.evolve(known, at=None) for known in record.verifications)
    return attrs.evolve(record, verdict=PairState.SUSPECT, verifications=withdrawn, incident=event.incident)


def _may_be_half_propagated(record: PairRecord, event: Settle) -> bool:
    """Return whether one server of the portal may not know yet what another has accepted."""
    if not event.settings.suspect_in_grace or record.verdict is not PairState.VERIFIED:
        return False
    age = event.now.since(record.first_seen)
    return age is not None and age < event.settings.grace


def _reverify(state: KeyState, event: Settle, record: PairRecord) -> KeyState:
    """A denial on a verified pair: most likely a missing permission, but the next call finds out alone."""
    # Only at this origin: another front door of the portal denied nothing.
    verifications = tuple(
        attrs.evolve(known, at=None) if known.origin == event.origin else known for known in record.verifications
    )
    return attrs.evolve(
        state,
        pairs=with_pair(state, attrs.evolve(record, verifications=verifications)),
        tickets=_without(state, event.ticket),
    )


def _unknown(state: KeyState, ticket: TicketRecord | None) -> KeyState:
    """Nobody will ever know whether the call was counted, so its charge stays."""
    tickets = tuple(
        attrs.evolve(other, status=TicketStatus.UNKNOWN) if ticket is not None and other.id == ticket.id else other
        for other in state.tickets
    )
    return attrs.evolve(state, tickets=tickets)


def _intercepted(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """A login page: charged, and nothing goes before an operator has looked."""
    # A web server may make such a page of its 401, so a verified pair is no exception.
    if not record.verdict.is_final:
        record = _suspected(record, event)
    return attrs.evolve(_unknown(state, ticket), pairs=with_pair(state, record))


def _busy(state: KeyState, event: Settle, record: PairRecord) -> KeyState:
    """An overloaded portal is left alone for a while, but only by probes: a verified pair may go on."""
    tickets = _without(state, event.ticket)
    # What is verified and fresh is no probe: its calls are not held back, and say nothing about how probes fare.
    if is_fresh(record.verification_at(event.origin), event.now, event.settings):
        return attrs.evolve(state, tickets=tickets)
    rounds = 1 if state.backoff is None else state.backoff.rounds + 1
    # The exponent is bounded, since a float overflows after a thousand overloaded answers in a row.
    asked = max(event.retry_after or 0.0, event.settings.backoff_first * 2.0 ** min(rounds - 1, 16))
    seconds = min(event.settings.backoff_longest, asked)
    return attrs.evolve(state, tickets=tickets, backoff=Backoff(since=event.now, seconds=seconds, rounds=rounds))
