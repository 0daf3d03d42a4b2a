"""What a portal leaves out, or writes otherwise than its document says, costs a script that value and nothing else."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cyara_auth import Cyara, connect
from cyara_auth.drift.drift import DriftError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.errors import DecodingError
from cyara_client.models import Campaign
from cyara_tools.portal import LocalPortal
from cyara_tools.portal.faults import Fault


@pytest.fixture(scope="module")
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


def calling(portal: LocalPortal, *, strict: bool = False) -> Cyara:
    return connect(
        portal.base_url, portal.credential, account_id=portal.account_id, store=MemoryStrikeStore(), strict=strict
    )


@pytest.fixture
def cyara(portal: LocalPortal) -> Iterator[Cyara]:
    with calling(portal) as client:
        yield client
    portal.clear_faults()


def answer(portal: LocalPortal, body: object) -> None:
    portal.clear_faults()
    portal.inject(Fault(status=200, body=json.dumps(body), media_type="application/json", times=None))


SPARSE: dict[str, tuple[Callable[[Cyara], Any], object]] = {
    "campaign": (
        lambda cyara: cyara.campaigns.get_campaign(campaign_id=5),
        {"concurrency": 3, "testCases": [{}], "frequency": "00:10:00", "plan": {"name": "Nightly"}},
    ),
    "run": (
        lambda cyara: cyara.campaigns.get_campaign_run(campaign_id=5, run_id=6),
        {"startDate": "2025-05-05T05:05:05Z", "endDate": None},
    ),
    "results": (
        lambda cyara: cyara.campaigns.get_campaign_run_results(campaign_id=5, run_id=6),
        {"results": [{"duration": "00:00:12"}], "totalResults": 1},
    ),
    "plan": (lambda cyara: cyara.plans.get_plan(plan_id=2), {"concurrency": 7}),
    "nothing": (lambda cyara: cyara.campaigns.get_campaign(campaign_id=5), {}),
    "page without rows": (lambda cyara: cyara.campaigns.get_campaigns(), {}),
}


@pytest.mark.parametrize("name", SPARSE)
def test_an_answer_without_required_fields_is_read_and_goes_back(portal: LocalPortal, cyara: Cyara, name: str) -> None:
    call, body = SPARSE[name]
    answer(portal, body)
    read = call(cyara)
    assert (read.to_dict(), read.unread()) == (body, {})


def test_a_row_that_is_odd_costs_no_other_row(portal: LocalPortal, cyara: Cyara) -> None:
    rows = [{"runId": "7d444840-0000", "startDate": "soon"}, {"runId": 2, "startDate": "2025-05-05T05:05:05Z"}]
    answer(portal, {"results": rows, "totalResults": 2})
    for odd, good in (
        cyara.campaigns.get_campaign_runs(campaign_id=5).results or (),
        list(cyara.campaigns.iter_campaign_runs(campaign_id=5)),
    ):
        assert (odd.run_id, odd.start_date, odd.unread()) == (None, None, rows[0])
        assert (good.run_id, good.start_date) == (2, dt.datetime(2025, 5, 5, 5, 5, 5, tzinfo=dt.UTC))


@pytest.mark.parametrize("body", [[], "text", 5, [{"results": []}]])
def test_an_answer_that_is_no_object_at_all_is_an_error(portal: LocalPortal, cyara: Cyara, body: object) -> None:
    answer(portal, body)
    with pytest.raises(DecodingError, match=r"at \$: Campaign expected"):
        cyara.campaigns.get_campaign(campaign_id=5)


GOOD: dict[str, object] = {"campaignId": 5, "name": "Nightly"}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"campaignId": "five"}, "type 'string'"),
        ({"campaignId": None}, ""),
        ({"lastRunDate": "soon"}, "format 'other than date-time'"),
        ({"frequency": "soon"}, "format 'other than"),
        ({"frequency": "00:10:00"}, ""),
        ({"schedules": 5}, "type 'integer'"),
        ({"plan": "Nightly"}, "type 'string'"),
        ({"name": {"first": "Nightly"}}, "type 'object'"),
        ({"testCases": [{"testCaseId": 1}, 2]}, "type 'integer'"),
    ],
)
def test_strict_names_whatever_would_read_as_none(portal: LocalPortal, more: dict[str, object], kind: str) -> None:
    body = {**GOOD, **more}
    answer(portal, body)
    with calling(portal, strict=True) as strict:
        if kind:
            with pytest.raises(DriftError, match=kind):
                strict.campaigns.get_campaign(campaign_id=5)
        else:
            strict.campaigns.get_campaign(campaign_id=5)
    portal.clear_faults()
    campaign = Campaign.from_dict(body)
    assert campaign.unread() == (more if kind else {})
    assert campaign.to_dict() == body


def test_strict_names_a_required_field_that_is_missing(portal: LocalPortal) -> None:
    answer(portal, {"name": "Nightly"})
    with calling(portal, strict=True) as strict, pytest.raises(DriftError, match="missing field 'campaignId'"):
        strict.campaigns.get_campaign(campaign_id=5)
    portal.clear_faults()
