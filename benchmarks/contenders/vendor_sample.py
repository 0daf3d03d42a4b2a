"""requests in the manner of the vendor's sample: a dictionary of headers and one function call, no session."""

import json
from typing import Any, NamedTuple

import requests
from requests.structures import CaseInsensitiveDict


class Script(NamedTuple):
    """What the script keeps in variables."""

    base_url: str
    headers: CaseInsensitiveDict[str]


def connect(base_url: str, pair: str) -> Script:
    """Return the address and the headers."""
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    headers["accept"] = "application/json"
    headers["Authorization"] = f"ApiKey {pair}"
    return Script(base_url, headers)


def campaign(client: Script, account_id: int, campaign_id: int) -> Any:  # whatever JSON came
    """Ask for one campaign."""
    address = f"{client.base_url}/v3.0/accounts/{account_id}/campaigns/{campaign_id}"
    return requests.get(address, headers=client.headers).json()  # noqa: S113 - the sample sets no timeout


def read(content: bytes) -> Any:  # whatever JSON came
    """Read the body of an answer."""
    return json.loads(content)
