"""Whether the results that were listed are all that a run has, by what the portal says elsewhere.

Two things are asked: the total of the list itself, and the campaign's test cases. What the portal does not tell is no
difference, and more results than test cases are none either: a call may be repeated.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.fields import as_json, field, identity, is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@attrs.define
class Collected:
    """What a list brought: its items, and what its pages said of it.

    Attributes:
        items: every item that came, in the order of the pages, until `error`.
        total: the largest total that a page named; None where none did.
        error: what ended the list before its end.
        is_broken: a page that the one before announced was empty, or was no page.
    """

    items: list[Any] = attrs.field(factory=list[Any])
    total: int | None = None
    error: Exception | None = None
    is_broken: bool = False

    def on_page(self, page: Any) -> None:
        """Take note of what a page says: the callback of the client's iterators, which give it their `Page`."""
        if page.total is not None:
            self.total = max(page.total, self.total or 0)
        self.is_broken = self.is_broken or (not page.items and getattr(page, "announced", False))

    @property
    def results(self) -> list[Any]:
        """The items that are results, each of them once."""
        return list(_once(self.items))

    @property
    def lacks(self) -> int:
        """How many results there must be beside those that came."""
        came, least = len(self.results), 0 if self.error is None else 1
        # A total that is reached shows that an empty page at the end is only the end.
        if self.is_broken and self.total is None:
            least = 1
        # Without a total: a null, or a result that is listed twice, stands where another result should.
        return max(least, len(self.items) - came if self.total is None else self.total - came)


@attrs.frozen(kw_only=True)
class Results:
    """The results of a run: those that were listed, how many more there must be, and why, as sentences."""

    listed: tuple[Any, ...]
    missing: int
    problems: tuple[str, ...]


def results_of(lists: Sequence[Collected], test_cases: Sequence[Any] | None) -> Results:
    """Put the results of a run together and hold them against totals and test cases.

    Args:
        lists: what was listed: once, or once for each number that the run has in the portal's list of runs.
        test_cases: what `listed_test_cases` found.
    """
    listed = tuple(_once(item for each in lists for item in each.results))
    # Where a run has several numbers, the list of each may hold its own calls, or all of the run's.
    are_one = len(listed) == max((len(each.results) for each in lists), default=0)
    lacking = (max if are_one else sum)([each.lacks for each in lists] or [0])
    uncalled = 0 if test_cases is None else without_result(test_cases, listed)
    problems = [f"The list of results ended early: {each.error}." for each in lists if each.error is not None]
    if not problems and any(each.is_broken and each.total is None for each in lists):
        problems.append("The portal announced another page of results, and there was nothing on it.")
    if lacking and not problems:
        problems.append(f"The portal promises {lacking} more results than it listed.")
    if uncalled:
        problems.append(f"Of the campaign's test cases, {uncalled} have no result.")
    if not listed:
        problems.append("The run has no results at all.")
    # Both ways to know count the same calls, so the larger number holds and not their sum.
    return Results(listed=listed, missing=max(lacking, uncalled), problems=tuple(problems))


def _once(items: Iterable[Any]) -> Iterator[Any]:
    """Yield each result once, and no null: pages overlap where a list changes while it is read."""
    seen: dict[str, list[Any]] = {}
    for item in items:
        value = as_json(item)
        if not is_object(value):
            continue
        number = identity(field(value, "testresultid"))
        # Only what is equal in all: the number alone may be the run's. Without one, equal results may well be two.
        alike = [] if number is None else seen.setdefault(number, [])
        if value in alike:
            continue
        alike.append(value)
        yield item


def listed_test_cases(campaign: Any) -> list[Any] | None:
    """Return the test cases that a campaign lists, as JSON; None where it lists none, which says nothing."""
    value = as_json(campaign)
    # Some portals wrap what they answer, and some answer a list as a page of one.
    for inner in (value, field(value, "campaign"), field(value, "result"), field(value, "data")):
        cases = field(inner, "testcases", "testcaseids")
        cases = field(cases, "results", "items", "testcases") if is_object(cases) else cases
        if is_array(cases) and cases:
            return cases
    return None


def without_result(test_cases: Sequence[Any], results: Sequence[Any]) -> int:
    """Return how many of a campaign's test cases have no result.

    They are told apart by their numbers, or by their names if only these agree. What has neither, on one side or the
    other, may be any that is left over. A test case that is listed twice wants two results.
    """
    values = [as_json(result) for result in results]
    ways = [
        (Counter(filter(None, map(case, test_cases))), Counter(filter(None, map(result, values))))
        for case, result in ((_number_of_case, _number_of_result), (_name, _name))
    ]
    agreeing = [way for way in ways if way[0].keys() & way[1].keys()]
    wanted, called = (agreeing or [way for way in ways if all(way)] or ways)[0]
    lacking, unnamed = (wanted - called).total(), len(test_cases) - wanted.total()
    nameless, others = len(values) - called.total(), len(called.keys() - wanted.keys())
    return max(0, lacking - nameless) + max(0, unnamed - others - max(0, nameless - lacking))


def _number_of_case(case: Any) -> str | None:
    # A list may be one of bare numbers.
    return _number_of_result(case) or identity(field(case, "id")) or identity(case)


def _number_of_result(result: Any) -> str | None:
    inner = field(result, "testcase")
    return identity(field(result, "testcaseid")) or identity(field(inner, "testcaseid", "id")) or identity(inner)


def _name(value: Any) -> str | None:
    name = field(value, "testcasename", "name") or field(field(value, "testcase"), "testcasename", "name")
    return name.strip().lower() if isinstance(name, str) else None
