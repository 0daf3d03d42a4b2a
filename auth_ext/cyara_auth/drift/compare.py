"""Compare an answer with what the document says of it.

The document is read upgraded to OpenAPI 3 and with the corrections of overlays, as it travels with the client; the
paths of drifts are paths in it, and so the targets of an overlay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from cyara_auth.drift.corrections import corrected
from cyara_auth.drift.described import is_list, is_node, type_of
from cyara_auth.drift.formats import fits_format
from cyara_auth.drift.schemas import DEEPEST, Node, Schemas, Shape, declared_types, fits, fits_digits, names_type
from cyara_auth.drift.seen import DocumentPath, Drift

if TYPE_CHECKING:
    from collections.abc import Iterator


def compare(document: Node, *, method: str, path: str, status: int, body: object) -> tuple[Drift, ...]:
    """Return what an answer has and the document does not, each thing once, in the order of the body.

    `body` is the parsed JSON, or None where the answer was not JSON. An operation that the document does not have under
    this very path cannot be compared, and yields nothing.
    """
    item = document.get("paths", {}).get(path, {})
    # Documents spell methods in either case.
    spelled = next((key for key in item if key.upper() == method.upper()), "")
    operation = item.get(spelled)
    if not is_node(operation):
        return ()
    label = f"{method.upper()} {path}"
    where: DocumentPath = ("paths", path, spelled, "responses")
    responses = operation.get("responses", {})
    # OpenAPI writes ranges as 4XX; generators write them in lower case as well.
    spellings = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
    key = next((spelling for spelling in spellings if spelling in responses), None)
    if key is None:
        addition = {str(status): {"description": "Seen at the portal."}}
        return (Drift(kind="status", where=where, name=str(status), operation=label, addition=addition),)
    schemas = Schemas(document)
    node, where = schemas.resolve(responses[key], (*where, key))
    schema, where = _schema_of(node, where)
    if schema is None:
        return ()
    reader = _Reader(schemas, label)
    found = tuple(dict.fromkeys(reader.drifts(schema, where, body, 0)))
    if not found:
        return ()
    # Once more, and now every value is kept by its place: a correction has to hold for all of them.
    seen: dict[DocumentPath, list[Any]] = {}
    for _drift in _Reader(schemas, label, seen).drifts(schema, where, body, 0):
        pass
    return tuple(corrected(drift, found, schemas, seen) for drift in found)


def _schema_of(response: Node, path: DocumentPath) -> tuple[Node | None, DocumentPath]:
    for media_type, content in response.get("content", {}).items():
        if "json" in media_type and is_node(content) and is_node(content.get("schema")):
            return content["schema"], (*path, "content", media_type, "schema")
    return None, path


def _distance(drifts: tuple[Drift, ...]) -> tuple[int, int]:
    """Order choices by how far a value is from them: fields under their own names speak for a choice."""
    return len(drifts), sum(drift.kind == "field" for drift in drifts)


@attrs.frozen
class _Reader:
    """Walks an answer along the schemas of one document."""

    schemas: Schemas
    operation: str
    seen: dict[DocumentPath, list[Any]] | None = None

    def drifts(self, schema: Node, path: DocumentPath, value: object, depth: int) -> Iterator[Drift]:
        """Yield what `value` has and `schema` does not."""
        # Portals write null for whatever is missing, also where the document does not say nullable.
        if value is None or depth > DEEPEST:
            return
        place = path
        self._note(path, value)
        types = self.schemas.types(schema)
        schema, path = self.schemas.resolve(schema, path)
        if path != place:
            self._note(path, value)
        if types is not None and self._other_kind(types, value):
            # Where the schema is used: a class that others share stays what it is.
            yield self._drift("type", place, type_of(value))
            return
        discriminated = is_node(value) and names_type(schema, value)
        choices = [(kind, n) for kind in ("oneOf", "anyOf") for n in range(len(schema.get(kind, ())))]
        if choices and not discriminated:
            # The choice that fits best is the one that was meant.
            found = [tuple(self.drifts(schema[k][n], (*path, k, n), value, depth + 1)) for k, n in choices]
            yield from min(found, key=_distance)
        elif is_node(value):
            yield from self._object(schema, path, value, depth)
        elif is_list(value):
            for item in value:
                yield from self.drifts(schema.get("items", {}), (*path, "items"), item, depth + 1)
        else:
            yield from self._scalar(schema, path, value, depth)

    def _other_kind(self, types: frozenset[str], value: object) -> bool:
        """Return whether a value is an object or a list where none is declared, or neither where only those are."""
        kind = type_of(value)
        return kind not in types if kind in {"object", "array"} else types <= {"object", "array", "null"}

    def _scalar(self, schema: Node, path: DocumentPath, value: object, depth: int) -> Iterator[Drift]:
        declared = declared_types(schema)
        if declared and not fits(schema, declared, value):
            yield self._drift("type", path, type_of(value))
        elif isinstance(value, str) and not fits_format(schema.get("format"), value):
            yield self._drift("format", path, f"other than {schema['format']}")
        elif isinstance(value, str) and not fits_digits(schema, declared, value):
            yield self._drift("format", path, "other than digits")
        members = schema.get("enum")
        if is_list(members) and value not in members:
            yield self._drift("enum member", (*path, "enum"), str(value), value)
        for number, part in enumerate(schema.get("allOf", ())):
            yield from self.drifts(part, (*path, "allOf", number), value, depth + 1)

    def _object(self, schema: Node, path: DocumentPath, value: dict[str, Any], depth: int) -> Iterator[Drift]:
        subtype = self.schemas.subtype(schema, path, value)
        shape = self.schemas.shape(subtype.schema, subtype.path)
        unknown = subtype.unknown
        if unknown is not None:
            yield self._drift("discriminator value", path, unknown)
        elif shape is None:
            return
        shape = shape or Shape()
        for name, where in shape.required.items():
            if name not in value:
                yield self._drift("missing field", where, name)
        for name, item in value.items():
            declared = shape.known.get(name) or ([shape.free] if shape.free else [])
            for node, where in declared:
                yield from self.drifts(node, where, item, depth + 1)
            if not declared and unknown is None:
                self._note((*subtype.path, "properties", name), item)
                yield self._drift("field", subtype.path, name)
            elif not declared:
                # A field of the type that the document does not know: it comes with that type.
                self._note((*path, "discriminator", str(unknown), name), item)

    def _drift(self, kind: str, where: DocumentPath, name: str, addition: object = None) -> Drift:
        return Drift(kind=kind, where=where, name=name, operation=self.operation, addition=addition)

    def _note(self, path: DocumentPath, value: object) -> None:
        if self.seen is not None:
            self.seen.setdefault(path, []).append(value)
