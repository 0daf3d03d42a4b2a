"""Refuse documents that cannot, or must not, become code; every refusal is one sentence.

A document is untrusted. Size, nesting, duplicate keys and foreign references are settled while it is read
(``pipeline.document.document``). :func:`check_untrusted` judges the shape of what was received, before any rule touches
it. :func:`inspect` is the last gate before generation: whatever the rules made of the document, no name that becomes a
file, a class or a function may be anything but a plain identifier, nothing may overwrite anything, and every reference
must lead somewhere. It repeats nothing that a rule guarantees for the sake of the rule; it distrusts all of them.
"""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Any, NoReturn

from pipeline.document.json_nodes import METHODS, is_list, is_mapping, mapping
from pipeline.errors import RefusedDocumentError, quoted
from pipeline.normalise.identifiers import class_allowed, module_of
from pipeline.normalise.walk import OperationAt, mappings, operations, referred, schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_NAME = 100
"""Characters of a name that becomes a file."""

LONGEST_PATH = 2_000
"""Characters of a path template; servers and proxies refuse longer addresses."""


def count_operations(document: dict[str, Any]) -> int:
    """Return how many operations a document of any version describes."""
    return sum(1 for _ in operations(document))


def check_untrusted(document: dict[str, Any]) -> None:
    """Refuse a received document whose frame is not that of an API description.

    Raises:
        RefusedDocumentError: with the one sentence for the user.
    """
    paths = document.get("paths")
    if not is_mapping(paths):
        _refuse("The document has no 'paths', so there is nothing to call.")
    for path, item in paths.items():
        # Rules drop both; nothing of them becomes code.
        if path.startswith("x-") or item is None:
            continue
        if not is_mapping(item):
            _refuse(f"The path {quoted(path)} of the document is no object.")
        # Blanks around it are taken off, whichever they are.
        if len(path) > LONGEST_PATH or not path.strip().isprintable():
            _refuse(f"The path {quoted(path)} of the document is too long or has characters that no address can have.")
        _refuse_newer(path, item)
        for method, operation in item.items():
            if method.lower() in METHODS and operation is not None and not is_mapping(operation):
                _refuse(f"The operation {quoted(method)} {quoted(path)} of the document is no object.")
            _check_parameters(operation if method.lower() in METHODS else None, path)
        lower = [method.lower() for method in item if method.lower() in METHODS]
        if len(lower) > len(set(lower)):
            _refuse(f"The path {quoted(path)} of the document has one method twice, in different letter case.")
        _check_parameters(item, path)
    if count_operations(document) == 0:
        _refuse("The document describes no operations, so there is nothing to call.")


def inspect(document: dict[str, Any]) -> None:
    """Refuse an effective document that must not reach the generator.

    Raises:
        RefusedDocumentError: with the one sentence for the user.
    """
    found = list(operations(document))
    modules: set[str] = set()
    ids: set[str] = set()
    for entry in found:
        folder, name = _first_tag(entry), str(entry.operation.get("operationId", ""))
        _check_name(folder, "tag", entry)
        _check_name(name, "operation", entry)
        module = f"{folder}/{name}"
        # File systems of Windows and macOS do not look at letter case.
        if module.lower() in modules:
            _refuse(f"Two operations would become the module {quoted(module)}.")
        modules.add(module.lower())
        operation_id = str(entry.operation.get("x-cyara-operation-id", module))
        if operation_id in ids:
            _refuse(f"Two operations have the id {quoted(operation_id)}.")
        ids.add(operation_id)
        _check_path(entry)
    _check_classes(mapping(mapping(document, "components"), "schemas"))
    known = set(mapping(mapping(document, "components"), "schemas"))
    for schema in schemas(document):
        if "$ref" in schema.schema and referred(schema.schema) not in known:
            _refuse(f"The reference at {quoted(schema.where)} leads nowhere.")


def _refuse_newer(path: str, item: dict[str, Any]) -> None:
    """Refuse operations that OpenAPI 3.2 added."""
    # The generator would leave them out without a word, and nothing counts them, so that nobody would miss them.
    newer = {"query", "additionaloperations"} & {key.lower() for key, value in item.items() if is_mapping(value)}
    if newer:
        names = ", ".join(sorted(newer))
        _refuse(
            f"The path {quoted(path)} has operations that OpenAPI 3.2 added ({names}), and those are not generated."
        )


def _check_parameters(holder: object, path: str) -> None:
    listed = holder.get("parameters") if is_mapping(holder) else None
    if listed is not None and not (is_list(listed) and all(is_mapping(entry) for entry in listed)):
        _refuse(f"The parameters of {quoted(path)} are no list of objects.")


def _first_tag(entry: OperationAt) -> str:
    tags = entry.operation.get("tags")
    return str(tags[0]) if is_list(tags) and tags else "default"


def _check_name(name: str, kind: str, entry: OperationAt) -> None:
    safe = name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")
    if not safe or len(name) > LONGEST_NAME or name != name.lower():
        _refuse(f"The {kind} name {quoted(name)} of {quoted(entry.path)} cannot become a file name.")


def _check_path(entry: OperationAt) -> None:
    placed = [
        parameter["name"] for parameter in mappings(entry.operation, "parameters") if parameter.get("in") == "path"
    ]
    template = entry.path
    for name in placed:
        if template.count("{" + str(name) + "}") != 1:
            _refuse(f"The path {quoted(entry.path)} and its parameters do not agree.")
        template = template.replace("{" + str(name) + "}", "")
    if "{" in template or "}" in template:
        _refuse(f"The path {quoted(entry.path)} and its parameters do not agree.")


def _check_classes(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not (name.isascii() and name.isidentifier() and class_allowed(name)) or len(name) > LONGEST_NAME:
            _refuse(f"The schema name {quoted(name)} cannot become a class name.")
        if module_of(name) in seen:
            _refuse(f"Two schemas would become the module {quoted(module_of(name))}.")
        seen.add(module_of(name))


def _refuse(sentence: str) -> NoReturn:
    raise RefusedDocumentError(f"{sentence} Nothing was changed.")
