"""What changed between two documents, operation by operation, each named as in the Python API.

Operations are the same when method and path agree, whatever the path's placeholders are called; else when their ids
agree. Both documents are as received, upgraded to OpenAPI 3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.diff.difference import DOCUMENT, Difference
from pipeline.diff.schemas import ANSWER, REQUEST, SchemaComparison, resolved
from pipeline.document.json_nodes import mapping, members
from pipeline.generate import operations

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[str, str]
"""Place and name of a parameter, or METHOD and path of an operation."""
Names = Mapping[Key, str]
"""METHOD and path to ``tag.operation``."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@frozen(kw_only=True, slots=True)
class Place:
    """An operation in its document."""

    method: str
    path: str
    item: Mapping[str, Any]
    operation: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """Return what makes the operation the same as one of another document."""
        return self.method, _PLACEHOLDER.sub("{}", self.path).rstrip("/").lower()


def places(document: Mapping[str, Any]) -> list[Place]:
    """Return every operation of a document with its place."""
    found: list[Place] = []
    for method, path in operations(document):
        item = document["paths"][path]
        operation = next(item[key] for key in item if key.upper() == method)
        found.append(Place(method=method, path=path, item=item, operation=operation))
    return found


def matched(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[Place | None, Place | None]]:
    """Pair the operations of two documents; one that has no counterpart is paired with None."""
    left = {place.key: place for place in places(new)}
    pairs: list[tuple[Place | None, Place | None]] = []
    unmatched: list[Place] = []
    for place in places(old):
        if place.key in left:
            pairs.append((place, left.pop(place.key)))
        else:
            unmatched.append(place)
    by_id = {place.operation.get("operationId"): key for key, place in left.items()}
    for place in unmatched:
        name = place.operation.get("operationId")
        key = by_id.pop(name, None) if name else None
        pairs.append((place, left.pop(key) if key else None))
    return pairs + [(None, place) for place in left.values()]


def document_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], *, old_names: Names, new_names: Names
) -> Iterator[Difference]:
    """Yield the differences of two documents."""
    for before, after in matched(old, new):
        if before and after:
            subject = _subject(after, new_names)
            yield from _Counterparts(before=before, after=after, old=old, new=new, subject=subject).differences()
        elif before:
            yield _difference("operation-removed", _subject(before, old_names), "is removed", breaking=True)
        elif after:
            text = f"is new: {after.method} {after.path}"
            yield _difference("operation-added", _subject(after, new_names), text, breaking=False)


@frozen(kw_only=True, slots=True)
class _Counterparts:
    """An operation in both documents."""

    before: Place
    after: Place
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    subject: str

    def differences(self) -> Iterator[Difference]:
        before, after = self.before, self.after
        if before.key != after.key:
            text = f"moves from {before.method} {before.path} to {after.method} {after.path}"
            yield self._found("operation-moved", text, breaking=False)
        if bool(after.operation.get("deprecated")) > bool(before.operation.get("deprecated")):
            yield self._found("operation-deprecated", "is deprecated by the vendor", breaking=False)
        yield from self._parameters()
        yield from self._body()
        yield from self._answers()

    def _parameters(self) -> Iterator[Difference]:
        ours, theirs = _parameters_of(self.before, self.old), _parameters_of(self.after, self.new)
        for key, parameter in ours.items():
            if key in theirs:
                yield from self._parameter(key, parameter, theirs[key])
            else:
                yield self._found("parameter-removed", f"{_label(key)} is removed", breaking=True)
        for key, parameter in theirs.items():
            if key not in ours:
                needed = bool(parameter.get("required"))
                text = f"gets {_label(key)}, {'required' if needed else 'optional'}"
                yield self._found("parameter-added", text, breaking=needed)

    def _parameter(self, key: Key, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
        needed = bool(after.get("required"))
        if needed != bool(before.get("required")):
            text = f"{_label(key)} becomes {'required' if needed else 'optional'}"
            yield self._found("parameter-required-changed", text, breaking=needed)
        comparison = SchemaComparison(old=self.old, new=self.new, direction=REQUEST)
        for change in comparison.compare(before.get("schema"), after.get("schema")):
            where = f": {change.where}" if change.where else ""
            text = f"{_label(key)}{where} {change.text}"
            yield self._found(f"parameter-{change.rule}", text, breaking=change.breaking)

    def _body(self) -> Iterator[Difference]:
        ours = resolved(mapping(self.before.operation, "requestBody"), self.old)
        theirs = resolved(mapping(self.after.operation, "requestBody"), self.new)
        needed = bool(theirs.get("required"))
        if theirs and not ours:
            yield self._found("body-added", f"takes {'a' if needed else 'an optional'} body now", breaking=needed)
        elif ours and not theirs:
            yield self._found("body-removed", "takes no body any more", breaking=True)
        else:
            if needed and not ours.get("required"):
                yield self._found("body-required", "its body becomes required", breaking=True)
            yield from self._contents(ours, theirs, REQUEST, "its body")

    def _answers(self) -> Iterator[Difference]:
        ours, theirs = (mapping(place.operation, "responses") for place in (self.before, self.after))
        for status in sorted(ours.keys() - theirs.keys()):
            text = f"no longer documents the status {status}"
            yield self._found("status-removed", text, breaking=status.startswith("2"))
        for status in sorted(theirs.keys() - ours.keys()):
            yield self._found("status-added", f"documents the status {status}", breaking=False)
        for status in sorted(ours.keys() & theirs.keys()):
            if status.startswith("2"):
                sides = resolved(ours[status], self.old), resolved(theirs[status], self.new)
                yield from self._contents(*sides, ANSWER, f"its answer {status}")

    def _contents(
        self, ours: Mapping[str, Any], theirs: Mapping[str, Any], direction: str, label: str
    ) -> Iterator[Difference]:
        before, after = (mapping(side, "content") for side in (ours, theirs))
        for media_type in sorted(before.keys() - after.keys()):
            yield self._found("media-type-removed", f"{label} is no longer {media_type!a}", breaking=True)
        for media_type in sorted(after.keys() - before.keys()):
            yield self._found("media-type-added", f"{label} may be {media_type!a}", breaking=False)
        comparison = SchemaComparison(old=self.old, new=self.new, direction=direction)
        for media_type in sorted(before.keys() & after.keys()):
            for change in comparison.compare(before[media_type].get("schema"), after[media_type].get("schema")):
                where = f": {change.where}" if change.where else ""
                text = f"{label}{where} {change.text}"
                yield self._found(f"{direction}-{change.rule}", text, breaking=change.breaking)

    def _found(self, rule: str, text: str, *, breaking: bool) -> Difference:
        return _difference(rule, self.subject, text, breaking=breaking)


def _parameters_of(place: Place, document: Mapping[str, Any]) -> dict[Key, Mapping[str, Any]]:
    """Return the parameters by place and name; those of the path by their position, since their name is not sent."""
    found: dict[Key, Mapping[str, Any]] = {}
    order = [part[1:-1] for part in _PLACEHOLDER.findall(place.path)]
    for node in [*members(place.item, "parameters"), *members(place.operation, "parameters")]:
        parameter = resolved(node, document)
        name, where = str(parameter.get("name")), str(parameter.get("in"))
        if where == "path" and name in order:
            name = f"number {order.index(name) + 1}"
        found[where, name] = parameter
    return found


def _label(key: Key) -> str:
    return f"the {key[0]} parameter {key[1]!a}"


def _subject(place: Place, names: Names) -> str:
    return names.get((place.method, place.path), f"{place.method} {place.path}")


def _difference(rule: str, subject: str, text: str, *, breaking: bool) -> Difference:
    return Difference(kind=DOCUMENT, breaking=breaking, rule=rule, subject=subject, text=text)
