"""Follows one run: find it in the portal's list, and ask for it until it has an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.errors import DecodingError, RunNotFoundError, WaitTimeoutError
from cyara_auth.transport.errors import TransportError
from cyara_auth.workflows.calls import CallStep, if_possible, poll
from cyara_auth.workflows.fields import as_json, field, is_moment

if TYPE_CHECKING:
    from cyara_auth.workflows.calls import OnFound, Steps
    from cyara_auth.workflows.polling import Asking
    from cyara_auth.workflows.run_list import RunList
    from cyara_auth.workflows.search import ListedRun, Search


@attrs.define
class Following:
    """One run that is looked for, and then followed.

    Args:
        runs: the portal's list.
        search: what is known of the run.
        asking: how often to ask.
        patience: seconds after which a run that is not listed is taken for one that never was.
        on_found: told of the run when it is found, and when more of it is listed.
    """

    runs: RunList
    search: Search
    asking: Asking[Any]
    patience: float
    on_found: OnFound
    _own: ListedRun | None = attrs.field(default=None, init=False)
    _over: dict[Any, Any] = attrs.field(factory=dict[Any, Any], init=False)

    def to_the_end(self) -> Steps[tuple[ListedRun, Any]]:
        """Return the run as it was listed last, and as it answered when it was over."""
        try:
            while True:
                yield from poll(self._look, self._if_over, self.asking, (TransportError, DecodingError))
                yield from if_possible(self._look())
                if self._own and self._if_over(None):
                    return self._own, self._over[self._own.numbers[0]]
        except WaitTimeoutError as error:
            if self._own is None:
                error.add_note(
                    f"No run of campaign {self.runs.where['campaign_id']} was listed that can be the one that was "
                    f"started. Numbers in the answer to the start: {self.search.run or self.search.ticket}. If it was "
                    "started, it goes on at the portal."
                )
            raise

    def _look(self) -> Steps[Any]:
        # Each time: where a portal gives the calls of a run a number each, the later ones are listed later; and the run
        # that the ticket names may be listed only when another was taken for it. Once it is found, this only helps.
        answer = yield from (if_possible(self.runs.look()) if self._own else self.runs.look())
        before = self._own
        own = self._own = self.search.find(self.runs.items, elapsed=self.asking.elapsed) or before
        if own is None:
            return answer
        if self.on_found is not None and (before is None or own.keys != before.keys):
            self.on_found(own)
        for number in own.numbers:
            if number not in self._over:
                answer = yield CallStep("campaigns", "get_campaign_run", {**self.runs.where, "run_id": number})
                if is_moment(field(as_json(answer), "enddate")):
                    self._over[number] = answer
        return answer

    def _if_over(self, _: Any) -> bool | None:
        if self._own is None and self.asking.elapsed >= self.patience:
            raise RunNotFoundError(last=None, attempts=self.asking.attempts, seconds=self.asking.elapsed)
        return True if self._own and all(number in self._over for number in self._own.numbers) else None
