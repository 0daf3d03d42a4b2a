"""Rules about null: read every way of saying it, know where .NET sends it unsaid, write it in one way.

Between the first and the last rule of this module ``nullable: true`` is the one mark, also beside ``$ref``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_list, mapping
from pipeline.document.json_pointer import pointer
from pipeline.normalise.enum_texts import is_text_key
from pipeline.normalise.walk import mappings, operations, reachable, referred, replace, schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.normalise.walk import OperationAt
    from pipeline.normalise.work import Work

_NULL = {"type": "null"}


def null_marks(work: Work) -> None:
    """Read ``nullable``, ``x-nullable``, ``type: [x, null]``, a null in ``oneOf`` or ``enum`` as one and the same.

    The generator reads some of them, and none beside an ``enum`` or a ``$ref``: one null then kills the whole answer.
    Failure modes 12 and 26.
    """
    for found in schemas(work.document):
        schema = found.schema
        nullable = schema.pop("x-nullable", None) is True or schema.get("nullable") is True
        schema.pop("nullable", None)
        nullable |= _take_null(schema)
        if nullable:
            work.note(found.where, "accepts null, as the document says")
            if _has_shape(schema):
                schema["nullable"] = True


def nullable_schemas(work: Work) -> None:
    """Move the null of a named schema to the places that use it.

    ``NullableOfStatus`` (Microsoft.AspNetCore.OpenApi) and classes marked nullable would become a union instead of a
    class. Part of failure mode 12.
    """
    done: set[str] = set()
    named = _take_from_named(work)
    # Until nothing moves: a schema that is another name for a nullable one has become nullable by the round before.
    while named - done:
        done |= named
        for found in schemas(work.document):
            if referred(found.schema) in named:
                found.schema["nullable"] = True
        for name in sorted(named):
            work.note(pointer("components", "schemas", name), "null moved to the places that use it")
        named = _take_from_named(work)
    # A part of a class is never null itself.
    for schema in work.schemas.values():
        for member in mappings(schema, "allOf"):
            member.pop("nullable", None)


def answer_nulls(work: Work) -> None:
    """Accept null for every property of answers, required or not, marked or not.

    System.Text.Json and Newtonsoft send it for whatever is unset, and the client reads as None what is missing or not
    as declared. That a property is required in an answer is a guess of documents: their authors meant the request, or
    the class. Failure mode 12.
    """
    for name in sorted(_reached(work, _answers)):
        for key, member in mapping(work.schemas[name], "properties").items():
            if not member.get("nullable") and _has_shape(member):
                member["nullable"] = True
                work.note(pointer("components", "schemas", name, "properties", key), "accepts null")


def read_only_members(work: Work) -> None:
    """Ask no caller for what only the server writes: a required ``readOnly`` property is optional in bodies.

    OpenAPI 3.0.3, section 4.7.24: such a property is required in answers only. One class serves both, so that it
    could not be built for a request without a made-up value.
    """
    for name in sorted(_reached(work, _bodies)):
        schema = work.schemas[name]
        written = {key for key, member in mapping(schema, "properties").items() if member.get("readOnly") is True}
        kept = [key for key in schema.get("required", []) if key not in written]
        if len(kept) < len(schema.get("required", [])):
            schema["required"] = kept
            work.note(pointer("components", "schemas", name), "properties that the server writes are optional")


def required_circles(work: Work) -> None:
    """Accept null where required references form a circle: no finite value could fulfil them.

    ``parent: $ref Node, required`` is how documents with nullable reference types describe a tree; .NET ends it with
    null. Part of failure mode 12.
    """
    edges = {name: _required_references(work, name) for name in work.schemas}
    circling = set(edges)
    # Peeled from both ends, as in a topological sort: who leads into no circle goes, then whom none leads to. What
    # lies between two circles stays, as if it were part of one.
    for way in (edges, _reversed(edges)):
        counts = {name: len(targets & circling) for name, targets in way.items() if name in circling}
        back = _reversed(way)
        ended = [name for name, count in counts.items() if count == 0]
        while ended:
            gone = ended.pop()
            circling.discard(gone)
            for name in back.get(gone, set()) & circling:
                counts[name] -= 1
                if counts[name] == 0:
                    ended.append(name)
    for name in sorted(circling):
        for key, member in mapping(work.schemas[name], "properties").items():
            if key in work.schemas[name].get("required", []) and referred(member) in circling:
                member["nullable"] = True
                work.note(pointer("components", "schemas", name, "properties", key), "accepts null to end a circle")


def null_members(work: Work) -> None:
    """Write null as 3.1 does: ``type: [x, null]``, or ``anyOf`` with null beside a reference.

    These are the forms that the generator turns into ``X | None``. Failure mode 12.
    """
    for found in schemas(work.document):
        schema = found.schema
        if not schema.pop("nullable", False):
            continue
        work.note(found.where, "null written as 3.1 does")
        kind = schema.get("type")
        # A schema that has none of these takes anything already.
        if "anyOf" in schema:
            schema["anyOf"] = [*schema["anyOf"], dict(_NULL)]
        elif "$ref" in schema or "allOf" in schema:
            kept: dict[str, Any] = {
                key: schema.pop(key) for key in ("default", "description", "example") if key in schema
            }
            replace(schema, {"anyOf": [dict(schema), dict(_NULL)], **kept})
        elif kind is not None:
            schema["type"] = [*(kind if is_list(kind) else [kind]), "null"]


def _take_from_named(work: Work) -> set[str]:
    """Move null from the members of unions to the unions; take it off named schemas and return their names."""
    # Inner before outer: null rises from the innermost union to the one around it.
    for found in reversed(list(schemas(work.document))):
        for member in mappings(found.schema, "anyOf"):
            if member.pop("nullable", False):
                found.schema["nullable"] = True
    return {name for name, schema in work.schemas.items() if schema.pop("nullable", False)}


def _required_references(work: Work, name: str) -> set[str]:
    schema = work.schemas[name]
    described = mapping(schema, "properties")
    required = (described.get(key) for key in schema.get("required", []))
    targets = (referred(member) for member in required if member is not None and not member.get("nullable"))
    return {target for target in targets if target is not None and target in work.schemas}


def _reversed(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    back: dict[str, set[str]] = {name: set() for name in edges}
    for name, targets in edges.items():
        for target in targets:
            back[target].add(name)
    return back


def _take_null(schema: dict[str, Any]) -> bool:
    """Take every other mark of null off a schema; return whether there was one."""
    found = False
    kinds = schema.get("type")
    if is_list(kinds) and "null" in kinds:
        rest = [kind for kind in kinds if kind != "null"]
        schema["type"] = rest[0] if len(rest) == 1 else rest
        found = True
    # Nothing but null: without a type the place takes anything, null included.
    if schema.get("type") in ("null", []):
        schema.pop("type")
        found = True
    values = schema.get("enum")
    if is_list(values) and None in values:
        _drop_null_value(schema, values)
        found = True
    for key in ("anyOf", "oneOf", "allOf"):
        listed = mappings(schema, key)
        rest_members = [member for member in listed if not _is_null(member)]
        if len(rest_members) < len(listed):
            schema[key] = rest_members
            found = True
            if not rest_members:
                schema.pop(key)
    return found


def _drop_null_value(schema: dict[str, Any], values: list[Any]) -> None:
    places = [index for index, value in enumerate(values) if value is not None]
    for key in [key for key in schema if is_text_key(key)]:
        listed = schema[key]
        if is_list(listed) and len(listed) == len(values):
            schema[key] = [listed[index] for index in places]
    schema["enum"] = [values[index] for index in places]
    if not places:
        schema.pop("enum")


def _is_null(member: dict[str, Any]) -> bool:
    return member.get("type") in ("null", ["null"]) or (set(member) == {"nullable"}) or member.get("enum") == [None]


def _has_shape(schema: dict[str, Any]) -> bool:
    return bool({"$ref", "type", "enum", "const", "allOf", "anyOf", "oneOf", "properties", "items"} & set(schema))


def _reached(work: Work, roots: Callable[[OperationAt], list[dict[str, Any]]]) -> set[str]:
    """Return the names of the schemas that those parts of operations can contain."""
    return reachable(
        work.schemas,
        (
            mapping(media, "schema")
            for entry in operations(work.document)
            for holder in roots(entry)
            for media in mapping(holder, "content").values()
        ),
    )


def _answers(entry: OperationAt) -> list[dict[str, Any]]:
    return list(mapping(entry.operation, "responses").values())


def _bodies(entry: OperationAt) -> list[dict[str, Any]]:
    return [mapping(entry.operation, "requestBody")]
