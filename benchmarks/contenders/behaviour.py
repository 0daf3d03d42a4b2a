"""What becomes of answers that are not as the document says, and of a token that was regenerated: by real calls.

Everything here is what a contender's process said after a real call to the local portal, in the words of a table cell.
"""

from __future__ import annotations

import json
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs

from contenders.process import Target, running
from cyara_tools.portal.faults import answer, login_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenders.build import Contender
    from cyara_tools.portal import LocalPortal
    from cyara_tools.portal.faults import Fault

CAMPAIGN = 812
"""The document's own example, so the portal has it."""
MISSING = 2_000_000_000
THREADS = 100

_PLAIN: Mapping[str, object] = {"campaignId": CAMPAIGN, "name": "Nightly regression", "status": "Running"}


@attrs.frozen
class Question:
    """One line of the table: an answer of the portal, and the field of the campaign that is looked at then."""

    label: str
    fault: Fault
    field: str | None = None


def _instead(**fields: object) -> Fault:
    return answer(200, json.dumps({**_PLAIN, **fields}), media_type="application/json")


QUESTIONS = (
    Question("null in a required text", _instead(name=None), "name"),
    Question("null in an enumeration", _instead(status=None), "status"),
    Question("unknown member of an enumeration", _instead(status="Paused"), "status"),
    Question("date with 7 digits", _instead(lastRunDate="2026-01-31T21:15:11.8071332Z"), "lastRunDate"),
    Question(".NET time span", _instead(frequency="1.02:15:00"), "frequency"),
    Question("200 without a body", answer(200, "", media_type="application/json")),
    Question("503 once, then the answer", answer(503)),
    Question("status 520, not in the document", answer(520, "<html></html>", media_type="text/html")),
    # Last: a pair that met a login page is suspect to this client until somebody has looked.
    Question("200 with a login page", login_page()),
)


@attrs.frozen(kw_only=True)
class Behaviour:
    """What one contender did: a cell per line of the table, and what its threads cost."""

    cells: Mapping[str, str]
    invalid_calls: int
    token_void: bool


def behaviour(contender: Contender, portal: LocalPortal, home: str) -> Behaviour:
    """Ask one contender everything; the portal regenerates the token before each process and the last question."""
    with running(contender, _target(portal, home)) as process:
        # Verifies the pair, where a contender knows such a thing.
        process.ask("first", CAMPAIGN)
        cells = {"a call returns": said(process.ask("outcome", CAMPAIGN))}
        cells["404"] = said(process.ask("outcome", MISSING))
        cells["printing the client shows the token"] = "**yes**" if process.ask("shows_token") else "no"
        for question in QUESTIONS:
            portal.inject(question.fault)
            fields = [] if question.field is None else [question.field]
            cells[question.label] = said(process.ask("outcome", CAMPAIGN, *fields))
            assert portal.pending_faults == 0, question
    # A process and a home of its own: this client keeps the answers that were lost charged, for the new token as well.
    with TemporaryDirectory() as fresh, running(contender, _target(portal, fresh)) as process:
        process.ask("first", CAMPAIGN)
        portal.regenerate_token()
        process.ask("together", CAMPAIGN, THREADS)
        return Behaviour(cells=cells, invalid_calls=portal.invalid_calls_by_token[-1], token_void=portal.token_void)


def _target(portal: LocalPortal, home: str) -> Target:
    return Target(base_url=portal.base_url, pair=portal.regenerate_token(), account_id=portal.account_id, home=home)


def said(outcome: Mapping[str, Any]) -> str:
    """Return what happened in the words of a table cell."""
    if "raised" in outcome:
        return f"raises `{outcome['raised']}`"
    for kind, text in outcome["values"].values():
        return "`None`" if kind == "NoneType" else f"`{kind}` {text}"
    return "`None`" if outcome["returned"] == "NoneType" else f"`{outcome['returned']}`"
