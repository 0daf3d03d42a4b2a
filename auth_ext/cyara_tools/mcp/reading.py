"""Tools that read campaigns, test cases and runs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cyara_auth.workflows.calls import CallStep, call_of
from cyara_auth.workflows.fields import field
from cyara_tools.mcp.answers import answer
from cyara_tools.mcp.pages import cursor_at, limit_of, offset_of, page_of
from cyara_tools.mcp.runs import facts_of, listed, read_run, runs_of_campaign, shown
from cyara_tools.mcp.tool import CAMPAIGN, CURSOR, LIMIT, RUN, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.mcp.tool import Answer, Progress

_LATEST_RUNS: Final = 10
_RESULTS: Final = ("GetCampaignRuns", "GetCampaignRun", "GetCampaignRunResults")


def reading_tools(cyara: Cyara) -> tuple[Tool, ...]:
    """Return them."""
    text = {"type": "string", "maxLength": 200}
    test_case = {"type": "integer", "minimum": 1, "description": "Number of the test case."}
    only = {"enum": ["all", "bad"], "default": "all", "description": "bad: those that did not pass."}
    return (
        Tool(
            name="list_campaigns",
            title="List campaigns",
            description="List campaigns with their numbers, types and last runs; a part of the name finds some.",
            operations=("GetCampaigns",),
            properties={
                "name": {**text, "description": "Part of the name, in any case."},
                "plan_type": {**text, "description": "Type of the plan, such as Pulse or Velocity."},
                "limit": LIMIT,
                "cursor": CURSOR,
            },
            run=partial(_list_campaigns, cyara),
        ),
        Tool(
            name="search_test_cases",
            title="Search test cases",
            description="Find test cases by a part of their name, folder, destination or description.",
            operations=("GetTestCases",),
            properties={
                "text": {**text, "description": "What to look for, in any case; without it, all."},
                "limit": LIMIT,
                "cursor": CURSOR,
            },
            run=partial(_search_test_cases, cyara),
        ),
        Tool(
            name="get_campaign",
            title="Get a campaign",
            description=f"Show a campaign: its test cases, its schedule, and its latest {_LATEST_RUNS} runs.",
            operations=("GetCampaign", "GetCampaignRuns"),
            properties={"campaign_id": CAMPAIGN},
            required=("campaign_id",),
            run=partial(_get_campaign, cyara),
        ),
        Tool(
            name="get_test_case",
            title="Get a test case",
            description="Show a test case with its steps: what is expected to be heard, and what is replied.",
            operations=("GetTestCase",),
            properties={"test_case_id": test_case},
            required=("test_case_id",),
            run=partial(_get_test_case, cyara),
        ),
        Tool(
            name="get_run_results",
            title="Get the results of a run",
            description="Show a run of a campaign: its verdict, how many tests passed, and the result of each. The "
            "verdict is passed, failed, not_called, incomplete or running; only passed is good.",
            operations=_RESULTS,
            properties={"campaign_id": CAMPAIGN, "run_id": RUN, "only": only, "limit": LIMIT, "cursor": CURSOR},
            required=("campaign_id",),
            run=partial(_get_run_results, cyara),
        ),
    )


async def _list_campaigns(cyara: Cyara, arguments: Mapping[str, Any], _: Progress) -> Answer:
    name, plan_type = arguments.get("name", "").casefold(), arguments.get("plan_type", "").casefold()

    def keep(value: Any) -> bool:
        return name in str(field(value, "name") or "").casefold() and (
            not plan_type or plan_type == str(field(value, "plantype") or "").casefold()
        )

    page = await page_of(listed(cyara, "campaigns", "iter_campaigns"), arguments, keep)
    return answer({"campaigns": page["items"]}, next_cursor=page["next_cursor"])


async def _search_test_cases(cyara: Cyara, arguments: Mapping[str, Any], _: Progress) -> Answer:
    text = arguments.get("text", "").casefold()

    def keep(value: Any) -> bool:
        words = (field(value, name) for name in ("name", "folderpath", "destination", "description"))
        return not text or any(text in str(word).casefold() for word in words if word is not None)

    page = await page_of(listed(cyara, "test_cases", "iter_test_cases"), arguments, keep)
    return answer({"test_cases": page["items"]}, next_cursor=page["next_cursor"])


async def _get_campaign(cyara: Cyara, arguments: Mapping[str, Any], _: Progress) -> Answer:
    number: int = arguments["campaign_id"]
    campaign = await call_of(cyara.aio, CallStep("campaigns", "get_campaign", {"campaign_id": number}))()
    runs = [facts_of(run) for run in (await runs_of_campaign(cyara, number))[:_LATEST_RUNS]]
    return answer(campaign, latest_runs=runs)


async def _get_test_case(cyara: Cyara, arguments: Mapping[str, Any], _: Progress) -> Answer:
    step = CallStep("test_cases", "get_test_case", {"test_case_id": arguments["test_case_id"]})
    return answer(await call_of(cyara.aio, step)())


async def _get_run_results(cyara: Cyara, arguments: Mapping[str, Any], _: Progress) -> Answer:
    begin, limit = offset_of(arguments), limit_of(arguments)
    run = await read_run(cyara, arguments["campaign_id"], arguments.get("run_id"))
    only_bad = arguments.get("only") == "bad"
    rows = [shown(test, record) for test, record in run.results if not only_bad or record.meaning.value != "passed"]
    more = cursor_at(begin + limit, arguments) if len(rows) > begin + limit else None
    return answer({"results": rows[begin : begin + limit]}, **run.facts(), listed=len(rows), next_cursor=more)
