"""The portal's list of a campaign's runs, asked for as steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.errors import DecodingError
from cyara_auth.workflows.calls import CallStep, CollectStep, has_method
from cyara_auth.workflows.fields import as_json, field, is_array
from cyara_auth.workflows.search import Listed, is_newest_first

if TYPE_CHECKING:
    from cyara_auth.workflows.calls import Steps


@attrs.define
class RunList:
    """The portal's list of a campaign's runs, newest first if it does as it is told.

    Args:
        resources: the client.
        where: account and campaign.
        whole: read every page, whatever the first one shows.
    """

    resources: object
    where: dict[str, Any]
    whole: bool = False
    items: list[Listed] = attrs.field(factory=list[Listed], init=False)

    def look(self) -> Steps[Any]:
        """Read the list, and return its first page; its other pages are read only if a new run may be on them."""
        wishes = {"sort_field": "StartDate", "sort_asc": False}
        try:
            page = yield CallStep("campaigns", "get_campaign_runs", self.where, wishes=wishes)
        except DecodingError as error:
            # .NET writes no body at all for what is null.
            if error.content:
                raise
            page = None
        rows = _rows(page)
        is_cut = (self.whole or not is_newest_first(rows)) and _has_more(page, rows)
        if is_cut and has_method(self.resources, "campaigns", "iter_campaign_runs"):
            collected = yield CollectStep(
                "campaigns", "iter_campaign_runs", self.where, wishes={**wishes, "prefetch": False}
            )
            rows = [Listed.of(row) for row in collected.items if row is not None]
        self.items = rows
        return page


def _rows(page: Any) -> list[Listed]:
    rows = page if is_array(page) else getattr(page, "results", None)
    # .NET writes null for an empty list, and for an entry that it could not read.
    return [Listed.of(row) for row in rows if row is not None] if is_array(rows) else []


def _has_more(page: Any, rows: list[Listed]) -> bool:
    value = as_json(page)
    total = field(value, "totalresults")
    return bool(field(value, "nextpage")) or (isinstance(total, int) and total > len(rows))
