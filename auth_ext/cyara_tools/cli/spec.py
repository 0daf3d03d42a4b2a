"""Compares the document that this client was built from with the one that the portal serves now.

An operation differs when its own part of the document does, or any part that it refers to, at whatever depth.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlsplit

import attrs

from cyara_auth.origin import API_PATH
from cyara_tools.portal.document import METHODS

# Texts for people do not count, since they change nothing about a call.
_FOR_PEOPLE = frozenset({"description", "summary", "example", "examples", "externalDocs", "tags", "title"})
# Below these, names are the document's own: a property may well be called "title".
_NAMED_BY_USERS = frozenset({"properties", "schemas", "definitions", "parameters", "responses", "headers"})


@attrs.frozen(kw_only=True)
class SpecDifference:
    """Operations by name: operation id, or method and path where there is none.

    Attributes:
        added: In the portal's document only.
        removed: In this client only.
        changed: In both, but not the same.
        unchanged: How many are the same.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


def own_document() -> dict[str, Any]:
    """Return the document that this client was generated from, as it was received."""
    return cast("dict[str, Any]", json.loads(files("cyara_client").joinpath("openapi.json").read_bytes()))


def compare(ours: dict[str, Any], theirs: dict[str, Any]) -> SpecDifference:
    """Compare two documents operation by operation, matched by method and path."""
    before, after = _operations(ours), _operations(theirs)
    changed = [after[place] for place in before if place in after and before[place][1] != after[place][1]]
    return SpecDifference(
        added=tuple(sorted(after[place][0] for place in after.keys() - before.keys())),
        removed=tuple(sorted(before[place][0] for place in before.keys() - after.keys())),
        changed=tuple(sorted(name for name, _ in changed)),
        unchanged=len(before.keys() & after.keys()) - len(changed),
    )


def _operations(document: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return name and canonical text of each operation, by method and path."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    prefix = _base_path(document)
    paths = document.get("paths")
    for path, item in (cast("dict[str, Any]", paths) if isinstance(paths, dict) else {}).items():
        if not isinstance(item, dict):
            continue
        members = cast("dict[str, Any]", item)
        for method in METHODS:
            operation: Any = members.get(method)
            if isinstance(operation, dict):
                # ASP.NET ignores the case of paths, and documents differ in where they put the API's own path.
                place = (method, f"{prefix}{path}".lower().removeprefix(API_PATH))
                # Parsed JSON: isinstance() tells the checker of a dict, but of no types in it.
                name = str(operation.get("operationId") or f"{method.upper()} {path}")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
                found[place] = name, _canonical([members.get("parameters", []), operation], document)
    return found


def _base_path(document: dict[str, Any]) -> str:
    """Return the path that stands before every path."""
    # OpenAPI 3 says it in `servers`, Swagger 2.0 as `basePath`.
    servers: object = document.get("servers")
    server = cast("list[object]", servers)[0] if isinstance(servers, list) and servers else None
    url = cast("dict[str, object]", server).get("url", "") if isinstance(server, dict) else ""
    return (urlsplit(str(url)).path or str(document.get("basePath", ""))).rstrip("/")


def _canonical(part: Any, document: dict[str, Any]) -> str:
    """Return a text that is the same for the same meaning: the part, and everything it refers to, each once."""
    own = _without_texts(part)
    reached: dict[str, Any] = {}
    waiting = [*_references(own)]
    while waiting:
        reference = waiting.pop()
        # Each once, so that schemas which refer to themselves come to an end.
        if reference not in reached:
            reached[reference] = _without_texts(_resolve(reference, document))
            waiting += _references(reached[reference])
    return json.dumps([own, reached], sort_keys=True)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        members = cast("dict[str, Any]", part)
        reference = members.get("$ref")
        if isinstance(reference, str):
            yield reference
        for value in members.values():
            yield from _references(value)
    elif isinstance(part, list):
        # As above: a list of whatever JSON has.
        for value in part:  # pyright: ignore[reportUnknownVariableType]
            yield from _references(value)


def _resolve(reference: str, document: dict[str, Any]) -> Any:
    """Follow a pointer within the document; what is elsewhere, or nowhere, stays a name."""
    here: Any = document
    for step in reference.removeprefix("#/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, dict) or name not in here:
            return None
        here = cast("dict[str, Any]", here)[name]
    return here


def _without_texts(part: Any, *, named: bool = False) -> Any:
    """Drop what is for people; `named` says that the members' names are the document's own (a property "title")."""
    if isinstance(part, dict):
        return {
            name: _without_texts(value, named=not named and name in _NAMED_BY_USERS)
            for name, value in cast("dict[str, Any]", part).items()
            if named or not (name in _FOR_PEOPLE or name.startswith("x-"))
        }
    if isinstance(part, list):
        # As above: a list of whatever JSON has.
        return [_without_texts(value) for value in part]  # pyright: ignore[reportUnknownVariableType]
    return part
