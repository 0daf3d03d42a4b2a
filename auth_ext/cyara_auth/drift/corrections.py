"""What the document would have to say so that an answer is no drift: the correction of each thing that was seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.drift.described import described, is_list, is_node, type_of
from cyara_auth.drift.schemas import NAMED, declared_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cyara_auth.drift.schemas import Node, Schemas
    from cyara_auth.drift.seen import DocumentPath, Drift

_STAY: Final = frozenset({"title", "description", "nullable", "readOnly", "writeOnly", "deprecated", "externalDocs"})
"""Members of a schema that are true of a value of any type."""

_CONTAINERS: Final = frozenset({"object", "array"})


def corrected(drift: Drift, found: Iterable[Drift], schemas: Schemas, seen: Mapping[DocumentPath, list[Any]]) -> Drift:
    """Return the drift with its correction.

    Args:
        drift: what was seen.
        found: everything that was seen in the same answer.
        schemas: the document.
        seen: every value of the answer by the places of the schemas that describe it.
    """
    if drift.kind == "type":
        return _type(drift, schemas, seen.get(drift.where, []))
    if drift.kind == "format":
        # Without its pattern a number that may be text is both.
        node = schemas.find(drift.where)
        as_declared = is_node(node) and drift.name == f"other than {node.get('format')}"
        return attrs.evolve(drift, removed=("format" if as_declared else "pattern",))
    if drift.kind == "field":
        values = seen.get((*drift.where, "properties", drift.name), [])
        return attrs.evolve(drift, addition={"properties": {drift.name: described(values)}})
    if drift.kind == "missing field":
        missing = {each.name for each in found if (each.kind, each.where) == (drift.kind, drift.where)}
        return _not_required(drift, schemas.find(drift.where), missing)
    return _new_subtype(drift, schemas, seen) if drift.kind == "discriminator value" else drift


def _type(drift: Drift, schemas: Schemas, values: list[Any]) -> Drift:
    node = schemas.find(drift.where)
    schema = node if is_node(node) else {}
    declared = schemas.types(schema) or frozenset[str]()
    kinds = {type_of(value) for value in values if value is not None}
    fitting = {kind for kind in kinds if kind in declared or (kind == "integer" and "number" in declared)}
    # Every number fits a number, the whole ones too.
    if set(declared) == {"integer"} and kinds <= {"integer", "number"}:
        fitting = set[str]()
    others = described(value for value in values if fitting.isdisjoint({type_of(value)}))
    listed = schema.get("type")
    # Before 3.1 a schema has one type only.
    several = str(schemas.document.get("openapi", "")) >= "3.1"
    plain = not (kinds | declared) & _CONTAINERS and not {"$ref", "enum"} & set(schema)
    if several and plain and declared_types(schema):
        more = sorted(kinds - declared - fitting)
        # A pattern beside number and text says that the text is a number.
        as_digits = ["pattern"] if "string" in more and "pattern" in schema else []
        # A list is extended by the update of an overlay, everything else is replaced.
        types = more if is_list(listed) else [listed, *more]
        return attrs.evolve(drift, addition={"type": types}, removed=tuple(as_digits))
    unions = [key for key in ("anyOf", "oneOf") if is_list(schema.get(key))]
    if unions and "discriminator" not in schema:
        more = others.get("anyOf", [others])
        # A list is extended, one entry after the other.
        first, *rest = [((*drift.where, unions[0]), choice) for choice in more]
        return attrs.evolve(drift, addition=None, elsewhere=(first, *rest))
    removed = tuple(key for key in schema if key not in _STAY and not key.startswith("x-"))
    # What tells classes apart keeps the type of the values that the document lists, beside any other.
    if fitting or (drift.where[-2:-1] == ("properties",) and drift.where[-1] in schemas.tellers()):
        kept = {key: schema[key] for key in removed}
        return attrs.evolve(drift, addition={"anyOf": [kept, *others.get("anyOf", [others])]}, removed=removed)
    # The type itself is written over, so that the overlay says from what to what.
    return attrs.evolve(drift, addition=others, removed=tuple(key for key in removed if key not in others))


def _not_required(drift: Drift, node: object, missing: set[str]) -> Drift:
    required = node.get("required") if is_node(node) else None
    rest = [name for name in required if name not in missing] if is_list(required) else []
    # OpenAPI has no empty list there.
    return attrs.evolve(drift, addition={"required": rest} if rest else None, removed=("required",))


def _new_subtype(drift: Drift, schemas: Schemas, seen: Mapping[DocumentPath, list[Any]]) -> Drift:
    node = schemas.find(drift.where)
    base = node if is_node(node) else {}
    place = (*drift.where, "discriminator", drift.name)
    fields = {str(path[-1]): described(values) for path, values in seen.items() if path[:-1] == place}
    named = schemas.find(NAMED)
    known = named if is_node(named) else {}
    has_name = drift.where[:2] == NAMED and len(drift.where) == len(NAMED) + 1
    unions = [key for key in ("oneOf", "anyOf") if is_list(base.get(key))]
    new: Node = {"type": "object", "properties": fields}
    if has_name and not unions:
        new["allOf"] = [{"$ref": _reference(str(drift.where[-1]))}]
    else:
        new["properties"] = {str(base["discriminator"]["propertyName"]): {"type": "string"}, **fields}
    name = _free(drift.name, str(drift.where[-1]) if has_name else "Seen", known)
    elsewhere: list[tuple[DocumentPath, Any]] = [(("components",), {"schemas": {name: new}})]
    elsewhere += [((*drift.where, unions[0]), {"$ref": _reference(name)})] if unions else []
    if not is_node(schemas.find(("components",))):
        elsewhere[0] = ((), {"components": {"schemas": {name: new}}})
    addition = {"discriminator": {"mapping": {drift.name: _reference(name)}}}
    return attrs.evolve(drift, addition=addition, elsewhere=tuple(elsewhere))


def _reference(name: str) -> str:
    return "#/" + "/".join((*NAMED, name.replace("~", "~0").replace("/", "~1")))


def _free(value: str, base: str, known: Node) -> str:
    """Return a name for a schema that the document does not have, in the letters that such names have."""
    plain = re.sub(r"[^A-Za-z0-9]+", " ", value).title().replace(" ", "")
    wanted = f"{plain}{base}"
    number = 1
    while (name := wanted if number == 1 else f"{wanted}{number}") in known:
        number += 1
    return name
