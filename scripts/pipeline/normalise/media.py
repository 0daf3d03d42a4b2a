"""Rules about media types: one for each body and each answer, and a schema that fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_list, is_mapping, mapping
from pipeline.document.json_pointer import escaped
from pipeline.normalise.walk import OperationAt, operations, referred

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

JSON = "application/json"
OCTETS = "application/octet-stream"
MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"
OVERRIDES = "x-cyara-content-type-overrides"
"""Root member of the effective document: media type on the wire to the one that the generator treats it as."""

_ANY = frozenset({"*/*", "application/*"})
_BINARY = {"type": "string", "format": "binary"}
_TEXT = {"type": "string"}
_SINGLE = frozenset({"string", "integer", "number", "boolean"})
_LONGEST_CHAIN = 8
"""References that lead from one to the next; a circle of them ends."""
_WRITTEN_AS_JSON = frozenset({"object", "array", "integer", "number", "boolean"})


def base_type(kind: str) -> str:
    """Return a media type without parameters, in lower case."""
    return kind.partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    """Return whether a media type is JSON: ``application/json``, ``text/json``, ``application/*+json`` and so on."""
    base = base_type(kind)
    return base.endswith(("/json", "+json", "/x-json")) and "/" in base


def media_spelling(work: Work) -> None:
    """Write media types in lower case without stray spaces, and drop keys that are none.

    ``Application/Json`` is unknown to the generator, so the answer is left out with a warning. Failure modes 8 and 26.
    """
    for entry in operations(work.document):
        for where, holder in _holders(entry):
            content = mapping(holder, "content")
            spelled: dict[str, Any] = {}
            for kind, media in content.items():
                base, _, parameters = kind.strip().partition(";")
                clean = base_type(kind) + ("; " + parameters.strip() if parameters.strip() else "")
                # Such as `json` or an empty key: nothing that could be written into a header.
                if "/" not in base:
                    work.note(f"{where}/content/{escaped(kind)}", "dropped: not a media type")
                    continue
                if clean != kind:
                    work.note(f"{where}/content/{escaped(kind)}", "media type in lower case")
                # The first of two spellings wins, as it did when a person read the document.
                spelled.setdefault(clean, media)
            holder["content"] = spelled


def one_answer_type(work: Work) -> None:
    """Keep one media type per answer: JSON when any JSON type is offered, else the first text, else the first.

    Swashbuckle lists ``text/plain, application/json, text/json`` for everything; the generator takes the first and runs
    ``from_dict(response.text)``. An answer that is "JSON" of a binary string is a file (``FileResult``). Media types
    unknown to the generator are listed under ``x-cyara-content-type-overrides`` to be read as bytes, so no answer is
    left out with a warning. Failure modes 1, 8 and 17.
    """
    for entry in operations(work.document):
        for status, response in mapping(entry.operation, "responses").items():
            content = response.pop("content", {})
            if not content:
                continue
            where = f"{entry.where}/responses/{escaped(status)}/content"
            chosen, media = _answer(work, content)
            response["content"] = {chosen: media}
            if response["content"] != content:
                work.note(where, f"{chosen} alone, of {', '.join(content)}")


def one_body_type(work: Work) -> None:
    """Keep one media type per body: JSON, else multipart, else form, else the first as bytes or text.

    Several on a required body make a module that raises ``NameError: Unset`` at import (openapi-python-client issue
    1451) and send the literal ``application/*+json``; unknown ones skip the operation. Failure modes 2, 3 and 8.
    """
    for entry in operations(work.document):
        body = entry.operation.get("requestBody")
        if not is_mapping(body):
            continue
        content: dict[str, Any] = body.pop("content", {}) or {JSON: {}}
        where = f"{entry.where}/requestBody/content"
        chosen, media = _body(work, content)
        body["content"] = {chosen: media}
        if body["content"] != content:
            work.note(where, f"{chosen} alone, of {', '.join(content)}")


def _holders(entry: OperationAt) -> list[tuple[str, dict[str, Any]]]:
    found = [(f"{entry.where}/responses/{escaped(key)}", node) for key, node in entry.operation["responses"].items()]
    body = entry.operation.get("requestBody")
    if is_mapping(body):
        found.append((f"{entry.where}/requestBody", body))
    return [(where, node) for where, node in found if "content" in node]


def _pick_json(content: dict[str, Any]) -> str | None:
    """Return the JSON type to use: the plain one, else a concrete one, else one such as ``application/*+json``."""
    found = [kind for kind in content if is_json(kind)]
    concrete = [kind for kind in found if "*" not in kind]
    plain = [kind for kind in concrete if base_type(kind) == JSON]
    return next(iter([*plain, *concrete, *found]), None)


def _answer(work: Work, content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    chosen = _pick_json(content)
    if chosen is not None and not _is_binary(content[chosen].get("schema")):
        return _json(work, chosen, content[chosen])
    others = [kind for kind in content if not is_json(kind)]
    if not others:
        return _bytes(work, OCTETS, content[chosen] if chosen else {})
    if any(_is_binary(content[kind].get("schema")) for kind in others):
        return _bytes(work, others[0] if len(others) == 1 and _is_own(others[0]) else OCTETS, content[others[0]])
    texts = [kind for kind in others if kind.startswith("text/") and "*" not in kind]
    chosen = (texts or [kind for kind in others if "*" not in kind] or others)[0]
    media = content[chosen]
    if "*" in chosen:
        return _json(work, chosen, media) if _is_structured(media) else _bytes(work, OCTETS, media)
    if chosen.startswith("text/"):
        # As `/$count` of OData: one number, one truth value, one id.
        schema = media.get("schema")
        return chosen, {**media, "schema": schema if _is_single_value(work, schema) else dict(_TEXT)}
    return _bytes(work, chosen, media)


def _is_single_value(work: Work, schema: object) -> bool:
    """Return whether a schema, followed through references, is of a value that a text can spell, and more than text."""
    for _ in range(_LONGEST_CHAIN):
        name = referred(schema)
        if name is None:
            break
        schema = work.schemas.get(name)
    if not is_mapping(schema):
        return False
    kinds = schema.get("type")
    named = {str(kind) for kind in (kinds if is_list(kinds) else [kinds])} - {"null"}
    is_more = bool(named - {"string"}) or "enum" in schema or "format" in schema
    return bool(named) and named <= _SINGLE and is_more and not _is_binary(schema)


def _body(work: Work, content: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    chosen = _pick_json(content)
    if chosen is not None:
        return _json(work, chosen, content[chosen])
    for wanted in (MULTIPART, FORM):
        chosen = next((kind for kind in content if base_type(kind) == wanted), None)
        if chosen is not None:
            return wanted, content[chosen]
    chosen, media = next(iter(content.items()))
    if "*" in chosen:
        if _is_structured(media):
            return _json(work, chosen, media)
        # Which of `image/*` it is, only the caller knows; the client asks for it.
        return _bytes(work, OCTETS if base_type(chosen) in _ANY else chosen, media)
    if chosen.startswith("text/") and not _is_binary(media.get("schema")):
        spelled = chosen if ";" in chosen else f"{chosen}; charset=utf-8"
        _treat(work, spelled, OCTETS)
        return spelled, {**media, "schema": dict(_TEXT)}
    return _bytes(work, chosen, media)


def _json(work: Work, kind: str, media: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    chosen = JSON if "*" in kind else kind
    if base_type(chosen) != JSON and not base_type(chosen).endswith("+json"):
        _treat(work, chosen, JSON)
    return chosen, {**media, "schema": media.get("schema", {})}


def _bytes(work: Work, kind: str, media: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if base_type(kind) != OCTETS:
        _treat(work, kind, OCTETS)
    return kind, {**media, "schema": dict(_BINARY)}


# Every media type that the generator does not know gets an entry; without one it leaves the answer out with a warning.
def _treat(work: Work, kind: str, as_kind: str) -> None:
    overrides = work.document.setdefault(OVERRIDES, {})
    if kind not in overrides:
        overrides[kind] = as_kind
        work.note(f"/{OVERRIDES}", f"{kind} is treated as {as_kind}")


def _is_binary(schema: object) -> bool:
    return is_mapping(schema) and schema.get("type") == "string" and schema.get("format") == "binary"


def _is_own(kind: str) -> bool:
    """Return whether a media type can be read as bytes everywhere: no pattern, no text."""
    return "*" not in kind and not kind.startswith("text/")


def _is_structured(media: dict[str, Any]) -> bool:
    schema = media.get("schema", {})
    return bool({"$ref", "allOf", "anyOf", "oneOf"} & set(schema)) or str(schema.get("type")) in _WRITTEN_AS_JSON
