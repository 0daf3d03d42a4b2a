"""Runs of campaigns and their results, as the portal lists them."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.workflows.calls import CallStep, call_of
from cyara_auth.workflows.fields import as_json, field, identity, is_moment
from cyara_auth.workflows.search import Listed, is_newest_first, runs_of
from cyara_auth.workflows.verdict import tally_of
from cyara_tools.mcp.errors import ToolError
from cyara_tools.mcp.pages import LOOKED_AT, PER_PAGE
from cyara_tools.run.result_fields import record_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_auth.workflows.search import ListedRun
    from cyara_tools.run.record import TestRecord

MOST_RESULTS = 5_000
"""Results of a run that are read; a run has seldom more than some hundred."""


@attrs.frozen(kw_only=True)
class ReadRun:
    """A run with its results.

    Attributes:
        number: Its number, as the portal has it.
        ended: Whether it is over.
        results: Test case, or name where there is none, and what its result says; in the order of the portal's list.
        missing: Results that the portal counts and did not list.
        models: The results as they came.
    """

    number: int | str
    ended: bool
    results: tuple[tuple[str, TestRecord], ...]
    missing: int
    models: tuple[Any, ...]

    def facts(self) -> dict[str, Any]:
        """Return what is ours to say of it."""
        tally = tally_of(self.models, missing=self.missing)
        return {
            "run_id": self.number,
            "ended": self.ended,
            "verdict": tally.verdict if self.ended else "running",
            "tally": dict(tally),
        }


def listed(cyara: Cyara, resource: str, method: str, **arguments: Any) -> AsyncGenerator[Any]:
    """Walk a list of the portal, page by page."""
    wishes = {"page_size": PER_PAGE, "prefetch": False}
    walk: AsyncGenerator[Any] = call_of(cyara.aio, CallStep(resource, method, arguments, wishes=wishes))()
    return walk


async def runs_of_campaign(cyara: Cyara, campaign: int) -> list[ListedRun]:
    """Return the runs of a campaign, newest first; the latest of them where there are many."""
    wishes = {"sort_field": "StartDate", "sort_asc": False, "page_size": PER_PAGE, "prefetch": False}
    pages: list[Any] = []
    step = CallStep(
        "campaigns", "iter_campaign_runs", {"campaign_id": campaign, "on_page": pages.append}, wishes=wishes
    )
    found: list[Listed] = []
    async with aclosing(call_of(cyara.aio, step)()) as walk:
        async for item in walk:
            found.append(Listed.of(item))
            # Only where the order is beyond doubt: a portal may pass over the wish for one.
            is_whole_page = len(found) == pages[-1].fetched
            if len(found) == LOOKED_AT or (is_whole_page and is_newest_first(found)):
                break
    dated = [run for run in runs_of(found) if run.start]
    undated = [run for run in runs_of(found) if not run.start]
    return [*sorted(dated, key=lambda run: str(run.start), reverse=True), *undated]


def facts_of(run: ListedRun) -> dict[str, Any]:
    """Return what is known of a listed run."""
    return {"run_id": run.numbers[0], "start": run.start and run.start.isoformat(), "ended": run.ended}


async def read_run(cyara: Cyara, campaign: int, run: int | str | None) -> ReadRun:
    """Read a run with all its results.

    Args:
        cyara: Reads it.
        campaign: Number of its campaign.
        run: Its number; None for the newest.

    Raises:
        ToolError: the campaign has no run.
    """
    if run is None:
        runs = await runs_of_campaign(cyara, campaign)
        if not runs:
            raise ToolError(f"Campaign {campaign} has no run yet. Nothing was read. Next: run it, or name another one")
        return await _read(cyara, campaign, runs[0].numbers, ended=runs[0].ended)
    number = int(run) if str(run).isdigit() else run
    step = CallStep("campaigns", "get_campaign_run", {"campaign_id": campaign, "run_id": number})
    value = as_json(await call_of(cyara.aio, step)())
    return await _read(cyara, campaign, (number,), ended=is_moment(field(value, "enddate")))


async def _read(cyara: Cyara, campaign: int, numbers: tuple[Any, ...], *, ended: bool) -> ReadRun:
    models: list[Any] = []
    missing = 0
    for number in numbers:
        pages: list[Any] = []
        where = {"campaign_id": campaign, "run_id": number, "on_page": pages.append}
        begun = len(models)
        async with aclosing(listed(cyara, "campaigns", "iter_campaign_run_results", **where)) as walk:
            async for model in walk:
                models.append(model)
                if len(models) >= MOST_RESULTS:
                    break
        total = pages[-1].total if pages else None
        missing += max((total or 0) - (len(models) - begun), 0)
    results = tuple((_test_of(model, count), record_of(model, count)) for count, model in enumerate(models, start=1))
    return ReadRun(number=numbers[0], ended=ended, results=results, missing=missing, models=tuple(models))


def _test_of(model: Any, count: int) -> str:
    """Return what names a test in every run: the number of its test case, else its name."""
    value: Mapping[str, Any] = as_json(model)
    return identity(field(value, "testcaseid", "caseid", "testid")) or record_of(model, count).name


def shown(test: str, record: TestRecord) -> dict[str, Any]:
    """Return a result as an answer shows it; all of it is the portal's."""
    return {
        "test": test,
        "test_result_id": record.id,
        "name": record.name,
        "result": record.result,
        "means": record.meaning.value,
        "seconds": record.duration_s,
        "reason": record.reason,
        "start": record.started and record.started.isoformat(),
    }
