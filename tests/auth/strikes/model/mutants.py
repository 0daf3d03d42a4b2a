"""Copies of the protocol with one line made wrong: each must lose a token in the model, or the model proves nothing.

The real source is compiled again with one passage replaced. A passage that is not found exactly as often as expected
is an error, so that a mutant cannot quietly become the original.
"""

import inspect
from types import ModuleType

import attrs

from cyara_auth.strikes import admit, rotation, settle
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Admit, Decision, Event, Reset, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import GuardPolicy, KeyState

from .rules import Decide
from .values import Bounds


@attrs.frozen(kw_only=True)
class Mutant:
    """A wrong protocol: in `module`, each passage of `changes` is replaced, and `bounds` are enough to show it."""

    name: str
    module: ModuleType
    changes: dict[str, str]
    bounds: Bounds


def build(mutant: Mutant) -> Decide:
    """Return the mutant's `decide`."""
    source = inspect.getsource(mutant.module)
    for passage, replacement in mutant.changes.items():
        if source.count(passage) != 1:
            raise LookupError(
                f"{mutant.name}: {passage!r} is {source.count(passage)} times in {mutant.module.__name__}"
            )
        source = source.replace(passage, replacement)
    copy = ModuleType(f"mutant of {mutant.module.__name__}")
    exec(compile(source, mutant.name, "exec"), copy.__dict__)  # noqa: S102  # our own source, changed by this file

    def wrong(state: KeyState, event: Event) -> Decision:
        if isinstance(event, Admit) and mutant.module is admit:
            return copy.admit(state, event)  # type: ignore[no-any-return]  # a module made at run time
        if isinstance(event, Settle) and mutant.module is settle:
            return copy.settle(state, event)  # type: ignore[no-any-return]  # a module made at run time
        if isinstance(event, Reset) and mutant.module is rotation:
            return copy.reset(state, event)  # type: ignore[no-any-return]  # a module made at run time
        return decide(state, event)

    return wrong


_CONFIRMING = GuardSettings(policy=GuardPolicy.STRICT, confirm_suspects=True)
_USED = "used = state.strikes - (state.watermark if verified else 0) + len(tickets)"

MUTANTS = (
    Mutant(
        name="a new verification does not supersede the old pair",
        module=settle,
        changes={"pair.fingerprint != event.pair and pair.verifications": "False"},
        bounds=Bounds(clients=2, calls=3, rotations=1),
    ),
    Mutant(
        name="a success refunds every unknown",
        module=settle,
        changes={
            "sum(old.id in ticket.refundable and": "sum(False and",
            "if old.id not in ticket.refundable)": "if old.status is not TicketStatus.UNKNOWN)",
        },
        bounds=Bounds(clients=2, calls=4, rotations=1, typo=False),
    ),
    Mutant(
        name="the budget is counted per pair",
        module=admit,
        changes={_USED: "used = sum(ticket.pair == event.pair for ticket in tickets)"},
        bounds=Bounds(clients=2, calls=3, rotations=1),
    ),
    Mutant(
        name="an unknown is not charged",
        module=admit,
        changes={_USED: _USED.replace("len(tickets)", "sum(t.status is TicketStatus.OPEN for t in tickets)")},
        bounds=Bounds(clients=2, calls=3, rotations=1),
    ),
    Mutant(
        name="a verified pair goes free in STRICT",
        module=admit,
        changes={"if fresh and event.settings.policy is GuardPolicy.GUARDED:": "if fresh:"},
        bounds=Bounds(clients=3, calls=2, rotations=1),
    ),
    Mutant(
        name="a dead owner frees the charge",
        module=admit,
        changes={
            "tickets = tuple(_aged(ticket, event) for ticket in state.tickets)": (
                "tickets = tuple(_aged(ticket, event) for ticket in state.tickets if ticket.owner not in event.dead)"
            )
        },
        bounds=Bounds(clients=2, calls=3, rotations=1),
    ),
    Mutant(
        name="unknowns are refunded by their age at the report, not at the reservation",
        module=settle,
        changes={
            "sum(old.id in ticket.refundable and": (
                "sum(old.status is TicketStatus.UNKNOWN"
                " and event.now.seconds - old.reserved_at.seconds > old.orphan_ttl and"
            ),
            "if old.id not in ticket.refundable)": (
                "if old.status is TicketStatus.OPEN or event.now.seconds - old.reserved_at.seconds <= old.orphan_ttl)"
            ),
        },
        bounds=Bounds(clients=2, calls=4, rotations=1, typo=False),
    ),
    Mutant(
        name="a login page is not charged",
        module=settle,
        changes={
            "return attrs.evolve(_unknown(state, ticket), pairs=with_pair(state, record))": (
                "return attrs.evolve(state, tickets=_without(state, event.ticket), pairs=with_pair(state, record))"
            )
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, gateways=True, settings=_CONFIRMING),
    ),
    Mutant(
        name="the operator's word ends the charge of calls that still travel",
        module=rotation,
        changes={
            " or seconds_left(ticket, now) > 0": "",
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, announced=True),
    ),
)
"""The first five are those that the protocol's study shows to break the bound; the others are tempting too."""
