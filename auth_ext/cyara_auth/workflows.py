"""What `connect()`'s client can do in more than one call, blocking and not.

The API starts things and forgets the caller; CI wants one call that returns when it is over.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import OperationUnavailableError
from .runs import Ask, CampaignOutcome, TestCaseOutcome, campaign_steps, test_case_steps
from .waiting import Pace, Progress, async_sleep, wait, wait_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .runs import Steps

T = TypeVar("T")


def _bound(resources: object, step: Ask) -> Callable[..., Any]:
    """Find the method that a step names, or say that this client's document does not have it."""
    method = getattr(getattr(resources, step.resource, None), step.method, None)
    if method is None:
        raise OperationUnavailableError(
            f"This client's document has no `{step.resource}.{step.method}`, which this workflow needs; that call was "
            "not sent. Call the operations that your portal has, and `wait(...)` between them."
        )
    found: Callable[..., Any] = method
    return found


class Workflows:
    """Mixed into a client that has resources as attributes; every method blocks until it is over."""

    def wait(
        self,
        call: Callable[[], T],
        *,
        until: Callable[[T], bool],
        pace: Pace | None = None,
        on_progress: Callable[[Progress[T]], object] | None = None,
    ) -> T:
        """Ask until `until(answer)` holds and return that answer; see `cyara_auth.waiting.wait`."""
        return wait(call, until=until, pace=pace, on_progress=on_progress)

    def run_campaign(
        self,
        campaign_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[Progress[Any]], object] | None = None,
    ) -> CampaignOutcome:
        """Execute a campaign, follow its run to the end and return the run with all results.

        Inferred in part: see the first lines of `cyara_auth.runs`. Without `account_id` the client's own is used.

        Raises:
            WaitTimeoutError: the run did not end before `pace.deadline` seconds; it goes on at the portal.
            OperationUnavailableError: this client's document lacks an operation that is needed.
            ApiError: the portal refused a step, for example Conflict while the campaign is running already.
        """
        steps = campaign_steps(campaign_id, _account(account_id), pace or Pace(), on_progress, time.monotonic)
        return self._carry_out(steps)

    def validate_test_case(
        self,
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[Progress[Any]], object] | None = None,
    ) -> TestCaseOutcome:
        """Execute a test case, follow it and return what came of it. Inferred; raises as `run_campaign` does."""
        steps = test_case_steps(test_case_id, _account(account_id), pace or Pace(), on_progress, time.monotonic)
        return self._carry_out(steps)

    def _carry_out(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                answer: Any = None
                try:
                    if isinstance(step, Ask):
                        answer = _bound(self, step)(**step.arguments)
                    else:
                        time.sleep(step.seconds)
                except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as done:
            outcome: T = done.value
            return outcome


class AsyncWorkflows:
    """The same for `async` code; every method is awaited."""

    async def wait(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        until: Callable[[T], bool],
        pace: Pace | None = None,
        on_progress: Callable[[Progress[T]], object] | None = None,
    ) -> T:
        """Ask until `until(answer)` holds and return that answer; see `cyara_auth.waiting.wait_async`."""
        return await wait_async(call, until=until, pace=pace, on_progress=on_progress)

    async def run_campaign(
        self,
        campaign_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[Progress[Any]], object] | None = None,
    ) -> CampaignOutcome:
        """Do as `Workflows.run_campaign` does."""
        steps = campaign_steps(campaign_id, _account(account_id), pace or Pace(), on_progress, time.monotonic)
        return await self._carry_out(steps)

    async def validate_test_case(
        self,
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[Progress[Any]], object] | None = None,
    ) -> TestCaseOutcome:
        """Do as `Workflows.validate_test_case` does."""
        steps = test_case_steps(test_case_id, _account(account_id), pace or Pace(), on_progress, time.monotonic)
        return await self._carry_out(steps)

    async def _carry_out(self, steps: Steps[T]) -> T:
        try:
            step = next(steps)
            while True:
                answer: Any = None
                try:
                    if isinstance(step, Ask):
                        answer = await _bound(self, step)(**step.arguments)
                    else:
                        await async_sleep(step.seconds)
                except BaseException as error:  # noqa: BLE001  # the steps decide what it means, Ctrl-C included
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as done:
            outcome: T = done.value
            return outcome


def _account(account_id: int | None) -> dict[str, int]:
    return {} if account_id is None else {"account_id": account_id}
