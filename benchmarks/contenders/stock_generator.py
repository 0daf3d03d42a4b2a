"""openapi-python-client's own output for the same document, with its own templates; made by `build.py`."""

import json
from typing import Any

from stock_client import AuthenticatedClient
from stock_client.api.campaigns import get_campaign
from stock_client.models import Campaign


def connect(base_url: str, pair: str) -> Any:  # generated a moment ago
    """Return the client."""
    return AuthenticatedClient(base_url=base_url, token=pair, prefix="ApiKey")


def campaign(client: Any, account_id: int, campaign_id: int) -> Any:  # generated a moment ago
    """Ask for one campaign."""
    return get_campaign.sync(account_id, campaign_id, client=client)


def read(content: bytes) -> Any:  # generated a moment ago
    """Read the body of an answer."""
    return Campaign.from_dict(json.loads(content))
