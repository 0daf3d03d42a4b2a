"""Counts the calls of a run that goes on, one page of results at a time: for people to see, and it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.calls import find_method, has_method
from cyara_auth.workflows.fields import as_json, field, is_array
from cyara_auth.workflows.steps import RESULTS_PER_PAGE
from cyara_auth.workflows.verdict import Tally, result_value, tally_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_auth.client.cyara import Cyara


@attrs.define(kw_only=True)
class CallCounter:
    """Counts the calls of one run.

    Attributes:
        cyara: the client.
        campaign_id: number of the campaign.
        run: number of the run, as the portal takes it.
        total: how many calls it will have; None while nobody knows.
    """

    cyara: Cyara
    campaign_id: int
    run: Any
    total: int | None = None
    _before: Tally = attrs.field(factory=Tally, init=False)
    """The calls on pages that are over and full: they are not asked for again."""
    _page: int = attrs.field(default=1, init=False)

    async def look(self) -> Tally:
        """Ask for one page, and return the calls that are over, as far as they were seen."""
        resources = self.cyara.aio
        wishes = {"pageno": self._page, "page_size": RESULTS_PER_PAGE}
        taken = {name: value for name, value in wishes.items() if has_method(resources, "campaigns", _METHOD, name)}
        answer = await find_method(resources, "campaigns", _METHOD)(
            campaign_id=self.campaign_id, run_id=self.run, **taken
        )
        value = as_json(answer)
        rows = [as_json(row) for row in _rows(value)]
        total = field(value, "totalresults")
        if isinstance(total, int):
            self.total = max(total, self.total or 0)
        over = [row for row in rows if result_value(row) is not None]
        seen = _sum(self._before, tally_of(over))
        if len(over) == len(rows) >= RESULTS_PER_PAGE and "pageno" in taken:
            self._before, self._page = seen, self._page + 1
        return seen


_METHOD = "get_campaign_run_results"


def _rows(value: Any) -> Sequence[Any]:
    rows = value if is_array(value) else field(value, "results")
    return [row for row in rows if row is not None] if is_array(rows) else []


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(**{name: one[name] + other[name] for name in one})
