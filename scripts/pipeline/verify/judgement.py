"""What is wrong with an answer as the caller gets it, and with the request as the portal saw it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, get_args

from cyara_tools.portal import media
from cyara_tools.portal.json_types import is_array, is_object
from cyara_tools.portal.synthesis import UNKNOWN_NUMBER, UNKNOWN_TEXT
from pipeline.verify.annotations import is_model, kind_of, members, resolve, returned
from pipeline.verify.calls import LABEL
from pipeline.verify.conform import misfit
from pipeline.verify.meaning import as_texts, difference, to_json, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cyara_tools.portal.json_types import Json
    from cyara_tools.portal.recorder import RecordedRequest
    from pipeline.verify.annotations import Annotation
    from pipeline.verify.calls import CallResult

_LONGEST = 400


def answer_fault(result: CallResult) -> str | None:
    """Return what is wrong with a parsed answer, or None."""
    if result.error is not None or result.response is None:
        return _error_text(result)
    if result.case.answer == "none":
        return None
    wrong = misfit(result.value, returned(result.case.functions.sync))
    if wrong:
        return wrong
    if not result.case.json_answer:
        return _body_fault(result, result.response.content)
    came = json.loads(result.response.content)
    # Types may fit although a value was lost or changed on the way; a model writes back even what it could not read.
    found = unread(result.value, came) or difference(came, to_json(result.value))
    return None if found is None else f"lost in parsing: {found}"


def unread(value: Json, came: Json, where: str = "") -> str | None:
    """Return the first place where something came as the document says and reads as None, or None."""
    if value is None:
        return None if came is None else f"{where or 'the answer'} reads as None"
    inner: Iterable[tuple[Json, Json, str]] = ()
    model: Annotation = value
    if is_array(value) and is_array(came):
        inner = ((*pair, f"{where}[{index}]") for index, pair in enumerate(zip(value, came, strict=False)))
    elif is_model(kind_of(value.__class__)) and is_object(came):
        held = {wire: getattr(model, name) for name, wire in model.__wire_names__.items()}
        held |= {wire: entry for wire, entry in model.additional_properties.items() if wire not in held}
        inner = ((held[wire], came[wire], f"{where}.{wire}") for wire in held if wire in came)
    return next(filter(None, (unread(*part) for part in inner)), None)


def kind_fault(value: Json, tp: Annotation) -> str | None:
    """Return where an object of an unknown class was taken for one of the classes that the document has, or None.

    Where one class is declared, it is that one, whatever its discriminator says.
    """
    declared = members(tp)
    kind = kind_of(value.__class__)
    if is_array(value) or is_object(value):
        inner = next((get_args(part)[-1] for part in declared if kind_of(part) is kind and get_args(part)), Any)
        entries: Iterable[Json] = value if is_array(value) else dict(value).values()
        return next(filter(None, (kind_fault(entry, inner) for entry in entries)), None)
    if not is_model(kind):
        return None
    told_by, _ = getattr(kind, "__discriminated_by__", None) or (None, ())
    said = value.to_dict().get(told_by)
    is_sibling = told_by is not None and not getattr(kind, "__stands_for_unknown__", False)
    if is_sibling and said in (UNKNOWN_TEXT, UNKNOWN_NUMBER) and sum(map(is_model, declared)) > 1:
        return f"an object of the unknown class {said!r} was read as {kind.__name__}"
    parts = ((getattr(value, name), resolve(kind.__annotations__[name])) for name in kind.__wire_names__)
    return next(filter(None, (kind_fault(*part) for part in parts)), None)


def _body_fault(result: CallResult, received: bytes) -> str | None:
    """Return what is wrong with a file or a text, or None: a file is its bytes, a text is text or the value in it."""
    value = result.value
    if isinstance(value, bytes):
        if result.case.answer == "text":
            return "text came as bytes"
        return None if value == received else f"lost in reading: {len(value)} bytes of {len(received)}"
    text = received.decode("utf-8", "replace")
    if isinstance(value, str):
        return None if value == text else f"lost in reading: {value!r:.60}, not {text!r:.60}"
    try:
        found = difference(json.loads(text), to_json(value))
    except ValueError:
        # A date or an identifier is not in quotes there.
        found = difference(text, to_json(value))
    return None if found is None else f"lost in reading: {found}"


def timeout_fault(result: CallResult) -> str | None:
    """Return what is wrong with the time limits of a call, or None."""
    if result.response is None:
        return None
    limits = result.response.request.extensions.get("timeout", {})
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
    result: CallResult, visits: list[RecordedRequest], given: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the request of a call that should have gone well: one, valid, authorised, complete."""
    case = result.case
    if len(visits) != 1:
        yield "request", f"{len(visits)} requests on the wire, not one ({_error_text(result)})"
        return
    visit = visits[0]
    if not visit.credential_correct:
        count = sum(name == "authorization" for name, _ in visit.headers)
        yield "header", f"{count} Authorization header(s), not exactly one with the credential"
    if visit.secret_elsewhere:
        yield "header", "the secret stands outside of the Authorization header"
    if visit.operation == f"{case.served.method} {case.served.path}":
        yield from (("request", reason) for reason in visit.reasons or _lost(result, visit, given))
    elif visit.credential_correct:
        reached = visit.operation or ("a fault of the local portal" if visit.status is None else "no operation")
        yield "request", f"{visit.method} {visit.path} reached {reached}"


def unauthorized_faults(result: CallResult, visits: list[RecordedRequest]) -> Iterator[str]:
    """Yield what is wrong with a call that the portal answered by 401."""
    if len(visits) != 1:
        yield f"a 401 led to {len(visits)} requests on the wire, not one"
    elif visits[0].status != HTTPStatus.UNAUTHORIZED:
        yield f"a wrong pair was answered by {visits[0].status}, not by 401"
    if result.error is not None:
        yield _error_text(result)
    elif getattr(result.value, "status_code", None) != HTTPStatus.UNAUTHORIZED:
        yield "the caller is not told of the 401"


def _lost(result: CallResult, visit: RecordedRequest, given: Collection[str]) -> Iterator[str]:
    """Yield every value that was given and arrived as another one, or not at all."""
    case = result.case
    arrived: dict[str, Any] = {**visit.values, "body": visit.body}
    is_json = any(media.is_json(value) for name, value in visit.headers if name == "content-type")
    for location in (location for name, location in case.wire_names.items() if name in given):
        sent, got = case.sent[location], arrived.get(location)
        # Outside of JSON, an empty list or object is nothing at all.
        if sent in ([], {}) and got is None:
            continue
        if location not in arrived:
            yield f"{location} was given and never arrived"
            continue
        found = difference(sent, got, location)
        # Outside of JSON all is text, and whether "7" was a number or not cannot be told where the document takes both.
        if found is None or difference(as_texts(sent), as_texts(got), location) is None:
            continue
        if (location == "body" and is_json) or difference(written(sent, got), as_texts(got), location):
            yield f"arrived as something else: {found}"


def _error_text(result: CallResult) -> str:
    return f"{type(result.error).__name__}: {result.error}"[:_LONGEST]
