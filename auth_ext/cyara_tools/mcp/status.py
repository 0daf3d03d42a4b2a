"""`credential_status`: whether a call would be let out now, without sending one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from cyara_auth._http import httpx
from cyara_auth.origin import BaseUrl
from cyara_tools.cli.key_report import KeyReport
from cyara_tools.mcp.answers import answer
from cyara_tools.mcp.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyara_auth.client.cyara import Cyara
    from cyara_tools.mcp.tool import Answer, Progress


def status_tool(cyara: Cyara) -> Tool:
    """Return it."""
    return Tool(
        name="credential_status",
        title="Status of the credential",
        description="Say whether the portal's credential can be used, how many strikes it has, and what to do if calls "
        "are refused. Three invalid calls void the token, so ask this before repeating a call that was refused. A "
        "person has to renew a rejected credential; never ask for it here.",
        operations=(),
        run=partial(_status, cyara),
    )


async def _status(cyara: Cyara, _: Mapping[str, Any], __: Progress) -> Answer:
    # The store may be a file or another machine: not on the event loop.
    return answer(**await asyncio.to_thread(_facts, cyara))


def _facts(cyara: Cyara) -> dict[str, Any]:
    guard, credential = cyara.guard, cyara.credential
    base = BaseUrl.parse(cyara.base_url, plain_http=httpx.URL(cyara.base_url).netloc.decode("ascii"))
    report = KeyReport(
        key=credential.key_fingerprint,
        state=guard.store.read(credential.key_fingerprint),
        origin=base.origin.canonical,
        settings=guard.settings,
        store=guard.store,
    )
    code, verdict = report.verdict(credential)
    return {
        "usable": not code,
        "verdict": verdict,
        "portal": cyara.base_url,
        "account": cyara.account_id,
        "credential": f"{credential.fingerprint.short} from {credential.source}",
        "strikes": report.state.strikes,
        "budget": guard.settings.budget,
        "policy": guard.settings.policy.value,
        "store": guard.store.describe(),
    }
