"""`decide`, spoken to in the model's terms: small tuples in, small tuples out, each distinct question asked once.

What must hold at every single event, whatever happens before and after, is checked here, too: a report that is told
twice counts once, and a renewed reservation is worth what a new one would be.
"""

from collections.abc import Callable
from typing import NamedTuple

import attrs

from cyara_auth.machine import Instant, Owner
from cyara_auth.strikes import decide as real
from cyara_auth.strikes import rotation
from cyara_auth.strikes.events import (
    Admit,
    Decision,
    Event,
    Renew,
    Reset,
    RotateAbort,
    RotateBegin,
    RotateCommit,
    Settle,
    StillValid,
)
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    Admission,
    Incident,
    KeyMode,
    KeyState,
    Outcome,
    PairRecord,
    PairState,
    Standing,
    TicketRecord,
    TicketStatus,
)

from .values import (
    LOOPBACK,
    PORTAL,
    REJECTED,
    STALE,
    SUPERSEDED,
    SUSPECT,
    SUSPECT_ONCE_VERIFIED,
    UNVERIFIED,
    VERIFIED,
    Key,
    Pair,
    Ticket,
)

_NOW = Instant(domain="model", seconds=1000.0)
_LONG_AGO = Instant(domain="model", seconds=0.0)
_LAPSED = Instant(domain="model", seconds=1.0)
_ORPHAN_TTL = 500.0
_HERE = Incident(wall=0.0, host="model", pid=0)
_GENERATION = 1
_ORIGINS = ("https://portal:443", "http://localhost:80")


class Protocol(NamedTuple):
    """The functions under test."""

    decide: Callable[[KeyState, Event], Decision]
    drained_in: Callable[[KeyState, Instant], float]


PROTOCOL = Protocol(real.decide, rotation.drained_in)


class BrokenRuleError(Exception):
    """Something does not hold that must hold at every event."""


class Rules:
    """The protocol, spoken to in the model's terms, each distinct question asked once."""

    def __init__(self, protocol: Protocol, settings: GuardSettings, *, confirm: bool = False) -> None:
        self._decide, self._drained_in = protocol
        self._settings = settings
        self._confirm = confirm
        self._admitted: dict[object, tuple[Admission | None, Key]] = {}
        self._settled: dict[object, Key] = {}
        self._renewed: dict[object, Key | None] = {}
        self._told: dict[object, Key] = {}
        self._drained: dict[Key, bool] = {}

    def admit(
        self, key: Key, pair: int, origin: int, ticket: int, alive: frozenset[int]
    ) -> tuple[Admission | None, Key]:
        """Ask for a reservation. The owners of all tickets but those `alive` are known to be dead."""
        question = (key, pair, origin, ticket, alive)
        answer = self._admitted.get(question)
        if answer is None:
            event = self._admit(pair, origin, ticket, frozenset(_owner(t.id) for t in key.tickets if t.id not in alive))
            decision = self._decide(_expand(key), event)
            answer = self._admitted[question] = (decision.admission, _condense(decision.state, key))
        return answer

    def _admit(self, pair: int, origin: int, ticket: int, dead: frozenset[Owner]) -> Admit:
        return Admit(
            now=_NOW,
            settings=self._settings,
            pair=str(pair),
            origin=_ORIGINS[origin],
            owner=_owner(ticket),
            ticket=str(ticket),
            orphan_ttl=_ORPHAN_TTL,
            dead=dead,
            confirm=self._confirm,
        )

    def settle(self, key: Key, pair: int, origin: int, ticket: int, outcome: Outcome, *, keep: bool = False) -> Key:
        """Report an outcome; ticket 0 went free."""
        question = (key, pair, origin, ticket, outcome, keep)
        answer = self._settled.get(question)
        if answer is None:
            event = Settle(
                now=_NOW,
                settings=self._settings,
                pair=str(pair),
                origin=_ORIGINS[origin],
                outcome=outcome,
                ticket=str(ticket) if ticket else None,
                incident=_HERE,
                keep=keep,
            )
            after = self._decide(_expand(key), event).state
            if outcome is Outcome.STRIKE and after.strikes not in (key.strikes + 1, key.strikes - key.watermark + 1):
                raise BrokenRuleError("a 401 is not counted")
            if ticket and self._decide(after, event).state != after:
                raise BrokenRuleError(f"{outcome}, told twice, counts twice")
            answer = self._settled[question] = _condense(after, key)
            if origin == LOOPBACK and [p.standings[PORTAL] for p in answer.pairs] != [
                p.standings[PORTAL] for p in key.pairs
            ]:
                raise BrokenRuleError("what loopback says of a pair is believed elsewhere")
        return answer

    def renew(self, key: Key, ticket: int, *, untold: bool) -> Key | None:
        """Date a kept place anew; None if it is lost. `untold`: its last call succeeded."""
        question = (key, ticket, untold)
        if question not in self._renewed:
            before = _expand(key)
            event = Renew(now=_NOW, settings=self._settings, ticket=str(ticket), verified_at=_NOW if untold else None)
            decision = self._decide(before, event)
            if decision.admission is not None:
                self._check_renewal(before, decision)
            self._renewed[question] = None if decision.admission is None else _condense(decision.state, key)
        return self._renewed[question]

    def _check_renewal(self, before: KeyState, decision: Decision) -> None:
        """A renewed reservation is the one that would be granted now."""
        renewed = decision.ticket
        if renewed is None:
            raise BrokenRuleError("a reservation that is gone was renewed")
        without = attrs.evolve(before, tickets=tuple(t for t in before.tickets if t.id != renewed.id))
        event = self._admit(int(renewed.pair), _ORIGINS.index(renewed.origin), int(renewed.id), frozenset())
        granted = self._decide(without, event)
        aged = any(t.status is TicketStatus.OPEN and t.reserved_at == _LONG_AGO for t in without.tickets)
        if granted.ticket is not None and not aged and granted.ticket != attrs.evolve(renewed, confirms=False):
            raise BrokenRuleError("a renewed reservation is not what a new one would be")

    def tell(
        self, key: Key, event: type[RotateBegin | RotateCommit | RotateAbort | Reset | StillValid], pair: int = 0
    ) -> Key:
        """Tell what the operator says; `pair` is the new one of a RotateCommit."""
        question = (key, event, pair)
        answer = self._told.get(question)
        if answer is None:
            said = {
                RotateBegin: RotateBegin(now=_NOW, incident=_HERE),
                RotateCommit: RotateCommit(now=_NOW, incident=_HERE, pair=str(pair)),
                RotateAbort: RotateAbort(),
                Reset: Reset(now=_NOW),
                StillValid: StillValid(),
            }[event]
            answer = self._told[question] = _condense(self._decide(_expand(key), said).state, key)
        return answer

    def is_drained(self, key: Key) -> bool:
        """Whether the token may be regenerated now."""
        if key not in self._drained:
            self._drained[key] = self._drained_in(_expand(key), _NOW) == 0.0
        return self._drained[key]


def _owner(ticket: int) -> Owner:
    return Owner(host="model", pid_namespace="model", boot="model", pid=ticket, started="")


_STANDINGS: dict[int, tuple[PairState, bool, Instant | None]] = {
    VERIFIED: (PairState.VERIFIED, True, _NOW),
    STALE: (PairState.VERIFIED, True, _LAPSED),
    SUSPECT: (PairState.SUSPECT, False, None),
    SUSPECT_ONCE_VERIFIED: (PairState.SUSPECT, True, None),
    REJECTED: (PairState.REJECTED, False, None),
    SUPERSEDED: (PairState.SUPERSEDED, False, None),
}


def _standing(origin: int, state: int) -> Standing:
    verdict, was_verified, verified_at = _STANDINGS[state]
    return Standing(origin=_ORIGINS[origin], verdict=verdict, was_verified=was_verified, verified_at=verified_at)


def _expand(key: Key) -> KeyState:
    return KeyState(
        strikes=key.strikes,
        watermark=key.watermark,
        generation=_GENERATION,
        pairs=tuple(
            PairRecord(
                fingerprint=str(number),
                first_seen=_NOW,
                standings=tuple(_standing(o, state) for o, state in enumerate(pair.standings) if state != UNVERIFIED),
                retired=_HERE if pair.retired else None,
                charged=pair.charged,
            )
            for number, pair in enumerate(key.pairs)
        ),
        tickets=tuple(
            TicketRecord(
                id=str(t.id),
                pair=str(t.pair),
                origin=_ORIGINS[t.origin],
                owner=_owner(t.id),
                reserved_at=_LONG_AGO if t.old else _NOW,
                orphan_ttl=_ORPHAN_TTL,
                status=TicketStatus.OPEN if t.open else TicketStatus.UNKNOWN,
                refundable=tuple(map(str, t.refundable)),
                watermark=t.watermark,
                generation=_GENERATION - t.earlier,
                confirms=t.confirms,
            )
            for t in key.tickets
        ),
        mode=KeyMode.DRAINING if key.draining else KeyMode.NORMAL,
        drained_at=(None, _NOW, _LONG_AGO)[key.draining],
        free_ttl=_ORPHAN_TTL if key.free else 0.0,
        one_more=key.one_more,
    )


def _condense(state: KeyState, before: Key) -> Key:
    pairs = [Pair((UNVERIFIED,) * len(before.pairs[0].standings))] * len(before.pairs)
    for record in state.pairs:
        standings = tuple(_condensed(record.at(origin)) for origin in _ORIGINS[: len(before.pairs[0].standings)])
        pairs[int(record.fingerprint)] = Pair(standings, record.retired is not None, record.charged)
    young = 1 if before.draining == 0 else before.draining
    return Key(
        strikes=state.strikes,
        watermark=state.watermark,
        pairs=tuple(pairs),
        tickets=tuple(
            Ticket(
                id=int(t.id),
                pair=int(t.pair),
                origin=_ORIGINS.index(t.origin),
                open=t.status is TicketStatus.OPEN,
                old=t.reserved_at == _LONG_AGO,
                refundable=tuple(map(int, t.refundable)),
                watermark=t.watermark,
                confirms=t.confirms,
                earlier=t.generation < state.generation,
            )
            for t in state.tickets
        ),
        draining=young if state.mode is KeyMode.DRAINING else 0,
        free=state.free_ttl > 0,
        one_more=state.one_more,
    )


def _condensed(standing: Standing) -> int:
    match standing.verdict:
        case PairState.VERIFIED:
            return VERIFIED if standing.verified_at == _NOW else STALE
        case PairState.SUSPECT:
            return SUSPECT_ONCE_VERIFIED if standing.was_verified else SUSPECT
        case PairState.REJECTED:
            return REJECTED
        case PairState.SUPERSEDED:
            return SUPERSEDED
        case _:
            return UNVERIFIED
