"""This client, with its defaults: strikes in a file, the standard library's JSON."""

import json

from cyara_auth import Cyara
from cyara_auth import connect as _connect
from cyara_client.models import Campaign


def connect(base_url: str, pair: str) -> Cyara:
    """Return the client."""
    return _connect(base_url, pair)


def campaign(client: Cyara, account_id: int, campaign_id: int) -> Campaign:
    """Ask for one campaign."""
    return client.campaigns.get_campaign(account_id=account_id, campaign_id=campaign_id)


def read(content: bytes) -> Campaign:
    """Read the body of an answer."""
    return Campaign.from_dict(json.loads(content))
