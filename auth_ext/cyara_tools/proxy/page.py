"""The page for people: what is known of the pair, the latest calls, and how each tool is pointed at the proxy."""

from __future__ import annotations

import asyncio
import secrets
from html import escape
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

from cyara_auth.errors import CyaraAuthError
from cyara_tools.cli.key_report import KeyReport
from cyara_tools.proxy.page_text import PAGE, STATUS, tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.responses import Response

    from cyara_auth.client.cyara import Cyara
    from cyara_auth.origin import BaseUrl
    from cyara_tools.proxy.log import RequestLog
    from cyara_tools.proxy.settings import ProxyAddress

_STATUS_PATH: Final = "/status"
_HEADERS: Final = {
    "cache-control": "no-store",
    # The address has the secret in it, and links lead elsewhere.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Page:
    """The pages of one proxy."""

    def __init__(self, cyara: Cyara, portal: BaseUrl, address: ProxyAddress, log: RequestLog) -> None:
        self._cyara, self._portal, self._address, self._log = cyara, portal, address, log

    async def at(self, path: str) -> Response | None:
        """Return the page at a path behind the secret; None where there is none."""
        if path not in {"/", _STATUS_PATH}:
            return None
        # The store may be a file or another machine: not on the event loop.
        status = await asyncio.to_thread(self._status)
        if path == _STATUS_PATH:
            return HTMLResponse(status, headers=_HEADERS)
        nonce = secrets.token_urlsafe(12)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        page = PAGE.substitute(
            nonce=nonce,
            status=status,
            # Where the page stands under `/SECRET`, the slash at its end is missing.
            status_url=escape(f"{self._address.prefix}{_STATUS_PATH}"),
            portal=escape(self._portal.url),
            base_url=escape(self._address.base_url),
            tools="".join(_tool(*tool) for tool in tools(self._address, str(self._cyara.account_id or "ACCOUNT"))),
        )
        return HTMLResponse(page, headers={**_HEADERS, "content-security-policy": policy})

    def _status(self) -> str:
        """Return what changes, as a part of the page."""
        guard = self._cyara.guard
        try:
            credential = self._cyara.credential
            report = KeyReport(
                key=credential.key_fingerprint,
                state=guard.store.read(credential.key_fingerprint),
                origin=self._portal.origin.canonical,
                settings=guard.settings,
                store=guard.store,
            )
            code, verdict = report.verdict(credential)
        except CyaraAuthError as error:
            return STATUS.substitute(
                state="bad", verdict=escape(str(error)), pair="", facts="", pairs="", calls=self._calls()
            )
        facts = (
            f"Policy: {guard.settings.policy.value}. Strikes: {report.state.strikes} of a budget of "
            f"{guard.settings.budget}. Store: {guard.store.describe()}."
        )
        return STATUS.substitute(
            state="good" if not code else "bad",
            verdict=escape(f"With {credential.fingerprint.short}: {verdict}."),
            pair=escape(f"Pair {credential.fingerprint.short} from {credential.source}."),
            facts=escape(facts),
            pairs=_table("Pairs", ("Pair", "State", "Portal", "Since"), report.pair_rows()),
            calls=self._calls(),
        )

    def _calls(self) -> str:
        rows = [
            (
                f"{call.began:%H:%M:%S}",
                call.method,
                call.operation,
                str(call.status or "none"),
                f"{call.milliseconds:.0f} ms",
                "sent" if call.sent else f"not sent: {call.kind}",
            )
            for call in list(self._log.recent)
        ]
        return _table("Latest calls", ("Time (UTC)", "Method", "Operation", "Status", "Took", "Portal"), rows)


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    body = body or f'<tr><td colspan="{len(columns)}">None yet.</td></tr>'
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _tool(name: str, text: str, code: str) -> str:
    return f"<h3>{escape(name)}</h3><p>{escape(text)}</p><pre>{escape(code)}</pre>"
