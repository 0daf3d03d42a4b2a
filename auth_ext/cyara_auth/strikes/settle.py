"""The half of `decide` that learns from a call that ended, or was given up."""

from typing import Final

import attrs

from cyara_auth.strikes.admit import is_fresh, with_pair
from cyara_auth.strikes.events import Decision, Settle
from cyara_auth.strikes.state import (
    KeyState,
    Outcome,
    PairRecord,
    PairState,
    Pause,
    Standing,
    TicketRecord,
    TicketStatus,
    speaks_for,
)

FIRST_BACKOFF: Final = 0.5
"""Seconds that probes wait after the first overloaded answer; twice as long after each further one."""

LONGEST_BACKOFF: Final = 30.0

_NOT_ANSWERED = frozenset({Outcome.NOT_SENT, Outcome.BUSY, Outcome.INTERCEPTED, Outcome.UNKNOWN})
"""Outcomes that end no pause: the portal itself has not answered, or is still overloaded."""


def settle(state: KeyState, event: Settle) -> Decision:
    """Take the ticket off, keep it charged or turn it into a strike, by what the call taught.

    Idempotent by ticket. A 401 counts even if its ticket is gone (given up, or cleared by an operator), because the
    portal counted it; only a report of the same ticket that is told twice does not.
    """
    ticket = state.ticket(event.ticket)
    record = state.pair(event.pair) or PairRecord(fingerprint=event.pair, first_seen=event.now)
    match event.outcome:
        case Outcome.VERIFICATION:
            after = _verified(state, event, record, ticket)
        case Outcome.STRIKE | Outcome.AMBIGUOUS:
            after = _struck(state, event, record, ticket)
        case Outcome.REVERIFY if record.at(event.origin).is_verified:
            after = _in_doubt(state, event, record)
        case Outcome.DENIED | Outcome.BUSY:
            after = _charged_once(state, event, record, ticket)
        case Outcome.INTERCEPTED:
            after = _intercepted(state, event, record, ticket)
        case Outcome.NOT_SENT | Outcome.INCONCLUSIVE:
            after = attrs.evolve(state, tickets=_without(state, event.ticket))
        case _:  # UNKNOWN, and whatever may be added: charged
            after = _unknown(state, ticket, event)
    if event.outcome not in _NOT_ANSWERED and after.pause is not None:
        after = attrs.evolve(after, pause=None)
    if event.keep and ticket is not None and event.outcome in (Outcome.VERIFICATION, Outcome.INCONCLUSIVE):
        # The place stays with its process; what this call could refund is used up.
        kept = attrs.evolve(ticket, refundable=())
        after = attrs.evolve(after, tickets=(*_without(after, ticket.id), kept))
    changed = after != state
    return Decision(
        state=after if changed else state,
        changed=changed,
        durable=changed and event.outcome in (Outcome.STRIKE, Outcome.AMBIGUOUS),
        pair=after.pair(event.pair),
    )


def _without(state: KeyState, ticket_id: str | None) -> tuple[TicketRecord, ...]:
    return tuple(ticket for ticket in state.tickets if ticket.id != ticket_id)


def _with_verification(record: PairRecord, event: Settle) -> PairRecord:
    standing = Standing(origin=event.origin, verdict=PairState.VERIFIED, was_verified=True, verified_at=event.now)
    return attrs.evolve(record.with_standing(standing), charged=False)


def _verified(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """A success. Only one that was reserved since the last operator's word, on a pair that is not out, verifies."""
    tickets = _without(state, event.ticket)
    standing = record.at(event.origin)
    if ticket is None:
        # A free call refreshes what is verified already and verifies nothing by itself: it may have been evaluated
        # before things that the store has learnt since.
        known = standing.verified_at
        late = known is not None and event.now.since(known) is None
        if late or record.retired is not None or not standing.is_verified:
            return state
        return attrs.evolve(state, pairs=with_pair(state, _with_verification(record, event)))
    unconfirmed = standing.verdict is PairState.SUSPECT and not ticket.confirms
    if record.is_out(event.origin) or unconfirmed or ticket.generation != state.generation:
        return attrs.evolve(state, tickets=tickets)
    # Unknowns of this pair were evaluated while it was valid; those of other pairs were strikes, older than this call.
    # A test server on loopback knows nothing of calls that went elsewhere.
    refunded = [old for old in tickets if old.id in ticket.refundable and speaks_for(event.origin, old.origin)]
    converted = sum(old.pair != event.pair for old in refunded)
    pairs = with_pair(state, _with_verification(record, event))
    speaks = _speaks_for_all(state, event.origin)
    return attrs.evolve(
        state,
        strikes=state.strikes + converted,
        watermark=max(state.watermark, ticket.watermark) + converted if speaks else state.watermark,
        pairs=tuple(_superseded(pair, event) for pair in pairs),
        tickets=tuple(old for old in tickets if old not in refunded),
        one_more=False,
    )


def _speaks_for_all(state: KeyState, origin: str) -> bool:
    """Return whether what an origin says of a pair may outdate the key's strikes, which may come from elsewhere."""
    # A test server on loopback that accepts and then rejects would else make real strikes forgotten.
    return all(speaks_for(origin, standing.origin) for pair in state.pairs for standing in pair.standings)


def _superseded(pair: PairRecord, event: Settle) -> PairRecord:
    """One token of a key is valid at a time, so a success of one shows those dead that were verified before it.

    Not for good: the success may have been none (a public page, a replayed answer), and then the pair comes back once
    nothing else of the key works.
    """
    if pair.fingerprint == event.pair:
        return pair
    for standing in pair.standings:
        if (
            standing.was_verified
            and standing.verdict is not PairState.REJECTED
            and speaks_for(event.origin, standing.origin)
        ):
            incident = attrs.evolve(event.incident, by=event.pair)
            pair = pair.with_standing(Standing(origin=standing.origin, verdict=PairState.SUPERSEDED, incident=incident))
    return pair


def _struck(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """A 401: counted, and the end of the pair here unless it may be a gateway's or a half-propagated token's."""
    tickets = _without(state, event.ticket)
    strikes, watermark = state.strikes, state.watermark
    before = record.at(event.origin)
    after = _rejected(record, event)
    told_twice = event.ticket is not None and event.ticket == record.last_strike
    if not told_twice:
        current = ticket is None or ticket.generation == state.generation
        rejected = after.at(event.origin).verdict is PairState.REJECTED and before.is_verified
        if rejected and current and _speaks_for_all(state, event.origin):
            # A regeneration lies between the verification and this 401, so strikes older than the verification are on
            # an older token than the current one: they leave the count.
            tickets = tuple(attrs.evolve(other, watermark=max(0, other.watermark - watermark)) for other in tickets)
            strikes, watermark = strikes - watermark, 0
        strikes += 1
        after = attrs.evolve(after, last_strike=event.ticket if event.ticket is not None else after.last_strike)
    return attrs.evolve(
        state,
        strikes=strikes,
        watermark=watermark,
        pairs=with_pair(state, after),
        tickets=tickets,
        one_more=False,  # the operator's look is older than this 401
    )


def _rejected(record: PairRecord, event: Settle) -> PairRecord:
    if record.is_out(event.origin):
        return record
    if event.outcome is Outcome.AMBIGUOUS:
        return _suspected(record, event)
    return record.with_standing(Standing(origin=event.origin, verdict=PairState.REJECTED, incident=event.incident))


def _suspected(record: PairRecord, event: Settle) -> PairRecord:
    return record.with_standing(
        attrs.evolve(record.at(event.origin), verdict=PairState.SUSPECT, verified_at=None, incident=event.incident)
    )


def _in_doubt(state: KeyState, event: Settle, record: PairRecord) -> KeyState:
    """A denial on a verified pair: most likely a missing permission, but the next call finds out alone."""
    record = record.with_standing(attrs.evolve(record.at(event.origin), verified_at=None))
    return attrs.evolve(state, pairs=with_pair(state, record), tickets=_without(state, event.ticket))


def _unknown(state: KeyState, ticket: TicketRecord | None, event: Settle) -> KeyState:
    """Nobody will ever know whether the call was counted, so its charge stays."""
    if ticket is None:
        return state
    lost = attrs.evolve(ticket, status=TicketStatus.UNKNOWN, incident=event.incident)
    return attrs.evolve(state, tickets=tuple(lost if other.id == ticket.id else other for other in state.tickets))


def _charged_once(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """An answer that a portal may give to a bad pair, but gives to good ones too: of an unverified pair, one counts.

    Charging each would lock a good pair out at the second; charging none would let a bad pair through for ever.
    """
    standing = record.at(event.origin)
    after = state
    # An unknown one may be the one that was charged: a report that is told twice gives nothing back.
    spared = record.charged and ticket is not None and ticket.status is TicketStatus.OPEN
    if standing.is_verified or spared:
        after = attrs.evolve(after, tickets=_without(state, event.ticket))
    elif ticket is not None:
        after = _unknown(after, ticket, event)
        after = attrs.evolve(after, pairs=with_pair(after, attrs.evolve(record, charged=True)))
    if event.outcome is Outcome.BUSY and not is_fresh(standing, event.now, event.settings):
        after = attrs.evolve(after, pause=_pause(state, event))
    return after


def _pause(state: KeyState, event: Settle) -> Pause:
    """An overloaded portal is left alone for a while, but only by probes: a verified pair may go on."""
    rounds = 1 if state.pause is None else state.pause.rounds + 1
    asked = max(event.retry_after or 0.0, FIRST_BACKOFF * 2.0 ** min(rounds - 1, 16))
    return Pause(since=event.now, seconds=min(LONGEST_BACKOFF, asked), rounds=rounds)


def _intercepted(state: KeyState, event: Settle, record: PairRecord, ticket: TicketRecord | None) -> KeyState:
    """A login page: also what a web server makes of a 401, so a verified pair is no exception."""
    # Where the API never answered, the address is more suspect than the pair.
    if not record.is_out(event.origin) and _api_was_seen(state, event.origin):
        record = _suspected(record, event)
    return attrs.evolve(_unknown(state, ticket, event), pairs=with_pair(state, record))


def _api_was_seen(state: KeyState, origin: str) -> bool:
    """Return whether an answer of the API itself ever came from an origin, as far as the key knows."""
    judged = (PairState.REJECTED, PairState.SUPERSEDED)
    return any(pair.at(origin).was_verified or pair.at(origin).verdict in judged for pair in state.pairs)
