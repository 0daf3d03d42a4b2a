"""The part of `decide` that hears the operator: rotation of the token, and the statement that it was regenerated.

Both clear what is known to be over. A call that is still in the air, or was lost and may still reach the portal, may
be evaluated after the regeneration, so its ticket stays charged; it can no longer verify a pair, because it was
reserved in an earlier generation. What is older counts as evaluated before: that is what the operator's word means.
"""

import attrs

from cyara_auth.machine import Instant
from cyara_auth.strikes.admit import dated, seconds_left
from cyara_auth.strikes.events import DateTickets, Decision, Reset, RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.state import Incident, KeyMode, KeyState, PairRecord, PairState, TicketStatus


def apply(state: KeyState, event: RotateBegin | RotateCommit | RotateAbort | Reset | DateTickets) -> Decision:
    """Return what becomes of a key through what the operator says."""
    match event:
        case RotateBegin():
            return rotate_begin(state, event)
        case RotateCommit():
            return rotate_commit(state, event)
        case RotateAbort():
            return rotate_abort(state)
        case DateTickets():
            return date_tickets(state, event)
        case _:
            return reset(state, event)


def rotate_begin(state: KeyState, event: RotateBegin) -> Decision:
    """Stop admitting, so that no call is in flight when the token changes."""
    if state.mode is KeyMode.DRAINING:
        return Decision(state=state, changed=False)
    return _kept(attrs.evolve(state, mode=KeyMode.DRAINING, drained=event.incident))


def rotate_commit(state: KeyState, event: RotateCommit) -> Decision:
    """Count from zero for the new pair; whatever was valid before is superseded without a strike."""
    if state.mode is not KeyMode.DRAINING:
        return Decision(state=state, changed=False)
    old = tuple(_superseded(pair, event.incident, event.pair) for pair in state.pairs if pair.fingerprint != event.pair)
    known = state.pair(event.pair)
    new = PairRecord(fingerprint=event.pair, first_seen=event.now) if known is None else _unverified(known)
    return _kept(_next_generation(attrs.evolve(state, mode=KeyMode.NORMAL, drained=None, pairs=(*old, new)), event.now))


def rotate_abort(state: KeyState) -> Decision:
    """Admit again, as if nothing had been announced."""
    if state.mode is not KeyMode.DRAINING:
        return Decision(state=state, changed=False)
    return _kept(attrs.evolve(state, mode=KeyMode.NORMAL, drained=None))


def reset(state: KeyState, event: Reset) -> Decision:
    """Count from zero: the operator says that the token is new. What was verified has to be verified again."""
    pairs = tuple(_unverified(pair) for pair in state.pairs if pair.fingerprint not in event.forgive)
    return _kept(_next_generation(attrs.evolve(state, pairs=pairs), event.now))


def date_tickets(state: KeyState, event: DateTickets) -> Decision:
    """Date what has no age, so that whoever is told to wait need not wait for ever."""
    tickets = tuple(dated(ticket, event.now) for ticket in state.tickets)
    changed = tickets != state.tickets
    return Decision(state=attrs.evolve(state, tickets=tickets) if changed else state, changed=changed)


def _kept(state: KeyState) -> Decision:
    return Decision(state=state, changed=True, durable=True)


def _next_generation(state: KeyState, now: Instant) -> KeyState:
    not_over = tuple(
        attrs.evolve(ticket, watermark=0, refundable=())
        for ticket in state.tickets
        if ticket.status is TicketStatus.OPEN or seconds_left(ticket, now) > 0
    )
    return attrs.evolve(state, strikes=0, watermark=0, backoff=None, generation=state.generation + 1, tickets=not_over)


def _unverified(pair: PairRecord) -> PairRecord:
    if pair.verdict.is_final:
        return pair
    return attrs.evolve(pair, verdict=PairState.UNVERIFIED, verifications=(), incident=None)


def _superseded(pair: PairRecord, incident: Incident, by: str) -> PairRecord:
    if pair.verdict.is_final:
        return pair
    return attrs.evolve(pair, verdict=PairState.SUPERSEDED, verifications=(), incident=attrs.evolve(incident, by=by))
