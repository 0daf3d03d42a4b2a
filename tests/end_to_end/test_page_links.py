"""Page links of the portal through `connect()`: one that leads to another portal is refused as such, and not sent."""

import asyncio
import json
import pickle
from collections.abc import Iterator

import pytest

from cyara_auth import Cyara, connect
from cyara_auth.errors import CredentialOriginError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_client.errors import PageError
from cyara_tools.portal import LocalPortal, faults

FOREIGN = "https://portal.example/cyarawebapi/v3.0/accounts/1/campaigns?pageno=2"
CAMPAIGN = {"campaignId": 1, "name": "a", "planType": "Pulse", "status": "Running", "lastRunDate": None}


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    with LocalPortal() as running:
        yield running


def _client(portal: LocalPortal) -> Cyara:
    return connect(portal.base_url, portal.credential, account_id=portal.account_id, store=MemoryStrikeStore())


def _read(cyara: Cyara, face: str, read: list[int]) -> None:
    """Read all campaigns; `read` keeps those that came before an error."""

    async def collect() -> None:
        async with cyara:
            async for campaign in cyara.aio.campaigns.iter_campaigns():
                read.append(campaign.campaign_id)  # noqa: PERF401 - what was read before the error counts

    if face == "async":
        asyncio.run(collect())
        return
    with cyara:
        for campaign in cyara.campaigns.iter_campaigns():
            read.append(campaign.campaign_id)  # noqa: PERF401 - what was read before the error counts


@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_foreign_next_page_is_an_error_of_pages_and_of_the_credentials_origin(portal: LocalPortal, face: str) -> None:
    page = {"results": [CAMPAIGN], "nextPage": FOREIGN, "totalResults": 2}
    portal.inject(faults.answer(200, json.dumps(page), media_type="application/json"))
    read: list[int] = []
    with pytest.raises(CredentialOriginError) as caught:
        _read(_client(portal), face, read)
    assert isinstance(caught.value, PageError)
    assert "leads to https://portal.example, and this client is bound to http://127.0.0.1:" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes
    assert read == [1]
    assert len(portal.requests) == 1


@pytest.mark.parametrize("face", ["sync", "async"])
def test_the_portals_own_links_lead_through_all_pages(portal: LocalPortal, face: str) -> None:
    read: list[int] = []
    _read(_client(portal), face, read)
    assert len(read) == len(set(read)) > 100
