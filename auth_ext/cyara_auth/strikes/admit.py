"""The half of `decide` that answers a caller who wants to send: budget, single flight, freshness."""

import attrs

from cyara_auth.machine import Instant
from cyara_auth.strikes.events import Admit, Decision
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    Admission,
    GuardPolicy,
    KeyMode,
    KeyState,
    PairRecord,
    PairState,
    TicketRecord,
    TicketStatus,
    Verification,
)

_REFUSING_VERDICTS = {
    PairState.REJECTED: Admission.REJECTED,
    PairState.SUPERSEDED: Admission.SUPERSEDED,
    PairState.SUSPECT: Admission.SUSPECT,
}


def is_fresh(verification: Verification | None, now: Instant, settings: GuardSettings) -> bool:
    """Return whether calls may rely on a verification without another probe."""
    if verification is None or verification.at is None:
        return False
    age = now.since(verification.at)
    # An unknown age is not fresh: the machine was rebooted, or another server keeps the clock.
    return age is not None and age < settings.verification_ttl


def with_pair(state: KeyState, record: PairRecord) -> tuple[PairRecord, ...]:
    """Return the pairs of `state` with one record replaced or appended."""
    if state.pair(record.fingerprint) is None:
        return (*state.pairs, record)
    return tuple(record if pair.fingerprint == record.fingerprint else pair for pair in state.pairs)


def admit(state: KeyState, event: Admit) -> Decision:
    """Decide whether a call may go: never while the key is rotated, never with a pair that is known to be dead."""
    record = state.pair(event.pair)
    refusal = _refusal(state, record, event)
    if refusal is not None:
        return Decision(state=state, changed=False, admission=refusal, pair=record)
    verification = None if record is None else record.verification_at(event.origin)
    fresh = is_fresh(verification, event.now, event.settings)
    if fresh and event.settings.policy is GuardPolicy.GUARDED:
        return Decision(state=state, changed=False, admission=Admission.FREE, pair=record)
    return _reserve(state, event, verified=verification is not None, fresh=fresh)


def _refusal(state: KeyState, record: PairRecord | None, event: Admit) -> Admission | None:
    if state.mode is KeyMode.DRAINING:
        return Admission.DRAINING
    if record is None or (record.verdict is PairState.SUSPECT and event.confirm):
        return None
    return _REFUSING_VERDICTS.get(record.verdict)


def _reserve(state: KeyState, event: Admit, *, verified: bool, fresh: bool) -> Decision:
    """Charge the call before it is sent, if the budget and the calls in flight allow it."""
    tickets = tuple(_aged(ticket, event) for ticket in state.tickets)
    # Equal tickets are replaced by the old tuple, so that an unchanged state is not written.
    aged = state if tickets == state.tickets else attrs.evolve(state, tickets=tickets)
    record = state.pair(event.pair)
    live = tuple(ticket for ticket in tickets if ticket.status is TicketStatus.OPEN)
    # A verified pair becomes invalid by a regeneration only, so strikes below the watermark are not on the token that
    # would succeed it. Every ticket counts: the portal may have taken any of them for an invalid call.
    used = state.strikes - (state.watermark if verified else 0) + len(tickets)
    # A full budget is final only when nobody is on the way: an open call may still give its charge back.
    if used >= event.settings.budget and not live:
        return Decision(state=aged, changed=aged is not state, admission=Admission.EXHAUSTED, pair=record)
    # An unverified or stale pair goes alone: until its call is settled, nobody can know whether a second one would be
    # a second strike.
    together = (
        fresh
        and event.settings.policy is GuardPolicy.STRICT
        and all(ticket.pair == event.pair for ticket in live)
        and used < event.settings.budget
    )
    if live and not together:
        return Decision(
            state=aged,
            changed=aged is not state,
            admission=Admission.WAIT,
            pair=record,
            blockers=frozenset(ticket.owner for ticket in live),
            retry_in=min(seconds_left(ticket, event.now) for ticket in live),
        )
    # Only probes back off: what is verified and fresh was not the reason for the overload.
    delay = 0.0 if fresh else _backoff_left(state, event.now)
    if delay > 0:
        return Decision(state=aged, changed=aged is not state, admission=Admission.WAIT, pair=record, retry_in=delay)
    return _granted(aged, event, fresh=fresh)


def _granted(state: KeyState, event: Admit, *, fresh: bool) -> Decision:
    record = state.pair(event.pair)
    if record is None:
        record = PairRecord(fingerprint=event.pair, first_seen=event.now)
    ticket = TicketRecord(
        id=event.ticket,
        pair=event.pair,
        origin=event.origin,
        owner=event.owner,
        reserved_at=event.now,
        orphan_ttl=event.orphan_ttl,
        # Frozen here, not computed at the settlement: an unknown that grows old while this call travels may be
        # evaluated after it, and a success of this call says nothing about that one.
        refundable=tuple(
            old.id for old in state.tickets if old.status is TicketStatus.UNKNOWN and seconds_left(old, event.now) <= 0
        ),
        watermark=state.strikes,
        generation=state.generation,
        confirms=record.verdict is PairState.SUSPECT,
        incident=event.incident,
    )
    return Decision(
        state=attrs.evolve(state, pairs=with_pair(state, record), tickets=(*state.tickets, ticket)),
        changed=True,
        # A power cut must not forget a probe. A fresh pair is no probe, and a disk's sync for each call is dear.
        durable=not fresh,
        admission=Admission.GRANT,
        ticket=ticket,
        pair=record,
    )


def _aged(ticket: TicketRecord, event: Admit) -> TicketRecord:
    """Give up a ticket whose owner is dead or that is too old; it stays charged."""
    ticket = dated(ticket, event.now)
    # An owner that cannot be judged (another machine, another process namespace) is never in `dead`, so it counts as
    # alive until `orphan_ttl`.
    if ticket.status is TicketStatus.OPEN and (ticket.owner in event.dead or seconds_left(ticket, event.now) <= 0):
        return attrs.evolve(ticket, status=TicketStatus.UNKNOWN)
    return ticket


def dated(ticket: TicketRecord, now: Instant) -> TicketRecord:
    """Let a ticket whose age cannot be known, as after a reboot, begin anew: it ends by `orphan_ttl` at last."""
    return ticket if now.since(ticket.reserved_at) is not None else attrs.evolve(ticket, reserved_at=now)


def seconds_left(ticket: TicketRecord, now: Instant) -> float:
    """Return the seconds during which the portal may still evaluate a ticket's call."""
    age = now.since(ticket.reserved_at)
    return ticket.orphan_ttl if age is None else ticket.orphan_ttl - age


def _backoff_left(state: KeyState, now: Instant) -> float:
    """Return the seconds for which probes back off. A back-off of another clock domain is over."""
    if state.backoff is None:
        return 0.0
    passed = now.since(state.backoff.since)
    return 0.0 if passed is None else state.backoff.seconds - passed
