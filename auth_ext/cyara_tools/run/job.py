"""One campaign that a command runs: what it has to show, and how far it has come."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.start import CampaignStart
from cyara_tools.run.gate import Gate
from cyara_tools.run.record import CampaignRecord, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.workflows.tickets import Ticket


class Phase(StrEnum):
    """How far a campaign has come."""

    PLANNED = "planned"
    """Nothing was sent."""
    STARTING = "starting"
    """Its start was about to be sent, or was, and no answer is known."""
    STARTED = "started"
    """The start was answered, or its run is known."""
    OVER = "over"
    """What came of it is known."""


# Told apart by identity: two runs of one campaign may be followed, and progress and records are kept by job.
@attrs.define(kw_only=True, eq=False)
class Job:
    """One campaign.

    Attributes:
        id: its number.
        name: its name; its number where nobody asked.
        gate: what it has to show.
        timeout: seconds for which its run is followed.
        phase: how far it has come.
        start: what is known of its start, from `starting` on.
        unstarted: what came of a campaign that is over and was never started.
    """

    id: int
    name: str
    gate: Gate
    timeout: float
    phase: Phase = Phase.PLANNED
    start: CampaignStart | None = None
    unstarted: CampaignRecord | None = None

    @property
    def is_open(self) -> bool:
        """Whether something of it is left to do: to start it, or to follow its run."""
        return self.phase is not Phase.OVER

    @property
    def run(self) -> str | None:
        """The number of its run; None while that is not known."""
        return None if self.start is None else _number(self.start.run)

    @property
    def run_or_ticket(self) -> str | None:
        """What `--resume` takes: the number of its run, or else what its start was answered; None without either."""
        return self.run or (None if self.start is None else _number(self.start.ticket))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; `from_json` reads them."""
        record = self.unstarted
        return {
            "id": self.id,
            "name": self.name,
            "gate": self.gate.to_json(),
            "timeout": self.timeout,
            "phase": self.phase.value,
            "start": None if self.start is None else self.start.to_dict(),
            "unstarted": None if record is None else _unstarted_to_json(record),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Job:
        """Return the job that `to_json` wrote down.

        Raises:
            KeyError, TypeError, ValueError: it did not write this.
        """
        number, name, start, unstarted = int(values["id"]), str(values["name"]), values["start"], values["unstarted"]
        return cls(
            id=number,
            name=name,
            gate=Gate.from_json(values["gate"]),
            timeout=float(values["timeout"]),
            phase=Phase(values["phase"]),
            start=None if start is None else CampaignStart.from_dict(start),
            unstarted=None if unstarted is None else _unstarted_of_json(number, name, unstarted),
        )


def _number(ticket: Ticket | None) -> str | None:
    return None if ticket is None else min(ticket.runs or ticket.campaign_runs or ticket.others, default=None)


def _unstarted_to_json(record: CampaignRecord) -> dict[str, Any]:
    return {
        "verdict": record.verdict.value,
        "reasons": list(record.reasons),
        "error": record.error,
        "error_code": record.error_code,
    }


def _unstarted_of_json(number: int, name: str, values: Mapping[str, Any]) -> CampaignRecord:
    return CampaignRecord(
        id=number,
        name=name,
        verdict=Verdict(values["verdict"]),
        reasons=tuple(map(str, values["reasons"])),
        error=values["error"],
        error_code=values["error_code"],
    )
