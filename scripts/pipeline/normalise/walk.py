"""Ways through a document: its operations, and every schema in it, each with the JSON pointer that names the place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.document.json_nodes import METHODS, is_list, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator


SCHEMA_PREFIX = "#/components/schemas/"

Node = dict[str, Any]


_INSIDE: dict[str, type] = {
    **dict.fromkeys(("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"), dict),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), list),
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), str),
}
"""Keywords that hold one schema (``dict``), a list of schemas (``list``), or schemas by name (``str``)."""


@frozen(kw_only=True, slots=True)
class OperationAt:
    """An operation and its place."""

    path: str
    method: str
    item: Node
    operation: Node

    @property
    def where(self) -> str:
        """Return the JSON pointer of the operation."""
        return pointer("paths", self.path, self.method)


class SchemaAt:
    """A schema (a mapping, perhaps just a reference) and its place.

    Every rule passes every schema and reports few of them: the pointer is put together when somebody asks for it.
    """

    __slots__ = ("_above", "_steps", "schema")

    def __init__(self, above: SchemaAt | None, steps: tuple[str, ...], schema: Node) -> None:
        self._above = above
        self._steps = steps
        self.schema = schema

    @property
    def where(self) -> str:
        """Return the JSON pointer of the schema."""
        own = pointer(*self._steps)
        return own if self._above is None else self._above.where + own


def escaped(part: str) -> str:
    """Return a key as a JSON pointer writes it (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")


def unescaped(part: str) -> str:
    """Return the key that a part of a JSON pointer names."""
    return part.replace("~1", "/").replace("~0", "~")


def pointer(*parts: str) -> str:
    """Return a JSON pointer from keys."""
    return "".join("/" + escaped(part) for part in parts)


def reference_to(name: str) -> str:
    """Return the reference to a schema of ``components``."""
    return SCHEMA_PREFIX + escaped(name)


def referred(schema: object) -> str | None:
    """Return the component that a schema is a plain reference to, or None."""
    reference = schema.get("$ref") if is_mapping(schema) else None
    if isinstance(reference, str) and reference.startswith(SCHEMA_PREFIX):
        return unescaped(reference.removeprefix(SCHEMA_PREFIX))
    return None


def replace(node: Node, content: Node) -> None:
    """Give a node other content, keeping its place."""
    kept = dict(content)
    node.clear()
    node.update(kept)


def members(node: object, key: str) -> list[Node]:
    """Return the mappings in a list member of a node."""
    listed = node.get(key) if is_mapping(node) else None
    return [entry for entry in listed if is_mapping(entry)] if is_list(listed) else []


def operations(document: Node) -> Iterator[OperationAt]:
    """Yield every operation in the order of the document; method names may be of any case."""
    for path, item in mapping(document, "paths").items():
        if not is_mapping(item):
            continue
        for method, operation in list(item.items()):
            if method.lower() in METHODS and is_mapping(operation):
                yield OperationAt(path=path, method=method, item=item, operation=operation)


def subschemas(schema: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield the schemas directly inside a schema, each with the keys that lead to it.

    The few keywords that a schema has are looked up, not the many that it could have.
    """
    for key, value in schema.items():
        shape = _INSIDE.get(key)
        if shape is None:
            continue
        if shape is dict and is_mapping(value):
            yield (key,), value
        elif shape is list and is_list(value):
            yield from (((key, str(index)), member) for index, member in enumerate(value) if is_mapping(member))
        elif shape is str and is_mapping(value):
            yield from (((key, name), member) for name, member in value.items() if is_mapping(member))


def walk(schema: Node, *steps: str) -> Iterator[SchemaAt]:
    """Yield a schema, then those inside it; what a rule does to a yielded schema is seen by the walk."""
    yield from inside(SchemaAt(None, steps, schema))


def inside(root: SchemaAt) -> Iterator[SchemaAt]:
    """Yield a schema that was found, then those inside it."""
    pending = [root]
    while pending:
        found = pending.pop()
        yield found
        inner = [SchemaAt(found, steps, member) for steps, member in subschemas(found.schema)]
        inner.reverse()
        pending += inner


def holders(document: Node) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield every parameter, body and answer: whatever has ``schema`` or ``content``, and the keys that lead there."""
    components = mapping(document, "components")
    for section in ("parameters", "requestBodies", "responses", "headers"):
        for name, node in mapping(components, section).items():
            if is_mapping(node):
                yield ("components", section, name), node
    items = {**mapping(components, "pathItems"), **mapping(document, "paths")}
    for path, item in items.items():
        for index, parameter in enumerate(members(item, "parameters")):
            yield ("paths", path, "parameters", str(index)), parameter
    for entry in operations({"paths": items}):
        yield from _in_operation(entry)


def _in_operation(entry: OperationAt) -> Iterator[tuple[tuple[str, ...], Node]]:
    place = ("paths", entry.path, entry.method)
    for index, parameter in enumerate(members(entry.operation, "parameters")):
        yield (*place, "parameters", str(index)), parameter
    if is_mapping(entry.operation.get("requestBody")):
        yield (*place, "requestBody"), entry.operation["requestBody"]
    for status, response in mapping(entry.operation, "responses").items():
        if is_mapping(response):
            yield (*place, "responses", status), response


def schema_roots(document: Node) -> Iterator[SchemaAt]:
    """Yield every schema that is not part of another one."""
    for name, schema in list(mapping(mapping(document, "components"), "schemas").items()):
        if is_mapping(schema):
            yield SchemaAt(None, ("components", "schemas", name), schema)
    for steps, holder in list(holders(document)):
        if is_mapping(holder.get("schema")):
            yield SchemaAt(None, (*steps, "schema"), holder["schema"])
        for kind, media in mapping(holder, "content").items():
            if is_mapping(media) and is_mapping(media.get("schema")):
                yield SchemaAt(None, (*steps, "content", kind, "schema"), media["schema"])


def schemas(document: Node) -> Iterator[SchemaAt]:
    """Yield every schema of the document, outer before inner."""
    for root in schema_roots(document):
        yield from inside(root)
