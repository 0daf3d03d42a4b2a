"""What is wrong with an answer as the caller gets it, and with the request as the portal saw it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cyara_tools.portal import media
from pipeline.verify.annotations import returned
from pipeline.verify.calls import LABEL
from pipeline.verify.conform import misfit
from pipeline.verify.meaning import as_texts, difference, plain, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cyara_tools.portal.recorder import RecordedRequest
    from pipeline.verify.calls import Outcome

_LONGEST = 400


def answer_fault(outcome: Outcome) -> str | None:
    """Return what is wrong with a parsed answer, or None."""
    if outcome.error is not None or outcome.response is None:
        return _told(outcome)
    if not outcome.case.json_answer:
        return None
    wrong = misfit(outcome.value, returned(outcome.case.functions.sync))
    if wrong:
        return wrong
    found = difference(json.loads(outcome.response.content), plain(outcome.value))
    return None if found is None else f"lost in parsing: {found}"


def timeout_fault(outcome: Outcome) -> str | None:
    """Return what is wrong with the time limits of a call, or None."""
    if outcome.response is None:
        return None
    limits = outcome.response.request.extensions.get("timeout", {})
    endless = [name for name in ("connect", "read", "write", "pool") if limits.get(name) is None]
    return f"no limit for {', '.join(endless)}" if endless else None


def by_label(visits: Iterable[RecordedRequest]) -> dict[str, list[RecordedRequest]]:
    """Sort the portal's record by the label that each call carried."""
    found: dict[str, list[RecordedRequest]] = {}
    for visit in visits:
        label = next((value for name, value in visit.headers if name == LABEL), "")
        found.setdefault(label, []).append(visit)
    return found


def request_faults(
    outcome: Outcome, visits: list[RecordedRequest], given: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the request of a call that should have gone well: one, valid, authorised, complete."""
    case = outcome.case
    if len(visits) != 1:
        yield "request", f"{len(visits)} requests on the wire, not one ({_told(outcome)})"
        return
    visit = visits[0]
    if not visit.credential_correct:
        count = sum(name == "authorization" for name, _ in visit.headers)
        yield "header", f"{count} Authorization header(s), not exactly one with the credential"
    if visit.secret_elsewhere:
        yield "header", "the secret stands outside of the Authorization header"
    if visit.operation == f"{case.served.method} {case.served.path}":
        yield from (("request", reason) for reason in visit.reasons or _lost(outcome, visit, given))
    elif visit.credential_correct:
        yield "request", f"{visit.method} {visit.path} reached {visit.operation or 'no operation'}"


def unauthorized_faults(outcome: Outcome, visits: list[RecordedRequest]) -> Iterator[str]:
    """Yield what is wrong with a call that the portal answered by 401."""
    if len(visits) != 1:
        yield f"a 401 led to {len(visits)} requests on the wire, not one"
    elif visits[0].status != HTTPStatus.UNAUTHORIZED:
        yield f"a wrong pair was answered by {visits[0].status}, not by 401"
    if outcome.error is not None:
        yield _told(outcome)
    elif getattr(outcome.value, "status_code", None) != HTTPStatus.UNAUTHORIZED:
        yield "the caller is not told of the 401"


def _lost(outcome: Outcome, visit: RecordedRequest, given: Collection[str]) -> Iterator[str]:
    """Yield every value that was given and arrived as another one, or not at all."""
    case = outcome.case
    arrived: dict[str, Any] = {**visit.values, "body": visit.body}
    is_json = any(media.is_json(value) for name, value in visit.headers if name == "content-type")
    for place in (place for name, place in case.wire_names.items() if name in given):
        sent, got = case.sent[place], arrived.get(place)
        if sent in ([], {}) and got is None:
            continue  # outside of JSON, an empty list or object is nothing at all
        if place not in arrived:
            yield f"{place} was given and never arrived"
            continue
        found = difference(sent, got, place)
        # Outside of JSON all is text, and whether "7" was a number or not cannot be told where the document takes both.
        if found is None or difference(as_texts(sent), as_texts(got), place) is None:
            continue
        if (place == "body" and is_json) or difference(written(sent, got), as_texts(got), place):
            yield f"arrived as something else: {found}"


def _told(outcome: Outcome) -> str:
    return f"{type(outcome.error).__name__}: {outcome.error}"[:_LONGEST]
