"""The strike protocol as one pure function: `decide(state, event)` returns the next state and the answer.

Stores only make it atomic, guards only feed it events, and the exhaustive model in the tests runs this very function.

What it keeps true: the invalid calls that the portal may have counted against the current token never exceed the
strikes plus the tickets of its key, and those never exceed the budget, with two exceptions on a verified pair: GUARDED
lets one call at a time go past its own lost answers, and CONCURRENT lets calls go free. A ticket leaves the count only
by evidence: a strike moves it to the strikes, an answer that cannot have been counted removes it, and a verification
refunds those that were certainly evaluated before its call was reserved. Time, a dead owner or an expired lease give
nothing back.
"""

from cyara_auth.machine import Instant
from cyara_auth.strikes.admit import admit, is_fresh, renew
from cyara_auth.strikes.events import Admit, Decision, Event, Renew, Settle
from cyara_auth.strikes.rotation import apply
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.settle import settle
from cyara_auth.strikes.state import KeyState, PairState, TicketStatus, verdict_against


def decide(state: KeyState, event: Event) -> Decision:
    """Return what becomes of a key through an event. Total: it raises for no state and no event."""
    match event:
        case Admit():
            return admit(state, event)
        case Renew():
            return renew(state, event)
        case Settle():
            return settle(state, event)
        case _:
            return apply(state, event)


def pair_state(state: KeyState, fingerprint: str, origin: str, *, now: Instant, settings: GuardSettings) -> PairState:
    """Return what is known of a pair at an origin, with the derived states PROBING and STALE, for people."""
    record = state.pair(fingerprint)
    against = verdict_against(record, origin)
    if against is not None:
        return against[0]
    verified = record is not None and record.at(origin).is_verified
    if record is not None and is_fresh(record.at(origin), now, settings):
        return PairState.VERIFIED
    # Both are derived: a probe is a ticket, and what is stale was verified too long ago.
    if any(ticket.pair == fingerprint and ticket.status is TicketStatus.OPEN for ticket in state.tickets):
        return PairState.PROBING
    return PairState.STALE if verified else PairState.UNVERIFIED
