"""Which runs of a campaign are exported: those that started in a window of time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.calls import CallStep, call_of, has_method
from cyara_auth.workflows.fields import moment
from cyara_auth.workflows.search import Listed, is_newest_first, runs_of
from cyara_client import value_of
from cyara_client.errors import NotFound
from cyara_tools.export.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_auth import Cyara

PER_PAGE = 50
"""What the portal gives at most, whatever is asked."""


@attrs.frozen(kw_only=True)
class ChosenRun:
    """One run to export.

    Attributes:
        campaign: number of its campaign.
        name: the campaign's name; None where the portal does not say it.
        run: its number, as the portal's list has it.
        start: when it began, in UTC; None where that cannot be read.
        end: when it ended; None while it goes on, and where that cannot be read.
    """

    campaign: int
    name: str | None
    run: int | str
    start: dt.datetime | None
    end: dt.datetime | None

    def facts(self) -> dict[str, Any]:
        """Return it as JSON values."""
        moments = {name: value and value.isoformat() for name, value in (("start", self.start), ("end", self.end))}
        return {"campaign": self.campaign, "name": self.name, "run": self.run, **moments}

    @classmethod
    def of(cls, facts: dict[str, Any]) -> ChosenRun:
        """Read what `facts` wrote."""
        moments = {name: facts[name] and dt.datetime.fromisoformat(facts[name]) for name in ("start", "end")}
        return cls(campaign=facts["campaign"], name=facts["name"], run=facts["run"], **moments)


@attrs.frozen(kw_only=True)
class Window:
    """From when to when a run must have started: `since` is within, `until` is not; None is open."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def has(self, start: dt.datetime | None) -> bool:
        """Say whether a run that began then is within; without a start only where nothing is asked."""
        if start is None:
            return self.since is None and self.until is None
        return (self.since is None or start >= self.since) and (self.until is None or start < self.until)


def choose_runs(cyara: Cyara, campaign: int, window: Window) -> tuple[list[ChosenRun], int]:
    """Return the runs of a campaign that started in a window, oldest first, and how many have no readable start.

    Raises:
        ExportError: the portal's document has no list of runs or of their results, or there is no such campaign.
        ApiError: the portal refused a call.
    """
    for method in ("iter_campaign_runs", "iter_campaign_run_results"):
        if not has_method(cyara, "campaigns", method, "campaign_id"):
            raise ExportError(
                f"This client's document has no list `campaigns.{method}`, which an export reads; nothing was written. "
                "Next: build the client from your portal's own document (README.md)"
            )
    try:
        name = _name(cyara, campaign)
    except NotFound:
        raise ExportError(
            f"There is no campaign {campaign} that this account can see. Next: check --campaign and --account"
        ) from None
    found: list[ChosenRun] = []
    undated = 0
    for items in _listed(cyara, campaign, window):
        start = _utc(min((item.start for item, _ in items if item.start), default=None))
        undated += start is None
        if window.has(start):
            # By one reading of the list its items are the calls of a run, which is over when the last of them is.
            ends = [end for _, end in items]
            end = None if None in ends else max(filter(None, ends), default=None)
            numbers = dict.fromkeys(item.number for item, _ in items)
            found += [ChosenRun(campaign=campaign, name=name, run=each, start=start, end=end) for each in numbers]
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda run: run.start or first), undated if window != Window() else 0


def _name(cyara: Cyara, campaign: int) -> str | None:
    if not has_method(cyara, "campaigns", "get_campaign", "campaign_id"):
        return None
    name = value_of(getattr(cyara.campaigns.get_campaign(campaign_id=campaign), "name", None))
    return name if isinstance(name, str) else None


def _listed(cyara: Cyara, campaign: int, window: Window) -> Iterator[list[tuple[Listed, dt.datetime | None]]]:
    """Yield the items of each run that may be in the window."""
    read: list[Listed] = []
    ends: dict[int, dt.datetime | None] = {}
    pages: list[Any] = []
    wishes = {"sort_field": "StartDate", "sort_asc": False, "page_size": PER_PAGE, "prefetch": False}
    step = CallStep(
        "campaigns", "iter_campaign_runs", {"campaign_id": campaign, "on_page": pages.append}, wishes=wishes
    )
    count = 0
    for count, item in enumerate(call_of(cyara, step)(), start=1):
        if item is not None:
            read.append(Listed.of(item))
            ends[id(read[-1])] = _utc(moment(getattr(item, "end_date", None)))
        if count == pages[-1].fetched and _is_enough(read, window):
            break
    for run in runs_of(read):
        yield [(item, ends[id(item)]) for item in run.items]


def _utc(found: dt.datetime | None) -> dt.datetime | None:
    """Return a moment in UTC; None for .NET's moment of nothing, in the year 1."""
    return None if found is None or not 1 < found.year < dt.MAXYEAR else found.astimezone(dt.UTC)


def _is_enough(read: list[Listed], window: Window) -> bool:
    """Say whether all that follows on a list is older than the window."""
    # Only where what was read is sorted beyond doubt: a portal may pass over the wish for an order.
    last = read[-1].start if read else None
    return last is not None and window.since is not None and last < window.since and is_newest_first(read)
