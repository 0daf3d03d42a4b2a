"""`run_campaign`: at most one start a call, and never a second one while the first may have worked."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.errors import ApiError, CyaraAuthError, RunNotFoundError, WaitTimeoutError
from cyara_auth.transport.errors import TransportError
from cyara_auth.workflows.polling import Pace
from cyara_auth.workflows.verdict import meaning_of
from cyara_tools.mcp.answers import answer
from cyara_tools.mcp.errors import ToolError
from cyara_tools.mcp.runs import shown
from cyara_tools.mcp.tool import CAMPAIGN, Tool
from cyara_tools.run.result_fields import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_auth.workflows.search import ListedRun
    from cyara_auth.workflows.start import CampaignStart
    from cyara_auth.workflows.verdict import CampaignOutcome
    from cyara_tools.mcp.tool import Answer, Progress

_DEFAULT: Final = 600
_SHOWN: Final = 20
_DOUBTFUL: Final = 500
"""Statuses from here on leave open whether the start was carried out."""


def starting_tool(cyara: Cyara) -> Tool:
    """Return it."""
    seconds = {
        "type": "integer",
        "minimum": 1,
        "maximum": 14_400,
        "default": _DEFAULT,
        "description": "How long to wait for the end of the run. The run goes on when the time is up.",
    }
    return Tool(
        name="run_campaign",
        title="Run a campaign",
        description="Start a campaign, which places real calls, and wait for its verdict. One call starts at most one "
        "run. After a call that was cancelled or timed out, the same call again follows the run that it started, and "
        "starts nothing. A campaign that runs already is not started. Ask the person before you call this.",
        operations=("ExecuteCampaign", "GetCampaignRuns", "GetCampaignRun", "GetCampaignRunResults"),
        properties={"campaign_id": CAMPAIGN, "wait_seconds": seconds},
        required=("campaign_id",),
        run=Starts(cyara).run,
    )


@attrs.define
class _Campaign:
    """What this server knows of one campaign: the start that nobody has seen the end of, if there is one."""

    start: CampaignStart | None = None
    lock: asyncio.Lock = attrs.field(factory=asyncio.Lock)


class Starts:
    """The starts of one server, so that a repeated call follows instead of starting again."""

    def __init__(self, cyara: Cyara) -> None:
        self._cyara = cyara
        self._campaigns: dict[int, _Campaign] = {}

    async def run(self, arguments: Mapping[str, Any], progress: Progress) -> Answer:
        """Start a campaign unless a start of it is under way, and follow its run.

        Raises:
            ToolError: it runs already, and not by a call of this server. Nothing was started.
        """
        number: int = arguments["campaign_id"]
        campaign = self._campaigns.setdefault(number, _Campaign())
        async with campaign.lock:
            is_new = campaign.start is None
            if is_new:
                await self._start(number, campaign)
            start = campaign.start
        if start is None:
            raise ToolError(f"Campaign {number} was not started. Next: credential_status, then call again")
        wait: int = arguments.get("wait_seconds", _DEFAULT)
        return {"started_by_this_call": is_new, **await self._follow(campaign, start, wait, progress)}

    async def _start(self, number: int, campaign: _Campaign) -> None:
        def note(start: CampaignStart) -> None:
            if start.running is not None:
                raise ToolError(
                    f"Campaign {number} runs already (run {start.running.numbers[0]}), and was not started by this "
                    "server. Nothing was started. Next: get_run_results, until the run has ended"
                )
            # Before the start is sent: whatever becomes of its answer, or of this call, it is known.
            campaign.start = start

        try:
            campaign.start = await self._cyara.aio.start_campaign(number, on_listed=note)
        except Exception as error:
            if campaign.start is None or not _is_doubtful(error):
                campaign.start = None
                raise
            # It may run; whether it does is seen by following it.

    async def _follow(self, campaign: _Campaign, start: CampaignStart, wait: int, progress: Progress) -> Answer:
        number, began = start.campaign_id, time.monotonic()
        reports: set[asyncio.Task[None]] = set()

        def found(run: ListedRun) -> None:
            if campaign.start is not None and campaign.start.at == start.at:
                campaign.start = campaign.start.found(run)

        def report(_: object) -> None:
            seconds = round(time.monotonic() - began, 1)
            run = self._run_of(campaign)
            words = f"Campaign {number} runs ({run})." if run else f"Campaign {number} waits for its run."
            task = asyncio.get_running_loop().create_task(progress(seconds, wait, words))
            reports.add(task)
            task.add_done_callback(reports.discard)

        pace = Pace(interval=min(5.0, max(wait / 20, 0.5)), deadline=wait)
        try:
            outcome = await self._cyara.aio.follow_campaign(start, pace=pace, on_progress=report, on_found=found)
        except RunNotFoundError:
            # No such run was listed in time, so the start was not carried out; the next call may start.
            self._forget(campaign, start)
            raise
        except WaitTimeoutError:
            return answer(
                verdict="running",
                campaign_id=number,
                run=self._run_of(campaign),
                next="The run goes on. Call run_campaign again with the same campaign to follow it; nothing is "
                "started by that.",
            )
        finally:
            await asyncio.gather(*reports, return_exceptions=True)
        self._forget(campaign, start)
        return _verdict(outcome)

    @staticmethod
    def _run_of(campaign: _Campaign) -> str | None:
        run = None if campaign.start is None else campaign.start.run
        return None if run is None else f"run {', '.join(sorted(run.every))}"

    @staticmethod
    def _forget(campaign: _Campaign, start: CampaignStart) -> None:
        # Several calls may have followed it, and a later one may have started anew.
        if campaign.start is not None and campaign.start.at == start.at:
            campaign.start = None


def _is_doubtful(error: Exception) -> bool:
    """Return whether a start may have been carried out though it ended so."""
    if isinstance(error, TransportError):
        return not error.nothing_sent
    if isinstance(error, ApiError):
        return error.status_code >= _DOUBTFUL
    return not isinstance(error, CyaraAuthError)


def _verdict(outcome: CampaignOutcome[Any, Any]) -> Answer:
    bad = [(number, result) for number, result in enumerate(outcome.results, 1) if meaning_of(result) != "passed"]
    return answer(
        {
            "bad_results": [shown(str(number), record_of(result, number)) for number, result in bad[:_SHOWN]],
            "problems": list(outcome.problems),
        },
        campaign_id=outcome.campaign_id,
        run_id=outcome.run_id,
        verdict=outcome.verdict,
        tally=dict(outcome.tally),
        bad=len(bad),
    )
