"""Rule that makes path templates and path parameters agree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cyara_tools.portal.spelling import fit_parameters, placeholders
from pipeline.document.json_nodes import METHODS, is_mapping, mapping
from pipeline.document.json_pointer import pointer
from pipeline.normalise.identifiers import RESERVED_ARGUMENTS, numbered, python_name
from pipeline.normalise.walk import mappings, operations, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_CLEAN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def path_templates(work: Work) -> None:
    """Repair path templates: constraints, catch-all, case, missing, surplus and repeated parameters, stray braces.

    ASP.NET routes are matched without regard to case and carry constraints (``{lat:double}``, ``{**path}``, ``{id?}``),
    and both leak into documents. The generator compares names exactly and skips the operation ("incorrect path
    templating", 58 operations). Failure mode 7.
    """
    received = mapping(work.document, "paths")
    repaired: dict[str, Any] = {}
    places = {path: index for index, path in enumerate(received)}
    known = names_on_the_wire(work)
    # Sorted, so that the same route gets the same name wherever it stands in the document.
    for path, item in sorted(received.items()):
        clean, names = _clean_template(path, known)
        for method in METHODS:
            operation = item.get(method)
            if not is_mapping(operation):
                continue
            target, target_names = clean, names
            # Two routes that only a constraint told apart (`{id:int}`, `{id:guid}`) are one template now.
            while method in repaired.get(target, {}):
                target, target_names = _renamed(target, target_names, known)
            work.wire_names.update({name: raw for name, raw in target_names.items() if name != raw})
            _fit(work, operation, target_names, pointer("paths", path, method))
            if target != path:
                operation["x-cyara-path-received"] = path
                work.note(pointer("paths", path, method), f"path template {target}")
            operation["x-cyara-path"] = path
            repaired.setdefault(target, {})[method] = operation
    # Back into the order of the document, in which people look for their operations.
    first = {target: min(places[op["x-cyara-path"]] for op in item.values()) for target, item in repaired.items()}
    work.document["paths"] = {target: repaired[target] for target in sorted(repaired, key=lambda key: first[key])}


def names_on_the_wire(work: Work) -> set[str]:
    """Return every name of a property or parameter: an alias must not be one of them."""
    found = {name for schema in schemas(work.document) for name in mapping(schema.schema, "properties")}
    for entry in operations(work.document):
        found |= {str(parameter["name"]) for parameter in mappings(entry.operation, "parameters")}
    return found


def _clean_template(path: str, known: set[str]) -> tuple[str, dict[str, str]]:
    """Return the template with plain unique placeholders, and their names in order, each with the received one."""
    path = path.strip()
    names: dict[str, str] = {}
    template, end = "", 0
    for placeholder in placeholders(path):
        raw = placeholder.name
        plain = raw if _CLEAN.fullmatch(raw) else "_".join(re.findall(r"[A-Za-z0-9]+", raw))
        plain = plain if plain[:1].isalpha() else f"p{len(names) + 1}_{plain}".rstrip("_")
        reserved = RESERVED_ARGUMENTS | {python_name(name) for name in names}
        name = plain
        # An alias is put back wherever it occurs; it must not be the true name of anything.
        if python_name(plain) in reserved or (plain != raw and plain in known):
            name = _unused(f"{plain}_path", known, reserved)
        names[name] = raw
        template += _literal(path[end : placeholder.start]) + "{" + name + "}"
        end = placeholder.end
    template += _literal(path[end:].rstrip("?"))
    return "/" + template.lstrip("/"), names


def _literal(text: str) -> str:
    """Return what stands between placeholders; a brace that is left there belongs to none."""
    return text.replace("{", "%7B").replace("}", "%7D")


def _unused(base: str, known: set[str], reserved: frozenset[str] | set[str]) -> str:
    return next(name for name in numbered(base) if name not in known and python_name(name) not in reserved)


def _renamed(template: str, names: dict[str, str], known: set[str]) -> tuple[str, dict[str, str]]:
    """Return the template under other names, for two routes that only a constraint told apart."""
    # A fragment is never sent: it tells two addresses apart for the generator, and is one to the server.
    if not names:
        return template + "#", names
    last = list(names)[-1]
    fresh = _unused(f"{last}_2", known, {python_name(name) for name in names})
    head, _, tail = template.rpartition("{" + last + "}")
    others = {name: raw for name, raw in names.items() if name != last}
    return head + "{" + fresh + "}" + tail, {**others, fresh: names[last]}


def _fit(work: Work, operation: dict[str, Any], names: dict[str, str], where: str) -> None:
    """Give the operation exactly one parameter for each placeholder, given as its name and the received one."""
    listed: list[dict[str, Any]] = operation.get("parameters", [])
    in_path = [parameter for parameter in listed if parameter["in"] == "path"]
    places = fit_parameters(list(names.values()), [parameter["name"] for parameter in in_path])
    fitted: list[dict[str, Any]] = []
    for (name, _), place in zip(names.items(), places, strict=True):
        if place is None:
            found = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            work.note(where, f"path parameter {name} added")
        else:
            # A copy, because a name that stands in a path twice is two arguments of one kind.
            found = work.copied(in_path[place])
        # The name of a path parameter is never sent, so it may become that of its placeholder.
        if found["name"] != name:
            work.note(where, f"path parameter named {name} as in the path")
            found["name"] = name
        fitted.append(found)
    # Without a placeholder there is no way to the server.
    for index, parameter in enumerate(in_path):
        if index not in places:
            work.note(where, f"path parameter {ascii(parameter['name'])[:80]} dropped: the path has no place for it")
    operation["parameters"] = [*fitted, *(parameter for parameter in listed if parameter["in"] != "path")]
