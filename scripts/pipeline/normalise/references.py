"""Rules about references: afterwards the only ones left point to a schema in ``components`` that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipeline.document.json_nodes import METHODS, Data, is_list, is_mapping, mapping
from pipeline.document.json_pointer import pointer, unescaped
from pipeline.errors import RefusedDocumentError, quoted
from pipeline.normalise.identifiers import numbered
from pipeline.normalise.walk import SCHEMA_PREFIX, SchemaAt, inside, reference_to, replace, schema_roots, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_MISSING = object()


def deep_references(work: Work) -> None:
    """Give a name to every schema that is referred to by its place.

    Microsoft.AspNetCore.OpenApi writes recursive types as ``#/components/schemas/A/properties/b/items``, other tools
    refer into paths or relative to the schema; the generator knows names in ``components/schemas`` only and would drop
    the model with all its users. A reference that leads nowhere becomes "anything". Part of failure mode 15.
    """
    places = {id(found.schema) for found in schemas(work.document)}
    done: set[int] = set()
    # Again until nothing is new: a schema that got a name has left the place where the walk would have come by.
    while waiting := [root for root in schema_roots(work.document) if id(root.schema) not in done]:
        for root in waiting:
            done.add(id(root.schema))
            _name_targets(work, root, places)


def _name_targets(work: Work, root: SchemaAt, places: set[int]) -> None:
    for found in inside(root):
        reference = found.schema.get("$ref")
        if not isinstance(reference, str):
            if "$ref" in found.schema:
                replace(found.schema, {})
            continue
        target = _named(work, reference, root, places)
        if target is None:
            replace(found.schema, {})
            work.note(found.where, f"anything, because {quoted(reference)} leads nowhere")
        else:
            found.schema["$ref"] = target


def shared_parts(work: Work) -> None:
    """Write shared parameters, bodies, answers and path items out where they are used.

    The generator follows only some of these references, loses members of a shared parameter on the way, and warns on
    an answer that refers to an answer. Part of failure mode 7.
    """
    document = work.document
    components = mapping(document, "components")
    for path, item in mapping(document, "paths").items():
        if "$ref" in item:
            shared = _target(document, item)
            # OpenAPI 3.1 leaves open what wins; a path's own members are what its writer added on purpose.
            own = {key: value for key, value in item.items() if key != "$ref"}
            item.clear()
            item.update({**work.copied(shared or {}), **own})
            work.note(pointer("paths", path), "shared path item written out")
        _write_out_list(work, item, pointer("paths", path))
        for method in METHODS:
            operation = item.get(method)
            if is_mapping(operation):
                _write_out_operation(work, operation, pointer("paths", path, method))
    # Nothing refers to them any more, and the generator would read them, and warn, all the same.
    for section in ("parameters", "requestBodies", "responses", "pathItems"):
        components.pop(section, None)


def path_item_parameters(work: Work) -> None:
    """Move parameters of a path into its operations; an operation's own parameter of that name wins.

    The generator adds them without looking at the operation's own constants and reports doubles as errors; the later
    rules have one place to look. Part of failure mode 7.
    """
    for path, item in mapping(work.document, "paths").items():
        shared = item.pop("parameters", [])
        for method in METHODS:
            operation = item.get(method)
            if not is_mapping(operation):
                continue
            # The operation's own first: of two with one name and place, `setdefault` keeps the first.
            listed = [*operation.get("parameters", []), *(work.copied(entry) for entry in shared)]
            unique: dict[tuple[str, str], dict[str, Any]] = {}
            for parameter in listed:
                unique.setdefault((parameter["in"], parameter["name"]), parameter)
            operation["parameters"] = list(unique.values())
            if shared or len(unique) < len(listed):
                work.note(pointer("paths", path, method), "parameters of the path merged, doubles dropped")


def _named(work: Work, reference: str, root: SchemaAt, places: set[int]) -> str | None:
    """Return a reference to a schema in ``components`` that means the same, or None.

    ``places`` are the schemas of the document: a reference to anything else (``#/``, ``#/paths``) means nothing.
    """
    direct = reference.removeprefix(SCHEMA_PREFIX) if reference.startswith(SCHEMA_PREFIX) else None
    if direct is not None:
        # As the standard says, then as writers of documents do: some escape for the URL, some not at all.
        for name in (unescaped(direct), unescaped(unquote(direct)), direct):
            if name in work.schemas:
                return reference_to(name)
    parts = [unescaped(unquote(part)) for part in reference.removeprefix("#").strip("/").split("/") if part]
    target: Any = _MISSING
    # A few tools count from the schema itself, in which `#/` means the schema and not the document.
    for start in (work.document, root.schema):
        target = _at(start, parts)
        if is_mapping(target) and id(target) in places:
            break
    if not is_mapping(target) or id(target) not in places:
        return None
    # `#` inside a named schema is the schema itself, which has its name already.
    if target is root.schema:
        name = unescaped(root.where.removeprefix("/components/schemas/"))
        if name in work.schemas:
            return reference_to(name)
    inner = target.get("$ref")
    if isinstance(inner, str):
        return None if inner == reference else _named(work, inner, root, places)
    name = _new_name(work, parts)
    # Moved, not copied: its old place refers to it, so that both stay one class.
    work.schemas[name] = dict(target)
    replace(target, {"$ref": reference_to(name)})
    work.note(root.where, f"schema at {quoted(reference)} named {name}")
    return reference_to(name)


def _new_name(work: Work, parts: list[str]) -> str:
    skipped = {"components", "schemas", "paths", "properties", "content", "schema", "responses", "definitions", "$defs"}
    words = [part for part in parts if part not in skipped] or ["Schema"]
    base = "".join(word[:1].upper() + word[1:] for word in words)
    return next(name for name in numbered(base, "") if name not in work.schemas)


def _at(start: Data, parts: list[str]) -> Data:
    node = start
    for part in parts:
        if is_mapping(node) and part in node:
            node = node[part]
        elif is_list(node) and part.isascii() and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return _MISSING
        # The way leads through a reference, and what lies behind it stands elsewhere.
        if is_mapping(node) and isinstance(node.get("$ref"), str) and part is not parts[-1]:
            return _MISSING
    return node


def _target(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any] | None:
    """Follow references to parts other than schemas, or return None where they lead nowhere or in a circle."""
    seen: set[str] = set()
    current: Any = node
    while is_mapping(current) and isinstance(current.get("$ref"), str):
        reference = current["$ref"]
        if reference in seen:
            return None
        seen.add(reference)
        raw = reference.removeprefix("#").strip("/").split("/")
        # First as it stands: a key may hold a percent sign of its own.
        found = _at(document, [unescaped(part) for part in raw])
        current = found if found is not _MISSING else _at(document, [unescaped(unquote(part)) for part in raw])
    return current if is_mapping(current) else None


def _write_out_operation(work: Work, operation: dict[str, Any], where: str) -> None:
    _write_out_list(work, operation, where)
    body = operation.get("requestBody")
    if is_mapping(body) and "$ref" in body:
        target = _target(work.document, body)
        operation["requestBody"] = work.copied(target) if target is not None else {"content": {}}
        work.note(f"{where}/requestBody", "shared body written out")
    for status, response in operation["responses"].items():
        if is_mapping(response) and "$ref" in response:
            target = _target(work.document, response)
            operation["responses"][status] = work.copied(target) if target is not None else {"description": ""}
            work.note(f"{where}/responses/{status}", "shared answer written out")


def _write_out_list(work: Work, holder: dict[str, Any], where: str) -> None:
    result: list[dict[str, Any]] = []
    for index, parameter in enumerate(holder.get("parameters", [])):
        target = parameter
        if "$ref" in parameter:
            target = _target(work.document, parameter)
            if target is None:
                work.note(f"{where}/parameters/{index}", f"dropped: {quoted(parameter['$ref'])} leads nowhere")
                continue
            target = work.copied(target)
            work.note(f"{where}/parameters/{index}", "shared parameter written out")
        target["in"] = str(target.get("in")).strip().lower()
        if not isinstance(target.get("name"), str) or target["in"] not in {"path", "query", "header", "cookie"}:
            raise RefusedDocumentError(
                f"The parameter at {quoted(where + '/parameters/' + str(index))} has no name, or no place among path, "
                "query, header and cookie. Nothing was changed."
            )
        result.append(target)
    if "parameters" in holder:
        holder["parameters"] = result
