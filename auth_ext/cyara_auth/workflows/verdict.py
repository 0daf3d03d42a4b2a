"""What a run came to: a word, the number of calls behind it, and why it is not better.

Nothing is good by default. A result is good by two words; whatever is unknown, absent or unreadable is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import attrs

from cyara_auth.workflows.fields import as_json, field

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    import typing_extensions  # known to every type checker, needed by none at run time

    # With defaults, so that the outcomes can be named without saying of what.
    RunT_co = typing_extensions.TypeVar("RunT_co", covariant=True, default=Any)
    ResultT_co = typing_extensions.TypeVar("ResultT_co", covariant=True, default=Any)
    DetailsT_co = typing_extensions.TypeVar("DetailsT_co", covariant=True, default=Any)
else:
    RunT_co, ResultT_co, DetailsT_co = map(TypeVar, ("RunT_co", "ResultT_co", "DetailsT_co"))

Verdict = Literal["failed", "not_called", "incomplete", "passed"]
"""In order of precedence: a run that has a failed call is `failed`, whatever else is wrong with it."""

# Without case, blanks and hyphens: portal pages show `Internal Error` for what an API may call `InternalError`.
_PASSED = frozenset({"success", "satisfactory"})
_NOT_CALLED = frozenset({"", "aborted", "internalerror", "connectionerror"})
# What a run may say of itself, in a field that no public source shows: results that are all good do not outweigh it.
_STOPPED = frozenset(
    {"aborted", "canceled", "cancelled", "stopped", "terminated", "interrupted", "timedout", "failed", "error"}
    | {"internalerror", "connectionerror"}
)
_NAMES = ("passed", "failed", "not_called", "missing")

Meaning = Literal["passed", "failed", "not_called"]
"""What one result means: the name under which `Tally` counts it."""


@attrs.frozen(kw_only=True, eq=False)
class Tally(Mapping[str, int]):
    """How many calls a verdict rests on; a mapping of the four names, too.

    Attributes:
        passed: calls with the result Success or Satisfactory.
        failed: calls with any other result, unknown ones included.
        not_called: calls with the result Aborted, InternalError or ConnectionError, or without one.
        missing: calls that the run must have had by what the portal says elsewhere, and that were not listed.
    """

    passed: int = 0
    failed: int = 0
    not_called: int = 0
    missing: int = 0

    def __getitem__(self, name: str) -> int:
        if name not in _NAMES:
            raise KeyError(name)
        number: int = getattr(self, name)
        return number

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)

    @property
    def verdict(self) -> Verdict:
        """The verdict on a run with these calls; a run without any has shown nothing and is `incomplete`."""
        if self.failed:
            return "failed"
        if self.not_called:
            return "not_called"
        return "passed" if self.passed and not self.missing else "incomplete"


def tally_of(results: Iterable[Any], *, missing: int = 0) -> Tally:
    """Count results by what they mean."""
    counted = Counter(map(meaning_of, results))
    return Tally(passed=counted["passed"], failed=counted["failed"], not_called=counted["not_called"], missing=missing)


def result_value(model: Any) -> str | None:
    """Return the result as the portal spelled it; None where it has none."""
    value = _result(model)
    return value if value is None or isinstance(value, str) else str(value)


def meaning_of(model: Any) -> Meaning:
    """Return what the result of a call means."""
    return _meaning(_result(model))


def plain_word(word: str) -> str:
    """Return a result's word as words are compared: without case, blanks, hyphens and underscores."""
    return re.sub(r"[\s_-]", "", word).lower()


def stopped_by(run: Any) -> str | None:
    """Return the word by which a run says of itself that it did not go to its end; None where it says nothing such."""
    value = as_json(run)
    words = (field(value, name) for name in ("status", "state", "result"))
    return next((word for word in words if isinstance(word, str) and plain_word(word) in _STOPPED), None)


def _result(model: Any) -> Any:
    value = getattr(model, "result", None)
    # What cannot be read as declared is none in the field, and stands in the JSON all the same.
    return value if isinstance(value, str) else field(as_json(model), "result")


def _meaning(value: Any) -> Meaning:
    if value is None:
        return "not_called"
    if not isinstance(value, str):
        return "failed"
    word = plain_word(value)
    return "passed" if word in _PASSED else "not_called" if word in _NOT_CALLED else "failed"


@attrs.frozen(kw_only=True)
class CampaignOutcome(Generic[RunT_co, ResultT_co]):
    """What came of one run of a campaign.

    Attributes:
        campaign_id: number of the campaign.
        run_id: number of the run, as the portal's list has it.
        run: the run as the portal told it when it was over (CampaignRun of the generated client).
        results: every result that was listed (TestResult).
        missing: how many more the run must have had, by what the portal says elsewhere.
        problems: why results are missing, as sentences.
    """

    campaign_id: int
    run_id: Any = None
    run: RunT_co
    # There may be thousands: a line about a run has no room for them.
    results: tuple[ResultT_co, ...] = attrs.field(repr=lambda results: f"<{len(results)} results>")
    missing: int = 0
    problems: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[str | None, int]:
        """Return the number of tests per result value; a test without a result counts under None."""
        return Counter(result_value(result) for result in self.results)

    @property
    def tally(self) -> Tally:
        """Return how many calls passed, failed, were not called, and are missing."""
        return tally_of(self.results, missing=self.missing)

    @property
    def verdict(self) -> Verdict:
        """Return `failed`, `not_called`, `incomplete` or `passed`; the first that is true of any call."""
        return self.tally.verdict

    @property
    def passed(self) -> bool:
        """Say whether the verdict is `passed`: every call was listed, and every one of them was good."""
        return self.verdict == "passed"


@attrs.frozen(kw_only=True)
class TestCaseOutcome(Generic[DetailsT_co]):
    """What came of one execution of a test case; `details` is the generated client's TestResultDetails."""

    # The name starts with Test, but it is not one of pytest's.
    __test__ = False

    test_case_id: int
    ticket: UUID | str
    details: DetailsT_co

    @property
    def verdict(self) -> Verdict:
        """Return `failed`, `not_called` or `passed`, as of a campaign's run with this one call."""
        return tally_of([self.details]).verdict

    @property
    def passed(self) -> bool:
        """Say whether the result was Success or Satisfactory."""
        return self.verdict == "passed"
