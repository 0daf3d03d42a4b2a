"""Calling the package: every endpoint function, blocking and in an event loop, over a real socket.

The client is the one that users get from `connect()`: guard, header and timeout are verified with the rest.
"""

from __future__ import annotations

import base64
import secrets
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import attrs

import cyara_auth
from cyara_auth.credential import ApiCredential
from cyara_auth.errors import AdmissionRefusedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.portal.core import TEMPLATE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from cyara_auth import Cyara
    from pipeline.verify.cases import Case

# Each call has a label of its own in this header, by which the portal's record of it is found again.
LABEL: Final = "x-call"
CallStyle = Literal["value", "detailed", "resource"]
"""The function that returns the value, the one that returns the whole answer, or the method on the client."""


@attrs.frozen(kw_only=True)
class CallResult:
    """What one call led to."""

    label: str
    case: Case
    value: Any = None
    error: Exception | None = None
    response: httpx.Response | None = None


class WrongPairs:
    """A credential source that never has the same pair twice, and never one that a portal knows."""

    # The guard sends no pair again that was rejected once, but reads a source anew that has changed: so each call with
    # a wrong pair is the first one for its key.

    def __init__(self) -> None:
        self._read = 0

    def __call__(self) -> ApiCredential:
        """Return a pair of the usual shape."""
        token = base64.b64encode(secrets.token_bytes(32)).decode()
        return ApiCredential.parse(f"{secrets.token_hex(16)}:{token}", source="wrong pairs")

    def version(self) -> object:
        """Say that there is another pair by now."""
        self._read += 1
        return self._read


def client_for(base_url: str, credential: str | WrongPairs) -> Cyara:
    """Make the client that users get, with a guard of its own and without retries."""
    # Nothing here speaks TLS; a bare context spares the reading of all certificates for every client.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # A store of its own, and not the process's: what one client suspects must not keep another from calling.
    store = MemoryStrikeStore()
    return cyara_auth.connect(base_url, credential, store=store, retries=0, verify=context, environ={})


class Caller:
    """Makes labelled calls, each on its own merits, and keeps the last response.

    After an answer that the client stumbles over, the guard may hold back every later call with the same pair. So the
    next call gets a new client; and a call that the guard refused for what was before it is made once more.

    Args:
        connect: makes a client.
    """

    def __init__(self, connect: Callable[[], Cyara]) -> None:
        self._connect = connect
        self._client = connect()
        self._last: httpx.Response | None = None

    @property
    def client(self) -> Cyara:
        """The client of the next call."""
        return self._client

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    async def aclose(self) -> None:
        """Close the client in the event loop."""
        await self._client.aclose()

    def renew(self) -> None:
        """Take a new client, with a guard that suspects nothing."""
        self.close()
        self._client = self._connect()

    async def arenew(self) -> None:
        """Do the same in the event loop."""
        await self.aclose()
        self._client = self._connect()

    def call(self, case: Case, style: CallStyle, arguments: Mapping[str, Any]) -> CallResult:
        """Call an operation and wait for it."""
        result = self._call(case, style, arguments)
        if result.error is not None:
            self.renew()
        return self._call(case, style, arguments) if _was_refused(result) else result

    async def acall(self, case: Case, style: CallStyle, arguments: Mapping[str, Any]) -> CallResult:
        """Call an operation in the event loop."""
        result = await self._acall(case, style, arguments)
        if result.error is not None:
            await self.arenew()
        return await self._acall(case, style, arguments) if _was_refused(result) else result

    def _call(self, case: Case, style: CallStyle, arguments: Mapping[str, Any]) -> CallResult:
        # The last response is kept by a hook: where the package raises, nobody else has it.
        http = self._client.get_httpx_client()
        label = self._prepare(http, case, f"sync {style}")
        http.event_hooks = {"response": [self._keep]}
        try:
            value = self._function(case, style, asynchronous=False)(**arguments)
        except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
            return CallResult(label=label, case=case, error=error, response=self._last)
        return CallResult(label=label, case=case, value=value, response=self._last)

    async def _acall(self, case: Case, style: CallStyle, arguments: Mapping[str, Any]) -> CallResult:
        http = self._client.get_async_httpx_client()
        label = self._prepare(http, case, f"async {style}")
        http.event_hooks = {"response": [self._akeep]}
        try:
            value = await self._function(case, style, asynchronous=True)(**arguments)
        except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
            return CallResult(label=label, case=case, error=error, response=self._last)
        return CallResult(label=label, case=case, value=value, response=self._last)

    def _function(self, case: Case, style: CallStyle, *, asynchronous: bool) -> Callable[..., Any]:
        if style == "resource":
            tag, method = case.method_on_client
            owner = self._client.aio if asynchronous else self._client
            # A tag that would hide an attribute of the client has an underscore behind its name.
            resource = getattr(owner, f"{tag}_", None) or getattr(owner, tag)
            function: Callable[..., Any] = getattr(resource, method)
            return function
        name = {"value": "asyncio" if asynchronous else "sync"}.get(
            style, f"{'asyncio' if asynchronous else 'sync'}_{style}"
        )
        return partial(getattr(case.functions, name), client=self._client)

    def _prepare(self, http: httpx.Client | httpx.AsyncClient, case: Case, kind: str) -> str:
        label = f"{case.number} {kind}"
        http.headers[LABEL] = label
        http.headers[TEMPLATE_HEADER] = quote(case.served.path)
        self._last = None
        return label

    def _keep(self, response: httpx.Response) -> None:
        self._last = response

    async def _akeep(self, response: httpx.Response) -> None:
        self._last = response


def _was_refused(result: CallResult) -> bool:
    """Whether the guard let nothing out."""
    return result.response is None and isinstance(result.error, AdmissionRefusedError)
