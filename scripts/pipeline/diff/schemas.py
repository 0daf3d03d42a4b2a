"""How two versions of a schema differ for a caller: what may be sent, and what may come back.

The rules are those of API change checkers such as oasdiff, with one difference: enumerations are open in this client,
so a new member of an answer breaks nothing. Schemas are compared after upgrade to OpenAPI 3; ``nullable`` of 3.0 and
the type ``null`` of 3.1 count as the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from pipeline.document.json_nodes import Data, is_list, is_mapping, mapping, members
from pipeline.document.json_pointer import unescaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REQUEST, ANSWER = "request", "answer"
DEEPEST = 12
"""Levels of properties that are followed; beyond them a difference no longer reads well."""


@frozen(kw_only=True, slots=True)
class SchemaChange:
    """One difference between two schemas: where (``results[].status``), what, and whether it can break a caller."""

    rule: str
    where: str
    text: str
    breaking: bool


@define(kw_only=True, slots=True)
class SchemaComparison:
    """Compares schemas of two documents in one direction."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    direction: str
    _seen: set[tuple[str, str]] = field(factory=set[tuple[str, str]])

    def compare(self, old: Data, new: Data, where: str = "", depth: int = 0) -> Iterator[SchemaChange]:
        """Yield the differences between a schema of the old document and one of the new."""
        pair = (_reference(old), _reference(new))
        # Recursive schemas would be compared for ever, and shared ones once for each use.
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        before, after = flattened(old, self.old), flattened(new, self.new)
        yield from self._types(before, after, where)
        yield from self._members(before, after, where)
        if depth < DEEPEST:
            yield from self._properties(before, after, where, depth)
            if "items" in before and "items" in after:
                yield from self.compare(before["items"], after["items"], where + "[]", depth + 1)
            values = before.get("additionalProperties"), after.get("additionalProperties")
            if all(map(is_mapping, values)):
                yield from self.compare(*values, where + "{}", depth + 1)

    def _types(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[SchemaChange]:
        before, after = _types(old), _types(new)
        if before != after and before and after:
            # What is sent may become wider, what comes back narrower, and no program notices.
            wider = before < after or (before == {"integer"} and after == {"number"})
            breaking = not wider if self.direction == REQUEST else not after < before
            text = f"changes its type from {_named(before)} to {_named(after)}"
            yield SchemaChange(rule="type-changed", where=where, text=text, breaking=breaking)
        elif old.get("format") != new.get("format"):
            text = f"changes its format from {_format(old)} to {_format(new)}"
            yield SchemaChange(rule="format-changed", where=where, text=text, breaking=True)
        if _nullable(old) != _nullable(new):
            text = "may be null now" if _nullable(new) else "may no longer be null"
            breaking = _nullable(new) == (self.direction == ANSWER)
            yield SchemaChange(rule="nullable-changed", where=where, text=text, breaking=breaking)

    def _members(self, old: dict[str, Any], new: dict[str, Any], where: str) -> Iterator[SchemaChange]:
        if "enum" not in old or "enum" not in new:
            return
        before, after = ({str(value) for value in schema["enum"]} for schema in (old, new))
        # An answer may lose and gain values freely: enumerations are open in this client.
        for value in sorted(before - after):
            text = f"loses the value {value!a}"
            yield SchemaChange(rule="enum-value-removed", where=where, text=text, breaking=self.direction == REQUEST)
        for value in sorted(after - before):
            yield SchemaChange(rule="enum-value-added", where=where, text=f"gets the value {value!a}", breaking=False)

    def _properties(self, old: dict[str, Any], new: dict[str, Any], where: str, depth: int) -> Iterator[SchemaChange]:
        before, after = (mapping(schema, "properties") for schema in (old, new))
        needed_before, needed_after = ({str(name) for name in members(schema, "required")} for schema in (old, new))
        for name in before:
            place = f"{where}.{name}" if where else name
            if name not in after:
                yield SchemaChange(rule="property-removed", where=place, text="is removed", breaking=True)
                continue
            if (name in needed_before) != (name in needed_after):
                now_needed = name in needed_after
                text = "becomes required" if now_needed else "becomes optional"
                breaking = now_needed == (self.direction == REQUEST)
                yield SchemaChange(rule="required-changed", where=place, text=text, breaking=breaking)
            yield from self.compare(before[name], after[name], place, depth + 1)
        for name in after:
            if name not in before:
                place = f"{where}.{name}" if where else name
                breaking = self.direction == REQUEST and name in needed_after
                text = "is added, and required" if name in needed_after else "is added"
                yield SchemaChange(rule="property-added", where=place, text=text, breaking=breaking)


def resolved(node: Data, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a node refers to inside its document; a reference that leads nowhere is an empty schema."""
    # As many steps as no sane chain has: a circle of references ends as an empty schema.
    for _ in range(20):
        reference = _reference(node)
        if not reference:
            return node if is_mapping(node) else {}
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node.get(unescaped(part)) if is_mapping(node) else None
    return {}


def flattened(node: Data, document: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a schema with its reference resolved and its ``allOf`` merged into it."""
    schema = resolved(node, document)
    merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for part in members(schema, "allOf") if depth < DEEPEST else []:
        other = flattened(part, document, depth + 1)
        properties = {**mapping(other, "properties"), **mapping(merged, "properties")}
        required = [*members(merged, "required"), *members(other, "required")]
        merged = {**other, **merged}
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = required
    return merged


def _reference(node: object) -> str:
    reference = node.get("$ref") if is_mapping(node) else None
    return reference if isinstance(reference, str) else ""


def _types(schema: Mapping[str, Any]) -> set[str]:
    kind = schema.get("type")
    names = kind if is_list(kind) else [kind]
    return {str(name) for name in names if name and name != "null"}


def _nullable(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return bool(schema.get("nullable") or schema.get("x-nullable") or (is_list(kind) and "null" in kind))


def _named(types: set[str]) -> str:
    return " or ".join(sorted(types))


def _format(schema: Mapping[str, Any]) -> str:
    name = schema.get("format")
    return f"{name!a}" if name else "none"
