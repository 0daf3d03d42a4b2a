"""Calling the package: every endpoint function, blocking and in an event loop, over a real socket.

The client is the one users get from `connect()`, so that what is proved is what they run: guard, header, timeout.
Each call carries a label in a header of its own, by which the portal's record of it is found again.
"""

from __future__ import annotations

import base64
import secrets
import ssl
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

import cyara_auth

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from cyara_auth import Cyara
    from pipeline.verify.cases import Case

LABEL: Final = "x-call"


@frozen(kw_only=True)
class Outcome:
    """What one call led to."""

    label: str
    case: Case
    value: Any = None
    error: Exception | None = None
    response: httpx.Response | None = None


def client_for(base_url: str, credential: str) -> Cyara:
    """Make the client that users get, with a guard of its own and without retries."""
    # Nothing here speaks TLS; a bare context spares the reading of all certificates for every client.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return cyara_auth.connect(base_url, credential, store="memory:", retries=0, verify=context, environ={})


def wrong_credential() -> str:
    """Return a pair that no portal knows."""
    return f"{secrets.token_hex(16)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Caller:
    """Makes labelled calls with one client and keeps the last response."""

    def __init__(self, client: Cyara) -> None:
        self._client = client
        self._last: httpx.Response | None = None

    def call(self, case: Case, function: str, arguments: Mapping[str, Any]) -> Outcome:
        """Call a blocking endpoint function."""
        http = self._client.get_httpx_client()
        label = self._prepare(http, case, function)
        http.event_hooks = {"response": [self._keep]}
        try:
            value = getattr(case.functions, function)(client=self._client, **arguments)
        except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
            return Outcome(label=label, case=case, error=error, response=self._last)
        return Outcome(label=label, case=case, value=value, response=self._last)

    async def acall(self, case: Case, function: str, arguments: Mapping[str, Any]) -> Outcome:
        """Call an endpoint function of the event loop."""
        http = self._client.get_async_httpx_client()
        label = self._prepare(http, case, function)
        http.event_hooks = {"response": [self._akeep]}
        try:
            value = await getattr(case.functions, function)(client=self._client, **arguments)
        except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
            return Outcome(label=label, case=case, error=error, response=self._last)
        return Outcome(label=label, case=case, value=value, response=self._last)

    def _prepare(self, http: httpx.Client | httpx.AsyncClient, case: Case, function: str) -> str:
        label = f"{case.number}/{function}"
        http.headers[LABEL] = label
        self._last = None
        return label

    def _keep(self, response: httpx.Response) -> None:
        self._last = response

    async def _akeep(self, response: httpx.Response) -> None:
        self._last = response
