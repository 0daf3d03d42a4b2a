"""What the portal saw of a call: one request, valid under the document, with the right header and with every value that was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.verify.calls import LABEL
from pipeline.verify.meaning import difference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cyara_auth.testing.recorder import Visit

    from pipeline.verify.calls import Outcome


def by_label(visits: Iterable[Visit]) -> dict[str, list[Visit]]:
    """Sort the portal's record by the label that each call carried."""
    found: dict[str, list[Visit]] = {}
    for visit in visits:
        label = next((value for name, value in visit.headers if name == LABEL), "")
        found.setdefault(label, []).append(visit)
    return found


def judge_visits(outcome: Outcome, visits: list[Visit], given: Collection[str]) -> None:
    """Note on the case what is wrong with the request that a good call made."""
    case = outcome.case
    if len(visits) != 1:
        reason = outcome.error or "no reason given"
        case.fail("request", f"{len(visits)} requests on the wire, not one ({type(reason).__name__}: {reason})"[:300])
        return
    visit = visits[0]
    if not visit.credential_correct:
        count = sum(name == "authorization" for name, _ in visit.headers)
        case.fail("header", f"{count} Authorization header(s), not exactly one with the credential")
    if visit.secret_elsewhere:
        case.fail("header", "the secret stands outside of the Authorization header")
    if visit.operation != f"{case.served.method} {case.served.path}":
        if visit.credential_correct:
            case.fail("request", f"{visit.method} {visit.path} reached {visit.operation or 'no operation'}")
        return
    for reason in visit.reasons:
        case.fail("request", reason)
    if not visit.reasons:
        _compare(outcome, visit, given)


def judge_unauthorized(outcome: Outcome, visits: list[Visit]) -> None:
    """Note on the case what is wrong with a call that the portal answered by 401."""
    case = outcome.case
    if len(visits) != 1:
        case.fail("unauthorized", f"a 401 led to {len(visits)} requests on the wire, not one")
    elif visits[0].status != _UNAUTHORIZED:
        case.fail("unauthorized", f"a wrong pair was answered by {visits[0].status}, not by 401")
    if outcome.error is not None:
        case.fail("unauthorized", f"{type(outcome.error).__name__}: {outcome.error}"[:300])
    elif getattr(outcome.value, "status_code", None) != _UNAUTHORIZED:
        case.fail("unauthorized", "the caller is not told of the 401")


_UNAUTHORIZED = 401


def _compare(outcome: Outcome, visit: Visit, given: Collection[str]) -> None:
    case = outcome.case
    wanted = {place: case.sent[place] for name, place in case.wire_names.items() if name in given}
    arrived: dict[str, Any] = {place: visit.values[place] for place in wanted if place in visit.values}
    if "body" in wanted:
        arrived["body"] = visit.body
    for place, value in wanted.items():
        if place not in arrived:
            case.fail("request", f"{place} was given and never arrived")
            continue
        found = difference(value, arrived[place], place)
        if found:
            case.fail("request", f"arrived as something else: {found}")
