"""Run a campaign or a test case to its end, as steps: execute, follow, collect what came of it.

The steps are written once, as generators that yield what to ask and how long to pause; `workflows` carries them out,
blocking or not.

How far to trust them: GetCampaignRuns and GetCampaignRunResults were observed; ExecuteCampaign, ExecuteTestCase and
GetTestResultDetails are inferred. Nothing inferred is started unasked: see `cyara_auth.errors.InferredOperationError`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from cyara_auth.errors import OperationUnavailableError
from cyara_auth.extensions import RETRYABLE_STATUSES
from cyara_auth.transport.errors import TransportError
from cyara_auth.workflows.polling import Asking, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from uuid import UUID

    import typing_extensions  # known to every type checker, needed by none at run time

    from cyara_auth.workflows.polling import PollProgress

    # With defaults, so that the outcomes can be named without saying of what.
    RunT_co = typing_extensions.TypeVar("RunT_co", covariant=True, default=Any)
    ResultT_co = typing_extensions.TypeVar("ResultT_co", covariant=True, default=Any)
    DetailsT_co = typing_extensions.TypeVar("DetailsT_co", covariant=True, default=Any)
else:
    RunT_co, ResultT_co, DetailsT_co = map(TypeVar, ("RunT_co", "ResultT_co", "DetailsT_co"))

T = TypeVar("T")
PASSING_RESULTS = frozenset({"Success", "Satisfactory"})
# In a row: a run of an hour is asked after 720 times, and a network drops an answer now and then.
MAX_LOST_ANSWERS = 5
# One author of a script says that larger pages are cut to 50, silently.
RESULTS_PER_PAGE = 50
_LEFT_RUNNING = "If {} was started, it goes on at the portal; nothing there was stopped."


@attrs.frozen(kw_only=True)
class CampaignOutcome(Generic[RunT_co, ResultT_co]):
    """What came of one run of a campaign.

    `run` and `results` are the models of the generated client (CampaignRun, TestResult). `counts` says how often each
    result value occurred; a test without a result counts under `None`.
    """

    campaign_id: int
    run: RunT_co
    results: tuple[ResultT_co, ...]

    @property
    def counts(self) -> Mapping[str | None, int]:
        """Return the number of tests per result value."""
        return Counter(_result_value(result) for result in self.results)

    @property
    def passed(self) -> bool:
        """Say whether there were results and every one of them was Success or Satisfactory."""
        # `all` of nothing is true, and a run without results has shown nothing.
        return bool(self.results) and all(_result_value(result) in PASSING_RESULTS for result in self.results)


@attrs.frozen(kw_only=True)
class TestCaseOutcome(Generic[DetailsT_co]):
    """What came of one execution of a test case; `details` is the generated client's TestResultDetails."""

    # The name starts with Test, but it is not one of pytest's.
    __test__ = False

    test_case_id: int
    ticket: UUID | str
    details: DetailsT_co

    @property
    def passed(self) -> bool:
        """Say whether the result was Success or Satisfactory."""
        return _result_value(self.details) in PASSING_RESULTS


@attrs.frozen
class CallStep:
    """A step: call this method of this resource; `needs` is the field of the answer that must not be empty."""

    resource: str
    method: str
    arguments: dict[str, Any]
    needs: str | None = None


@attrs.frozen
class CollectStep(CallStep):
    """A step: take everything that this method of this resource yields, as a list."""


@attrs.frozen
class SleepStep:
    """A step: let so many seconds pass."""

    seconds: float


if TYPE_CHECKING:
    Steps = Generator[CallStep | SleepStep, Any, T]
    OnProgress = Callable[[PollProgress[Any]], object] | None


def find_method(resources: object, resource: str, method: str) -> Callable[..., Any]:
    """Find a method of a resource, or say that this client's document does not have it."""
    found: Callable[..., Any] | None = getattr(getattr(resources, resource, None), method, None)
    if found is None:
        raise OperationUnavailableError(
            f"This client's document has no `{resource}.{method}`, which this workflow needs; nothing was started. "
            "Call the operations that your portal has, and `wait(...)` between them."
        )
    return found


def checked(resources: Any, step: CallStep, answer: Any) -> Any:
    """Return the answer.

    Raises:
        DecodingError: null stands in it for what the next step needs.
    """
    # It is the portal's mistake, and would surface a step later as an AttributeError of ours.
    if step.needs is not None and not getattr(answer, step.needs, None):
        raise resources._missing_field(step)  # noqa: SLF001 - the client knows the operations of its document
    return answer


def _account(account_id: int | None) -> dict[str, int]:
    # Left out, and not None: the client then puts in its own.
    return {} if account_id is None else {"account_id": account_id}


def _result_value(model: Any) -> str | None:
    value = getattr(model, "result", None)
    return value if isinstance(value, str) else None


def _poll(question: CallStep, choose: Callable[[Any], Any], pace: Pace | None, on_progress: OnProgress) -> Steps[Any]:
    """Ask until `choose(answer)` is not None, and return that; an answer that is lost on the way is asked for again."""
    asking = Asking[Any](pace or Pace(), on_progress)
    lost = 0
    answer: Any = None
    while True:
        try:
            answer = yield question
            lost = 0
        except Exception as error:
            # The run goes on whether or not one look at it fails.
            lost += 1
            if lost > MAX_LOST_ANSWERS or not _is_transient(error):
                raise
        chosen = None if lost else choose(answer)
        if chosen is not None:
            return chosen
        # Where nothing was answered there is nothing to report.
        yield SleepStep(asking.next_delay(answer, report=not lost))


def _is_transient(error: Exception) -> bool:
    """Say whether the same question may have an answer a moment later."""
    return isinstance(error, TransportError) or getattr(error, "status_code", None) in RETRYABLE_STATUSES


@contextmanager
def _note_on_error(text: str) -> Generator[None]:
    """Say to whoever leaves here, by an error or Ctrl-C, what is left behind at the portal."""
    try:
        yield
    # Everything: Ctrl-C ends the script and not the campaign.
    except BaseException as error:
        error.add_note(text)
        raise


def campaign_steps(
    resources: object, campaign_id: int, account_id: int | None, pace: Pace | None, on_progress: OnProgress
) -> Steps[CampaignOutcome]:
    """Execute a campaign, follow its run to the end, and collect the run's results from all pages."""
    # Before anything is started that could not be followed.
    for method in ("get_campaign_runs", "execute_campaign", "iter_campaign_run_results"):
        find_method(resources, "campaigns", method)
    where = {**_account(account_id), "campaign_id": campaign_id}
    newest = CallStep("campaigns", "get_campaign_runs", {**where, "sort_field": "StartDate", "sort_asc": False})
    # Before the start, or the run could be taken for an earlier one.
    earlier = {run.run_id for run in _runs_of((yield newest))}
    with _note_on_error(_LEFT_RUNNING.format(f"campaign {campaign_id}")):
        ticket = yield CallStep("campaigns", "execute_campaign", where)
        wanted = str(ticket.campaign_run_id or "").lower()

        def finished(page: Any) -> Any | None:
            # Whether runs carry the ticket is not certain. A run that was not there before is ours, too: only one
            # instance of a campaign runs at a time.
            runs = _runs_of(page)
            # A GUID is the same in capital letters.
            named = [run for run in runs if wanted and str(run.campaign_run_id).lower() == wanted]
            ours = named or [run for run in runs if run.run_id not in earlier]
            return ours[0] if ours and ours[0].end_date else None

        run = yield from _poll(newest, finished, pace, on_progress)
    next_call = f"campaigns.iter_campaign_run_results(campaign_id={campaign_id}, run_id={run.run_id})"
    with _note_on_error(f"The run itself is over, and need not be repeated for its results: {next_call}"):
        arguments = {**where, "run_id": run.run_id, "page_size": RESULTS_PER_PAGE, "prefetch": False}
        results = yield CollectStep("campaigns", "iter_campaign_run_results", arguments)
    return CampaignOutcome(campaign_id=campaign_id, run=run, results=tuple(results))


def _runs_of(page: Any) -> list[Any]:
    # .NET writes null for an empty list, and for an entry that it could not read.
    return [run for run in page.results or () if run is not None]


def test_case_steps(
    resources: object, test_case_id: int, account_id: int | None, pace: Pace | None, on_progress: OnProgress
) -> Steps[TestCaseOutcome]:
    """Execute a test case and ask for its ticket until there is a numbered result."""
    find_method(resources, "test_cases", "execute_test_case")
    find_method(resources, "test_results", "get_test_result_details")
    account = _account(account_id)
    with _note_on_error(_LEFT_RUNNING.format(f"test case {test_case_id}")):
        case = {**account, "test_case_id": test_case_id}
        started = yield CallStep("test_cases", "execute_test_case", case, needs="test_run_ticket_id")
        ticket = started.test_run_ticket_id
        question = CallStep("test_results", "get_test_result_details", {**account, "test_run_ticket_id": ticket})
        details = yield from _poll(
            question, lambda answer: answer if answer.test_result_id else None, pace, on_progress
        )
    return TestCaseOutcome(test_case_id=test_case_id, ticket=ticket, details=details)
