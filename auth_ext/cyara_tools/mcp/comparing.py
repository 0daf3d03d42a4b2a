"""Tools that say what has changed between runs, and why a test is not good."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cyara_auth.errors import ApiError
from cyara_auth.workflows.calls import CallStep, call_of
from cyara_auth.workflows.fields import as_json, identity
from cyara_tools.mcp.answers import answer
from cyara_tools.mcp.errors import ToolError
from cyara_tools.mcp.runs import read_run, runs_of_campaign, shown
from cyara_tools.mcp.tool import CAMPAIGN, RUN, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.mcp.runs import ReadRun
    from cyara_tools.mcp.tool import Answer, Progress
    from cyara_tools.run.record import TestRecord

_RESULTS: Final = ("GetCampaignRuns", "GetCampaignRun", "GetCampaignRunResults")
_SHOWN: Final = 20
_EARLIER: Final = 4
_TWO: Final = 2
_MEANS: Final = {
    "passed": "The call went as the test case says.",
    "failed": "The call was made, and did not go as the test case says. Look at the reason and at the steps.",
    "not_called": "No call was made, or it was cut off. That says nothing about the system under test: look at lines, "
    "ports, and at who ended the run.",
}


def comparing_tools(cyara: Cyara) -> tuple[Tool, ...]:
    """Return them."""
    test = {
        "type": ["integer", "string"],
        "description": "`test` or `test_result_id` of a result, as get_run_results has it; without it, the first bad.",
    }
    return (
        Tool(
            name="compare_runs",
            title="Compare two runs",
            description="Say what changed between two runs of a campaign: which tests are bad now, which are good "
            "again, which are in one of them only. Without numbers, the two newest runs.",
            operations=_RESULTS,
            properties={
                "campaign_id": CAMPAIGN,
                "earlier_run_id": {**RUN, "description": "Number of the earlier run; needs later_run_id."},
                "later_run_id": {**RUN, "description": "Number of the later run; needs earlier_run_id."},
            },
            required=("campaign_id",),
            run=partial(_compare_runs, cyara),
        ),
        Tool(
            name="explain_failure",
            title="Explain a failure",
            description="Gather what is known of a bad result: the portal's reason, what the result means, the test "
            "case's steps, whether others in the run failed alike, and how the test did in earlier runs.",
            operations=("GetCampaignRuns", "GetCampaignRun", "GetCampaignRunResults", "GetTestCase"),
            properties={"campaign_id": CAMPAIGN, "run_id": RUN, "test": test},
            required=("campaign_id",),
            run=partial(_explain_failure, cyara),
        ),
    )


async def _compare_runs(cyara: Cyara, arguments: Mapping[str, Any], _: Progress) -> Answer:
    campaign: int = arguments["campaign_id"]
    numbers = [arguments.get(name) for name in ("earlier_run_id", "later_run_id")]
    if numbers == [None, None]:
        newest = (await runs_of_campaign(cyara, campaign))[:_TWO]
        if len(newest) < _TWO:
            raise ToolError(
                f"Campaign {campaign} has fewer than two runs. Nothing was compared. Next: get_run_results shows one"
            )
        numbers = [run.numbers[0] for run in reversed(newest)]
    if None in numbers:
        raise ToolError("One run is named, and two are compared. Nothing was sent. Next: name both, or neither")
    earlier, later = [await read_run(cyara, campaign, number) for number in numbers]
    before, after = _by_test(earlier), _by_test(later)
    changes: dict[str, list[dict[str, Any]]] = {name: [] for name in ("bad_now", "good_again", "still_bad")}
    for test, record in after.items():
        old = before.get(test)
        if old is None:
            continue
        was_good, is_good = old.meaning.value == "passed", record.meaning.value == "passed"
        kind = "" if was_good and is_good else "bad_now" if was_good else "good_again" if is_good else "still_bad"
        if kind:
            changes[kind].append({**shown(test, record), "result_before": old.result})
    changes["only_in_earlier"] = [shown(test, one) for test, one in before.items() if test not in after]
    changes["only_in_later"] = [shown(test, one) for test, one in after.items() if test not in before]
    return answer(
        {name: rows[:_SHOWN] for name, rows in changes.items()},
        earlier=earlier.facts(),
        later=later.facts(),
        counts={name: len(rows) for name, rows in changes.items()},
    )


async def _explain_failure(cyara: Cyara, arguments: Mapping[str, Any], progress: Progress) -> Answer:
    campaign: int = arguments["campaign_id"]
    run = await read_run(cyara, campaign, arguments.get("run_id"))
    test, record = _chosen(run, arguments.get("test"))
    bad = [one for _, one in run.results if one.meaning.value != "passed"]
    reasons = Counter(one.reason for one in bad)
    await progress(0, None, "The run is read; earlier runs follow.")
    history = await _history(cyara, campaign, run, test)
    facts = {
        **run.facts(),
        "means": record.meaning.value,
        "explanation": _MEANS[record.meaning.value],
        "bad_results_in_run": len(bad),
        "with_the_same_reason": reasons[record.reason],
        "earlier_runs": history,
        "began_with_this_run": bool(history) and history[0]["means"] == "passed" and record.meaning.value != "passed",
    }
    return answer({"result": shown(test, record), "test_case": await _test_case(cyara, test)}, **facts)


def _by_test(run: ReadRun) -> dict[str, TestRecord]:
    """Return the results of a run by what names their tests; a repeated call is a test of its own."""
    found: dict[str, TestRecord] = {}
    for test, record in run.results:
        name, number = test, 2
        while name in found:
            name, number = f"{test} (call {number})", number + 1
        found[name] = record
    return found


def _chosen(run: ReadRun, wanted: int | str | None) -> tuple[str, TestRecord]:
    if wanted is None:
        found = next((pair for pair in run.results if pair[1].meaning.value != "passed"), None)
        if found is None:
            raise ToolError(f"Run {run.number} has no bad result. There is nothing to explain. Next: get_run_results")
        return found
    names = {str(wanted), identity(wanted)}
    matching = [pair for pair in run.results if names & {pair[0], pair[1].id}]
    # Of several calls of one test case, the bad one is meant.
    matching.sort(key=lambda pair: pair[1].meaning.value == "passed")
    if not matching:
        raise ToolError(
            f"Run {run.number} has no such result. There is nothing to explain. Next: take `test` from get_run_results"
        )
    return matching[0]


async def _history(cyara: Cyara, campaign: int, run: ReadRun, test: str) -> list[dict[str, Any]]:
    """Return how a test did in the runs before, newest first."""
    runs = await runs_of_campaign(cyara, campaign)
    at = next((place for place, one in enumerate(runs) if str(run.number) in map(str, one.numbers)), None)
    found: list[dict[str, Any]] = []
    for one in [] if at is None else runs[at + 1 : at + 1 + _EARLIER]:
        earlier = await read_run(cyara, campaign, one.numbers[0])
        record = next((record for name, record in earlier.results if name == test), None)
        if record is not None:
            found.append({"run_id": earlier.number, "means": record.meaning.value})
    return found


async def _test_case(cyara: Cyara, test: str) -> Any:
    """Return the test case, where the portal tells it."""
    if not test.isdigit():
        return None
    try:
        return as_json(await call_of(cyara.aio, CallStep("test_cases", "get_test_case", {"test_case_id": int(test)}))())
    except ApiError as error:
        # It may be gone; what the portal says of the credential is never passed over.
        if error.status_code in {401, 403}:
            raise
        return None
