"""What the strike store knows of one key, in the words of `status`: facts for programs and a verdict for people."""

from datetime import UTC, datetime, timedelta

import attrs

from cyara_auth._platform import current_owner, is_dead
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import SHOWN_HEX_DIGITS, AdmissionRefusedError
from cyara_auth.guard.call import Call
from cyara_auth.guard.refusals import refusal
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.decide import decide, pair_state
from cyara_auth.strikes.events import Admit, Decision
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    Admission,
    Incident,
    KeyMode,
    KeyState,
    PairRecord,
    PairState,
    Standing,
    TicketRecord,
    TicketStatus,
    verdict_against,
)
from cyara_tools.cli.command_output import Json
from cyara_tools.cli.exit_codes import ExitCode, exit_code_of

# A rotation older than this has probably been forgotten.
LONG_ROTATION = timedelta(minutes=30)

_ADMITTED = frozenset({Admission.GRANT, Admission.FREE, Admission.WAIT})
_DEAD = frozenset({Admission.REJECTED, Admission.SUPERSEDED})


@attrs.frozen(kw_only=True)
class KeyReport:
    """One key's state as it was read.

    Attributes:
        key: The key's fingerprint.
        state: What the store knows.
        origin: Where calls would go, canonical; `None` when no portal is known.
        settings: Policy and numbers by which to judge.
        store: Asked for its clock.
    """

    key: str
    state: KeyState
    origin: str | None
    settings: GuardSettings
    store: StrikeStore

    def count(self, status: TicketStatus) -> int:
        """Count the tickets that are open, or of unknown outcome."""
        return sum(1 for ticket in self.state.tickets if ticket.status is status)

    def state_of(self, fingerprint: str, origin: str | None = None) -> PairState:
        """Return what is known of a pair, at the origin where calls would go unless another is named."""
        at = self._origin_for(fingerprint) if origin is None else origin
        return pair_state(self.state, fingerprint, at, now=self.store.clock(), settings=self.settings)

    def refusal(self, credential: ApiCredential) -> AdmissionRefusedError | None:
        """Return what a call with this pair would be refused with now; `None` if it would go, or wait for its turn."""
        return self._refusal(credential, self._decision(credential))

    def verdict(self, credential: ApiCredential) -> tuple[ExitCode, str]:
        """Say whether a call with this pair would be let out now, without a full stop at the end."""
        decision = self._decision(credential)
        error = self._refusal(credential, decision)
        if error is not None:
            return exit_code_of(error), f"a call would be refused. {error}"
        if decision.admission is Admission.WAIT:
            return ExitCode.OK, f"a call would wait for its turn: {self._waits_for(decision)}"
        # What `decide` grants beside calls of its own, or without a reservation, is verified freshly.
        known = self.state_of(credential.fingerprint)
        if self.state.one_more and self._charged >= self.settings.budget:
            return ExitCode.OK, "one call may go, since an operator has looked; let it be: cyara auth verify"
        if known is not PairState.VERIFIED:
            return ExitCode.OK, "one call at a time until one succeeds; verify the pair with: cyara auth verify"
        if decision.admission is Admission.GRANT and self._charged >= self.settings.budget:
            return ExitCode.OK, "calls go out one at a time, since answers were lost, until one succeeds minutes later"
        return ExitCode.OK, "calls go out"

    @property
    def somebody_waits(self) -> bool:
        """Whether a process found no place just now."""
        marked = self.state.waiting_at
        age = None if marked is None else self.store.clock().since(marked)
        return age is not None and age < self.store.pace.waiting_life

    def rotation_age(self, now: datetime) -> timedelta | None:
        """Return for how long a rotation has been going on; `None` when there is none."""
        began = self.state.drained
        return None if began is None else now - datetime.fromtimestamp(began.wall, UTC)

    def facts(self) -> dict[str, Json]:
        """Return everything for programs."""
        began = self.state.drained
        return {
            "key": self.key,
            "mode": self.state.mode.value,
            "rotation": None if began is None else incident_facts(began),
            "strikes": self.state.strikes,
            "unknown": self.count(TicketStatus.UNKNOWN),
            "open": self.count(TicketStatus.OPEN),
            "waiting": self.somebody_waits,
            "budget": self.settings.budget,
            "policy": self.settings.policy.value,
            "generation": self.state.generation,
            "one_more": self.state.one_more,
            "pairs": [self._pair_facts(pair) for pair in self.state.pairs],
            "calls": [_ticket_facts(ticket) for ticket in self.state.tickets],
        }

    def pair_rows(self) -> list[list[str]]:
        """Return one row for each pair and origin: fingerprint, state, origin, what made it so."""
        return [
            [
                pair.fingerprint[:SHOWN_HEX_DIGITS],
                self.state_of(pair.fingerprint, standing.origin),
                standing.origin,
                incident_text(pair.retired or standing.incident),
            ]
            for pair in self.state.pairs
            for standing in pair.standings or (Standing(origin=self._origin_for(pair.fingerprint)),)
        ]

    def call_rows(self) -> list[list[str]]:
        """Return one row for each charged call: fingerprint, whether it is under way, whose it is."""
        return [
            [
                ticket.pair[:SHOWN_HEX_DIGITS],
                "under way" if ticket.status is TicketStatus.OPEN else "unknown",
                incident_text(ticket.incident),
            ]
            for ticket in self.state.tickets
        ]

    @property
    def _charged(self) -> int:
        return self.state.strikes - self.state.watermark + len(self.state.tickets)

    def _decision(self, credential: ApiCredential) -> Decision:
        """Ask the protocol itself what it would answer to a call now; nothing is written."""
        # Before the rotation, unlike `decide`: a pair that is dead stays so when the rotation ends.
        going_on = self._ask(attrs.evolve(self.state, mode=KeyMode.NORMAL), credential.fingerprint)
        return going_on if going_on.admission in _DEAD else self._ask(self.state, credential.fingerprint)

    def _ask(self, state: KeyState, pair: str) -> Decision:
        event = Admit(
            now=self.store.clock(),
            settings=self.settings,
            pair=pair,
            origin=self._origin_for(pair),
            owner=current_owner(),
            ticket="status",
            orphan_ttl=self._orphan_ttl,
        )
        decision = decide(state, event)
        dead = frozenset(owner for owner in decision.blockers if is_dead(owner, one_machine=self.store.one_machine))
        return decide(state, attrs.evolve(event, dead=dead)) if dead else decision

    def _refusal(self, credential: ApiCredential, decision: Decision) -> AdmissionRefusedError | None:
        if decision.admission in _ADMITTED:
            return None
        call = Call(
            key_id=self.key,
            pair=credential.fingerprint,
            origin=self._origin_for(credential.fingerprint),
            source=credential.source,
            operation=None,
            orphan_ttl=self._orphan_ttl,
            confirm=False,
        )
        return refusal(call, decision, self.settings)

    @property
    def _orphan_ttl(self) -> float:
        return self.settings.read_timeout + self.settings.orphan_margin

    def _origin_for(self, pair: str) -> str:
        if self.origin is not None:
            return self.origin
        # Nobody says which portal is meant: the one that has spoken of the pair last.
        record = self.state.pair(pair)
        return record.standings[-1].origin if record is not None and record.standings else ""

    def _waits_for(self, decision: Decision) -> str:
        if not decision.blockers:
            return f"the portal is overloaded, the next one goes in {decision.retry_in or 0.0:.0f} s"
        holders = {f"process {owner.pid} on {owner.host}" for owner in decision.blockers}
        return f"the places of this key are held by {', '.join(sorted(holders))}"

    def _pair_facts(self, pair: PairRecord) -> Json:
        against = verdict_against(pair, self._origin_for(pair.fingerprint))
        incident = None if against is None else against[1]
        return {
            "fingerprint": pair.fingerprint,
            "state": self.state_of(pair.fingerprint).value,
            "origins": [
                {
                    "origin": standing.origin,
                    "state": self.state_of(pair.fingerprint, standing.origin).value,
                    "incident": None if standing.incident is None else incident_facts(standing.incident),
                }
                for standing in pair.standings
            ],
            "retired": None if pair.retired is None else incident_facts(pair.retired),
            "incident": None if incident is None else incident_facts(incident),
        }


def _ticket_facts(ticket: TicketRecord) -> Json:
    return {
        "fingerprint": ticket.pair,
        "origin": ticket.origin,
        "status": ticket.status.value,
        "incident": None if ticket.incident is None else incident_facts(ticket.incident),
    }


def incident_facts(incident: Incident) -> dict[str, Json]:
    """Return an incident for programs."""
    return {
        "when": datetime.fromtimestamp(incident.wall, UTC).isoformat(timespec="seconds"),
        "host": incident.host,
        "pid": incident.pid,
        "source": incident.source,
        "operation": incident.operation,
        "by": incident.by,
        "reason": incident.reason,
    }


def incident_text(incident: Incident | None) -> str:
    """Return an incident for people."""
    if incident is None:
        return ""
    when = datetime.fromtimestamp(incident.wall, UTC)
    parts = [f"{when:%Y-%m-%d %H:%M:%S} UTC, process {incident.pid} on {incident.host}"]
    parts += [f"calling {incident.operation}"] if incident.operation else []
    parts += [f"with the pair from {incident.source}"] if incident.source else []
    parts += [f"replaced by {incident.by[:SHOWN_HEX_DIGITS]}"] if incident.by else []
    parts += [incident.reason] if incident.reason else []
    return ", ".join(parts)
