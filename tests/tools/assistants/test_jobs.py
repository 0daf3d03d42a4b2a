"""What the tools do, with the SDK's own client in front and the local portal behind."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from cyara_tools.portal import LocalPortal

from .kit import JOBS, TRANSPORTS, assistant, bad, environment, good


def starts(portal: LocalPortal) -> int:
    return sum(1 for one in portal.requests if one.method == "POST" and one.path.endswith("/execute"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_reading_tools_do_their_jobs(transport: str, tmp_path: Path):
    async def ask(client: Client) -> None:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert listed.keys() == JOBS
        for tool in listed.values():
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint is True
        assert "GetTestCase is inferred" in str(listed["get_test_case"].description)
        found = await good(client, "list_campaigns", name="campaign 012")
        assert [one["campaignId"] for one in found["portal_data"]["campaigns"]] == [812]
        assert found["next_cursor"] is None
        cases = await good(client, "search_test_cases", text="TEST CASE 003")
        assert [one["testCaseId"] for one in cases["portal_data"]["test_cases"]] == [3003]
        campaign = await good(client, "get_campaign", campaign_id=812)
        assert campaign["portal_data"]["name"] == "Campaign 012"
        case = await good(client, "get_test_case", test_case_id=3003)
        assert case["portal_data"]["steps"]
        run = await good(client, "get_run_results", campaign_id=812, limit=2)
        assert run["run_id"] == campaign["latest_runs"][0]["run_id"]
        assert run["tally"]["passed"] + run["tally"]["failed"] + run["tally"]["not_called"] == run["listed"] == 6
        assert len(run["portal_data"]["results"]) == 2
        more = await good(client, "get_run_results", campaign_id=812, limit=2, cursor=run["next_cursor"])
        assert more["portal_data"]["results"] != run["portal_data"]["results"]
        compared = await good(client, "compare_runs", campaign_id=812)
        numbers = [one["run_id"] for one in campaign["latest_runs"][:2]]
        assert [compared["later"]["run_id"], compared["earlier"]["run_id"]] == numbers
        status = await good(client, "credential_status")
        assert status["usable"] is True
        assert status["strikes"] == 0
        assert "No campaign" not in await bad(client, "get_campaign", campaign_id=424242)

    async def run() -> None:
        async with assistant(transport, environment(portal, tmp_path), tmp_path / "log") as client:
            await ask(client)

    with LocalPortal() as portal:
        asyncio.run(run())
        assert portal.invalid_calls == 0


def test_a_failure_is_explained_and_a_change_is_seen(tmp_path: Path):
    async def run() -> None:
        options = ("--allow-writes",)
        async with assistant("stdio", environment(portal, tmp_path), tmp_path / "log", *options) as client:
            ran = await good(client, "run_campaign", campaign_id=812, wait_seconds=40)
            assert ran["verdict"] == "failed"
            assert ran["tally"]["failed"] == 2
            assert ran["bad"] == len(ran["portal_data"]["bad_results"]) == 2
            why = await good(client, "explain_failure", campaign_id=812)
            assert why["run_id"] == ran["run_id"]
            assert why["means"] == "failed"
            assert why["bad_results_in_run"] == 2
            assert why["portal_data"]["result"]["reason"]
            assert str(why["portal_data"]["test_case"]["testCaseId"]) == why["portal_data"]["result"]["test"]
            assert [one["run_id"] for one in why["earlier_runs"]]
            compared = await good(client, "compare_runs", campaign_id=812)
            assert compared["later"]["run_id"] == ran["run_id"]
            assert compared["counts"]["bad_now"] + compared["counts"]["still_bad"] == 2

    with LocalPortal(speed=20.0, outcomes="success", late_failures=2) as portal:
        asyncio.run(run())
        assert starts(portal) == 1


def test_every_campaign_is_on_one_page_and_only_one(tmp_path: Path):
    async def run() -> None:
        async with assistant("stdio", environment(portal, tmp_path), tmp_path / "log") as client:
            found: list[int] = []
            cursor: dict[str, Any] = {}
            for _ in range(10):
                page = await good(client, "list_campaigns", limit=30, **cursor)
                found += [one["campaignId"] for one in page["portal_data"]["campaigns"]]
                cursor = {"cursor": page["next_cursor"]}
                if page["next_cursor"] is None:
                    break
            assert found == list(range(801, 931))
            first = await good(client, "list_campaigns", limit=5)
            said = await bad(client, "list_campaigns", name="other", cursor=first["next_cursor"])
            assert "another question" in said
            assert "Nothing was sent" in await bad(client, "list_campaigns", cursor="no cursor")

    with LocalPortal() as portal:
        asyncio.run(run())


def test_arguments_are_checked_before_anything_is_sent(tmp_path: Path):
    async def run() -> None:
        async with assistant("stdio", environment(portal, tmp_path), tmp_path / "log") as client:
            assert "Nothing was sent" in await bad(client, "get_campaign", campaign_id="eight")
            assert "Nothing was sent" in await bad(client, "get_campaign")
            assert "Nothing was sent" in await bad(client, "list_campaigns", limit=51)
            assert "--allow-writes" in await bad(client, "run_campaign", campaign_id=812)

    with LocalPortal() as portal:
        asyncio.run(run())
        assert not portal.requests


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_campaign_is_started_once_and_its_progress_is_told(transport: str, tmp_path: Path):
    told: list[float] = []

    async def hear(progress: float, _: float | None, message: str | None) -> None:
        assert message is not None
        told.append(progress)

    async def run() -> None:
        environ = environment(portal, tmp_path)
        async with assistant(transport, environ, tmp_path / "log", "--allow-writes") as client:
            result = await client.call_tool(
                "run_campaign", {"campaign_id": 812, "wait_seconds": 30}, progress_callback=hear
            )
            assert result.structured_content is not None
            assert result.structured_content["started_by_this_call"] is True
            assert result.structured_content["verdict"] == "passed"

    with LocalPortal(speed=3.0, outcomes="success") as portal:
        asyncio.run(run())
        assert starts(portal) == 1
    assert told
    assert told == sorted(told)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_cancelled_call_is_followed_and_not_started_again(transport: str, tmp_path: Path):
    async def run() -> None:
        environ = environment(portal, tmp_path)
        async with assistant(transport, environ, tmp_path / "log", "--allow-writes") as client:
            first = asyncio.ensure_future(client.call_tool("run_campaign", {"campaign_id": 812}))
            while not starts(portal):  # noqa: ASYNC110 - the portal is in another thread, and has no event
                await asyncio.sleep(0.05)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            # The server goes on, and so does the run.
            assert (await good(client, "credential_status"))["usable"] is True
            waited = await good(client, "run_campaign", campaign_id=812, wait_seconds=1)
            assert waited["verdict"] == "running"
            portal.advance(600)
            again = await good(client, "run_campaign", campaign_id=812, wait_seconds=40)
            assert again["started_by_this_call"] is False
            assert again["verdict"] == "passed"

    with LocalPortal(speed=0.01, outcomes="success") as portal:
        asyncio.run(run())
        assert starts(portal) == 1
        assert portal.invalid_calls == 0


def test_many_calls_for_one_campaign_start_it_once(tmp_path: Path):
    async def run() -> None:
        environ = environment(portal, tmp_path)
        async with assistant("stdio", environ, tmp_path / "log", "--allow-writes") as client:
            calls = [good(client, "run_campaign", campaign_id=812, wait_seconds=40) for _ in range(8)]
            answers = await asyncio.gather(*calls)
            assert sum(one["started_by_this_call"] for one in answers) == 1
            assert {one["run_id"] for one in answers} == {answers[0]["run_id"]}

    with LocalPortal(speed=20.0, outcomes="success") as portal:
        asyncio.run(run())
        assert starts(portal) == 1


def test_a_campaign_that_somebody_else_runs_is_not_started(tmp_path: Path):
    async def run() -> None:
        environ = environment(portal, tmp_path)
        async with (
            assistant("stdio", environ, tmp_path / "one", "--allow-writes") as one,
            assistant("stdio", environ, tmp_path / "other", "--allow-writes") as other,
        ):
            assert (await good(one, "run_campaign", campaign_id=812, wait_seconds=4))["verdict"] == "running"
            assert "runs already" in await bad(other, "run_campaign", campaign_id=812, wait_seconds=5)

    with LocalPortal(endless=True) as portal:
        asyncio.run(run())
        assert starts(portal) == 1
