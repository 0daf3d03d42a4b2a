"""The local portal in tests that freeze the clock, as suites do that are about dates: it serves, and it stops."""

import asyncio
import time

import freezegun
import pytest

from cyara_auth import Pace, connect
from cyara_auth._platform.system import this_system
from cyara_tools.portal import LocalPortal, faults

QUICK = 8.0
"""Seconds; a server whose clock stands still is left after ten, by whoever stops it."""


@pytest.fixture
def in_time():
    began = this_system().uptime()
    yield
    assert this_system().uptime() - began < QUICK


@pytest.mark.parametrize("process", [False, True])
def test_calls_under_a_frozen_clock(in_time, *, process: bool) -> None:
    with freezegun.freeze_time("2026-02-03 04:05:06"):
        frozen = time.monotonic()
        with (
            LocalPortal(process=process) as portal,
            connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
        ):
            assert cyara.campaigns.get_campaigns(page_size=2).total_results == 130
            # A timer of the server's own.
            portal.inject(faults.delay(0.2))
            assert cyara.campaigns.get_campaigns(page_size=2).total_results == 130

            async def from_a_task() -> int | None:
                async with connect(portal.base_url, portal.credential, account_id=1, store="memory:") as other:
                    return (await other.aio.campaigns.get_campaigns(page_size=2)).total_results

            assert asyncio.run(from_a_task()) == 130
        # Or the clock was not frozen at all.
        assert time.monotonic() == frozen


def test_a_clock_that_is_frozen_while_the_fixture_runs(in_time) -> None:
    with LocalPortal() as portal:
        with freezegun.freeze_time("2026-02-03"), connect(portal.base_url, portal.credential, store="memory:") as cyara:
            assert cyara.campaigns.get_campaigns(account_id=1, page_size=2).total_results == 130
        # And when it goes on, it has jumped by months.
        with connect(portal.base_url, portal.credential, store="memory:") as cyara:
            assert cyara.campaigns.get_campaigns(account_id=1, page_size=2).total_results == 130


@pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")
def test_a_run_ends_under_a_frozen_clock(in_time) -> None:
    with (
        freezegun.freeze_time("2026-02-03"),
        LocalPortal(speed=200) as portal,
        connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara,
    ):
        campaign = cyara.campaigns.get_campaigns(page_size=1).results[0]
        outcome = cyara.run_campaign(campaign.campaign_id, pace=Pace(interval=0.05))
        assert outcome.results
