"""Rules about named schemas that are no class: other names for a reference, a list, a union or a plain value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_pointer import pointer
from pipeline.normalise.walk import reference_to, referred, replace, schemas, subschemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work


# No set: the type may be a list of several, and then there is none of these.
_SCALARS = ("string", "integer", "number", "boolean")


def plain_aliases(work: Work) -> None:
    """Let references to a schema that is only another name lead to what it names; a circle of names means anything.

    The generator reports chains and circles of such names as errors. Part of failure mode 15.
    """
    # None is "anything": the end of a circle of names, and of a name that leads nowhere.
    ends: dict[str, str | None] = {}
    for name, schema in work.schemas.items():
        target, seen = referred(schema), {name}
        if target is None:
            continue
        while (following := referred(work.schemas.get(target))) is not None and target not in seen:
            seen.add(target)
            target = following
        ends[name] = None if target in seen or target not in work.schemas else target
    if not ends:
        return
    for found in schemas(work.document):
        used = referred(found.schema)
        if used in ends:
            end = ends[used]
            if end is None:
                replace(found.schema, {})
            else:
                found.schema["$ref"] = reference_to(end)
    for name, end in ends.items():
        del work.schemas[name]
        work.note(pointer("components", "schemas", name), f"another name for {end or 'anything'}")


def scalar_aliases(work: Work) -> None:
    """Write named texts, numbers and booleans out where they are used: they become no class anyway.

    The generator forgets format and example of such a name, so that a time span would be a plain text.
    """
    scalars = {
        name: schema for name, schema in work.schemas.items() if schema.get("type") in _SCALARS and "enum" not in schema
    }
    for found in list(schemas(work.document)) if scalars else ():
        named = scalars.get(referred(found.schema) or "")
        if named is not None:
            own = {key: value for key, value in found.schema.items() if key != "$ref"}
            # The place knows better: its description and default are about this use of the name.
            replace(found.schema, {**work.copied(named), **own})
    for name in scalars:
        del work.schemas[name]
        work.note(pointer("components", "schemas", name), "written out where it is used")


def recursive_aliases(work: Work) -> None:
    """Cut circles of lists and unions that never pass through a class, such as Newtonsoft's ``JToken``.

    The generator cannot build them and drops every class that uses them. The reference that closes the circle becomes
    "anything". Part of failure mode 15.
    """
    finished: set[str] = set()
    for name in work.schemas:
        _cut(work, name, [], finished)


def _cut(work: Work, name: str, path: list[str], finished: set[str]) -> None:
    # A class ends every circle: the generator refers to it by name, without looking inside.
    if name in finished or _is_class(work.schemas[name]):
        return
    path.append(name)
    for node in _parts(work.schemas[name]):
        target = referred(node)
        if target in path:
            replace(node, {})
            work.note(pointer("components", "schemas", name), f"anything in place of {target}, which contains itself")
        elif target is not None and target in work.schemas:
            _cut(work, target, path, finished)
    path.pop()
    finished.add(name)


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas that a list or union is made of, all the way down."""
    found: list[dict[str, Any]] = []
    pending = [inner for _, inner in subschemas(schema)]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(inner for _, inner in subschemas(node))
    return found


def _is_class(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "object" or "enum" in schema
