"""The table of operations, rendered as constants: rows that Python loads from its bytecode without running anything."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from cyara_tools.portal.spelling import by_status
from pipeline.document.json_nodes import METHODS, as_mapping, as_text, mapping, members
from pipeline.document.json_pointer import unescaped
from pipeline.index.pages import PAGE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.index.modules import EndpointModule
    from pipeline.index.pages import Paged

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_EVIDENCE = frozenset({"documented", "observed", "inferred"})
_ANY_SUCCESS = (200, 201, 202, 203, 206)

FIELDS = (
    "method",
    "path",
    "tag",
    "name",
    "module",
    "summary",
    "evidence",
    "source",
    "security",
    "requires_credential",
    "request_media_types",
    "response_media_types",
    "success_statuses",
    "accept",
    "idempotent",
    "page",
    "deprecated",
)


def _resolved(document: Mapping[str, Any], node: object) -> dict[str, Any]:
    """Follow local references, a bounded number of times."""
    # A document of untrusted origin may refer in a circle.
    found = as_mapping(node)
    for _ in range(20):
        reference = found.get("$ref")
        if not isinstance(reference, str):
            break
        target: object = document
        for part in reference.removeprefix("#/").split("/"):
            target = as_mapping(target).get(unescaped(part))
        found = as_mapping(target)
    return found


def _as_rendered(name: str) -> str:
    """Return a name as a template writes it into a literal: without control and format characters."""
    # The same as the generator's `in_double_quote_literal`; importing that takes longer than this whole stage.
    return "".join(character for character in name if character in "\b\t\f" or not _is_dropped(character))


def _is_dropped(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or category in {"Zl", "Zp"}


def operations_by_id(effective: Mapping[str, Any]) -> dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Return (method, effective path, path item, operation) by the id that the endpoint template uses as key."""
    found: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {}
    for path, node in mapping(effective, "paths").items():
        item = as_mapping(node)
        for method in METHODS:
            operation = as_mapping(item.get(method))
            if operation:
                key = operation.get("x-cyara-operation-id") or operation.get("operationId")
                found[_as_rendered(as_text(key))] = (method.upper(), path, item, operation)
    return found


def _received(received: Mapping[str, Any], path: str, method: str) -> dict[str, Any]:
    """Return the operation as the portal published it."""
    # Methods may be upper case there; the effective document has them in lower case.
    item = mapping(mapping(received, "paths"), path)
    found = [as_mapping(node) for key, node in item.items() if key.upper() == method]
    return found[0] if found else {}


def _response_media_types(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the media types of successes, `produces` of Swagger 2.0 included."""
    found: dict[str, None] = {}
    responses = mapping(operation, "responses")
    for status, node in responses.items():
        if str(status).startswith("2") or (status == "default" and len(responses) == 1):
            found.update(dict.fromkeys(mapping(_resolved(document, node), "content")))
    if not found and "swagger" in document:
        produces = members(operation, "produces") or members(document, "produces")
        found.update(dict.fromkeys(key for key in produces if isinstance(key, str)))
    return tuple(key for key in found if key.isprintable() and key.isascii())


def _success_statuses(operation: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the statuses of documented successes; a range, or only `default`, stands for those that have a body."""
    keys = list(by_status(mapping(operation, "responses")))
    found = {int(key) for key in keys if re.fullmatch(r"2\d\d", key, re.ASCII)}
    if "2XX" in keys or keys == ["default"]:
        found.update(_ANY_SUCCESS)
    return tuple(sorted(found))


def _accept(media_types: tuple[str, ...], read: tuple[str, ...]) -> str:
    """Return the value of the Accept header: JSON wherever it is offered and read as such.

    Args:
        media_types: what the portal says it can send.
        read: what the generated code reads (a file may be offered as JSON by mistake and is read as bytes).
    """
    # ASP.NET lists `text/plain` first and would send that.
    essences = [key.partition(";")[0].strip().lower() for key in media_types]
    json_types = [key for key in essences if key.endswith(("/json", "+json"))]
    if json_types and any(key.endswith(("/json", "+json")) for key in read):
        return "application/json" if "application/json" in json_types else json_types[0]
    # The wildcard stays: a server that knows none of these would else answer 406 where it could answer.
    if essences:
        # What is read comes first: of a PDF and a CSV, a server sends what it is asked for first.
        first = [name for name in (key.partition(";")[0].strip().lower() for key in read) if name in essences]
        return ", ".join([*dict.fromkeys([*first, *essences]), "*/*;q=0.1"])
    return "application/json, */*;q=0.8"


def _security(operation: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for entry in members(operation, "security") for name in as_mapping(entry)))


def operation_rows(
    modules: list[EndpointModule],
    *,
    received: Mapping[str, Any],
    effective: Mapping[str, Any],
    public_operations: frozenset[str],
    pages: Mapping[str, Paged],
) -> dict[str, tuple[Any, ...]]:
    """Return one row per generated operation, by operation id, with the columns of `FIELDS`."""
    known = operations_by_id(effective)
    rows: dict[str, tuple[Any, ...]] = {}
    for module in modules:
        method, path, _, operation = known[module.operation_id]
        received_path = as_text(operation.get("x-cyara-path", path))
        original = _received(received, received_path, method) or operation
        source_document = received if original is not operation else effective
        media_types = _response_media_types(source_document, original)
        body = mapping(_resolved(effective, operation.get("requestBody")), "content")
        evidence = operation.get("x-evidence")
        tags = members(operation, "tags") or ["default"]
        values: dict[str, Any] = {
            "method": method,
            "path": received_path,
            "tag": as_text(operation.get("x-cyara-tag")) or as_text(tags[0]),
            "name": module.name,
            "module": f"{module.tag}.{module.name}",
            "summary": as_text(operation.get("summary")),
            "evidence": evidence if isinstance(evidence, str) and evidence in _EVIDENCE else None,
            "source": as_text(operation.get("x-source")) or None,
            "security": _security(operation),
            "requires_credential": public_operations.isdisjoint(
                {module.operation_id, operation.get("x-cyara-operation-id-received")}
            ),
            "request_media_types": tuple(body),
            "response_media_types": media_types,
            "success_statuses": _success_statuses(original),
            "accept": _accept(media_types, _response_media_types(effective, operation)),
            "idempotent": method in _IDEMPOTENT,
            "page": pages[module.operation_id].row if module.operation_id in pages else None,
            "deprecated": operation.get("deprecated") is True,
        }
        rows[module.operation_id] = tuple(values[field] for field in FIELDS)
    return rows


def render_table(rows: Mapping[str, tuple[Any, ...]]) -> str:
    """Return the source of `_operations_table.py`."""
    # Every value is written by repr, so no text of a document can break out.
    lines = [
        '"""The rows of `OPERATIONS`, rendered from the document."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import Any",
        "",
        f"FIELDS: tuple[str, ...] = {FIELDS!r}",
        f"PAGE_FIELDS: tuple[str, ...] = {PAGE_FIELDS!r}",
        "ROWS: dict[str, tuple[Any, ...]] = {",
        *(f"    {key!r}: {rows[key]!r}," for key in sorted(rows)),
        "}",
        "",
    ]
    return "\n".join(lines)
