"""The strike protocol as one pure function: `decide(state, event)` returns the next state and the answer.

Stores only make it atomic, guards only feed it events, and the exhaustive model in the tests runs this very function.
"""

from cyara_auth.decide_events import (
    Admit,
    Decision,
    Event,
    Reset,
    RotateAbort,
    RotateBegin,
    RotateCommit,
    Settle,
)
from cyara_auth.guard_settings import GuardSettings
from cyara_auth.state import AccountState, Instant, PairState

__all__ = [
    "Admit",
    "Decision",
    "Event",
    "Reset",
    "RotateAbort",
    "RotateBegin",
    "RotateCommit",
    "Settle",
    "decide",
    "pair_state",
]


def decide(state: AccountState, event: Event) -> Decision:
    """Return what becomes of an account through an event. Total: it raises for no state and no event."""
    raise NotImplementedError


def pair_state(
    state: AccountState, fingerprint: str, origin: str, *, now: Instant, settings: GuardSettings
) -> PairState:
    """Return what is known of a pair at an origin, with the derived states PROBING and STALE, for people."""
    raise NotImplementedError
