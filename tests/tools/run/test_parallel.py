"""Campaigns beside each other: as many as were asked for, as far as their plans have ports, and none twice at once."""

from collections.abc import Callable
from typing import Any

import pytest

from cyara_auth import connect
from cyara_client.models import UpdateCampaignRequest
from cyara_tools.portal import LocalPortal
from cyara_tools.run.ports import Ports

from .program import Program, starts

Start = Callable[..., LocalPortal]


def with_ports(portal: LocalPortal, **campaigns: int) -> list[str]:
    """Give campaigns of one plan so many ports, and return their numbers. The plan has four."""
    numbers = []
    with connect(portal.base_url, portal.credential, account_id=1, store="memory:") as cyara:
        for name, ports in campaigns.items():
            number = int(name.removeprefix("c"))
            # 34 is the plan with four ports.
            cyara.campaigns.update_campaign(
                campaign_id=number, body=UpdateCampaignRequest(plan_id=34, concurrency=ports)
            )
            numbers.append(str(number))
    return numbers


def test_campaigns_run_beside_each_other(program: Program, at: Start):
    portal = at(outcomes="success", speed=0)
    process = program.process("801", "802", "803", "--parallel", "2", "--interval", "50ms")
    assert process.stderr is not None
    first = {process.stderr.readline().split()[1] for _ in range(2)}
    assert first == {"801", "802"}
    assert starts(portal) == 2
    portal.advance(60)
    lines = [process.stderr.readline() for _ in range(4)]
    while not any("803" in line and "started" in line for line in lines):
        lines.append(process.stderr.readline())
    portal.advance(60)
    done = program.end_of(process)
    assert done.code == 0
    # In the order of the selection, whichever was over first.
    assert [line.split()[1] for line in done.out.splitlines()[:3]] == ["801", "802", "803"]


@pytest.mark.filterwarnings("ignore::cyara_client.errors.UnverifiedOperationWarning")
def test_what_has_no_free_ports_waits_and_what_has_them_goes_before(program: Program, at: Start):
    portal = at(outcomes="success", speed=0)
    numbers = with_ports(portal, c811=3, c812=2, c813=1)
    process = program.process(*numbers, "--parallel", "3", "--interval", "50ms")
    assert process.stderr is not None
    first = {process.stderr.readline().split()[1] for _ in range(2)}
    assert first == {"811", "813"}
    assert starts(portal, 812) == 0
    while starts(portal, 812) == 0:
        portal.advance(30)
        process.stderr.readline()
    portal.advance(60)
    done = program.end_of(process)
    assert done.code == 0
    assert starts(portal) == 3


FOUR: dict[str, Any] = {"plan": "34", "limit": 4}


@pytest.mark.parametrize(
    ("ports", "running", "fits"),
    [
        (Ports(wanted=2, **FOUR), [Ports(wanted=2, **FOUR)], True),
        (Ports(wanted=2, **FOUR), [Ports(wanted=3, **FOUR)], False),
        (Ports(wanted=2, **FOUR), [Ports(wanted=1, **FOUR), Ports(wanted=2, **FOUR)], False),
        (Ports(wanted=2, **FOUR), [Ports(wanted=4, plan="35", limit=4)], True),
        (Ports(wanted=9, **FOUR), [], True),
        (Ports(wanted=9, **FOUR), [Ports(wanted=1, **FOUR)], False),
        (Ports(wanted=9, plan="34"), [Ports(wanted=9, plan="34")], True),
        (Ports(), [Ports()], True),
    ],
)
def test_a_campaign_fits_beside_others_by_what_is_known(ports: Ports, running: list[Ports], *, fits: bool):
    assert ports.fits_beside(running) is fits


def test_a_plan_that_may_not_be_seen_keeps_nothing_from_running(program: Program, portal: LocalPortal):
    import attrs

    from cyara_tools.portal import faults

    portal.inject(attrs.evolve(faults.answer(403), times=None, path="/plans/"))
    assert program.quick("801", "805", "--parallel", "2").code == 0


def test_fail_fast_starts_nothing_more_and_follows_what_runs(program: Program, at: Start):
    portal = at(outcomes="success", late_failures=1)
    facts = program.json("801", "802", "803", "--fail-fast")
    assert facts["exit_code"] == 10
    assert [campaign["verdict"] for campaign in facts["campaigns"]] == ["failed", "not_started", "not_started"]
    assert "--fail-fast" in facts["campaigns"][1]["reasons"][0]
    assert starts(portal) == 1
    # That was its will, so nothing of it is taken up later.
    assert program.quick("--resume").code == 13


def test_without_fail_fast_every_campaign_has_its_turn(program: Program, at: Start):
    portal = at(outcomes="success", late_failures=1)
    facts = program.json("801", "802")
    assert [campaign["verdict"] for campaign in facts["campaigns"]] == ["failed", "failed"]
    assert starts(portal) == 2


def test_a_campaign_that_others_failed_beside_is_followed_to_its_end(program: Program, at: Start):
    portal = at(outcomes="success", late_failures=1)
    facts = program.json("801", "805", "806", "--parallel", "2", "--fail-fast")
    assert [campaign["verdict"] for campaign in facts["campaigns"]] == ["failed", "failed", "not_started"]
    assert starts(portal) == 2
