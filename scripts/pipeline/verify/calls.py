"""Calling the package: every endpoint function, blocking and in an event loop, over a real socket.

The client is the one users get from `connect()`, so that what is proved is what they run: guard, header, timeout.
Each call carries a label in a header of its own, by which the portal's record of it is found again.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal

import cyara_auth
from attrs import frozen

from pipeline.verify.meaning import difference, plain
from pipeline.verify.typed import misfits, resolve

if TYPE_CHECKING:
    from cyara_auth import Cyara

    from pipeline.verify.cases import Case

LABEL: Final = "x-call"
SECONDS: Final = 20.0
Mode = Literal["sync", "async"]


@frozen(kw_only=True)
class Outcome:
    """What one call led to."""

    label: str
    case: Case
    form: str
    value: Any = None
    error: Exception | None = None
    response: Any = None
    """The httpx response, if there was one."""


def client_for(base_url: str, credential: str) -> Cyara:
    """Make the client that users get, with a guard of its own and without retries."""
    # Nothing here speaks TLS; a bare context spares the reading of all certificates for every client.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return cyara_auth.connect(
        base_url, credential, store="memory:", retries=0, timeout=SECONDS, verify=context, account_id=1, environ={}
    )


def wrong_credential() -> str:
    """Return a pair that no portal knows."""
    return f"{secrets.token_hex(16)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Caller:
    """Makes labelled calls with one client and keeps the last response."""

    def __init__(self, client: Cyara) -> None:
        self._client = client
        self._last: Any = None

    def call(self, case: Case, form: str, arguments: dict[str, Any], function: str = "sync") -> Outcome:
        """Call a blocking endpoint function."""
        label = f"{id(case)}/{form}/{function}"
        http = self._client.get_httpx_client()
        http.headers[LABEL] = label
        http.event_hooks = {"response": [self._keep]}
        self._last = None
        try:
            value = getattr(case.module, function)(client=self._client, **arguments)
        except Exception as error:  # noqa: BLE001 - whatever the package raises is the finding
            return Outcome(label=label, case=case, form=form, error=error, response=self._last)
        return Outcome(label=label, case=case, form=form, value=value, response=self._last)

    async def acall(self, case: Case, form: str, arguments: dict[str, Any], function: str = "asyncio") -> Outcome:
        """Call an endpoint function of the event loop."""
        label = f"{id(case)}/{form}/{function}"
        http = self._client.get_async_httpx_client()
        http.headers[LABEL] = label
        http.event_hooks = {"response": [self._akeep]}
        self._last = None
        try:
            value = await getattr(case.module, function)(client=self._client, **arguments)
        except Exception as error:  # noqa: BLE001 - as above
            return Outcome(label=label, case=case, form=form, error=error, response=self._last)
        return Outcome(label=label, case=case, form=form, value=value, response=self._last)

    def _keep(self, response: Any) -> None:
        self._last = response

    async def _akeep(self, response: Any) -> None:
        self._last = response


def quiet() -> None:
    """Silence the package's own warnings: that an operation is inferred is known here."""
    warnings.simplefilter("ignore")


def judge_answer(outcome: Outcome) -> str | None:
    """Return what is wrong with a parsed answer, or None."""
    if outcome.error is not None:
        return f"{type(outcome.error).__name__}: {outcome.error}"[:400]
    if not outcome.case.json_answer:
        return None
    sent = json.loads(outcome.response.content)
    returns = outcome.case.module.sync.__annotations__.get("return", "Any")  # type: ignore[union-attr]  # it was called
    wrong = misfits(outcome.value, resolve(returns) if isinstance(returns, str) else returns)
    if wrong:
        return wrong[0]
    found = difference(sent, plain(outcome.value))
    return None if found is None else f"lost in parsing: {found}"


def judge_timeout(outcome: Outcome) -> str | None:
    """Return what is wrong with the time limits of a call, or None."""
    if outcome.response is None:
        return None
    limits = outcome.response.request.extensions.get("timeout", {})
    endless = [name for name in ("connect", "read", "write", "pool") if limits.get(name) is None]
    return f"no limit for {', '.join(endless)}" if endless else None
