"""What `connect()`'s client can do in more than one call, blocking and not.

The API starts things and does not call back, as far as is known; CI wants one call that returns when it is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from cyara_auth.workflows.polling import Pace, PollProgress
    from cyara_auth.workflows.search import ListedRun
    from cyara_auth.workflows.start import CampaignStart
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
        from cyara_auth.workflows.carry_out import carry_out
        from cyara_auth.workflows.steps import campaign_steps

        _check(self, "campaigns.execute_campaign")
        return carry_out(self, campaign_steps(self, campaign_id, account_id, pace, on_progress))

    def check_campaigns(self) -> None:
        """Send nothing, and raise what `start_campaign` would raise before it sends anything.

        Raises:
            OperationUnavailableError: this client's document lacks an operation that is needed.
            InferredOperationError: starting it is a guess, and the client may not try (see `allow_inferred`).
        """
        from cyara_auth.workflows.steps import check_campaigns

        check_campaigns(self)
        _check(self, "campaigns.execute_campaign")

    def start_campaign(
        self: _RunsCampaigns[Iterator[RunT_co], Iterator[ResultT_co]],
        campaign_id: int,
        *,
        account_id: int | None = None,
        on_listed: Callable[[CampaignStart], object] | None = None,
    ) -> CampaignStart:
        """Execute a campaign, and return what `follow_campaign` needs, here or in another process.

        Args:
            campaign_id: number of the campaign.
            account_id: account; the client's own by default.
            on_listed: called right before the start is sent, with all that is known but the `ticket`. Whoever notes it
                can follow a start whose answer is lost. When it raises, nothing is started.

        Raises:
            TransportError: no answer came; unless its `nothing_sent` is true, the campaign may have been started.
            ApiError: the portal refused it; after a status from 500 on it may have been started, too.
            OperationUnavailableError, InferredOperationError: as `run_campaign`.
        """
        from cyara_auth.workflows.carry_out import carry_out
        from cyara_auth.workflows.steps import start_steps

        _check(self, "campaigns.execute_campaign")
        return carry_out(self, start_steps(self, campaign_id, account_id, on_listed))

    def follow_campaign(
        self: _RunsCampaigns[Iterator[RunT_co], Iterator[ResultT_co]],
        start: CampaignStart,
        *,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
        on_found: Callable[[ListedRun], object] | None = None,
    ) -> CampaignOutcome[RunT_co, ResultT_co]:
        """Follow the run of a start to its end; `run_campaign` is `start_campaign` and this. Nothing is started.

        Args:
            start: what `start_campaign` returned or gave to `on_listed`, or `CampaignStart.of_run(campaign, run)`.
            pace: how often to ask, and for how long from now on.
            on_progress: called after each question that did not end it.
            on_found: called with the run when it is found, and again when more of it is listed.

        Raises:
            RunNotFoundError: the start was never answered, or names its run, and no such run is listed within a minute
                or half of `pace.deadline`.
            WaitTimeoutError, OperationUnavailableError, ApiError, DecodingError, PageError: as `run_campaign`.
        """
        from cyara_auth.workflows.carry_out import carry_out
        from cyara_auth.workflows.steps import follow_steps

        return carry_out(self, follow_steps(self, start, pace, on_progress, on_found))

    def validate_test_case(
        self: _RunsTestCases[DetailsT_co],
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> TestCaseOutcome[DetailsT_co]:
        """Execute a test case, follow it and return what came of it. Inferred; raises as `run_campaign` does."""
        from cyara_auth.workflows.carry_out import carry_out
        from cyara_auth.workflows.steps import test_case_steps

        _check(self, "test_cases.execute_test_case")
        return carry_out(self, test_case_steps(self, test_case_id, account_id, pace, on_progress))


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
        from cyara_auth.workflows.carry_out import carry_out_async
        from cyara_auth.workflows.steps import campaign_steps

        if (checking := _check(self, "campaigns.execute_campaign")) is not None:
            await checking
        return await carry_out_async(self, campaign_steps(self, campaign_id, account_id, pace, on_progress))

    async def check_campaigns(self) -> None:
        """Do as `Workflows.check_campaigns` does."""
        from cyara_auth.workflows.steps import check_campaigns

        check_campaigns(self)
        if (checking := _check(self, "campaigns.execute_campaign")) is not None:
            await checking

    async def start_campaign(
        self: _RunsCampaigns[AsyncIterator[RunT_co], AsyncIterator[ResultT_co]],
        campaign_id: int,
        *,
        account_id: int | None = None,
        on_listed: Callable[[CampaignStart], object] | None = None,
    ) -> CampaignStart:
        """Do as `Workflows.start_campaign` does."""
        from cyara_auth.workflows.carry_out import carry_out_async
        from cyara_auth.workflows.steps import start_steps

        if (checking := _check(self, "campaigns.execute_campaign")) is not None:
            await checking
        return await carry_out_async(self, start_steps(self, campaign_id, account_id, on_listed))

    async def follow_campaign(
        self: _RunsCampaigns[AsyncIterator[RunT_co], AsyncIterator[ResultT_co]],
        start: CampaignStart,
        *,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
        on_found: Callable[[ListedRun], object] | None = None,
    ) -> CampaignOutcome[RunT_co, ResultT_co]:
        """Do as `Workflows.follow_campaign` does."""
        from cyara_auth.workflows.carry_out import carry_out_async
        from cyara_auth.workflows.steps import follow_steps

        return await carry_out_async(self, follow_steps(self, start, pace, on_progress, on_found))

    async def validate_test_case(
        self: _RunsTestCases[Awaitable[DetailsT_co]],
        test_case_id: int,
        *,
        account_id: int | None = None,
        pace: Pace | None = None,
        on_progress: Callable[[PollProgress[Any]], object] | None = None,
    ) -> TestCaseOutcome[DetailsT_co]:
        """Do as `Workflows.validate_test_case` does."""
        from cyara_auth.workflows.carry_out import carry_out_async
        from cyara_auth.workflows.steps import test_case_steps

        if (checking := _check(self, "test_cases.execute_test_case")) is not None:
            await checking
        return await carry_out_async(self, test_case_steps(self, test_case_id, account_id, pace, on_progress))


def _check(resources: Any, module: str) -> Any:
    """Have the client refuse an operation that it may not send, before anything else is; to be awaited in tasks."""
    check = getattr(resources, "_check_operation", None)
    return None if check is None else check(module)
