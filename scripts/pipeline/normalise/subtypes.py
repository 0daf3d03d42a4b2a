"""Rules about discriminators: which class a value belongs to is said by one of its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_list, mapping
from pipeline.document.json_pointer import pointer, unescaped
from pipeline.normalise.identifiers import pascal
from pipeline.normalise.schema_names import ClassNames
from pipeline.normalise.walk import mappings, reference_to, referred, replace, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_MARK = "x-cyara-discriminated-by"


def discriminators(work: Work) -> None:
    """Write on every class the member, and its values, by which the document tells it apart from its relatives.

    The generator ignores ``discriminator`` and takes the first member of a union that happens to fit. Templates see a
    class, not the union, so the mark stands on the class: ``x-cyara-discriminated-by: {property, values, also, open}``.
    Without a mapping the value is the received name of the schema, and beside one it is understood, too (OpenAPI 3.0.3,
    section 4.7.25). A value that nobody
    declared is read as the base, which is ``open`` for that; a union without one gets one. Failure mode 22.
    """
    children = _children(work)
    for found in list(schemas(work.document)):
        discriminator = mapping(found.schema, "discriminator")
        if not discriminator:
            continue
        listed = mapping(discriminator, "mapping")
        targets = {value: unescaped(reference.rpartition("/")[2]) for value, reference in listed.items()}
        name = unescaped(found.where.removeprefix("/components/schemas/"))
        named = found.where == pointer("components", "schemas", name)
        united = [target for key in ("anyOf", "oneOf") for m in mappings(found.schema, key) if (target := referred(m))]
        relatives = _descendants(children, name) if named else []
        classes = list(dict.fromkeys([*targets.values(), *relatives, *united]))
        if named and not united:
            _know_subtypes(work, children, name, [member for member in classes if member != name])
        full: dict[str, str] = {}
        for member in classes:
            schema = work.schemas.get(member)
            # A value may lead to the union itself: whatever it is, it is none of the members.
            if schema is None or (united and member == name):
                continue
            values = [value for value, target in targets.items() if target == member]
            # The received name, not the one that `schema-names` gave: it is what the server writes. It is good beside
            # a mapping, too, where that does not give it to another class.
            received = str(schema.get("x-cyara-name-received", member))
            names = [received] if received not in targets else []
            full.update(dict.fromkeys(values or names, reference_to(member)))
            is_base = member in work.subtypes
            _mark(schema, str(discriminator["propertyName"]), values or names, names if values else [], is_base=is_base)
        discriminator["mapping"] = full
        if united and "anyOf" in found.schema:
            _add_base(work, children, found.schema, found.where, united)
        work.note(found.where, f"told apart by {ascii(discriminator['propertyName'])[:80]}: {len(full)} values")


def discriminator_members(work: Work) -> None:
    """Give every class the member by which it is told apart, where only its union or its base names it.

    What is written without it could not be read by the server. Part of failure mode 22.
    """
    for name, schema in work.schemas.items():
        member = mapping(schema, _MARK).get("property")
        if member is not None and schema.get("type") == "object" and member not in mapping(schema, "properties"):
            schema["properties"] = {member: {"type": "string"}, **mapping(schema, "properties")}
            work.note(pointer("components", "schemas", name), f"has {ascii(member)[:80]}, by which it is told apart")


def subtype_references(work: Work) -> None:
    """Let a reference to a base class with discriminator stand for its subtypes too, and the base last.

    A property or list of the base holds values of the subtypes; typed as the base, their own members would be lost
    among the unknown ones. Failure mode 22.
    """
    if not work.subtypes:
        return
    for found in list(schemas(work.document)):
        target = referred(found.schema)
        if target is None or target not in work.subtypes:
            continue
        holder, _, _ = found.where.rpartition("/")
        # A part of a class is the base itself, and a union lists what it holds.
        if holder.endswith(("/allOf", "/anyOf")):
            continue
        # The base last: it fits every subtype's value, and the first member that fits is taken.
        members_of = [*(name for name in work.subtypes[target] if name in work.schemas), target]
        nullable = {"nullable": True} if found.schema.get("nullable") else {}
        replace(found.schema, {"anyOf": [work.copied({"$ref": reference_to(name)}) for name in members_of], **nullable})
        work.note(found.where, f"{target} or one of its {len(members_of) - 1} subtypes")


def _children(work: Work) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for name, schema in work.schemas.items():
        for member in mappings(schema, "allOf"):
            base = referred(member)
            if base is not None and base != name:
                children.setdefault(base, []).append(name)
    return children


def _descendants(children: dict[str, list[str]], name: str) -> list[str]:
    found: dict[str, None] = {}
    pending = list(children.get(name, []))
    while pending:
        child = pending.pop(0)
        if child not in found and child != name:
            found[child] = None
            pending.extend(children.get(child, []))
    return list(found)


def _know_subtypes(work: Work, children: dict[str, list[str]], name: str, members: list[str]) -> None:
    """Note the subtypes of a base, and those of each subtype that is a base itself."""
    if members:
        work.subtypes[name] = members
    for member in members:
        if further := _descendants(children, member):
            work.subtypes.setdefault(member, further)


def _add_base(work: Work, children: dict[str, list[str]], union: dict[str, Any], where: str, united: list[str]) -> None:
    """Add to a union, as its last member, the base that its members share, or an open class of its own."""
    bases = [base for base in children if set(united) <= {base, *_descendants(children, base)}]
    # The nearest: it has the fewest descendants.
    base = min(bases, key=lambda name: len(_descendants(children, name)), default=None)
    property_name = str(union["discriminator"]["propertyName"])
    if base is None:
        base = _open_class(work, where, property_name, _said_by(work, united, property_name))
    elif _MARK in work.schemas[base]:
        work.schemas[base][_MARK]["open"] = True
    others = [member for member in union["anyOf"] if referred(member) != base]
    union["anyOf"] = [*others, {"$ref": reference_to(base)}]


def _said_by(work: Work, members: list[str], property_name: str) -> dict[str, Any]:
    """Return the schema of a member by which classes are told apart: of one type, or anything."""
    kinds: set[str] = set()
    for name in members:
        own = mapping(work.schemas.get(name, {}), "properties").get(property_name, {"type": "string"})
        target = referred(own)
        kind = (work.schemas.get(target, {}) if target else own).get("type", "")
        kinds.update(one for one in (kind if is_list(kind) else [kind]) if one != "null")
    return {"type": kinds.pop()} if kinds in ({"string"}, {"integer"}) else {}


def _open_class(work: Work, where: str, property_name: str, said_by: dict[str, Any]) -> str:
    """Make a class for values that a union does not list, named after the union or its place."""
    place = f"{where} other"
    known = work.names.schemas.get(place)
    if known is None or known in work.schemas:
        names = ClassNames()
        for name in [*work.schemas, *work.names.schemas.values()]:
            names.take(name)
        parts = [unescaped(part) for part in where.split("/") if part]
        spoken = parts[-1] if parts[0] == "components" else str(_operation_at(work, parts).get("operationId", ""))
        known = names.take_free(pascal(f"other {spoken}", otherwise="Other"), "Model")
        work.names.schemas[place] = known
    work.schemas[known] = {
        "type": "object",
        "description": f"An object whose {property_name} the document does not list.",
        "required": [property_name],
        "properties": {property_name: said_by},
    }
    return known


def _operation_at(work: Work, parts: list[str]) -> dict[str, Any]:
    return mapping(mapping(mapping(work.document, "paths"), parts[1]), parts[2])


def _mark(schema: dict[str, Any], name: str, values: list[str], also: list[str], *, is_base: bool) -> None:
    """Mark a class; one that several discriminators of the same member tell apart keeps all its values."""
    mark = schema.setdefault(_MARK, {"property": name, "values": [], "also": [], "open": False})
    if mark["property"] == name:
        mark["values"] = list(dict.fromkeys([*mark["values"], *values]))
        mark["also"] = [value for value in dict.fromkeys([*mark["also"], *also]) if value not in mark["values"]]
        mark["open"] |= is_base
