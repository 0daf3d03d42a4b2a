"""The part of `decide` that hears the operator: rotation of the token, and what an operator knows of it.

A rotation and a reset clear what is known to be over. A call that is still in the air, or was lost and may still reach
the portal, may be evaluated after the regeneration, so its ticket stays charged; it can no longer verify anything,
because it was reserved in an earlier generation. What is older counts as evaluated before: that is what the operator's
word means.
"""

import attrs

from cyara_auth.machine import Instant
from cyara_auth.strikes.admit import dated, seconds_left
from cyara_auth.strikes.events import DateTickets, Decision, Reset, RotateAbort, RotateBegin, RotateCommit, StillValid
from cyara_auth.strikes.state import KeyMode, KeyState, PairRecord, PairState, TicketStatus

OperatorEvent = RotateBegin | RotateCommit | RotateAbort | Reset | StillValid | DateTickets


def apply(state: KeyState, event: OperatorEvent) -> Decision:
    """Return what becomes of a key through what the operator says."""
    match event:
        case RotateBegin():
            after = _begin(state, event)
        case RotateCommit():
            after = _commit(state, event)
        case RotateAbort():
            after = _admitting(state)
        case DateTickets():
            after = _dated(state, event)
        case StillValid():
            after = _still_valid(state, event)
        case _:
            after = _reset(state, event)
    changed = after != state
    # What is only dated can be dated again.
    durable = changed and not isinstance(event, DateTickets)
    return Decision(state=after if changed else state, changed=changed, durable=durable)


def _begin(state: KeyState, event: RotateBegin) -> KeyState:
    """Stop admitting, so that no call is in flight when the token changes."""
    if state.mode is KeyMode.DRAINING:
        return state
    return attrs.evolve(state, mode=KeyMode.DRAINING, drained=event.incident, drained_at=event.now)


def _admitting(state: KeyState) -> KeyState:
    """Admit again, as if nothing had been announced."""
    if state.mode is not KeyMode.DRAINING:
        return state
    return attrs.evolve(state, mode=KeyMode.NORMAL, drained=None, drained_at=None)


def drained_in(state: KeyState, now: Instant) -> float:
    """Return the seconds until nothing that was sent before the rotation began can still reach the portal.

    Open calls may end earlier; unknown ones are waited for, because the portal may still evaluate them; and after calls
    that went free nobody knows more than that the last left before the rotation began.
    """
    waits = [seconds_left(ticket, now) for ticket in state.tickets]
    if state.free_ttl and state.drained_at is not None:
        passed = now.since(state.drained_at)
        waits.append(state.free_ttl if passed is None else state.free_ttl - passed)
    return max(0.0, *waits) if waits else 0.0


def _commit(state: KeyState, event: RotateCommit) -> KeyState:
    """Count from zero for the new pair; whatever was valid before is out for good, without a strike."""
    if state.mode is not KeyMode.DRAINING:
        return state
    by = attrs.evolve(event.incident, by=event.pair)
    old = tuple(
        pair if pair.retired is not None else attrs.evolve(pair, retired=by)
        for pair in state.pairs
        if pair.fingerprint != event.pair
    )
    known = state.pair(event.pair)
    new = PairRecord(fingerprint=event.pair, first_seen=event.now) if known is None else _unverified(known)
    return _new_generation(attrs.evolve(_admitting(state), pairs=(*old, new), free_ttl=0.0), event.now)


def _reset(state: KeyState, event: Reset) -> KeyState:
    """Count from zero: the operator says that the token is new. What was verified has to be verified again."""
    pairs = tuple(_unverified(pair) for pair in state.pairs if pair.fingerprint not in event.forgive)
    return _new_generation(attrs.evolve(state, pairs=pairs), event.now)


def _still_valid(state: KeyState, event: StillValid) -> KeyState:
    """Let one call go, alone: the operator looked, and the token is active in the portal. No charge is cleared."""
    pairs = tuple(pair for pair in state.pairs if pair.fingerprint not in event.forgive)
    # A process that remembers a rejection believes only a higher generation.
    generation = state.generation + bool(event.forgive)
    return attrs.evolve(state, pairs=pairs, generation=generation, one_more=True, pause=None)


def _dated(state: KeyState, event: DateTickets) -> KeyState:
    """Date what has no age, so that whoever is told to wait need not wait for ever."""
    tickets = tuple(dated(ticket, event.now) for ticket in state.tickets)
    drained_at = state.drained_at
    if drained_at is not None and event.now.since(drained_at) is None:
        drained_at = event.now
    return attrs.evolve(state, tickets=tickets, drained_at=drained_at)


def _new_generation(state: KeyState, now: Instant) -> KeyState:
    not_over = tuple(
        attrs.evolve(ticket, watermark=0, refundable=())
        for ticket in state.tickets
        if ticket.status is TicketStatus.OPEN or seconds_left(ticket, now) > 0
    )
    generation = state.generation + 1
    return attrs.evolve(
        state, strikes=0, watermark=0, pause=None, one_more=False, generation=generation, tickets=not_over
    )


def _unverified(pair: PairRecord) -> PairRecord:
    """Forget what was said for a pair; what was said against it, by the portal or an operator, stays."""
    rejections = tuple(standing for standing in pair.standings if standing.verdict is PairState.REJECTED)
    return attrs.evolve(pair, standings=rejections, charged=False)
