"""Which of the runs that are listed is ours: by what a ticket names, by what was there before, and by when it began."""

import datetime as dt
from typing import Any

import pytest

from cyara_auth.workflows.search import Listed, Search, is_newest_first, runs_of
from cyara_auth.workflows.tickets import Ticket, ticket_of

GUID, OTHER = "15a79226-0d50-4c8f-975f-8ac27bcf25d3", "0b9f7d3a-5c1e-4f60-9f0e-1c2d3e4f5a6b"
NAMELESS = Ticket()


class Item(dict[str, Any]):
    """An item of the list as the client's model shows it: JSON, and the moment that was read of it."""

    @property
    def start_date(self) -> dt.datetime | None:
        minute = self.get("minute")
        return None if minute is None else dt.datetime(2026, 1, 1, 10, minute, tzinfo=dt.UTC)


def item(run: object, campaign_run: object = None, *, minute: int | None = None, over: bool = True) -> Listed:
    end = "2026-01-01T11:00:00Z" if over else None
    return Listed.of(Item(runId=run, campaignRunId=campaign_run, endDate=end, minute=minute))


def found(items: list[Listed], *, before: list[Listed] | None = None, ticket: Ticket = NAMELESS) -> object:
    run = Search(before or [], ticket, patience=10).find(items, elapsed=0)
    return None if run is None else run.numbers[0]


def test_items_that_share_a_number_are_one_run() -> None:
    items = [item(1, GUID), item(2, GUID), item(3, OTHER), item(3, None), item(None, None), item(4), item(2, OTHER)]
    assert [run.numbers for run in runs_of(items)] == [(4,), (1, 2, 3)]


@pytest.mark.parametrize("nothing", [None, 0, "", "00000000-0000-0000-0000-000000000000"])
def test_no_number_is_none_that_runs_share(nothing: object) -> None:
    assert len(runs_of([item(1, nothing), item(2, nothing)])) == 2
    assert found([item(2, nothing), item(1, nothing)], before=[item(1, nothing)]) == 2


def test_without_a_ticket_the_first_new_run_is_ours() -> None:
    items = [item(4, minute=9), item(3, minute=7), item(2, minute=8), item(1, minute=1)]
    assert found(items, before=[item(1, minute=1)]) == 3
    assert found([item(5, minute=None), *items], before=[item(1, minute=1)]) == 3
    assert found([item(1, minute=1)], before=[item(1, minute=1)]) is None


def test_a_run_that_began_before_one_that_was_over_is_old_though_it_was_not_listed() -> None:
    before = [item(7, minute=20), item(8, minute=30, over=False)]
    assert found([item(6, minute=19)], before=before) is None
    assert found([item(6, minute=19), item(9, minute=25)], before=before) == 9


TICKETS = {
    "its run": {"runId": 3},
    "its campaign run": {"campaignRunId": GUID},
    "a bare guid": GUID,
    "a bare number": 3,
    "both, of which one is another count": {"runId": 99, "campaignRunId": GUID},
}


@pytest.mark.parametrize("case", TICKETS)
def test_what_the_ticket_names_is_taken_before_any_other(case: str) -> None:
    items = [item(4, OTHER, minute=1), item(3, GUID, minute=9)]
    assert found(items, ticket=ticket_of(TICKETS[case])) == 3
    # It was waiting before the start, and the portal says that it is ours; one that was over is not.
    assert found(items, ticket=ticket_of(TICKETS[case]), before=[item(3, GUID, over=False)]) == 3
    assert found(items[1:], ticket=ticket_of(TICKETS[case]), before=[item(3, GUID)]) is None


@pytest.mark.parametrize("answer", [{"runId": 3}, {"campaignRunId": GUID}])
def test_a_run_that_has_another_number_of_the_same_name_is_never_ours(answer: object) -> None:
    search = Search([], ticket_of(answer), patience=10)
    assert search.find([item(4, OTHER)], elapsed=0) is None
    assert search.find([item(4, OTHER)], elapsed=1000) is None


@pytest.mark.parametrize("answer", [GUID, {"campaignRunTicketId": GUID}, 3, {"id": 3}])
def test_a_run_with_another_number_than_one_of_another_name_is_doubted_for_a_while(answer: object) -> None:
    search = Search([], ticket_of(answer), patience=10)
    assert [search.find([item(4, OTHER)], elapsed=seconds) is not None for seconds in (3, 12, 13, 20)] == [
        False,
        False,
        True,
        True,
    ]
    named = search.find([item(4, OTHER), item(3, GUID)], elapsed=21)
    assert named is not None
    assert named.numbers == (3,)


@pytest.mark.parametrize("ticket", [{"campaignRunId": GUID}, GUID, {"campaignRunId": 5}])
def test_a_number_of_another_kind_says_nothing(ticket: object) -> None:
    assert found([item(4, None)], ticket=ticket_of(ticket)) == 4
    if ticket != {"campaignRunId": 5}:
        assert found([item(4, 6)], ticket=ticket_of(ticket)) == 4


@pytest.mark.parametrize(
    ("minutes", "newest_first"),
    [
        ([9, 8, 8, 1], True),
        ([9, None, 1], True),
        ([1, 9], False),
        ([9], False),
        ([5, 5], False),
        ([], False),
        ([9, 1, 2], False),
    ],
)
def test_a_list_begins_with_the_newest_only_beyond_doubt(
    minutes: list[int | None],
    newest_first: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    assert is_newest_first([item(1, minute=minute) for minute in minutes]) is newest_first
