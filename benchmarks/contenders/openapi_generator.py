"""OpenAPI Generator's Python client (the generator that needs Java) for the same document; made by `build.py`."""

from typing import Any

from og_client import ApiClient, CampaignsApi, Configuration
from og_client.models import Campaign


def connect(base_url: str, pair: str) -> Any:  # generated a moment ago
    """Return the client."""
    settings = Configuration(host=base_url, api_key={"ApiKey": pair}, api_key_prefix={"ApiKey": "ApiKey"})
    return CampaignsApi(ApiClient(settings))


def campaign(client: Any, account_id: int, campaign_id: int) -> Any:  # generated a moment ago
    """Ask for one campaign."""
    return client.get_campaign(account_id, campaign_id)


def read(content: bytes) -> Any:  # generated a moment ago
    """Read the body of an answer."""
    return Campaign.from_json(content.decode())
