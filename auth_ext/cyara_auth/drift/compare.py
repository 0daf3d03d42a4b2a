"""Compare an answer with what the document says of it.

The document is read upgraded to OpenAPI 3 and with the corrections of overlays, as it travels with the client; the
paths of drifts are paths in it, and so the targets of an overlay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard, cast

import attrs

from cyara_auth.drift.drift import DocumentPath, Drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Node = dict[str, Any]

# Answers nest a few levels; a reference cycle would nest for ever.
DEEPEST: Final = 64
_NUMERIC: Final = ("integer", "number")
_TYPES: Final = frozenset({*_NUMERIC, "string", "boolean", "object", "array", "null"})
_A_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def compare(document: Node, *, method: str, path: str, status: int, body: object) -> tuple[Drift, ...]:
    """Return what an answer has and the document does not, each thing once, in the order of the body.

    `body` is the parsed JSON, or None where the answer was not JSON. An operation that the document does not have under
    this very path cannot be compared, and yields nothing.
    """
    operation = document.get("paths", {}).get(path, {}).get(method.lower())
    if not _is_node(operation):
        return ()
    label = f"{method.upper()} {path}"
    where: DocumentPath = ("paths", path, method.lower(), "responses")
    responses = operation.get("responses", {})
    # OpenAPI writes ranges as 4XX; generators write them in lower case as well.
    spellings = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
    key = next((spelling for spelling in spellings if spelling in responses), None)
    if key is None:
        addition = {str(status): {"description": "Seen at the portal."}}
        return (Drift(kind="status", where=where, name=str(status), operation=label, addition=addition),)
    reader = _Reader(document, label)
    node, where = reader.resolve(responses[key], (*where, key))
    schema, where = _schema_of(node, where)
    return tuple(dict.fromkeys(reader.drifts(schema, where, body, 0))) if schema is not None else ()


def _is_node(value: object) -> TypeGuard[Node]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _at(parent: object, key: str | int) -> object:
    if isinstance(key, int):
        return parent[key] if _is_list(parent) and key < len(parent) else None
    return parent.get(key) if _is_node(parent) else None


def _schema_of(response: Node, path: DocumentPath) -> tuple[Node | None, DocumentPath]:
    for media_type, content in response.get("content", {}).items():
        if "json" in media_type and _is_node(content) and _is_node(content.get("schema")):
            return content["schema"], (*path, "content", media_type, "schema")
    return None, path


@attrs.frozen
class _Reader:
    """Walks an answer along the schemas of one document."""

    document: Node
    operation: str

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
                key = int(step) if _is_list(found) and step.isdecimal() else step.replace("~1", "/").replace("~0", "~")
                found = _at(found, key)
                path = (*path, key)
            node = found if _is_node(found) else {}
        return {}, path

    def drifts(self, schema: Node, path: DocumentPath, value: object, depth: int) -> Iterator[Drift]:
        """Yield what `value` has and `schema` does not."""
        schema, path = self.resolve(schema, path)
        # Portals write null for whatever is missing, also where the document does not say nullable.
        if value is None or depth > DEEPEST:
            return
        choices = [(kind, n) for kind in ("oneOf", "anyOf") for n in range(len(schema.get(kind, ())))]
        if choices:
            # The choice that fits best is the one that was meant.
            found = [tuple(self.drifts(schema[k][n], (*path, k, n), value, depth + 1)) for k, n in choices]
            yield from min(found, key=len)
            return
        if _is_node(value):
            yield from self._object(schema, path, value, depth)
        elif _is_list(value):
            for item in value:
                yield from self.drifts(schema.get("items", {}), (*path, "items"), item, depth + 1)
        else:
            yield from self._scalar(schema, path, value, depth)

    def _scalar(self, schema: Node, path: DocumentPath, value: object, depth: int) -> Iterator[Drift]:
        declared = _declared_types(schema)
        if declared and not _fits(schema, declared, value):
            seen = _type_of(value)
            # Before 3.1 a schema has one type only, so the one that was seen takes the place of the one that is there.
            several = str(self.document.get("openapi", "")) >= "3.1"
            # A list is extended by the update of an overlay, everything else is replaced.
            added = [seen] if _is_list(schema["type"]) else [*declared, seen] if several else seen
            yield Drift(kind="type", where=path, name=seen, operation=self.operation, addition={"type": added})
        members = schema.get("enum")
        if _is_list(members) and value not in members:
            where = (*path, "enum")
            yield Drift(kind="enum member", where=where, name=str(value), operation=self.operation, addition=value)
        for number, part in enumerate(schema.get("allOf", ())):
            yield from self.drifts(part, (*path, "allOf", number), value, depth + 1)

    def _object(self, schema: Node, path: DocumentPath, value: dict[str, Any], depth: int) -> Iterator[Drift]:
        schema, path = self._subtype(schema, path, value)
        known, free = self._properties(schema, path, 0)
        # An object without any description allows everything: there is nothing to drift from.
        if not known and free is None and schema.get("additionalProperties") is not False:
            return
        for name, item in value.items():
            if name in known:
                yield from self.drifts(*known[name], item, depth + 1)
            elif free is not None:
                yield from self.drifts(free, (*path, "additionalProperties"), item, depth + 1)
            else:
                addition = {"properties": {name: _described(item)}}
                yield Drift(kind="field", where=path, name=name, operation=self.operation, addition=addition)

    def _subtype(self, schema: Node, path: DocumentPath, value: Mapping[str, Any]) -> tuple[Node, DocumentPath]:
        """Read the object as the type that its discriminator names, where the document maps it."""
        discriminator = schema.get("discriminator")
        if _is_node(discriminator):
            target = discriminator.get("mapping", {}).get(value.get(discriminator.get("propertyName", "")))
            if isinstance(target, str) and target.startswith("#/"):
                return self.resolve({"$ref": target}, path)
        return schema, path

    def _properties(
        self, schema: Node, path: DocumentPath, depth: int
    ) -> tuple[dict[str, tuple[Node, DocumentPath]], Node | None]:
        """Return the properties of an object, those of `allOf` included, and the schema of further ones if any."""
        free = schema.get("additionalProperties")
        allowed: Node | None = {} if free is True else (free if _is_node(free) else None)
        own = schema.get("properties", {}).items()
        known = {name: (node, (*path, "properties", name)) for name, node in own if _is_node(node)}
        if depth <= DEEPEST:
            for number, part in enumerate(schema.get("allOf", ())):
                inherited, more = self._properties(*self.resolve(part, (*path, "allOf", number)), depth + 1)
                known = {**inherited, **known}
                allowed = more if allowed is None else allowed
        return known, allowed


def _type_of(value: object) -> str:
    """Return the JSON type of a text, a number or a boolean."""
    return str(_described(value)["type"])


def _declared_types(schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the JSON types that a schema allows; none if it does not say, or says something else than JSON Schema."""
    declared = schema.get("type", [])
    types = tuple(map(str, cast("list[object]", declared if isinstance(declared, list) else [declared])))
    return types if _TYPES.issuperset(types) else ()


def _fits(schema: dict[str, Any], declared: tuple[str, ...], value: object) -> bool:
    """Return whether a text, a number or a boolean is of a declared type."""
    seen = _type_of(value)
    if seen in declared or (seen == "integer" and "number" in declared):
        return True
    # In JSON Schema 1.0 is an integer.
    if isinstance(value, float) and "integer" in declared and value.is_integer():
        return True
    # A pattern that fits a number, written out, says that numbers travel as texts here, or the other way round.
    other = {"integer": {"string"}, "number": {"string"}, "string": set(_NUMERIC)}.get(seen, set())
    return not other.isdisjoint(declared) and _is_number_by_pattern(schema.get("pattern"), str(value))


def _is_number_by_pattern(pattern: object, text: str) -> bool:
    if not isinstance(pattern, str) or _A_NUMBER.fullmatch(text) is None:
        return False
    try:
        return re.search(pattern, text) is not None
    except re.error:
        # A regular expression of JavaScript's that Python does not know: in doubt no drift.
        return True


def _described(value: object) -> dict[str, Any]:
    """Return the smallest schema that a seen value fits."""
    # bool first: for Python it is an int.
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (dict, "object")):
        if isinstance(value, kind):
            return {"type": name}
    if isinstance(value, list):
        return {"type": "array", "items": _described(cast("list[object]", value)[0]) if value else {}}
    return {}
