"""Every refusal as an error whose text says which pair, what happened, when and where, and what to do next."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from cyara_auth import errors
from cyara_auth.errors import SHOWN_HEX_DIGITS, AdmissionRefusedError
from cyara_auth.guard.call import Call
from cyara_auth.providers.renewal import renewal
from cyara_auth.strikes.events import Decision
from cyara_auth.strikes.settings import GuardSettings
from cyara_auth.strikes.state import Admission, Incident, KeyState, PairRecord, PairState, TicketStatus, verdict_against

_Verdict = type[errors.CredentialRejectedError | errors.CredentialSupersededError]
_ERROR_OF_VERDICT: dict[PairState, _Verdict] = {
    PairState.SUSPECT: errors.CredentialSuspectError,
    PairState.SUPERSEDED: errors.CredentialSupersededError,
}

_TIMES = {1: "once", 2: "twice"}
_STILL_VALID = "cyara auth reset --still-valid"


def refusal(call: Call, decision: Decision, settings: GuardSettings) -> AdmissionRefusedError:
    """Return the error for a decision that neither admits nor lets wait."""
    if decision.admission is Admission.DRAINING:
        return _error(errors.RotationInProgressError, call, decision.state.drained, fingerprint=call.key_id)
    if decision.admission is Admission.EXHAUSTED:
        return _exhausted(call, decision.state, settings)
    return refusal_by_verdict(call, decision.pair)


def refusal_by_verdict(call: Call, record: PairRecord | None) -> AdmissionRefusedError:
    """Return the error for a pair that is rejected, superseded or suspect; rejected if the store does not know it."""
    verdict, incident = verdict_against(record, call.origin) or (PairState.REJECTED, None)
    return rejected(call, incident, kind=_ERROR_OF_VERDICT.get(verdict, errors.CredentialRejectedError))


def waited(call: Call, decision: Decision | None, seconds: float, *, for_a_place: bool) -> AdmissionRefusedError:
    """Return the error for a caller whose time ran out before somebody else's call."""
    incident = None if decision is None else _newest(decision.state, TicketStatus.OPEN)
    called = "" if incident is None or incident.operation is None else f" of {incident.operation}"
    if for_a_place:
        return _error(
            errors.PlaceWaitTimeoutError, call, incident, detail=f"waited {seconds:.1f} s, last for a call{called}"
        )
    return _error(errors.ProbeWaitTimeoutError, call, incident, detail=f"waited {seconds:.1f} s for the call{called}")


def not_shared(call: Call, where: str) -> AdmissionRefusedError:
    """Return the error for a private store where a shared one is required."""
    return _error(errors.SharedStoreRequiredError, call, None, detail=f"strikes would be counted in the {where} only")


def rejected(
    call: Call, incident: Incident | None, *, kind: _Verdict = errors.CredentialRejectedError
) -> AdmissionRefusedError:
    """Return the error for a pair that must not be sent again, whether or not the store knows of it."""
    if kind is errors.CredentialSupersededError:
        by = None if incident is None else incident.by
        detail = None if by is None else f"pair {by[:SHOWN_HEX_DIGITS]} took its place"
        return _error(kind, call, incident, detail=detail, command=renewal(call.source))
    # The portal that said so: a captive portal or a test server condemns no pair elsewhere.
    detail = f"{call.origin} said so"
    if incident is not None and incident.source not in (None, call.source):
        # A copy in another place may be the old token, so a person has to know which one it was.
        detail += f", and it came from another source then ({incident.source})"
    if kind is errors.CredentialSuspectError:
        # It needs no other token; the usual command says what it needs.
        reason = None if incident is None else incident.reason
        return _error(kind, call, incident, detail=detail if reason is None else f"{detail} ({reason})")
    command = (
        f"{renewal(call.source)}; if this very pair is active there, and its user only lacks a permission: "
        f"{_STILL_VALID} --forgive {call.pair[:SHOWN_HEX_DIGITS]}"
    )
    return _error(kind, call, incident, detail=detail, command=command)


def _exhausted(call: Call, state: KeyState, settings: GuardSettings) -> AdmissionRefusedError:
    detail = f"strikes {state.strikes}, calls of unknown outcome {len(state.tickets)}, budget {settings.budget}"
    # A lost call explains more than a strike: the pair may be fine.
    lost = [ticket.incident for ticket in state.tickets if ticket.incident is not None and ticket.incident.reason]
    if lost:
        reasons = Counter(str(incident.reason) for incident in lost)
        detail += ": " + ", ".join(f"{reason} {_TIMES.get(n, f'{n} times')}" for reason, n in reasons.items())
    against = (verdict_against(pair, standing.origin) for pair in state.pairs for standing in pair.standings)
    struck = [known[1] for known in against if known is not None]
    charged = [incident for incident in (*struck, _newest(state, TicketStatus.UNKNOWN)) if incident is not None]
    incident = max(charged, key=lambda known: known.wall, default=None)
    # The pair may be fine, and then a new token would break every other holder: so that comes last.
    command = (
        f"look whether this pair is active in the portal (Settings > API); if it is: {_STILL_VALID}, or, if it was "
        "generated after that: cyara auth reset --regenerated; if it is not: "
        # Not `--regenerated`: the charged calls may count against the current token, too.
        f"{renewal(call.source, then=_STILL_VALID)}"
    )
    return _error(errors.StrikeBudgetExhaustedError, call, incident, detail=detail, command=command)


def _newest(state: KeyState, status: TicketStatus) -> Incident | None:
    incidents = [ticket.incident for ticket in state.tickets if ticket.status is status and ticket.incident is not None]
    return incidents[-1] if incidents else None


def _error(
    kind: type[AdmissionRefusedError], call: Call, incident: Incident | None, **texts: str | None
) -> AdmissionRefusedError:
    """Return an error with what is known; `texts` are its detail and command, and a fingerprint if not the pair's."""
    facts: dict[str, Any] = {"fingerprint": call.pair, "source": call.source, **texts}
    if incident is not None:
        facts |= {"when": datetime.fromtimestamp(incident.wall, UTC), "host": incident.host, "pid": incident.pid}
    return kind(**facts)
