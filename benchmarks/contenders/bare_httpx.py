"""httpx by hand, as a careful author writes it: one client that is kept, and statuses that are looked at."""

import json
from typing import Any

import httpx


def connect(base_url: str, pair: str) -> httpx.Client:
    """Return the client."""
    headers = {"Authorization": f"ApiKey {pair}", "Accept": "application/json"}
    return httpx.Client(base_url=base_url, headers=headers)


def campaign(client: httpx.Client, account_id: int, campaign_id: int) -> Any:  # whatever JSON came
    """Ask for one campaign."""
    answer = client.get(f"/v3.0/accounts/{account_id}/campaigns/{campaign_id}")
    answer.raise_for_status()
    return answer.json()


def read(content: bytes) -> Any:  # whatever JSON came
    """Read the body of an answer."""
    return json.loads(content)
