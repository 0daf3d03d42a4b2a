"""Run a campaign or a test case to its end, as steps: execute, follow, collect what came of it.

The steps are written once, as generators that yield what to ask and how long to pause; `workflows` carries them out,
blocking or not.

How far to trust them: GetCampaignRuns and GetCampaignRunResults were observed; ExecuteCampaign, ExecuteTestCase and
GetTestResultDetails are inferred. Nothing inferred is started unasked: see `cyara_auth.errors.InferredOperationError`.

After the start nothing guessed may end them: the answer to the start is a help and not a need, and what is asked only
to check the results may fail.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cyara_auth.errors import (
    CyaraAuthError,
    CyaraAuthWarning,
    DecodingError,
    WaitTimeoutError,
)
from cyara_auth.transport.errors import TransportError
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
from cyara_auth.workflows.fields import as_json, field, identity, is_array, is_moment, is_object, spelled, values_of
from cyara_auth.workflows.polling import Asking, Pace
from cyara_auth.workflows.search import Listed, Search, is_newest_first
from cyara_auth.workflows.tickets import ticket_of, ticket_of_test
from cyara_auth.workflows.verdict import CampaignOutcome, TestCaseOutcome, stopped_by

if TYPE_CHECKING:
    from cyara_auth.workflows.calls import OnProgress, Steps
    from cyara_auth.workflows.completeness import Collected
    from cyara_auth.workflows.search import ListedRun

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


def campaign_steps(
    resources: object, campaign_id: int, account_id: int | None, pace: Pace | None, on_progress: OnProgress
) -> Steps[CampaignOutcome]:
    """Execute a campaign, follow its run to the end, and collect the run's results from all pages."""
    # Before anything is started that could not be followed.
    for method, takes in _NEEDED:
        find_method(resources, "campaigns", method, *takes)
    where = {**account_argument(account_id), "campaign_id": campaign_id}
    runs = RunList(resources, where)
    # Before the start, or the run could be taken for an earlier one.
    yield from runs.look()
    before = runs.items
    with note_on_error(_LEFT_RUNNING.format(f"campaign {campaign_id}")):
        ticket = ticket_of((yield from _start(CallStep("campaigns", "execute_campaign", where))))
        # Now, because what the run calls is what the campaign lists when it starts.
        test_cases = yield from _test_cases(resources, where)
        pace = pace or Pace()
        search = Search(before, ticket, patience=min(LONGEST_DOUBT, pace.deadline / 4))
        own, run = yield from _follow(runs, search, Asking[Any](pace, on_progress))
    lists: list[Collected] = []
    for number in own.numbers:
        next_call = f"campaigns.iter_campaign_run_results(campaign_id={campaign_id}, run_id={number})"
        with note_on_error(f"The run itself is over, and need not be repeated for its results: {next_call}"):
            lists.append((yield from _results(where, number)))
    found = results_of(lists, test_cases)
    outcome = CampaignOutcome(
        campaign_id=campaign_id,
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


def _follow(runs: RunList, search: Search, asking: Asking[Any]) -> Steps[tuple[ListedRun, Any]]:
    """Find our run in the list, and ask for it until it has an end; return it as listed, and as it answered last."""
    own: ListedRun | None = None
    over: dict[Any, Any] = {}

    def look() -> Steps[Any]:
        nonlocal own
        # Each time: where a portal gives the calls of a run a number each, the later ones are listed later; and the run
        # that the ticket names may be listed only when another was taken for it. Once it is found, this only helps.
        answer = yield from (if_possible(runs.look()) if own else runs.look())
        own = search.find(runs.items, elapsed=asking.elapsed) or own
        for number in own.numbers if own else ():
            if number not in over:
                answer = yield CallStep("campaigns", "get_campaign_run", {**runs.where, "run_id": number})
                if is_moment(field(as_json(answer), "enddate")):
                    over[number] = answer
        return answer

    def if_over(_: Any) -> bool | None:
        return True if own and all(number in over for number in own.numbers) else None

    try:
        while True:
            yield from poll(look, if_over, asking, (TransportError, DecodingError))
            yield from if_possible(look())
            if own and if_over(None):
                return own, over[own.numbers[0]]
    except WaitTimeoutError as error:
        if own is None:
            error.add_note(
                f"No run of campaign {runs.where['campaign_id']} was listed that can be the one that was started. "
                f"Numbers in the answer to the start: {search.ticket}. If it was started, it goes on at the portal."
            )
        raise


def _test_cases(resources: object, where: dict[str, Any]) -> Steps[list[Any] | None]:
    """Return the test cases that the campaign lists; None where it lists none or cannot be asked."""
    if not has_method(resources, "campaigns", "get_campaign", *where):
        return None
    step = CallStep("campaigns", "get_campaign", where)
    return listed_test_cases(values_of((yield from if_possible(_carry_out(step)))))


def _results(where: dict[str, Any], number: Any) -> Steps[Collected]:
    wishes = {"page_size": RESULTS_PER_PAGE, "prefetch": False}
    collected: Collected = yield CollectStep(
        "campaigns", "iter_campaign_run_results", {**where, "run_id": number}, wishes=wishes
    )
    error = collected.error
    # Only what the pages themselves show to be unfinished is told by the outcome; any other error is the caller's.
    is_null = isinstance(error, DecodingError) and error.content.strip() in {b"", b"null"}
    if error is not None and not is_null and (collected.total is None or isinstance(error, CyaraAuthError)):
        raise error
    return collected


@attrs.define
class RunList:
    """The portal's list of a campaign's runs, newest first if it does as it is told.

    Args:
        resources: the client.
        where: account and campaign.
    """

    resources: object
    where: dict[str, Any]
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
        is_cut = not is_newest_first(rows) and _has_more(page, rows)
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
