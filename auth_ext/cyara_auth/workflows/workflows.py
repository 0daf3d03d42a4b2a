"""What `connect()`'s client can do in more than one call, blocking and not.

The API starts things and does not call back, as far as is known; CI wants one call that returns when it is over.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from cyara_auth.workflows.calls import CallStep, SleepStep, Steps
    from cyara_auth.workflows.completeness import Collected
    from cyara_auth.workflows.polling import Pace, PollProgress
    from cyara_auth.workflows.verdict import CampaignOutcome, DetailsT_co, ResultT_co, RunT_co, TestCaseOutcome

    # A document need not have campaigns, and this half does not import the models of one that has. So what is in an
    # outcome is taken from what the client's own methods return; and where it has no such methods, type checkers refuse
    # the call that would raise OperationUnavailableError.

    class _Runs(Protocol[RunT_co, ResultT_co]):
        @property
        def iter_campaign_runs(self) -> Callable[..., RunT_co]: ...
        @property
        def iter_campaign_run_results(self) -> Callable[..., ResultT_co]: ...

    class _Details(Protocol[DetailsT_co]):
        @property
        def get_test_result_details(self) -> Callable[..., DetailsT_co]: ...

    class _RunsCampaigns(Protocol[RunT_co, ResultT_co]):
        @property
        def campaigns(self) -> _Runs[RunT_co, ResultT_co]: ...

    class _RunsTestCases(Protocol[DetailsT_co]):
        @property
        def test_results(self) -> _Details[DetailsT_co]: ...


T = TypeVar("T")


class Workflows:
    """Mixed into a client that has resources as attributes; every method blocks until it is over."""

    def wait(
        self,
        call: Callable[[], T],
        *,
        until: Callable[[T], bool],
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[T]], object] | None = None,
    ) -> T:
        """Ask until `until(answer)` holds and return that answer; see `cyara_auth.workflows.polling.wait`."""
        # Late, here and below: what every client brings and few use is a tenth of what importing `connect` would cost.
        from cyara_auth.workflows.polling import wait

        return wait(call, until=until, pace=pace, on_progress=on_progress)

    def run_campaign(
        self: _RunsCampaigns[Iterator[RunT_co], Iterator[ResultT_co]],
        campaign_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> CampaignOutcome[RunT_co, ResultT_co]:
        """Execute a campaign, follow its run to the end and return the run with all results, and a verdict on it.

        Any success of the start is followed. The run is over when GetCampaignRun names its end, and not before; results
        that are not all listed make it `incomplete`. `docs/campaigns.md` says how the run is found, and what is held
        against its results.

        Inferred in part: see the first lines of `cyara_auth.workflows.steps`. Without `account_id` the
        client's own is used.

        Raises:
            WaitTimeoutError: the run did not end before `pace.deadline` seconds; it goes on at the portal.
            OperationUnavailableError: this client's document lacks an operation that is needed.
            InferredOperationError: starting it is a guess, and the client may not try (see `allow_inferred`).
            ApiError: the portal refused a step, for example Conflict while the campaign is running already.
            DecodingError: an answer lacks what the next step needs.
            PageError: the pages of the results go round in a circle, and name no total.
        """
        from cyara_auth.workflows.steps import campaign_steps

        _check(self, "campaigns.execute_campaign")
        return _run(self, campaign_steps(self, campaign_id, account_id, pace, on_progress))

    def validate_test_case(
        self: _RunsTestCases[DetailsT_co],
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> TestCaseOutcome[DetailsT_co]:
        """Execute a test case, follow it and return what came of it. Inferred; raises as `run_campaign` does."""
        from cyara_auth.workflows.steps import test_case_steps

        _check(self, "test_cases.execute_test_case")
        return _run(self, test_case_steps(self, test_case_id, account_id, pace, on_progress))


class AsyncWorkflows:
    """The same for `async` code; every method is awaited."""

    async def wait(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        until: Callable[[T], bool],
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[T]], object] | None = None,
    ) -> T:
        """Ask until `until(answer)` holds and return that answer; see `cyara_auth.workflows.polling.wait_async`."""
        from cyara_auth.workflows.polling import wait_async

        return await wait_async(call, until=until, pace=pace, on_progress=on_progress)

    async def run_campaign(
        self: _RunsCampaigns[AsyncIterator[RunT_co], AsyncIterator[ResultT_co]],
        campaign_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> CampaignOutcome[RunT_co, ResultT_co]:
        """Do as `Workflows.run_campaign` does."""
        from cyara_auth.workflows.steps import campaign_steps

        if (checking := _check(self, "campaigns.execute_campaign")) is not None:
            await checking
        return await _run_async(self, campaign_steps(self, campaign_id, account_id, pace, on_progress))

    async def validate_test_case(
        self: _RunsTestCases[Awaitable[DetailsT_co]],
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> TestCaseOutcome[DetailsT_co]:
        """Do as `Workflows.validate_test_case` does."""
        from cyara_auth.workflows.steps import test_case_steps

        if (checking := _check(self, "test_cases.execute_test_case")) is not None:
            await checking
        return await _run_async(self, test_case_steps(self, test_case_id, account_id, pace, on_progress))


def _check(resources: Any, module: str) -> Any:
    """Have the client refuse an operation that it may not send, before anything else is; to be awaited in tasks."""
    check = getattr(resources, "_check_operation", None)
    return None if check is None else check(module)


def _run_step(resources: object, step: CallStep | SleepStep) -> Any:
    from cyara_auth.workflows.calls import CollectStep, SleepStep, call_of

    if isinstance(step, SleepStep):
        return time.sleep(step.seconds)
    call = call_of(resources, step)
    return _collect(call) if isinstance(step, CollectStep) else call()


def _collect(call: Callable[..., Iterator[Any]]) -> Collected:
    """Take what an iterator yields; what it brought before a page that cannot be read is kept beside that error."""
    from cyara_auth.errors import DecodingError, PageError
    from cyara_auth.workflows.completeness import Collected

    collected = Collected()
    try:
        # Not in one expression: what came before the error would be lost with it.
        for item in call(on_page=collected.on_page):
            collected.items.append(item)
    except (PageError, DecodingError) as error:
        collected.error = error
    return collected


def _run(resources: object, steps: Steps[T]) -> T:
    try:
        step = next(steps)
        while True:
            try:
                answer = _run_step(resources, step)
            except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    # This is how a generator hands over what it returns.
    except StopIteration as done:
        return cast("T", done.value)


async def _run_step_async(resources: object, step: CallStep | SleepStep) -> Any:
    from cyara_auth.workflows.calls import CollectStep, SleepStep, call_of
    from cyara_auth.workflows.polling import async_sleep

    if isinstance(step, SleepStep):
        return await async_sleep(step.seconds)
    call = call_of(resources, step)
    return await (_collect_async(call) if isinstance(step, CollectStep) else call())


async def _collect_async(call: Callable[..., AsyncIterator[Any]]) -> Collected:
    from cyara_auth.errors import DecodingError, PageError
    from cyara_auth.workflows.completeness import Collected

    collected = Collected()
    try:
        async for item in call(on_page=collected.on_page):
            collected.items.append(item)
    except (PageError, DecodingError) as error:
        collected.error = error
    return collected


async def _run_async(resources: object, steps: Steps[T]) -> T:
    try:
        step = next(steps)
        while True:
            try:
                answer = await _run_step_async(resources, step)
            except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    # This is how a generator hands over what it returns.
    except StopIteration as done:
        return cast("T", done.value)
