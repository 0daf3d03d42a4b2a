"""The part of `decide` that takes the operator's word: rotation of the token, and that it was regenerated.

Both clear what is known to be over. A call that is still in the air, or was lost and may still reach the portal, may
be evaluated after the regeneration, so its ticket stays charged. What is older counts as evaluated before.
"""

import attrs

from cyara_auth.machine import Instant
from cyara_auth.strikes.admit import dated, seconds_left
from cyara_auth.strikes.events import DateTickets, Decision, Reset, RotateAbort, RotateBegin, RotateCommit
from cyara_auth.strikes.state import KeyMode, KeyState, PairRecord, PairState, TicketStatus


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
    # A second announcement changes nothing: the incident of the first one stays in the refusals.
    if state.mode is KeyMode.DRAINING:
        return Decision(state=state, changed=False)
    return _durable(attrs.evolve(state, mode=KeyMode.DRAINING, drained=event.incident))


def rotate_commit(state: KeyState, event: RotateCommit) -> Decision:
    """Count from zero for the new pair; whatever was valid before is superseded without a strike."""
    if state.mode is not KeyMode.DRAINING:
        return Decision(state=state, changed=False)
    old = tuple(pair.superseded(event.incident, event.pair) for pair in state.pairs if pair.fingerprint != event.pair)
    # The "new" pair may be an old one, pasted by mistake: then its final verdict stays.
    known = state.pair(event.pair)
    new = PairRecord(fingerprint=event.pair, first_seen=event.now) if known is None else _unverified(known)
    after = attrs.evolve(state, mode=KeyMode.NORMAL, drained=None, pairs=(*old, new))
    return _durable(_next_generation(after, event.now))


def rotate_abort(state: KeyState) -> Decision:
    """Admit again, as if nothing had been announced."""
    if state.mode is not KeyMode.DRAINING:
        return Decision(state=state, changed=False)
    return _durable(attrs.evolve(state, mode=KeyMode.NORMAL, drained=None))


def reset(state: KeyState, event: Reset) -> Decision:
    """Count from zero: the operator says that the token is new. What was verified has to be verified again."""
    pairs = tuple(_unverified(pair) for pair in state.pairs if pair.fingerprint not in event.forgive)
    return _durable(_next_generation(attrs.evolve(state, pairs=pairs), event.now))


def date_tickets(state: KeyState, event: DateTickets) -> Decision:
    """Date what has no age, so that whoever is told to wait need not wait for ever."""
    tickets = tuple(dated(ticket, event.now) for ticket in state.tickets)
    changed = tickets != state.tickets
    return Decision(state=attrs.evolve(state, tickets=tickets) if changed else state, changed=changed)


def _durable(state: KeyState) -> Decision:
    # An operator's word is given once; a power cut must not take it back.
    return Decision(state=state, changed=True, durable=True)


def _next_generation(state: KeyState, now: Instant) -> KeyState:
    # These may still count against the new token, so they stay charged. Their success would say nothing about it, so
    # what they would have refunded or moved the watermark to is gone with their generation.
    not_over = tuple(
        attrs.evolve(ticket, watermark=0, refundable=())
        for ticket in state.tickets
        if ticket.status is TicketStatus.OPEN or seconds_left(ticket, now) > 0
    )
    return attrs.evolve(state, strikes=0, watermark=0, backoff=None, generation=state.generation + 1, tickets=not_over)


def _unverified(pair: PairRecord) -> PairRecord:
    # Final stays final: a token that was regenerated away never becomes valid again.
    if pair.verdict.is_final:
        return pair
    return attrs.evolve(pair, verdict=PairState.UNVERIFIED, verifications=(), incident=None)
