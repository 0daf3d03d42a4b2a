"""A campaign's start: everything that a process needs to follow the run that another one started.

It is made of plain values and goes through JSON unharmed, so that it can wait in a file or travel to another machine.
It holds nothing secret.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.fields import identity, is_array, is_object
from cyara_auth.workflows.search import Listed, ListedRun, runs_of
from cyara_auth.workflows.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable

_EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


@attrs.frozen(kw_only=True)
class CampaignStart:
    """What is known of a start: before it was sent (`ticket` is None), or after.

    Attributes:
        campaign_id: number of the campaign.
        account_id: number or text of the account; None is the client's own.
        before: what the portal listed before the start, newest first as a rule.
        test_cases: the test cases that the campaign listed then, as JSON; None where it listed none.
        ticket: every number in the answer to the start; None while there is none, or when it was lost.
        at: when it was about to be sent, by this machine's clock.
        run: the run, once it was found; then it is looked for by these numbers, and no other is ever taken.
    """

    campaign_id: int
    account_id: int | str | None = None
    before: tuple[Listed, ...] = attrs.field(default=(), repr=lambda before: f"<{len(before)} items>")
    test_cases: list[Any] | None = attrs.field(default=None, repr=False)
    ticket: Ticket | None = None
    at: dt.datetime = attrs.field(factory=lambda: dt.datetime.now(dt.UTC))
    run: Ticket | None = None

    @classmethod
    def of_run(cls, campaign_id: int, run: object, *, account_id: int | str | None = None) -> CampaignStart:
        """Make one for a run that is there already.

        Args:
            campaign_id: number of the campaign.
            run: its `runId` or its `campaignRunId`, as a number or a text.
            account_id: number or text of the account; None is the client's own.

        Raises:
            ValueError: `run` names nothing.
        """
        number = identity(run)
        if number is None:
            raise ValueError(f"{run!r} is no number of a run.")
        named = frozenset({number})
        return cls(campaign_id=campaign_id, account_id=account_id, run=Ticket(runs=named, campaign_runs=named))

    @property
    def earlier(self) -> list[ListedRun]:
        """The runs that were listed before the start, newest first."""
        return sorted(runs_of(self.before), key=lambda run: run.start or _EARLIEST, reverse=True)

    @property
    def running(self) -> ListedRun | None:
        """The newest run that was listed before the start, where it had no end; None where the campaign stood still."""
        newest = next(iter(self.earlier), None)
        return newest if newest is not None and not newest.ended else None

    def found(self, run: ListedRun) -> CampaignStart:
        """Return it with the run that was found for it."""
        found = Ticket(runs=run.called("run"), campaign_runs=run.called("campaign run"))
        return attrs.evolve(self, run=found)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "campaign_id": self.campaign_id,
            "account_id": self.account_id,
            "at": self.at.isoformat(),
            "before": [_listed_to_json(item) for item in self.before],
            "test_cases": self.test_cases,
            "ticket": _ticket_to_json(self.ticket),
            "run": _ticket_to_json(self.run),
        }

    @classmethod
    def from_dict(cls, value: Any) -> CampaignStart:
        """Read what `to_dict` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            return cls(
                campaign_id=int(value["campaign_id"]),
                account_id=value["account_id"],
                at=dt.datetime.fromisoformat(value["at"]),
                before=tuple(map(_listed_of_json, value["before"])),
                test_cases=value["test_cases"] if is_array(value["test_cases"]) else None,
                ticket=_ticket_of_json(value["ticket"]),
                run=_ticket_of_json(value["run"]),
            )
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"This is no start of a campaign: {error!r}.") from None


def _listed_to_json(item: Listed) -> list[Any]:
    # A list and not an object: there may be thousands, and the names would be most of it.
    moments = (moment.isoformat() if moment else None for moment in (item.start, item.end))
    return [item.number, item.run, item.campaign_run, *moments, item.ended]


def _listed_of_json(value: Any) -> Listed:
    number, run, campaign_run, start, end, ended = value
    return Listed(number, run, campaign_run, _moment_of_json(start), _moment_of_json(end), bool(ended))


def _moment_of_json(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _ticket_to_json(ticket: Ticket | None) -> dict[str, list[str]] | None:
    if ticket is None:
        return None
    return {name: sorted(numbers) for name, numbers in attrs.asdict(ticket).items()}


def _ticket_of_json(value: Any) -> Ticket | None:
    return Ticket(**{name: _numbers(numbers) for name, numbers in value.items()}) if is_object(value) else None


def _numbers(numbers: Iterable[Any]) -> frozenset[str]:
    return frozenset(map(str, numbers))
