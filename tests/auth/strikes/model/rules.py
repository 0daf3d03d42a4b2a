"""`decide`, spoken to in the model's terms: small tuples in, small tuples out, each distinct question asked once."""

from collections.abc import Callable

from cyara_auth.machine import Instant, Owner
from cyara_auth.strikes.events import Admit, Decision, Event, Reset, Settle
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    Admission,
    Incident,
    KeyState,
    Outcome,
    PairRecord,
    PairState,
    TicketRecord,
    TicketStatus,
    Verification,
)

from .values import FINAL, STALE, SUSPECT, SUSPECT_ONCE_VERIFIED, UNVERIFIED, VERIFIED, Key, Ticket

Decide = Callable[[KeyState, Event], Decision]

_NOW = Instant(domain="model", seconds=1000.0)
_LONG_AGO = Instant(domain="model", seconds=0.0)
_LAPSED = Instant(domain="model", seconds=1.0)
_ORPHAN_TTL = 500.0
_HERE = Incident(wall=0.0, host="model", pid=0)
_GENERATION = 1
_ORIGIN = "https://portal:443"


class Rules:
    """`decide`, spoken to in the model's terms, each distinct question asked once."""

    def __init__(self, decide: Decide, settings: GuardSettings) -> None:
        self._decide = decide
        self._settings = settings
        self._admitted: dict[object, tuple[Admission | None, Key]] = {}
        self._settled: dict[object, Key] = {}
        self._reset: dict[object, Key] = {}

    def admit(
        self, key: Key, pair: int, ticket: int, alive: frozenset[int], young: frozenset[int]
    ) -> tuple[Admission | None, Key]:
        """Ask for a reservation. `alive` have an owner; `young` cannot be older than `orphan_ttl`."""
        question = (key, pair, ticket, alive, young)
        answer = self._admitted.get(question)
        if answer is None:
            event = Admit(
                now=_NOW,
                settings=self._settings,
                pair=str(pair),
                origin=_ORIGIN,
                owner=_owner(ticket),
                ticket=str(ticket),
                orphan_ttl=_ORPHAN_TTL,
                dead=frozenset(_owner(t.id) for t in key.tickets if t.id not in alive),
            )
            decision = self._decide(_expand(key, young | alive), event)
            answer = self._admitted[question] = (decision.admission, _condense(decision.state, len(key.pairs)))
        return answer

    def settle(self, key: Key, pair: int, ticket: int, outcome: Outcome, young: frozenset[int]) -> Key:
        """Report an outcome; ticket 0 went free."""
        question = (key, pair, ticket, outcome, young)
        answer = self._settled.get(question)
        if answer is None:
            event = Settle(
                now=_NOW,
                settings=self._settings,
                pair=str(pair),
                origin=_ORIGIN,
                outcome=outcome,
                ticket=str(ticket) if ticket else None,
                incident=_HERE,
            )
            after = self._decide(_expand(key, young), event).state
            answer = self._settled[question] = _condense(after, len(key.pairs))
        return answer

    def reset(self, key: Key, young: frozenset[int]) -> Key:
        """Take the operator's word that the token is new."""
        question = (key, young)
        answer = self._reset.get(question)
        if answer is None:
            after = self._decide(_expand(key, young), Reset(now=_NOW)).state
            answer = self._reset[question] = _condense(after, len(key.pairs))
        return answer


def _owner(ticket: int) -> Owner:
    return Owner(host="model", pid_namespace="model", boot="model", pid=ticket, started="")


_RECORDS = {
    UNVERIFIED: (PairState.UNVERIFIED, ()),
    VERIFIED: (PairState.VERIFIED, (Verification(origin=_ORIGIN, at=_NOW),)),
    FINAL: (PairState.REJECTED, ()),
    SUSPECT: (PairState.SUSPECT, ()),
    SUSPECT_ONCE_VERIFIED: (PairState.SUSPECT, (Verification(origin=_ORIGIN, at=None),)),
    STALE: (PairState.VERIFIED, (Verification(origin=_ORIGIN, at=_LAPSED),)),
}


def _expand(key: Key, young: frozenset[int]) -> KeyState:
    return KeyState(
        strikes=key.strikes,
        watermark=key.watermark,
        generation=_GENERATION,
        pairs=tuple(
            PairRecord(
                fingerprint=str(pair), first_seen=_NOW, verdict=_RECORDS[state][0], verifications=_RECORDS[state][1]
            )
            for pair, state in enumerate(key.pairs)
        ),
        tickets=tuple(
            TicketRecord(
                id=str(t.id),
                pair=str(t.pair),
                origin=_ORIGIN,
                owner=_owner(t.id),
                reserved_at=_NOW if t.id in young else _LONG_AGO,
                orphan_ttl=_ORPHAN_TTL,
                status=TicketStatus.OPEN if t.open else TicketStatus.UNKNOWN,
                refundable=tuple(map(str, t.refundable)),
                watermark=t.watermark,
                generation=_GENERATION - t.earlier,
                confirms=t.confirms,
            )
            for t in key.tickets
        ),
    )


def _condense(state: KeyState, kinds: int) -> Key:
    pairs = [UNVERIFIED] * kinds
    for record in state.pairs:
        pairs[int(record.fingerprint)] = _condensed_verdict(record)
    return Key(
        strikes=state.strikes,
        watermark=state.watermark,
        pairs=tuple(pairs),
        tickets=tuple(
            Ticket(
                id=int(t.id),
                pair=int(t.pair),
                open=t.status is TicketStatus.OPEN,
                refundable=tuple(map(int, t.refundable)),
                watermark=t.watermark,
                confirms=t.confirms,
                earlier=t.generation < state.generation,
            )
            for t in state.tickets
        ),
    )


def _condensed_verdict(record: PairRecord) -> int:
    if record.verdict.is_final:
        return FINAL
    if record.verdict is PairState.SUSPECT:
        return SUSPECT_ONCE_VERIFIED if record.verifications else SUSPECT
    if record.verdict is PairState.VERIFIED:
        return STALE if record.verifications[0].at == _LAPSED else VERIFIED
    return UNVERIFIED
