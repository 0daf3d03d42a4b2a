"""Compare what the portal answers with what its document says, for people who test the portal itself.

The client takes unknown statuses, fields and enum members, and numbers that are texts, in its stride: a platform
release must not break a script.
With `connect(strict=True)` each of them raises instead, and can be pasted into an overlay: so the document learns.

The document is read upgraded to OpenAPI 3 and with the corrections of overlays, as it travels with the client; the
places of drifts are places in it, and so the targets of an overlay.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

import attrs

from cyara_auth.drift.types import declared_types, described, fits, type_of
from cyara_auth.errors import CyaraAuthError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEEPEST = 64  # answers nest a few levels; a reference cycle would nest for ever
Node = dict[str, Any]
Place = tuple["str | int", ...]
"""Where something is in a document: keys of objects, and positions in lists."""


@attrs.frozen(kw_only=True)
class Drift:
    """One thing that was seen and is not in the document.

    Attributes:
        kind: "status", "field", "enum member" or "type" (of a text, a number or a boolean).
        where: Path of the containing node in the document, as keys, and positions where there is a list.
        name: The status, field, member or JSON type that is missing there.
        operation: Method and path template of the call.
        addition: What the document would say, to be added at `where`. Before OpenAPI 3.1 a schema has one type only, so
            the type that was seen takes the place of the one that is there.
    """

    kind: str
    where: Place
    name: str
    operation: str
    addition: Any = attrs.field(eq=False, hash=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} at {'/'.join(map(str, self.where))} ({self.operation})"


class DriftError(CyaraAuthError):
    """An answer has what the document does not know. The call itself was carried out.

    Attributes:
        drifts: What was seen.
        title: Title of the document, by which an overlay names it.
    """

    def __init__(self, drifts: tuple[Drift, ...], title: str) -> None:
        super().__init__(drifts, title)
        self.drifts = drifts
        self.title = title

    def __str__(self) -> str:
        drifts = self.drifts
        listed = "; ".join(map(str, drifts[:5])) + ("; ..." if len(drifts) > 5 else "")  # noqa: PLR2004 - a readable sentence
        return (
            f"The portal answered with {len(drifts)} thing(s) that its document does not know: {listed}. The call was "
            "carried out. Save what error.overlay() returns as openapi/overlays/seen.overlay.yaml and rebuild, or "
            "connect without strict=True."
        )

    def overlay(self) -> str:
        """Return the correction of the document, ready to be saved as `openapi/overlays/NAME.overlay.yaml`."""
        return overlay(self.drifts, title=self.title)


def overlay(drifts: tuple[Drift, ...], *, title: str) -> str:
    """Return the drifts as an OpenAPI Overlay 1.0 in JSON, ready to be saved as `openapi/overlays/NAME.overlay.yaml`.

    `title` is the title of the document that it corrects; an overlay is applied to that document only.
    """
    actions = [
        {
            "target": "$" + "".join(f"[{_selector(key)}]" for key in drift.where),
            "update": drift.addition,
            "x-reason": f"{drift.kind} {drift.name!r} was seen in an answer to {drift.operation}.",
            "x-remove-when": "the portal's document has it.",
        }
        for drift in dict.fromkeys(drifts)
    ]
    head = {"overlay": "1.0.0", "info": {"title": "Seen at the portal", "version": "1.0.0"}, "x-cyara-title": title}
    return json.dumps({**head, "actions": actions}, indent=2, ensure_ascii=False) + "\n"


def compare(document: Node, *, method: str, path: str, status: int, body: object) -> tuple[Drift, ...]:
    """Return what an answer has and the document does not, each thing once, in the order of the body.

    `body` is the parsed JSON, or None where the answer was not JSON. An operation that the document does not have under
    this very path cannot be compared, and yields nothing.
    """
    operation = document.get("paths", {}).get(path, {}).get(method.lower())
    if not _is_node(operation):
        return ()
    label = f"{method.upper()} {path}"
    where = ("paths", path, method.lower(), "responses")
    responses = operation.get("responses", {})
    spellings = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
    key = next((spelling for spelling in spellings if spelling in responses), None)
    if key is None:
        addition = {str(status): {"description": "Seen at the portal."}}
        return (Drift(kind="status", where=where, name=str(status), operation=label, addition=addition),)
    reader = _Reader(document, label)
    node, place = reader.resolve(responses[key], (*where, key))
    schema, place = _schema_of(node, place)
    return tuple(dict.fromkeys(reader.drifts(schema, place, body, 0))) if schema is not None else ()


def _is_node(value: object) -> TypeGuard[Node]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _at(parent: object, key: str | int) -> object:
    if isinstance(key, int):
        return parent[key] if _is_list(parent) and key < len(parent) else None
    return parent.get(key) if _is_node(parent) else None


def _selector(key: str | int) -> str:
    if isinstance(key, int):
        return str(key)
    return "'" + key.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _schema_of(response: Node, place: Place) -> tuple[Node | None, Place]:
    for media_type, content in response.get("content", {}).items():
        if "json" in media_type and _is_node(content) and _is_node(content.get("schema")):
            return content["schema"], (*place, "content", media_type, "schema")
    return None, place


@attrs.frozen
class _Reader:
    """Walks an answer along the schemas of one document."""

    document: Node
    operation: str

    def resolve(self, node: Node, place: Place) -> tuple[Node, Place]:
        """Follow references inside the document; one that leads nowhere is an empty schema, which allows everything."""
        for _hop in range(DEEPEST):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node, place
            found: Any = self.document
            place = ()
            for step in reference.split("/")[1:]:
                key = int(step) if _is_list(found) and step.isdecimal() else step.replace("~1", "/").replace("~0", "~")
                found = _at(found, key)
                place = (*place, key)
            node = found if _is_node(found) else {}
        return {}, place

    def drifts(self, schema: Node, place: Place, value: object, depth: int) -> Iterator[Drift]:
        """Yield what `value` has and `schema` does not."""
        schema, place = self.resolve(schema, place)
        if value is None or depth > DEEPEST:
            return
        choices = [(kind, n) for kind in ("oneOf", "anyOf") for n in range(len(schema.get(kind, ())))]
        if choices:
            found = [tuple(self.drifts(schema[k][n], (*place, k, n), value, depth + 1)) for k, n in choices]
            yield from min(found, key=len)
            return
        if _is_node(value):
            yield from self._object(schema, place, value, depth)
        elif _is_list(value):
            for item in value:
                yield from self.drifts(schema.get("items", {}), (*place, "items"), item, depth + 1)
        else:
            yield from self._scalar(schema, place, value, depth)

    def _scalar(self, schema: Node, place: Place, value: object, depth: int) -> Iterator[Drift]:
        declared = declared_types(schema)
        if declared and not fits(schema, declared, value):
            seen = type_of(value)
            several = str(self.document.get("openapi", "")) >= "3.1"
            # A list is extended by the update of an overlay, everything else is replaced.
            added = [seen] if _is_list(schema["type"]) else [*declared, seen] if several else seen
            yield Drift(kind="type", where=place, name=seen, operation=self.operation, addition={"type": added})
        members = schema.get("enum")
        if _is_list(members) and value not in members:
            yield Drift(
                kind="enum member", where=(*place, "enum"), name=str(value), operation=self.operation, addition=value
            )
        for number, part in enumerate(schema.get("allOf", ())):
            yield from self.drifts(part, (*place, "allOf", number), value, depth + 1)

    def _object(self, schema: Node, place: Place, value: dict[str, Any], depth: int) -> Iterator[Drift]:
        schema, place = self._subtype(schema, place, value)
        known, free = self._properties(schema, place, 0)
        # An object without any description allows everything: there is nothing to drift from.
        if not known and free is None and schema.get("additionalProperties") is not False:
            return
        for name, item in value.items():
            if name in known:
                yield from self.drifts(*known[name], item, depth + 1)
            elif free is not None:
                yield from self.drifts(free, (*place, "additionalProperties"), item, depth + 1)
            else:
                addition = {"properties": {name: described(item)}}
                yield Drift(kind="field", where=place, name=name, operation=self.operation, addition=addition)

    def _subtype(self, schema: Node, place: Place, value: Mapping[str, Any]) -> tuple[Node, Place]:
        """Read the object as the type that its discriminator names, where the document maps it."""
        discriminator = schema.get("discriminator")
        if _is_node(discriminator):
            target = discriminator.get("mapping", {}).get(value.get(discriminator.get("propertyName", "")))
            if isinstance(target, str) and target.startswith("#/"):
                return self.resolve({"$ref": target}, place)
        return schema, place

    def _properties(self, schema: Node, place: Place, depth: int) -> tuple[dict[str, tuple[Node, Place]], Node | None]:
        """Return the properties of an object, those of `allOf` included, and the schema of further ones if any."""
        free = schema.get("additionalProperties")
        allowed: Node | None = {} if free is True else (free if _is_node(free) else None)
        known = {
            name: (node, (*place, "properties", name))
            for name, node in schema.get("properties", {}).items()
            if _is_node(node)
        }
        if depth <= DEEPEST:
            for number, part in enumerate(schema.get("allOf", ())):
                inherited, more = self._properties(*self.resolve(part, (*place, "allOf", number)), depth + 1)
                known = {**inherited, **known}
                allowed = more if allowed is None else allowed
        return known, allowed
