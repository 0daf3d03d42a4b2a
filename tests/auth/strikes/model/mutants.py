"""Copies of the protocol with one rule made wrong: each must break a promise in the model, or the model proves nothing.

The real source is compiled again with some passages replaced. A passage that is not found exactly once is an error, so
that a mutant cannot quietly become the original.
"""

import inspect
from collections.abc import Callable
from types import ModuleType

import attrs

from cyara_auth.strikes import admit, rotation, settle
from cyara_auth.strikes.decide import decide
from cyara_auth.strikes.events import Admit, Decision, Event, Renew, Settle
from cyara_auth.strikes.state import KeyState

from .liveness import refuse_no_verified_pair
from .rules import Protocol, Rules
from .values import CONCURRENT, GUARDED, STRICT, Bounds, World


@attrs.frozen(kw_only=True)
class Mutant:
    """A wrong protocol.

    Attributes:
        name: The wrong rule.
        module: Where it stands.
        changes: Each passage, and what replaces it.
        bounds: Enough to show it.
        promise: The real protocol lets no current token see more invalid calls within these bounds.
        look: What else it keeps.
    """

    name: str
    module: ModuleType
    changes: dict[str, str]
    bounds: Bounds
    promise: int = 2
    look: Callable[[World, Rules], None] | None = None


def build(mutant: Mutant) -> Protocol:
    """Return the mutant's functions."""
    source = inspect.getsource(mutant.module)
    for passage, replacement in mutant.changes.items():
        if source.count(passage) != 1:
            raise LookupError(
                f"{mutant.name}: {passage!r} is {source.count(passage)} times in {mutant.module.__name__}"
            )
        source = source.replace(passage, replacement)
    copy = ModuleType(f"mutant of {mutant.module.__name__}")
    exec(compile(source, mutant.name, "exec"), copy.__dict__)  # noqa: S102  # our own source, changed by this file
    if mutant.module is rotation:
        return Protocol(_told(copy.apply, lambda event: not isinstance(event, (Admit, Renew, Settle))), copy.drained_in)
    if mutant.module is settle:
        return Protocol(_told(copy.settle, lambda event: isinstance(event, Settle)), rotation.drained_in)

    def asked(state: KeyState, event: Event) -> Decision:
        wrong: Callable[[KeyState, Event], Decision] = copy.renew if isinstance(event, Renew) else copy.admit
        return wrong(state, event)

    return Protocol(_told(asked, lambda event: isinstance(event, (Admit, Renew))), rotation.drained_in)


def _told(
    wrong: Callable[[KeyState, Event], Decision], concerns: Callable[[Event], bool]
) -> Callable[[KeyState, Event], Decision]:
    return lambda state, event: (wrong if concerns(event) else decide)(state, event)


_FORGIVING = "sum(not forgives_losses or ticket.pair != pair for ticket in state.tickets)"
_TWO = "return state.strikes + len(state.tickets)"
_DRAINED = "waits = [seconds_left(ticket, now) for ticket in state.tickets]"
_RENEWED = (
    "        reserved_at=event.now,\n"
    "        refundable=_refundable(state, event.now),\n"
    "        watermark=state.strikes,\n"
)
_LOOKED = Bounds(clients=1, calls=4, rotations=1, typo=False, stale_start=True, words=1, settings=STRICT)

MUTANTS = (
    Mutant(
        name="a new verification does not supersede the old pair",
        module=settle,
        changes={"            standing.was_verified\n": "            False\n"},
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=0, verified=0, settings=STRICT),
    ),
    Mutant(
        name="a superseded pair keeps the rights of a verified one",
        module=admit,
        changes={
            "if not standing.is_verified:\n        return state.strikes": (
                "if standing.verdict not in (PairState.VERIFIED, PairState.SUPERSEDED):\n        return state.strikes"
            )
        },
        bounds=Bounds(
            clients=1,
            calls=3,
            rotations=1,
            losses=2,
            typo=False,
            stale_start=True,
            superseded=0,
            verified=1,
            lapses=True,
            settings=GUARDED,
        ),
    ),
    Mutant(
        name="a success refunds every unknown",
        module=settle,
        changes={
            "old.id in ticket.refundable and speaks_for(event.origin, old.origin)": "old.status is TicketStatus.UNKNOWN"
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=2, typo=False, verified=0, settings=STRICT),
    ),
    Mutant(
        name="unknowns are refunded by their age at the report, not at the reservation",
        module=settle,
        changes={
            "old.id in ticket.refundable and speaks_for(event.origin, old.origin)": (
                "old.status is TicketStatus.UNKNOWN and (event.now.since(old.reserved_at) or 0) >= old.orphan_ttl"
            )
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=2, typo=False, verified=0, settings=STRICT),
    ),
    Mutant(
        name="a test server's success refunds the portal's unknowns",
        module=settle,
        changes={"old.id in ticket.refundable and speaks_for(event.origin, old.origin)": "old.id in ticket.refundable"},
        bounds=Bounds(
            clients=2, calls=2, rotations=1, losses=1, typo=False, verified=0, test_server=True, settings=STRICT
        ),
    ),
    Mutant(
        name="what loopback says of a pair supersedes others everywhere",
        module=settle,
        changes={"            and speaks_for(event.origin, standing.origin)\n": ""},
        bounds=Bounds(clients=1, calls=2, rotations=1, losses=0, verified=0, test_server=True, settings=GUARDED),
    ),
    Mutant(
        name="a success on loopback raises the watermark for strikes of elsewhere",
        module=settle,
        changes={"+ converted if speaks else state.watermark": "+ converted"},
        bounds=Bounds(
            clients=1, calls=4, rotations=2, losses=0, verified=0, stale_start=True, test_server=True, settings=STRICT
        ),
    ),
    Mutant(
        name="a success on loopback raises the watermark if it speaks for every pair that is verified now",
        module=settle,
        changes={
            "for pair in state.pairs for standing in pair.standings)": (
                "for pair in state.pairs for standing in pair.standings if standing.is_verified)"
            )
        },
        bounds=Bounds(clients=1, calls=6, rotations=2, losses=0, stale_start=True, test_server=True, settings=STRICT),
    ),
    Mutant(
        name="a login page is not charged",
        module=settle,
        changes={
            "return attrs.evolve(_unknown(state, ticket, event), pairs=with_pair(state, record))": (
                "return attrs.evolve(state, tickets=_without(state, event.ticket), pairs=with_pair(state, record))"
            )
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, gateways=True, confirms=True, losses=0, settings=STRICT),
    ),
    Mutant(
        name="a 401 that is told twice counts twice",
        module=settle,
        changes={"told_twice = event.ticket is not None and event.ticket == record.last_strike": "told_twice = False"},
        bounds=Bounds(clients=1, calls=1, rotations=0, settings=STRICT),
    ),
    Mutant(
        name="a 401 without its ticket is not counted",
        module=settle,
        changes={"event.ticket == record.last_strike": "event.ticket == record.last_strike or ticket is None"},
        bounds=Bounds(clients=1, calls=1, rotations=1, losses=0, verified=0, settings=CONCURRENT),
    ),
    Mutant(
        name="the budget is counted per pair",
        module=admit,
        changes={_TWO: "return sum(ticket.pair == pair for ticket in state.tickets)"},
        bounds=Bounds(clients=1, calls=3, rotations=2, losses=0, stale_start=True, settings=STRICT),
    ),
    Mutant(
        name="an unknown is not charged",
        module=admit,
        changes={_TWO: "return state.strikes + sum(t.status is TicketStatus.OPEN for t in state.tickets)"},
        bounds=Bounds(clients=1, calls=3, rotations=1, typo=False, stale_start=True, settings=STRICT),
    ),
    Mutant(
        name="a dead owner frees the charge",
        module=admit,
        changes={
            "tickets = tuple(_aged(ticket, event.now, event) for ticket in state.tickets)": (
                "tickets = tuple("
                "_aged(ticket, event.now, event) for ticket in state.tickets if ticket.owner not in event.dead)"
            )
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=2, typo=False, verified=0, settings=STRICT),
    ),
    Mutant(
        name="a verified pair goes free in GUARDED",
        module=admit,
        changes={"if fresh and event.settings.policy is GuardPolicy.CONCURRENT:": "if fresh:"},
        bounds=Bounds(clients=3, calls=2, rotations=1, losses=0, typo=False, settings=GUARDED),
    ),
    Mutant(
        name="a verified pair goes free in STRICT",
        module=admit,
        changes={"if fresh and event.settings.policy is GuardPolicy.CONCURRENT:": "if fresh:"},
        bounds=Bounds(clients=3, calls=2, rotations=1, losses=0, typo=False, settings=STRICT),
    ),
    Mutant(
        name="there are three places",
        module=admit,
        changes={"return used < event.settings.budget and all(": "return used < event.settings.budget + 1 and all("},
        bounds=Bounds(clients=3, calls=2, rotations=1, losses=0, typo=False, settings=GUARDED),
    ),
    Mutant(
        name="losses never stop a verified pair in STRICT",
        module=admit,
        changes={"forgives_losses = settings.policy is not GuardPolicy.STRICT": "forgives_losses = True"},
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=2, typo=False, verified=0, settings=STRICT),
    ),
    Mutant(
        name="what other pairs lose is not counted for a verified pair",
        module=admit,
        changes={_FORGIVING: "0 if forgives_losses else len(state.tickets)"},
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=2, losing=(2,), verified=0, settings=GUARDED),
    ),
    Mutant(
        name="a loss stops a verified pair in GUARDED",
        module=admit,
        changes={"forgives_losses = settings.policy is not GuardPolicy.STRICT": "forgives_losses = False"},
        bounds=Bounds(clients=2, calls=3, rotations=0, typo=False, losses=2, verified=0, settings=GUARDED),
        look=refuse_no_verified_pair,
    ),
    Mutant(
        name="a renewal keeps the old watermark",
        module=admit,
        changes={_RENEWED: ("        reserved_at=event.now,\n        refundable=_refundable(state, event.now),\n")},
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=1, typo=False, keeps=True, verified=0, settings=GUARDED),
    ),
    Mutant(
        name="a renewal refunds what the last call did",
        module=admit,
        changes={_RENEWED: ("        reserved_at=event.now,\n        watermark=state.strikes,\n")},
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=1, typo=False, keeps=True, verified=0, settings=GUARDED),
    ),
    Mutant(
        name="a place that was given up is renewed",
        module=admit,
        changes={
            "if ticket is None or record is None or ticket.status is TicketStatus.UNKNOWN:": (
                "if ticket is None or record is None:"
            )
        },
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=1, typo=False, keeps=True, verified=0, settings=GUARDED),
    ),
    Mutant(
        name="a place is renewed while the token is rotated",
        module=admit,
        changes={"out = state.mode is KeyMode.DRAINING or record.retired": "out = record.retired"},
        bounds=Bounds(
            clients=1,
            calls=2,
            rotations=1,
            losses=0,
            typo=False,
            keeps=True,
            verified=0,
            planned=True,
            unannounced=False,
            settings=GUARDED,
        ),
        promise=0,
    ),
    Mutant(
        name="calls are admitted while the token is rotated",
        module=admit,
        changes={
            "if state.mode is KeyMode.DRAINING:\n        return Admission.DRAINING": "if False:\n        return None"
        },
        bounds=Bounds(
            clients=1,
            calls=2,
            rotations=1,
            losses=0,
            typo=False,
            verified=0,
            planned=True,
            unannounced=False,
            settings=GUARDED,
        ),
        promise=0,
    ),
    Mutant(
        name="a rotation does not wait for young unknowns",
        module=rotation,
        changes={_DRAINED: _DRAINED[:-1] + " if ticket.status is TicketStatus.OPEN]"},
        bounds=Bounds(
            clients=2,
            calls=2,
            rotations=1,
            losses=1,
            typo=False,
            verified=0,
            planned=True,
            unannounced=False,
            settings=GUARDED,
        ),
        promise=0,
    ),
    Mutant(
        name="a rotation does not wait for calls that went free",
        module=rotation,
        changes={"if state.free_ttl and state.drained_at is not None:": "if False:"},
        bounds=Bounds(
            clients=1,
            calls=2,
            rotations=1,
            losses=0,
            typo=False,
            verified=0,
            planned=True,
            unannounced=False,
            settings=CONCURRENT,
        ),
        promise=0,
    ),
    Mutant(
        name="a commit leaves the old pair usable",
        module=rotation,
        changes={"pair if pair.retired is not None else attrs.evolve(pair, retired=by)": "pair"},
        bounds=Bounds(
            clients=1,
            calls=2,
            rotations=1,
            losses=0,
            typo=False,
            verified=0,
            planned=True,
            unannounced=False,
            settings=GUARDED,
        ),
        promise=0,
    ),
    Mutant(
        name="the operator's word ends the charge of calls that still travel",
        module=rotation,
        changes={" or seconds_left(ticket, now) > 0": ""},
        bounds=Bounds(clients=2, calls=3, rotations=1, losses=1, announced=True, settings=STRICT),
    ),
    Mutant(
        name="the operator's look clears the charges",
        module=rotation,
        changes={"generation=generation, one_more=True,": "generation=generation, tickets=(), one_more=True,"},
        bounds=_LOOKED,
        promise=3,
    ),
    Mutant(
        name="the operator's look lets more than one call go",
        module=admit,
        changes={"one_more=state.one_more and _is_within_budget(state, event, record)": "one_more=state.one_more"},
        bounds=_LOOKED,
        promise=3,
    ),
)
"""Each is a rule that looks harmless to leave out."""
