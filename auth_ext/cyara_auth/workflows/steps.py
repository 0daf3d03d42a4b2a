"""Run a campaign or a test case to its end, as steps: execute, follow, collect what came of it.

The steps are written once, as generators that yield what to ask and how long to pause; `workflows` carries them out,
blocking or not.

How far to trust them: GetCampaignRuns and GetCampaignRunResults were observed; ExecuteCampaign, ExecuteTestCase and
GetTestResultDetails are inferred. Nothing inferred is started unasked: see `cyara_auth.errors.InferredOperationError`.

After the start nothing guessed may end them: the answer to the start is a help and not a need, and what is asked only
to check the results may fail.
"""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cyara_auth.errors import (
    CyaraAuthError,
    CyaraAuthWarning,
    DecodingError,
)
from cyara_auth.workflows.calls import (
    CallStep,
    CollectStep,
    account_argument,
    ask_once,
    find_method,
    has_method,
    if_possible,
    note_on_error,
    poll,
)
from cyara_auth.workflows.completeness import listed_test_cases, results_of
from cyara_auth.workflows.fields import as_json, field, identity, is_moment, is_object, spelled, values_of
from cyara_auth.workflows.following import Following
from cyara_auth.workflows.polling import Asking, Pace
from cyara_auth.workflows.run_list import RunList
from cyara_auth.workflows.search import Search
from cyara_auth.workflows.start import CampaignStart
from cyara_auth.workflows.tickets import Ticket, ticket_of, ticket_of_test
from cyara_auth.workflows.verdict import CampaignOutcome, TestCaseOutcome, stopped_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyara_auth.workflows.calls import OnFound, OnProgress, Steps
    from cyara_auth.workflows.completeness import Collected

T = TypeVar("T")
# One author of a script says that larger pages are cut to 50, silently.
RESULTS_PER_PAGE = 50
# Seconds for which a run that may be another's is not taken for ours.
LONGEST_DOUBT = 30.0
_NEEDED = (
    ("get_campaign_runs", ("campaign_id",)),
    ("execute_campaign", ("campaign_id",)),
    ("iter_campaign_run_results", ("campaign_id", "run_id")),
    ("get_campaign_run", ("campaign_id", "run_id")),
)
_LEFT_RUNNING = "If {} was started, it goes on at the portal; nothing there was stopped."


def _start(step: CallStep) -> Steps[Any]:
    """Start something, and return what the portal answered, as `_carry_out` does.

    Whatever it is: what was started goes on, and must not be lost to a guess of what the answer looks like.
    """
    try:
        return (yield from _carry_out(step))
    except CyaraAuthError as error:
        # Strict clients refuse what the document does not know; the call itself was carried out.
        if not getattr(error, "drifts", ()):
            raise
        warnings.warn(
            f"The start was answered, and it is followed all the same: {error}", CyaraAuthWarning, stacklevel=2
        )
        return None


def _carry_out(step: CallStep) -> Steps[Any]:
    """Return the answer to a call as JSON values, or as bytes where it cannot be read as the document declares."""
    try:
        return as_json((yield step))
    except DecodingError as error:
        return error.content


def check_campaigns(resources: object) -> None:
    """Refuse before anything is started that could not be followed.

    Raises:
        OperationUnavailableError: the client's document lacks an operation that is needed.
    """
    for method, takes in _NEEDED:
        find_method(resources, "campaigns", method, *takes)


def campaign_steps(
    resources: object, campaign_id: int, account_id: int | None, pace: Pace | None, on_progress: OnProgress
) -> Steps[CampaignOutcome]:
    """Execute a campaign, follow its run to the end, and collect the run's results from all pages."""
    start = yield from start_steps(resources, campaign_id, account_id, None)
    return (yield from follow_steps(resources, start, pace, on_progress, None))


def start_steps(
    resources: object,
    campaign_id: int,
    account_id: int | None,
    on_listed: Callable[[CampaignStart], object] | None,
) -> Steps[CampaignStart]:
    """Execute a campaign, and return what is needed to find its run."""
    check_campaigns(resources)
    where = {**account_argument(account_id), "campaign_id": campaign_id}
    runs = RunList(resources, where)
    # Before the start, or the run could be taken for an earlier one.
    yield from runs.look()
    # Before it, too: whoever notes what is known then has it all, and the answer is the last thing to wait for.
    test_cases = yield from _test_cases(resources, where)
    start = CampaignStart(
        campaign_id=campaign_id, account_id=account_id, before=tuple(runs.items), test_cases=test_cases
    )
    if on_listed is not None:
        on_listed(start)
    with note_on_error(_LEFT_RUNNING.format(f"campaign {campaign_id}")):
        answer = yield from _start(CallStep("campaigns", "execute_campaign", where))
    return attrs.evolve(start, ticket=ticket_of(answer))


def follow_steps(
    resources: object,
    start: CampaignStart,
    pace: Pace | None,
    on_progress: OnProgress,
    on_found: OnFound,
) -> Steps[CampaignOutcome]:
    """Follow the run of a start to its end, and collect the run's results from all pages."""
    check_campaigns(resources)
    where = {**account_argument(start.account_id), "campaign_id": start.campaign_id}
    # The list may have gone on by many pages since a run that is looked for by its number.
    runs = RunList(resources, where, whole=start.run is not None)
    pace = pace or Pace()
    doubt = min(LONGEST_DOUBT, pace.deadline / 4)
    search = Search(start.before, start.ticket or Ticket(), patience=doubt, run=start.run)
    with note_on_error(_LEFT_RUNNING.format(f"campaign {start.campaign_id}")):
        test_cases = start.test_cases
        if start.run is not None and test_cases is None:
            # Nobody noted them before the start, or there were none, which asking again does not change.
            test_cases = yield from _test_cases(resources, where)
        # A run that somebody has seen, or a start that was answered, may wait in the portal's queue for hours.
        given_up = math.inf if start.ticket is not None and start.run is None else 2 * doubt
        following = Following(runs, search, Asking[Any](pace, on_progress), given_up, on_found)
        own, run = yield from following.to_the_end()
    lists: list[Collected] = []
    for number in own.numbers:
        next_call = f"campaigns.iter_campaign_run_results(campaign_id={start.campaign_id}, run_id={number})"
        with note_on_error(f"The run itself is over, and need not be repeated for its results: {next_call}"):
            lists.append((yield from _results(where, number, pace)))
    found = results_of(lists, test_cases)
    outcome = CampaignOutcome(
        campaign_id=start.campaign_id,
        run_id=own.numbers[0],
        run=run,
        results=found.listed,
        missing=found.missing,
        problems=found.problems,
    )
    word = stopped_by(run) if outcome.passed else None
    if word is None:
        return outcome
    # A call is missing at least: what was listed is good, and the portal says that it was not all.
    problem = f"The portal says of the run itself: {word}."
    return attrs.evolve(outcome, missing=1, problems=(problem,))


def _test_cases(resources: object, where: dict[str, Any]) -> Steps[list[Any] | None]:
    """Return the test cases that the campaign lists; None where it lists none or cannot be asked."""
    if not has_method(resources, "campaigns", "get_campaign", *where):
        return None
    step = CallStep("campaigns", "get_campaign", where)
    return listed_test_cases(values_of((yield from if_possible(_carry_out(step)))))


def _results(where: dict[str, Any], number: Any, pace: Pace) -> Steps[Collected]:
    wishes = {"page_size": RESULTS_PER_PAGE, "prefetch": False}
    step = CollectStep("campaigns", "iter_campaign_run_results", {**where, "run_id": number}, wishes=wishes)
    # A run of an hour is not worth less because the network drops an answer at its end. Its deadline may be over.
    asking = Asking[Any](Pace(interval=pace.interval), None)
    collected: Collected = yield from poll(partial(ask_once, step), lambda collected: collected, asking)
    error = collected.error
    # Only what the pages themselves show to be unfinished is told by the outcome; any other error is the caller's.
    is_null = isinstance(error, DecodingError) and error.content.strip() in {b"", b"null"}
    if error is not None and not is_null and (collected.total is None or isinstance(error, CyaraAuthError)):
        raise error
    return collected


def test_case_steps(
    resources: Any, test_case_id: int, account_id: int | None, pace: Pace | None, on_progress: OnProgress
) -> Steps[TestCaseOutcome]:
    """Execute a test case and ask for its ticket until there is a numbered result that is over."""
    find_method(resources, "test_cases", "execute_test_case", "test_case_id")
    find_method(resources, "test_results", "get_test_result_details", "test_run_ticket_id")
    account = account_argument(account_id)
    with note_on_error(_LEFT_RUNNING.format(f"test case {test_case_id}")):
        case = {**account, "test_case_id": test_case_id}
        step = CallStep("test_cases", "execute_test_case", case, needs="test_run_ticket_id")
        ticket = ticket_of_test((yield from _start(step)))
        if ticket is None:
            raise resources._missing_field(step)  # noqa: SLF001 - the client knows the operations of its document
        question = CallStep("test_results", "get_test_result_details", {**account, "test_run_ticket_id": ticket})
        asking = Asking[Any](pace or Pace(), on_progress)
        details = yield from poll(partial(ask_once, question), _if_over, asking)
    return TestCaseOutcome(test_case_id=test_case_id, ticket=ticket, details=details)


def _if_over(details: Any) -> Any | None:
    value = as_json(details)
    names = {spelled(str(name)) for name in value} if is_object(value) else ()
    # An end that is there and names no moment: the call goes on. A portal that speaks of no end gives results only.
    goes_on = "enddate" in names and not is_moment(field(value, "enddate"))
    return details if identity(field(value, "testresultid")) and not goes_on else None
