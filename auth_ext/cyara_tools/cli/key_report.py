"""What the strike store knows of one key, in the words of `status`: facts for programs and a verdict for people."""

from datetime import UTC, datetime, timedelta

import attrs

from cyara_auth.errors import SHOWN_HEX_DIGITS
from cyara_auth.stores.base import StrikeStore
from cyara_auth.strikes.decide import pair_state
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import (
    GuardPolicy,
    Incident,
    KeyMode,
    KeyState,
    PairRecord,
    PairState,
    TicketStatus,
)
from cyara_tools.cli.command_output import Json
from cyara_tools.cli.exit_codes import ExitCode

# A rotation older than this has probably been forgotten.
LONG_ROTATION = timedelta(minutes=30)


@attrs.frozen(kw_only=True)
class KeyReport:
    """One key's state as it was read.

    Attributes:
        key: The key's fingerprint.
        state: What the store knows.
        origin: Where the pair is verified, `scheme://host[:port]`; `None` when no portal is known.
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

    def state_of(self, fingerprint: str) -> PairState:
        """Return what is known of a pair."""
        return pair_state(self.state, fingerprint, self.origin or "", now=self.store.clock(), settings=self.settings)

    def verdict(self, fingerprint: str) -> tuple[ExitCode, str]:
        """Say whether a call with this pair would be let out now."""
        known = self.state_of(fingerprint)
        # Before the rotation, unlike `decide`: a pair that is dead stays so when the rotation ends.
        if known.is_final:
            return ExitCode.REJECTED, f"refused: the pair is {known}; generate a token and run: cyara auth login"
        if self.state.mode is KeyMode.DRAINING:
            return ExitCode.REFUSED, "refused: the token is being rotated; cyara auth rotate commit, or abort"
        if known is PairState.SUSPECT:
            return ExitCode.REFUSED, (
                "refused: a login page, or a 401 that may not be the portal's own; cyara auth verify tries once more"
            )
        verified = known is PairState.VERIFIED
        # As `decide` counts: strikes from before a pair was verified are not on its token, and only STRICT reserves.
        used = self.state.strikes - (self.state.watermark if verified else 0) + len(self.state.tickets)
        free = verified and self.settings.policy is GuardPolicy.GUARDED
        if used >= self.settings.budget and not free:
            return ExitCode.REFUSED, (
                f"refused: {used} of {self.settings.budget} possibly invalid calls are used; "
                "after regenerating the token: cyara auth reset --regenerated"
            )
        if verified:
            return ExitCode.OK, "calls go out"
        return ExitCode.OK, "one call at a time until one succeeds; verify the pair with: cyara auth verify"

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
            "budget": self.settings.budget,
            "policy": self.settings.policy.value,
            "generation": self.state.generation,
            "pairs": [self._pair_facts(pair) for pair in self.state.pairs],
        }

    def rows(self) -> list[list[str]]:
        """Return one row for each pair: fingerprint, state, what made it so."""
        return [
            [pair.fingerprint[:SHOWN_HEX_DIGITS], self.state_of(pair.fingerprint), incident_text(pair.incident)]
            for pair in self.state.pairs
        ]

    def _pair_facts(self, pair: PairRecord) -> Json:
        return {
            "fingerprint": pair.fingerprint,
            "state": self.state_of(pair.fingerprint).value,
            "origins": [verification.origin for verification in pair.verifications],
            "incident": None if pair.incident is None else incident_facts(pair.incident),
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
    return ", ".join(parts)
