"""What a test reads from a running portal in this process, and makes it do. `RemoteControls` has the same methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from cyara_tools.portal.synthesis import AnswerForm

if TYPE_CHECKING:
    from cyara_tools.portal.core import PortalCore
    from cyara_tools.portal.faults import Fault
    from cyara_tools.portal.recorder import RecordedRequest


@attrs.frozen
class LocalControls:
    """Controls of a portal in this process. Every method may be called from any thread."""

    core: PortalCore

    def credential(self) -> str:
        """Return the pair that is valid now."""
        return self.core.credentials.credential

    def invalid_by_token(self) -> tuple[int, ...]:
        """Return how many invalid calls came while each token was current, oldest token first."""
        return self.core.credentials.invalid_by_token

    def is_token_void(self) -> bool:
        """Return whether the current token is void."""
        return self.core.credentials.is_token_void

    def regenerate(self, nodes: int | None) -> str:
        """Make a new token known to the first `nodes` nodes, to all when None, and return the new pair."""
        return self.core.credentials.regenerate(nodes=nodes)

    def regenerate_before(self, arrival: int, nodes: int | None) -> None:
        """Make a new token just before the request with this arrival number is checked."""
        # The server thread takes it out when that request arrives; one assignment to a dictionary needs no lock.
        self.core.regenerate_before[arrival] = nodes

    def propagate(self) -> None:
        """Let all nodes know the current token."""
        self.core.credentials.propagate()

    def inject(self, faults: tuple[Fault, ...]) -> None:
        """Add faults."""
        self.core.faults.inject(*faults)

    def pending_faults(self) -> int:
        """Return how many faults are not used up."""
        return self.core.faults.pending

    def clear_faults(self) -> None:
        """Forget the faults that are not used up."""
        self.core.faults.clear()

    def set_form(self, form: str) -> None:
        """Choose the form of the answers that are made from schemas."""
        self.core.form = AnswerForm(form)

    def advance(self, seconds: float) -> None:
        """Move the portal's clock."""
        self.core.account.clock.advance(seconds)

    def requests(self) -> tuple[RecordedRequest, ...]:
        """Return the latest requests."""
        return self.core.recorder.requests

    def arrivals(self) -> int:
        """Return how many requests have arrived since the start."""
        return self.core.recorder.count

    def forget_requests(self) -> None:
        """Drop what was recorded."""
        self.core.recorder.forget()
