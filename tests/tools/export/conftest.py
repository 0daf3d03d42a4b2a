import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyara_auth import connect
from cyara_auth.client.cyara import Cyara
from cyara_client.models import CreateCampaignRequest
from cyara_tools.portal import LocalPortal

from .program import Exporting


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


@pytest.fixture
def cyara(portal: LocalPortal) -> Iterator[Cyara]:
    with connect(portal.base_url, portal.credential, account_id=portal.account_id, store="memory:") as client:
        yield client


@pytest.fixture
def export(tmp_path: Path, portal: LocalPortal) -> Exporting:
    return Exporting(tmp_path, portal)


def campaign_with(portal: LocalPortal, cyara: Cyara, results: int) -> int:
    """Make a campaign with one run that has so many results, and let it end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the operations are inferred, and say so once
        cases = [case.test_case_id for case in cyara.test_cases.iter_test_cases()]
        body = CreateCampaignRequest(
            name="Many, with a comma", plan_id=33, plan_type="Cruncher", test_case_ids=(cases * results)[:results]
        )
        campaign = cyara.campaigns.create_campaign(body=body).campaign_id
        cyara.campaigns.execute_campaign(campaign_id=campaign)
    portal.advance(10_000)
    return campaign
