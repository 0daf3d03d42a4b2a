"""What the schemas of a document say: references followed, inheritance gathered, types worked out."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Final, cast

import attrs

from cyara_auth.drift.described import at, is_list, is_node, type_of
from cyara_auth.drift.seen import DocumentPath

Node = dict[str, Any]

# Answers nest a few levels; a reference cycle would nest for ever.
DEEPEST: Final = 64
_NUMERIC: Final = ("integer", "number")
_TYPES: Final = frozenset({*_NUMERIC, "string", "boolean", "object", "array", "null"})
_A_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
NAMED: Final = ("components", "schemas")


@attrs.frozen(kw_only=True)
class Subtype:
    """The schema that an object is read by; `unknown` is a discriminator's value that leads to none."""

    schema: Node
    path: DocumentPath
    unknown: str | None = None


@attrs.define(kw_only=True)
class Shape:
    """The members of an object, those of `allOf` included.

    Attributes:
        known: by name, every schema that says something of a property, with its place.
        free: the schema of further properties, if there may be any.
        required: by name, the place of the schema that asks for the property.
        closed: whether further properties are ruled out.
    """

    known: dict[str, list[tuple[Node, DocumentPath]]] = attrs.Factory(dict[str, "list[tuple[Node, DocumentPath]]"])
    free: tuple[Node, DocumentPath] | None = None
    required: dict[str, DocumentPath] = attrs.Factory(dict[str, DocumentPath])
    closed: bool = False


@attrs.frozen
class Schemas:
    """Reads the schemas of one document."""

    document: Node

    def find(self, path: DocumentPath) -> object:
        """Return what stands at a path; None where nothing does."""
        found: object = self.document
        for key in path:
            found = at(found, key)
        return found

    def resolve(self, node: Node, path: DocumentPath) -> tuple[Node, DocumentPath]:
        """Follow references inside the document; one that leads nowhere is an empty schema, which allows everything."""
        for _hop in range(DEEPEST):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node, path
            found: Any = self.document
            path = ()
            for step in reference.split("/")[1:]:
                # RFC 6901: ~1 first, since ~01 stands for ~1.
                key = int(step) if is_list(found) and step.isdecimal() else step.replace("~1", "/").replace("~0", "~")
                found = at(found, key)
                path = (*path, key)
            node = found if is_node(found) else {}
        return {}, path

    def types(self, schema: Node, depth: int = 0) -> frozenset[str] | None:
        """Return the JSON types that a schema takes, its parts and references included; None for any."""
        schema, _ = self.resolve(schema, ())
        if depth > DEEPEST:
            return None
        own = declared_types(schema) or _implied(schema)
        found = frozenset(own) if own else None
        for key in ("oneOf", "anyOf"):
            choices = [self.types(choice, depth + 1) for choice in schema.get(key, ()) if is_node(choice)]
            known = [choice for choice in choices if choice is not None]
            if choices and len(known) == len(choices):
                found = _both(found, frozenset[str]().union(*known))
        for part in schema.get("allOf", ()):
            found = _both(found, self.types(part, depth + 1) if is_node(part) else None)
        return found

    def subtype(self, schema: Node, path: DocumentPath, value: Node) -> Subtype:
        """Read an object as the type that its discriminator names."""
        discriminator = schema.get("discriminator")
        if not is_node(discriminator) or not names_type(schema, value):
            return Subtype(schema=schema, path=path)
        name = str(value[discriminator["propertyName"]])
        mapping = discriminator.get("mapping")
        target = mapping.get(name) if is_node(mapping) else None
        # Without a mapping, and beside one, the value is the name of the schema (OpenAPI 3.0.3, section 4.7.25).
        target = target if isinstance(target, str) else name
        reference = target if target.startswith("#/") else f"#/{'/'.join(NAMED)}/{_escaped(target)}"
        found, where = self.resolve({"$ref": reference}, path)
        if found:
            return Subtype(schema=found, path=where)
        known = mapping or schema.get("oneOf") or schema.get("anyOf") or self._has_descendants(path)
        return Subtype(schema=schema, path=path, unknown=name if known else None)

    def tellers(self) -> frozenset[str]:
        """Return the names of all members by which classes are told apart."""
        found: set[str] = set()
        waiting: list[object] = [self.document.get("paths"), self.document.get("components")]
        while waiting:
            node = waiting.pop()
            if is_node(node):
                discriminator = node.get("discriminator")
                found |= {str(discriminator.get("propertyName"))} if is_node(discriminator) else set()
                waiting += node.values()
            elif is_list(node):
                waiting += node
        return frozenset(found)

    def shape(self, schema: Node, path: DocumentPath, depth: int = 0) -> Shape | None:
        """Return the members of an object, or None where the document says nothing of it that could drift."""
        shape = Shape()
        self._gather(schema, path, shape, depth)
        return shape if shape.known or shape.free or shape.closed else None

    def _gather(self, schema: Node, path: DocumentPath, shape: Shape, depth: int) -> None:
        if depth > DEEPEST:
            return
        free = schema.get("additionalProperties")
        shape.closed = shape.closed or free is False
        if shape.free is None and (free is True or is_node(free)):
            shape.free = ({} if free is True else free, (*path, "additionalProperties"))
        for number, part in enumerate(schema.get("allOf", ())):
            if is_node(part):
                self._gather(*self.resolve(part, (*path, "allOf", number)), shape, depth + 1)
        properties = schema.get("properties")
        for name, node in properties.items() if is_node(properties) else ():
            if is_node(node):
                shape.known.setdefault(name, []).append((node, (*path, "properties", name)))
        required = schema.get("required")
        for name in required if is_list(required) else ():
            # What only requests carry is never in an answer.
            if any(node.get("writeOnly") is True for node, _ in shape.known.get(name, ())):
                continue
            shape.required.setdefault(str(name), path)

    def _has_descendants(self, path: DocumentPath) -> bool:
        if path[:2] != NAMED:
            return False
        reference = f"#/{'/'.join(NAMED)}/{_escaped(str(path[-1]))}"
        named = self.find(NAMED)
        everyone = list(named.values()) if is_node(named) else []
        parts = [part for schema in everyone if is_node(schema) for part in schema.get("allOf", ()) if is_node(part)]
        return any(part.get("$ref") == reference for part in parts)


def declared_types(schema: Node) -> tuple[str, ...]:
    """Return the JSON types that a schema names; none if it does not say, or says something else than JSON Schema."""
    declared = schema.get("type", [])
    types = tuple(map(str, cast("list[object]", declared if isinstance(declared, list) else [declared])))
    return types if _TYPES.issuperset(types) else ()


def fits(schema: Node, declared: tuple[str, ...], value: object) -> bool:
    """Return whether a text, a number or a boolean is of a declared type."""
    seen = type_of(value)
    if seen in declared or (seen == "integer" and "number" in declared):
        return True
    # In JSON Schema 1.0 is an integer.
    if isinstance(value, float) and "integer" in declared and value.is_integer():
        return True
    # A pattern that fits a number, written out, says that numbers travel as texts here, or the other way round.
    other = {"integer": {"string"}, "number": {"string"}, "string": set(_NUMERIC)}.get(seen, set())
    return not other.isdisjoint(declared) and _is_number_by_pattern(schema.get("pattern"), str(value))


def fits_digits(schema: Node, declared: tuple[str, ...], text: str) -> bool:
    """Return whether the client can read a text where text and number are declared, with a pattern for the digits.

    Microsoft.AspNetCore.OpenApi writes every number so, and the client has the number alone.
    """
    number, *others = [name for name in declared if name != "null"] or [""]
    if number not in _NUMERIC or others != ["string"] or "enum" in schema or not isinstance(schema.get("pattern"), str):
        return True
    with suppress(ValueError):
        # Python takes "007" and "1_000" as well, which no serialiser writes.
        if number == "integer":
            return str(int(text)) == text
        float(text)
        return "_" not in text
    return False


def names_type(schema: Node, value: Node) -> bool:
    """Return whether an object says by a text under the discriminator's name what it is."""
    discriminator = schema.get("discriminator")
    return is_node(discriminator) and isinstance(value.get(str(discriminator.get("propertyName", ""))), str)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _implied(schema: Node) -> tuple[str, ...]:
    """Return the type that a schema without `type` means by its members, as the generator reads it."""
    if "type" in schema:
        return ()
    if is_node(schema.get("properties")):
        return ("object",)
    return ("array",) if is_node(schema.get("items")) else ()


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    # Parts that rule each other out: in doubt no drift.
    return (one & other) or (one | other)


def _is_number_by_pattern(pattern: object, text: str) -> bool:
    if not isinstance(pattern, str) or _A_NUMBER.fullmatch(text) is None:
        return False
    try:
        return re.search(pattern, text) is not None
    except re.error:
        # A regular expression of JavaScript's that Python does not know: in doubt no drift.
        return True
