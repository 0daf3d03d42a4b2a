"""The half of `decide` that answers a caller who wants to send: budget, places, freshness."""

import attrs

from cyara_auth.machine import Instant
from cyara_auth.strikes.events import Admit, Decision, Renew
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    Admission,
    GuardPolicy,
    KeyMode,
    KeyState,
    PairRecord,
    PairState,
    Standing,
    TicketRecord,
    TicketStatus,
    speaks_for,
)


def is_fresh(standing: Standing, now: Instant, settings: GuardSettings) -> bool:
    """Return whether calls may rely on a verification without another probe."""
    if not standing.is_verified or standing.verified_at is None:
        return False
    age = now.since(standing.verified_at)
    return age is not None and age < settings.verification_ttl


def with_pair(state: KeyState, record: PairRecord) -> tuple[PairRecord, ...]:
    """Return the pairs of `state` with one record replaced or appended."""
    if state.pair(record.fingerprint) is None:
        return (*state.pairs, record)
    return tuple(record if pair.fingerprint == record.fingerprint else pair for pair in state.pairs)


def charged_calls(state: KeyState, standing: Standing, *, pair: str, settings: GuardSettings) -> int:
    """Return how many of the budget are used for a call of a pair that goes alone.

    A verified pair can only become invalid by a regeneration, so strikes older than its verification (`watermark`) are
    not on the token that would succeed it.
    """
    if not standing.is_verified:
        return state.strikes + len(state.tickets)
    # Losses alone never stop a verified pair: each costs at most itself, because the next call goes by itself.
    forgives_losses = settings.policy is not GuardPolicy.STRICT
    tickets = sum(not forgives_losses or ticket.pair != pair for ticket in state.tickets)
    return state.strikes - state.watermark + tickets


def admit(state: KeyState, event: Admit) -> Decision:
    """Decide whether a call may go: never while the key is rotated, never with a pair that is known to be dead."""
    record = state.pair(event.pair) or PairRecord(fingerprint=event.pair, first_seen=event.now)
    known = state.pair(event.pair)
    refusal = _refusal(state, record, event)
    if refusal is not None:
        # Remembered, so that a commit ends it like any other: whoever has logged in and not called yet waits here with
        # the old pair, and would otherwise try it afterwards.
        waits = refusal is Admission.DRAINING and known is None
        after = attrs.evolve(state, pairs=with_pair(state, record)) if waits else state
        return Decision(state=after, changed=waits, durable=waits, admission=refusal, pair=known)
    fresh = is_fresh(record.at(event.origin), event.now, event.settings)
    if fresh and event.settings.policy is GuardPolicy.CONCURRENT:
        # Nothing else tells a rotation that calls without a ticket may be under way.
        longer = event.orphan_ttl > state.free_ttl
        after = attrs.evolve(state, free_ttl=event.orphan_ttl) if longer else state
        return Decision(state=after, changed=longer, durable=longer, admission=Admission.FREE, pair=known)
    return _reserve(state, event, record, fresh=fresh)


def _refusal(state: KeyState, record: PairRecord, event: Admit) -> Admission | None:
    if state.mode is KeyMode.DRAINING:
        return Admission.DRAINING
    if record.retired is not None:
        return Admission.SUPERSEDED
    match record.at(event.origin).verdict:
        case PairState.REJECTED:
            return Admission.REJECTED
        case PairState.SUSPECT if not (event.confirm or state.one_more):
            return Admission.SUSPECT
        case PairState.SUPERSEDED if _another_is_fresh(state, event):
            return Admission.SUPERSEDED
        case _:
            return None


def _another_is_fresh(state: KeyState, event: Admit) -> bool:
    """Return whether another pair of the key works now; else the verification that superseded this one may be wrong."""
    return any(
        speaks_for(standing.origin, event.origin) and is_fresh(standing, event.now, event.settings)
        for pair in state.pairs
        # What an operator has replaced works no more, however fresh its last success is.
        if pair.fingerprint != event.pair and pair.retired is None
        for standing in pair.standings
    )


def _reserve(state: KeyState, event: Admit, record: PairRecord, *, fresh: bool) -> Decision:
    """Charge the call before it is sent, if the budget and the calls in flight allow it."""
    tickets = tuple(_aged(ticket, event.now, event) for ticket in state.tickets)
    aged = state if tickets == state.tickets else attrs.evolve(state, tickets=tickets)
    pair = state.pair(event.pair)
    flying = tuple(ticket for ticket in tickets if ticket.status is TicketStatus.OPEN)
    if flying and not (fresh and _has_a_place(aged, event, flying)):
        return _wait_for_a_place(aged, event, flying, before=state)
    if not flying and not _may_go_alone(aged, event, record):
        return Decision(state=aged, changed=aged is not state, admission=Admission.EXHAUSTED, pair=pair)
    pause = 0.0 if fresh else _pause_left(state, event.now)
    if pause > 0:
        return Decision(state=aged, changed=aged is not state, admission=Admission.WAIT, pair=pair, retry_in=pause)
    return _granted(aged, event, record, durable=not fresh)


def _has_a_place(state: KeyState, event: Admit, flying: tuple[TicketRecord, ...]) -> bool:
    """Return whether a freshly verified pair may go beside calls of its own."""
    used = state.strikes - state.watermark + len(state.tickets)
    return used < event.settings.budget and all(ticket.pair == event.pair for ticket in flying)


def _may_go_alone(state: KeyState, event: Admit, record: PairRecord) -> bool:
    """Return whether a call may go while no other is in flight."""
    used = charged_calls(state, record.at(event.origin), pair=event.pair, settings=event.settings)
    return used < event.settings.budget or state.one_more


def _wait_for_a_place(state: KeyState, event: Admit, flying: tuple[TicketRecord, ...], *, before: KeyState) -> Decision:
    marked = None if state.waiting_at is None else event.now.since(state.waiting_at)
    # Half of its life: holders that look once in that life see it for as long as anybody waits.
    if event.waiting_life is not None and (marked is None or marked > event.waiting_life / 2):
        state = attrs.evolve(state, waiting_at=event.now)
    return Decision(
        state=state,
        changed=state is not before,
        admission=Admission.WAIT,
        pair=state.pair(event.pair),
        blockers=frozenset(ticket.owner for ticket in flying),
        retry_in=min(seconds_left(ticket, event.now) for ticket in flying),
    )


def _granted(state: KeyState, event: Admit, record: PairRecord, *, durable: bool) -> Decision:
    ticket = TicketRecord(
        id=event.ticket,
        pair=event.pair,
        origin=event.origin,
        owner=event.owner,
        reserved_at=event.now,
        orphan_ttl=event.orphan_ttl,
        refundable=_refundable(state, event.now),
        watermark=state.strikes,
        generation=state.generation,
        confirms=record.at(event.origin).verdict is PairState.SUSPECT,
        incident=event.incident,
    )
    return Decision(
        state=attrs.evolve(
            state,
            pairs=with_pair(state, record),
            tickets=(*state.tickets, ticket),
            grants=state.grants + 1,
            # The operator's word is good for one call: whatever becomes of it, the next needs another.
            one_more=state.one_more and _is_within_budget(state, event, record),
        ),
        changed=True,
        durable=durable,
        admission=Admission.GRANT,
        ticket=ticket,
        pair=record,
    )


def _is_within_budget(state: KeyState, event: Admit, record: PairRecord) -> bool:
    without = attrs.evolve(state, one_more=False)
    return _refusal(without, record, event) is None and _may_go_alone(without, event, record)


def renew(state: KeyState, event: Renew) -> Decision:
    """Date a kept place anew, between two calls, as if it were reserved now; or say that it is lost.

    A place is lost when its ticket was given up meanwhile, when the pair is not freshly verified (unless the place is
    the only one: then its next call goes alone, as it should), and when the key is rotated.
    """
    ticket = state.ticket(event.ticket)
    record = None if ticket is None else state.pair(ticket.pair)
    if ticket is None or record is None or ticket.status is TicketStatus.UNKNOWN:
        return Decision(state=state, changed=False)
    if event.sending:
        # The call has not ended, so what it refunds stays what it was; only its age begins anew.
        return _renewed(state, attrs.evolve(ticket, reserved_at=event.now), record)
    standing = record.at(ticket.origin)
    if event.verified_at is not None and standing.is_verified:
        # As a free call would: it refreshes what is verified already.
        record = record.with_standing(attrs.evolve(standing, verified_at=event.verified_at))
        standing = record.at(ticket.origin)
    alone = sum(other.status is TicketStatus.OPEN for other in state.tickets) == 1
    out = state.mode is KeyMode.DRAINING or record.retired is not None or not standing.is_verified
    if out or not (alone or is_fresh(standing, event.now, event.settings)):
        return Decision(state=state, changed=False)
    dated_anew = attrs.evolve(
        ticket,
        reserved_at=event.now,
        refundable=_refundable(state, event.now),
        watermark=state.strikes,
        generation=state.generation,
    )
    return _renewed(state, dated_anew, record)


def _renewed(state: KeyState, ticket: TicketRecord, record: PairRecord) -> Decision:
    tickets = tuple(ticket if other.id == ticket.id else other for other in state.tickets)
    after = attrs.evolve(state, pairs=with_pair(state, record), tickets=tickets)
    changed = after != state
    return Decision(
        state=after if changed else state, changed=changed, admission=Admission.GRANT, ticket=ticket, pair=record
    )


def _refundable(state: KeyState, now: Instant) -> tuple[str, ...]:
    return tuple(old.id for old in state.tickets if old.status is TicketStatus.UNKNOWN and seconds_left(old, now) <= 0)


def _aged(ticket: TicketRecord, now: Instant, event: Admit) -> TicketRecord:
    """Give up a ticket whose owner is dead or that is too old; it stays charged.

    An owner that cannot be judged (another machine, another process namespace) so counts as alive until `orphan_ttl`.
    """
    ticket = dated(ticket, now)
    if ticket.status is TicketStatus.OPEN and (ticket.owner in event.dead or seconds_left(ticket, now) <= 0):
        return attrs.evolve(ticket, status=TicketStatus.UNKNOWN)
    return ticket


def dated(ticket: TicketRecord, now: Instant) -> TicketRecord:
    """Let a ticket whose age cannot be known, as after a reboot, begin anew: it ends by `orphan_ttl` at last."""
    return ticket if now.since(ticket.reserved_at) is not None else attrs.evolve(ticket, reserved_at=now)


def seconds_left(ticket: TicketRecord, now: Instant) -> float:
    """Return the seconds during which the portal may still evaluate a ticket's call."""
    age = now.since(ticket.reserved_at)
    return ticket.orphan_ttl if age is None else ticket.orphan_ttl - age


def _pause_left(state: KeyState, now: Instant) -> float:
    """Return the seconds for which probes back off. A pause of another clock domain is over."""
    if state.pause is None:
        return 0.0
    passed = now.since(state.pause.since)
    return 0.0 if passed is None else state.pause.seconds - passed
