"""Ways through a document: its operations, and every schema in it, each with the JSON pointer that names the place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.plain import is_list, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

SCHEMA_PREFIX = "#/components/schemas/"

Node = dict[str, Any]


_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


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


@frozen(kw_only=True, slots=True)
class SchemaAt:
    """A schema (a mapping, perhaps just a reference) and its place."""

    where: str
    schema: Node


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


def subschemas(schema: Node) -> Iterator[tuple[str, Node]]:
    """Yield the schemas directly inside a schema, with their pointers relative to it."""
    for key in _SINGLE:
        if is_mapping(schema.get(key)):
            yield "/" + key, schema[key]
    for key in _LISTS:
        listed = schema.get(key)
        for index, member in enumerate(listed if is_list(listed) else ()):
            if is_mapping(member):
                yield f"/{key}/{index}", member
    for key in _MAPS:
        for name, member in mapping(schema, key).items():
            if is_mapping(member):
                yield f"/{key}/{escaped(name)}", member


def walk(schema: Node, where: str) -> Iterator[SchemaAt]:
    """Yield a schema, then those inside it; what a rule does to a yielded schema is seen by the walk."""
    yield SchemaAt(where=where, schema=schema)
    for relative, member in list(subschemas(schema)):
        yield from walk(member, where + relative)


def holders(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield every parameter, body and answer (anything with ``schema`` or ``content``), shared or in an operation."""
    components = mapping(document, "components")
    for section in ("parameters", "requestBodies", "responses", "headers"):
        for name, node in mapping(components, section).items():
            if is_mapping(node):
                yield pointer("components", section, name), node
    items = {**mapping(components, "pathItems"), **mapping(document, "paths")}
    for path, item in items.items():
        for index, parameter in enumerate(members(item, "parameters")):
            yield pointer("paths", path, "parameters", str(index)), parameter
    for entry in operations({"paths": items}):
        yield from _in_operation(entry)


def _in_operation(entry: OperationAt) -> Iterator[tuple[str, Node]]:
    for index, parameter in enumerate(members(entry.operation, "parameters")):
        yield f"{entry.where}/parameters/{index}", parameter
    if is_mapping(entry.operation.get("requestBody")):
        yield f"{entry.where}/requestBody", entry.operation["requestBody"]
    for status, response in mapping(entry.operation, "responses").items():
        if is_mapping(response):
            yield f"{entry.where}/responses/{escaped(status)}", response


def schema_roots(document: Node) -> Iterator[SchemaAt]:
    """Yield every schema that is not part of another one."""
    for name, schema in list(mapping(mapping(document, "components"), "schemas").items()):
        if is_mapping(schema):
            yield SchemaAt(where=pointer("components", "schemas", name), schema=schema)
    for where, holder in list(holders(document)):
        if is_mapping(holder.get("schema")):
            yield SchemaAt(where=f"{where}/schema", schema=holder["schema"])
        for kind, media in mapping(holder, "content").items():
            if is_mapping(media) and is_mapping(media.get("schema")):
                yield SchemaAt(where=f"{where}/content/{escaped(kind)}/schema", schema=media["schema"])


def schemas(document: Node) -> Iterator[SchemaAt]:
    """Yield every schema of the document, outer before inner."""
    for root in schema_roots(document):
        yield from walk(root.schema, root.where)
