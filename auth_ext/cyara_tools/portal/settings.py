"""How a portal is to behave, said once at its start."""

from __future__ import annotations

from typing import Final, Literal

import attrs

from cyara_tools.portal.credentials import Reading
from cyara_tools.portal.domain.modes import Modes, Outcomes, ResultPages, RunsAs, Ticket

BASE_PATH: Final = "/cyarawebapi"


@attrs.frozen(kw_only=True)
class PortalSettings:
    """Settings of one portal; all of them JSON values, so that they can be passed to another process."""

    reading: Reading = attrs.field(default=Reading.KEY, converter=Reading)
    counting: Literal["cumulative", "consecutive"] = "cumulative"
    nodes: int = 1
    """Simulated machines behind the portal; requests are spread over them in turn."""
    seed: int = 0
    stateful: bool = True
    """Whether campaigns, test cases and users keep their state, or every answer is made from its schema."""
    speed: float = 1.0
    """Seconds of the portal's time for each real second; 0 leaves the clock to `advance`."""
    document_name: str = "v3"
    """The document is served at `swagger/<name>/swagger.json` under the base."""
    document_needs_credential: bool = False
    exact_document: bool = False
    """Whether the document is served byte for byte; else it names this portal as its only server."""
    base_path: str = BASE_PATH
    runs_as: RunsAs = "runs"
    """What the list of a campaign's runs has: see `domain.modes.Modes`, as for those below."""
    ticket: Ticket = "object"
    result_pages: ResultPages = "whole"
    outcomes: Outcomes = "mixed"
    late_failures: int = 0
    endless: bool = False

    @property
    def modes(self) -> Modes:
        """The modes of the simulated account.

        Raises:
            ValueError: one of them does not exist.
        """
        return Modes(
            runs_as=self.runs_as,
            ticket=self.ticket,
            result_pages=self.result_pages,
            outcomes=self.outcomes,
            late_failures=self.late_failures,
            endless=self.endless,
        )
