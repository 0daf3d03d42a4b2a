"""What `connect()`'s client can do in more than one call, blocking and not.

The API starts things and forgets the caller; CI wants one call that returns when it is over.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from cyara_auth.errors import OperationUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from functools import cached_property

    from cyara_auth.workflows.polling import Pace, PollProgress
    from cyara_auth.workflows.steps import (
        CallStep,
        CampaignOutcome,
        DetailsT_co,
        ResultT_co,
        RunT_co,
        SleepStep,
        Steps,
        TestCaseOutcome,
    )

    # A document need not have campaigns, and this half does not import the models of one that has. So what is in an
    # outcome is taken from what the client's own methods return; and where it has no such methods, type checkers refuse
    # the call that would raise OperationUnavailableError.

    class _Runs(Protocol[RunT_co, ResultT_co]):
        @property
        def iter_campaign_runs(self) -> Callable[..., Iterator[RunT_co]]: ...
        @property
        def iter_campaign_run_results(self) -> Callable[..., Iterator[ResultT_co]]: ...

    class _AsyncRuns(Protocol[RunT_co, ResultT_co]):
        @property
        def iter_campaign_runs(self) -> Callable[..., AsyncIterator[RunT_co]]: ...
        @property
        def iter_campaign_run_results(self) -> Callable[..., AsyncIterator[ResultT_co]]: ...

    class _Details(Protocol[DetailsT_co]):
        @property
        def get_test_result_details(self) -> Callable[..., DetailsT_co]: ...

    class _RunsCampaigns(Protocol[RunT_co, ResultT_co]):
        @cached_property
        def campaigns(self) -> _Runs[RunT_co, ResultT_co]: ...

    class _RunsCampaignsAsync(Protocol[RunT_co, ResultT_co]):
        @cached_property
        def campaigns(self) -> _AsyncRuns[RunT_co, ResultT_co]: ...

    class _RunsTestCases(Protocol[DetailsT_co]):
        @cached_property
        def test_results(self) -> _Details[DetailsT_co]: ...

    class _RunsTestCasesAsync(Protocol[DetailsT_co]):
        @cached_property
        def test_results(self) -> _Details[Awaitable[DetailsT_co]]: ...


T = TypeVar("T")


def _method(resources: object, resource: str, method: str) -> Callable[..., Any]:
    """Find a method of a resource, or say that this client's document does not have it."""
    found: Callable[..., Any] | None = getattr(getattr(resources, resource, None), method, None)
    if found is None:
        raise OperationUnavailableError(
            f"This client's document has no `{resource}.{method}`, which this workflow needs; nothing was started. "
            "Call the operations that your portal has, and `wait(...)` between them."
        )
    return found


def _require_methods(resources: object, calls: tuple[tuple[str, str], ...]) -> None:
    # Before anything is started that could not be followed.
    for resource, method in calls:
        _method(resources, resource, method)


class _StepRunner:
    """What both faces need to run steps."""

    @abstractmethod
    def _missing_field(self, step: CallStep) -> Exception:
        """Return the error for an answer without the field that the next step needs."""

    # A null there is the portal's mistake, and would surface a step later as an AttributeError of ours.
    def _checked(self, step: CallStep, answer: Any) -> Any:
        if step.needs is not None and not getattr(answer, step.needs, None):
            raise self._missing_field(step)
        return answer


class Workflows(_StepRunner):
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
        self: _RunsCampaigns[RunT_co, ResultT_co],
        campaign_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> CampaignOutcome[RunT_co, ResultT_co]:
        """Execute a campaign, follow its run to the end and return the run with all results.

        Inferred in part: see the first lines of `cyara_auth.workflows.steps`. Without `account_id` the
        client's own is used.

        Raises:
            WaitTimeoutError: the run did not end before `pace.deadline` seconds; it goes on at the portal.
            OperationUnavailableError: this client's document lacks an operation that is needed.
            ApiError: the portal refused a step, for example Conflict while the campaign is running already.
            DecodingError: an answer lacks what the next step needs.
            PageError: the pages of the results go round in a circle.
        """
        from cyara_auth.workflows.steps import CAMPAIGN_CALLS, campaign_steps

        _require_methods(self, CAMPAIGN_CALLS)
        steps = campaign_steps(campaign_id, _account(account_id), pace, on_progress, time.monotonic)
        # Type checkers know `self` only as something with these resources; at run time it is a Workflows.
        return Workflows._run_steps(cast("Workflows", self), steps)

    def validate_test_case(
        self: _RunsTestCases[DetailsT_co],
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> TestCaseOutcome[DetailsT_co]:
        """Execute a test case, follow it and return what came of it. Inferred; raises as `run_campaign` does."""
        from cyara_auth.workflows.steps import TEST_CASE_CALLS, test_case_steps

        _require_methods(self, TEST_CASE_CALLS)
        steps = test_case_steps(test_case_id, _account(account_id), pace, on_progress, time.monotonic)
        return Workflows._run_steps(cast("Workflows", self), steps)

    def _run_step(self, step: CallStep | SleepStep) -> Any:
        from cyara_auth.workflows.steps import CollectStep, SleepStep

        if isinstance(step, SleepStep):
            return time.sleep(step.seconds)
        answer = _method(self, step.resource, step.method)(**step.arguments)
        return list(answer) if isinstance(step, CollectStep) else self._checked(step, answer)

    def _run_steps(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    answer = self._run_step(step)
                except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        # This is how a generator hands over what it returns.
        except StopIteration as done:
            outcome: T = done.value
            return outcome


class AsyncWorkflows(_StepRunner):
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
        self: _RunsCampaignsAsync[RunT_co, ResultT_co],
        campaign_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> CampaignOutcome[RunT_co, ResultT_co]:
        """Do as `Workflows.run_campaign` does."""
        from cyara_auth.workflows.steps import CAMPAIGN_CALLS, campaign_steps

        _require_methods(self, CAMPAIGN_CALLS)
        steps = campaign_steps(campaign_id, _account(account_id), pace, on_progress, time.monotonic)
        return await AsyncWorkflows._run_steps(cast("AsyncWorkflows", self), steps)

    async def validate_test_case(
        self: _RunsTestCasesAsync[DetailsT_co],
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> TestCaseOutcome[DetailsT_co]:
        """Do as `Workflows.validate_test_case` does."""
        from cyara_auth.workflows.steps import TEST_CASE_CALLS, test_case_steps

        _require_methods(self, TEST_CASE_CALLS)
        steps = test_case_steps(test_case_id, _account(account_id), pace, on_progress, time.monotonic)
        return await AsyncWorkflows._run_steps(cast("AsyncWorkflows", self), steps)

    async def _run_step(self, step: CallStep | SleepStep) -> Any:
        from cyara_auth.workflows.polling import async_sleep
        from cyara_auth.workflows.steps import CollectStep, SleepStep

        if isinstance(step, SleepStep):
            return await async_sleep(step.seconds)
        answer = _method(self, step.resource, step.method)(**step.arguments)
        # An async iterator is not awaited; each of its items is.
        if isinstance(step, CollectStep):
            return [item async for item in answer]
        return self._checked(step, await answer)

    async def _run_steps(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                try:
                    answer = await self._run_step(step)
                except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        # This is how a generator hands over what it returns.
        except StopIteration as done:
            outcome: T = done.value
            return outcome


def _account(account_id: int | None) -> dict[str, int]:
    # Left out, and not None: the client then puts in its own.
    return {} if account_id is None else {"account_id": account_id}
