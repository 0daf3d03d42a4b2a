"""Rule that makes path templates and path parameters agree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import METHODS, is_mapping, mapping
from pipeline.normalise.identifiers import RESERVED_ARGUMENTS, python_name
from pipeline.normalise.walk import members, operations, pointer, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

# The name comes first; a constraint behind it may hold braces of its own (`{code:regex(^[a-z]{{3}}$)}`).
_PLACEHOLDER = re.compile(r"\{\{?([^{}:]*(?::(?:[^{}]|\{+[^{}]*\}+)*)?)\}\}?")
_CLEAN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def path_templates(work: Work) -> None:
    """Repair path templates: constraints, catch-all, case, missing, surplus and repeated parameters, stray braces.

    ASP.NET routes are matched without regard to case and carry constraints (``{lat:double}``, ``{**path}``, ``{id?}``),
    and both leak into documents. The generator compares names exactly and skips the operation ("incorrect path
    templating", 58 operations). Names of path parameters never travel, so the parameter takes the template's name. A
    parameter without a placeholder has no way to the server and is dropped. Failure mode 7.
    """
    received = mapping(work.document, "paths")
    repaired: dict[str, Any] = {}
    places = {path: index for index, path in enumerate(received)}
    known = names_on_the_wire(work)
    for path, item in sorted(received.items()):
        clean, names = _clean_template(path, known)
        for method in METHODS:
            operation = item.get(method)
            if not is_mapping(operation):
                continue
            target, target_names = clean, names
            while method in repaired.get(target, {}):
                target, target_names = _renamed(target, target_names, known)
            work.wire_names.update({name: raw for name, raw in target_names.items() if name != raw})
            _fit(work, operation, list(target_names), pointer("paths", path, method))
            if target != path:
                operation["x-cyara-path-received"] = path
                work.note(pointer("paths", path, method), f"path template {target}")
            operation["x-cyara-path"] = path
            repaired.setdefault(target, {})[method] = operation
    first = {target: min(places[op["x-cyara-path"]] for op in item.values()) for target, item in repaired.items()}
    work.document["paths"] = {target: repaired[target] for target in sorted(repaired, key=lambda key: first[key])}


def names_on_the_wire(work: Work) -> set[str]:
    """Return every name of a property or parameter: an alias must not be one of them."""
    found = {name for schema in schemas(work.document) for name in mapping(schema.schema, "properties")}
    for entry in operations(work.document):
        found |= {str(parameter["name"]) for parameter in members(entry.operation, "parameters")}
    return found


def _clean_template(path: str, known: set[str]) -> tuple[str, dict[str, str]]:
    """Return the template with plain unique placeholders, and their names in order, each with the received one."""
    names: dict[str, str] = {}

    def name_of(match: re.Match[str]) -> str:
        raw = match.group(1).strip().lstrip("*").partition(":")[0].partition("=")[0].rstrip("?*").strip()
        plain = raw if _CLEAN.fullmatch(raw) else "_".join(re.findall(r"[A-Za-z0-9]+", raw))
        plain = plain if plain[:1].isalpha() else f"p{len(names) + 1}_{plain}".rstrip("_")
        reserved = RESERVED_ARGUMENTS | {python_name(name) for name in names}
        name = plain
        if python_name(plain) in reserved or (plain != raw and plain in known):
            name = _unused(f"{plain}_path", known, reserved)
        names[name] = raw or name
        return "\0" + name + "\1"

    template = _PLACEHOLDER.sub(name_of, path.strip()).rstrip("?")
    template = template.replace("{", "%7B").replace("}", "%7D").replace("\0", "{").replace("\1", "}")
    return "/" + template.lstrip("/"), names


def _unused(base: str, known: set[str], reserved: frozenset[str] | set[str]) -> str:
    name, number = base, 2
    while name in known or python_name(name) in reserved:
        name, number = f"{base}_{number}", number + 1
    return name


def _renamed(template: str, names: dict[str, str], known: set[str]) -> tuple[str, dict[str, str]]:
    """Return the template under other names, for two routes that only a constraint told apart."""
    if not names:
        return template + "#", names
    last = list(names)[-1]
    fresh = _unused(f"{last}_2", known, {python_name(name) for name in names})
    head, _, tail = template.rpartition("{" + last + "}")
    others = {name: raw for name, raw in names.items() if name != last}
    return head + "{" + fresh + "}" + tail, {**others, fresh: names[last]}


def _fit(work: Work, operation: dict[str, Any], names: list[str], where: str) -> None:
    """Give the operation exactly one parameter for each placeholder."""
    listed: list[dict[str, Any]] = operation.get("parameters", [])
    unused = [parameter for parameter in listed if parameter["in"] == "path"]
    fitted: list[dict[str, Any]] = []
    for name in names:
        found = _matching(unused, work.wire_names.get(name, name)) or _matching(unused, name)
        if found is None:
            found = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            work.note(where, f"path parameter {name} added")
        else:
            unused.remove(found)
        if found["name"] != name:
            work.note(where, f"path parameter named {name} as in the path")
            found["name"] = name
        fitted.append(found)
    for parameter in unused:
        work.note(where, f"path parameter {ascii(parameter['name'])[:80]} dropped: the path has no place for it")
    operation["parameters"] = [*fitted, *(parameter for parameter in listed if parameter["in"] != "path")]


def _matching(unused: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    for fold in (str, _letters):
        for parameter in unused:
            if fold(parameter["name"]) == fold(name):
                return parameter
    return None


def _letters(name: str) -> str:
    stem = name.strip().lstrip("*{").partition(":")[0]
    return re.sub(r"[^a-z0-9]", "", stem.lower())
