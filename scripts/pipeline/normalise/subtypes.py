"""Rules about discriminators: which class a value belongs to is said by one of its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import mapping
from pipeline.document.json_pointer import pointer, unescaped
from pipeline.normalise.walk import mappings, reference_to, referred, replace, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

_MARK = "x-cyara-discriminated-by"


def discriminators(work: Work) -> None:
    """Write on every class the member, and its values, by which the document tells it apart from its relatives.

    The generator ignores ``discriminator`` and takes the first member of a union that happens to fit. Templates see a
    class, not the union, so the mark stands on the class: ``x-cyara-discriminated-by: {property, values}``. Without a
    mapping the value is the received name of the schema (OpenAPI 3.0.3, section 4.7.25). Failure mode 22.
    """
    children = _children(work)
    for found in schemas(work.document):
        discriminator = mapping(found.schema, "discriminator")
        if not discriminator:
            continue
        listed = mapping(discriminator, "mapping")
        targets = {value: unescaped(reference.rpartition("/")[2]) for value, reference in listed.items()}
        name = unescaped(found.where.removeprefix("/components/schemas/"))
        relatives = _descendants(children, name) if found.where == pointer("components", "schemas", name) else []
        united = [target for key in ("anyOf", "oneOf") for m in mappings(found.schema, key) if (target := referred(m))]
        classes = list(dict.fromkeys([*targets.values(), *relatives, *united]))
        if name in work.schemas and relatives:
            work.subtypes[name] = relatives
        full: dict[str, str] = {}
        for member in classes:
            schema = work.schemas.get(member)
            if schema is None:
                continue
            values = [value for value, target in targets.items() if target == member]
            # The received name, not the one that `schema-names` gave: it is what the server writes.
            values = values or [str(schema.get("x-cyara-name-received", member))]
            full.update(dict.fromkeys(values, reference_to(member)))
            _mark(schema, str(discriminator["propertyName"]), values)
        discriminator["mapping"] = full
        work.note(found.where, f"told apart by {ascii(discriminator['propertyName'])[:80]}: {len(full)} values")


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


def _mark(schema: dict[str, Any], name: str, values: list[str]) -> None:
    """Mark a class; one that several discriminators of the same member tell apart keeps all its values."""
    mark = schema.setdefault(_MARK, {"property": name, "values": []})
    if mark["property"] == name:
        mark["values"] = list(dict.fromkeys([*mark["values"], *values]))
