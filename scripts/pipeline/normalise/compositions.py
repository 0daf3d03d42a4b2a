"""Rules about ``allOf``, ``anyOf`` and ``oneOf``, and about objects that are open or say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_mapping, mapping
from pipeline.document.json_pointer import pointer
from pipeline.normalise.descriptions import MEMBERS
from pipeline.normalise.walk import mappings, referred, replace, schema_roots, schemas, subschemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_SHAPE = frozenset(
    {"$ref", "type", "enum", "properties", "items", "prefixItems", "allOf", "anyOf", "oneOf", "additionalProperties"}
)
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_MARKS = ("nullable", "default", "description", "example", "deprecated", "readOnly")


def single_members(work: Work) -> None:
    """Write a composition of one as that one: ``allOf: [$ref]`` is how 3.0 adds a description to a reference.

    The generator makes a copy of the class under another name, or loses the default. Part of failure modes 15 and 22.
    """
    for root in list(schema_roots(work.document)):
        named = root.where.startswith("/components/schemas/")
        _unwrap_all(work, root.schema, root.where, is_named=named)


def unions(work: Work) -> None:
    """Write ``oneOf`` as ``anyOf``, without members that only constrain; an object with members of its own stays one.

    The generator treats both alike, and ignores properties beside them. Part of failure modes 15 and 22.
    """
    for found in schemas(work.document):
        schema = found.schema
        schema.pop("not", None)
        if "anyOf" not in schema and "oneOf" not in schema:
            continue
        listed = [*mappings(schema, "anyOf"), *mappings(schema, "oneOf")]
        schema.pop("anyOf", None)
        schema.pop("oneOf", None)
        own = bool(mapping(schema, "properties")) or "allOf" in schema or "enum" in schema or "$ref" in schema
        # A member such as `required: [a]` only constrains; the generator would make a class of it.
        shaped: list[dict[str, Any]] = []
        for member in listed:
            if _SHAPE & set(member) and member not in shaped:
                shaped.append(member)
        # One empty member lets every value through, so the union says nothing.
        anything = any(not set(member) - {"description"} for member in listed)
        if own or anything or not shaped:
            if anything and not own and schema.get("type") not in tuple(_SCALARS):
                replace(schema, {key: schema[key] for key in ("description",) if key in schema})
            work.note(found.where, "an object, not a union" if own else "anything, or constraints only")
            continue
        if schema.get("type") in ("object", "array") or shaped:
            schema.pop("type", None)
            schema.pop("items", None)
            schema.pop("additionalProperties", None)
        schema["anyOf"] = shaped


def free_objects(work: Work) -> None:
    """Read an unnamed object without properties as any JSON value.

    Generators write .NET's ``object`` as ``type: object``, and anything may arrive there, a text too; a class per place
    would be of no use.
    """
    for root in list(schema_roots(work.document)):
        # Somebody gave it a name, and programs may use the class.
        top_is_named = root.where.startswith("/components/schemas/")
        _free(work, root.schema, root.where, keep=top_is_named)


def all_of(work: Work) -> None:
    """Write inheritance out: one object with the properties of all parts, the own ones last.

    The generator drops a class, with all that use it, when two parts disagree about a property, when a part is no
    object, or when parts refer to each other in a circle. Part of failure modes 15 and 22.
    """
    flat: dict[str, dict[str, Any]] = {}
    for name in list(work.schemas):
        schema = work.schemas[name]
        if "allOf" not in schema:
            continue
        where = pointer("components", "schemas", name)
        flat[name] = _flattened(work, schema, frozenset({name}), where)
        work.note(where, "parts of allOf written out")
    # Only now: each is made of the others as they were received, whatever their order.
    for name, content in flat.items():
        work.schemas[name] = content


def open_objects(work: Work) -> None:
    """Let every object have further members: a newer server sends fields that an older document does not know.

    ``additionalProperties: false`` is what Swashbuckle and NSwag write for every class; the generator then throws
    unknown fields away.
    """
    for found in schemas(work.document):
        if isinstance(found.schema.get("additionalProperties"), bool):
            was_closed = found.schema.pop("additionalProperties") is False
            if was_closed:
                work.note(found.where, "open for fields that are not in the document")


def is_object(schema: dict[str, Any]) -> bool:
    """Return whether a schema describes an object, by itself or by its parts."""
    described = "properties" in schema or is_mapping(schema.get("additionalProperties"))
    return schema.get("type") == "object" or described or "allOf" in schema


def _unwrap_all(work: Work, schema: dict[str, Any], where: str, *, is_named: bool) -> None:
    for relative, inner in list(subschemas(schema)):
        _unwrap_all(work, inner, where + pointer(*relative), is_named=False)
    for key in ("allOf", "anyOf"):
        listed = mappings(schema, key)
        own = _SHAPE & set(schema) - {key, "type"}
        if key == "allOf":
            listed = [member for member in listed if _SHAPE & set(member) or "required" in member]
            if listed:
                schema[key] = listed
            else:
                schema.pop(key, None)
        if key == "allOf" and len(listed) > 1 and not own and _is_one_scalar(listed):
            listed = [{name: value for member in listed for name, value in member.items()}]
        # A named schema of one base is a class of its own, though it adds nothing: a discriminator may tell them apart.
        is_derived = is_named and key == "allOf" and "$ref" in (listed[0] if listed else {})
        # A union of one that a field tells apart has room for values of that field that nobody declared.
        is_open = key == "anyOf" and "discriminator" in schema
        if len(listed) != 1 or own or is_derived or is_open:
            continue
        only = listed[0]
        marks = {
            mark: schema[mark] for mark in _MARKS if mark in schema and not (mark == "description" and "$ref" in only)
        }
        extensions = {key: value for key, value in schema.items() if key.startswith("x-") or key == "required"}
        replace(schema, {**extensions, **only, **marks})
        work.note(where, f"{key} of one part written as that part")


def _is_one_scalar(parts: list[dict[str, Any]]) -> bool:
    """Return whether parts only constrain one plain value; 3.1 documents add a length to a text that way."""
    kinds = {str(part.get("type")) for part in parts}
    return len(kinds) == 1 and kinds <= _SCALARS and not any({"anyOf", "allOf", "$ref"} & set(part) for part in parts)


def _free(work: Work, schema: dict[str, Any], where: str, *, keep: bool) -> None:
    for relative, inner in list(subschemas(schema)):
        _free(work, inner, where + pointer(*relative), keep=relative[0] == "allOf")
    additional = schema.get("additionalProperties")
    says_nothing = not is_mapping(additional) or not _SHAPE & set(additional)
    if keep or schema.get("type") != "object" or mapping(schema, "properties") or {"allOf", "anyOf"} & set(schema):
        return
    if says_nothing:
        replace(schema, {key: schema[key] for key in ("description", "example") if key in schema})
        work.note(where, "any JSON value: an object that says nothing about its members")


def _flattened(work: Work, schema: dict[str, Any], seen: frozenset[str], where: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: dict[str, None] = {}
    additional: dict[str, Any] = {}
    others: list[str] = []
    spoken: dict[str, Any] = {}
    for member in [*mappings(schema, "allOf"), {key: value for key, value in schema.items() if key != "allOf"}]:
        target = referred(member)
        part = member
        if target is not None:
            part = _dereferenced(work, target)
            # Neither has properties to take over: a circle has them already, a plain value has none.
            if target in seen or not is_object(part):
                others.append(target)
                work.note(where, f"part {target} left out: " + ("a circle" if target in seen else "no object"))
                continue
        if "allOf" in part:
            part = _flattened(work, part, seen | {target or ""}, where)
        for name, described in mapping(part, "properties").items():
            # A later part wins, unless it only describes: the derived class may narrow what its base says.
            if name not in properties or _SHAPE & set(described):
                properties[name] = work.copied(described)
        spoken.update(mapping(part, MEMBERS))
        required.update(dict.fromkeys(part.get("required", [])))
        if is_mapping(part.get("additionalProperties")):
            additional.setdefault("additionalProperties", work.copied(part["additionalProperties"]))
    kept = {key: value for key, value in schema.items() if key not in {"allOf", "properties", "required", "type"}}
    # Parts that are no objects: then it is another name for the first of them.
    if not properties and not additional and others and others[0] not in seen:
        return {"$ref": "#/components/schemas/" + others[0]}
    known = [name for name in required if name in properties]
    kept.pop("additionalProperties", None)
    kept.update({MEMBERS: spoken} if spoken else {})
    return {**kept, "type": "object", "properties": properties, **({"required": known} if known else {}), **additional}


def _dereferenced(work: Work, name: str) -> dict[str, Any]:
    seen: set[str] = set()
    schema = work.schemas.get(name, {})
    while (target := referred(schema)) is not None and target not in seen:
        seen.add(target)
        schema = work.schemas.get(target, {})
    return schema if is_mapping(schema) else {}
