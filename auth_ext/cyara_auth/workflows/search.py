"""Which of the runs that a portal lists is the one that was started.

Two readings of the list are known: its items are runs, or they are the single calls of runs. So items that share a
`campaignRunId` or a `runId` are one run. Ours is a run that was not listed before the start. Where the answer to the
start named it, it is that one; where it named nothing, it is the first that began, as a campaign runs once at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.fields import as_json, field, identity, is_guid, is_moment, moment

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from cyara_auth.workflows.tickets import Ticket


@attrs.frozen
class Listed:
    """One item of the list.

    Attributes:
        number: what GetCampaignRun takes, as it came: the `runId`, or the `campaignRunId` where there is no other.
        run: its `runId`, as `identity` spells it; None where it has none.
        campaign_run: its `campaignRunId`, likewise.
        start: when it began, where that could be read.
        end: when it ended, where that could be read.
        ended: whether it has an end.
    """

    number: Any
    run: str | None
    campaign_run: str | None
    start: dt.datetime | None
    end: dt.datetime | None
    ended: bool

    @classmethod
    def of(cls, model: Any) -> Listed:
        """Read an item of the list, a model of the client."""
        value = as_json(model)
        run, campaign_run = field(value, "runid"), field(value, "campaignrunid")
        return cls(
            number=run if identity(run) else campaign_run,
            run=identity(run),
            campaign_run=identity(campaign_run),
            start=moment(getattr(model, "start_date", None)),
            end=moment(getattr(model, "end_date", None)),
            ended=is_moment(field(value, "enddate")),
        )

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """What it shares with the other items of its run."""
        named = (("run", self.run), ("campaign run", self.campaign_run))
        return frozenset((kind, number) for kind, number in named if number)


@attrs.frozen
class ListedRun:
    """The items of one run, in the order of the list."""

    items: tuple[Listed, ...]

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """Every number that its items have, with what it is called."""
        return frozenset(key for item in self.items for key in item.keys)

    @property
    def numbers(self) -> tuple[Any, ...]:
        """What GetCampaignRun takes: one number, or several where the portal gives each call one of its own."""
        return tuple({identity(item.number): item.number for item in self.items}.values())

    @property
    def start(self) -> dt.datetime | None:
        """When the first of its items began."""
        return min((item.start for item in self.items if item.start), default=None)

    @property
    def ended(self) -> bool:
        """Whether all of its items have an end."""
        return all(item.ended for item in self.items)

    @property
    def end(self) -> dt.datetime | None:
        """When the last of its items ended; None while one goes on."""
        return max((item.end for item in self.items if item.end), default=None) if self.ended else None

    def called(self, kind: str) -> frozenset[str]:
        """Return the numbers that its items have under one name."""
        return frozenset(number for name, number in self.keys if name == kind)


def runs_of(items: Iterable[Listed]) -> list[ListedRun]:
    """Put the items of each run together; an item without any number is passed over."""
    groups: dict[int, list[Listed]] = {}
    group_of: dict[tuple[str, str], int] = {}
    for number, item in enumerate(items):
        keys = item.keys
        # One item may show that two groups are one: it has a number of either.
        same = sorted({group_of[key] for key in keys if key in group_of})
        merged = [each for group in same for each in groups.pop(group)] + [item] if keys else []
        if merged:
            groups[number] = merged
            group_of |= {key: number for each in merged for key in each.keys}
    return [ListedRun(tuple(group)) for group in groups.values()]


def is_newest_first(items: Sequence[Listed]) -> bool:
    """Return whether a page shows beyond doubt that a list begins with its newest runs."""
    starts = [item.start for item in items if item.start]
    return starts == sorted(starts, reverse=True) and starts[:1] != starts[-1:]


@attrs.define
class Search:
    """The search for the run that was started.

    Args:
        before: what was listed before the start.
        ticket: what the answer to the start names.
        patience: seconds for which a run is not taken that may be another's: its number is not the ticket's.
        run: the numbers of our run where these are known; then no other is taken.
    """

    before: Sequence[Listed]
    ticket: Ticket
    patience: float
    run: Ticket | None = None
    _first_seen: float | None = None

    def find(self, items: Iterable[Listed], *, elapsed: float) -> ListedRun | None:
        """Return our run; None while it is not listed. `elapsed` are the seconds since the start."""
        runs = runs_of(items)
        if self.run is not None:
            return next((run for run in runs if _names(self.run, run)), None)
        old = frozenset(key for item in self.before for key in item.keys)
        over = frozenset(key for item in self.before if item.ended for key in item.keys)
        # A portal may hand out the ticket of a run that was waiting already; one that was over is never ours.
        named = [run for run in runs if _names(self.ticket, run) and not run.keys & over]
        if named:
            return named[0]
        new = [run for run in runs if not run.keys & old and self._is_later(run) and not _excludes(self.ticket, run)]
        if not new:
            return None
        first = min(new, key=_beginning)
        if not _may_be_anothers(self.ticket, first):
            return first
        self._first_seen = elapsed if self._first_seen is None else self._first_seen
        return first if elapsed - self._first_seen >= self.patience else None

    def _is_later(self, run: ListedRun) -> bool:
        """Say whether a run may have begun after those that were over before; a list does not show all that is old."""
        ended = [item.start for item in self.before if item.ended and item.start]
        return run.start is None or not ended or run.start >= max(ended)


def _beginning(run: ListedRun) -> tuple[bool, float]:
    return run.start is None, run.start.timestamp() if run.start else 0.0


def _names(ticket: Ticket, run: ListedRun) -> bool:
    """Say whether a ticket names a run; a GUID does under whatever name, a number only under its own or none."""
    called = run.called("run"), run.called("campaign run")
    guids = frozenset(filter(is_guid, ticket.every))
    return bool(
        ticket.runs & called[0] or ticket.campaign_runs & called[1] or (ticket.others | guids) & (called[0] | called[1])
    )


def _excludes(ticket: Ticket, run: ListedRun) -> bool:
    """Say whether a run that a ticket does not name is another's: both have a number of the same name and kind."""
    return any(
        {is_guid(number) for number in wanted} & {is_guid(number) for number in run.called(kind)}
        for kind, wanted in (("run", ticket.runs), ("campaign run", ticket.campaign_runs))
    )


def _may_be_anothers(ticket: Ticket, run: ListedRun) -> bool:
    """Say whether a ticket has a GUID, or a number by no known name, and a run has others of that kind."""
    kinds = {is_guid(number) for _, number in run.keys}
    return any(is_guid(number) and True in kinds for number in ticket.every) or (
        False in kinds and any(not is_guid(number) for number in ticket.others)
    )
