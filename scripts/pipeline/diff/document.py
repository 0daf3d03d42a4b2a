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
from pipeline.document.json_nodes import as_text, mapping, members
from pipeline.normalise.walk import OperationAt, operations

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[str, str]
"""Place and name of a parameter, or METHOD and path of an operation."""
Names = Mapping[Key, str]
"""METHOD and path to ``tag.operation``."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def matched(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[OperationAt | None, OperationAt | None]]:
    """Pair the operations of two documents; one that has no counterpart is paired with None."""
    left = {_identity(entry): entry for entry in operations(new)}
    pairs: list[tuple[OperationAt | None, OperationAt | None]] = []
    unmatched: list[OperationAt] = []
    for entry in operations(old):
        if _identity(entry) in left:
            pairs.append((entry, left.pop(_identity(entry))))
        else:
            unmatched.append(entry)
    # Ids only among what is left: servers number them anew, and a path says more about which operation it is.
    by_id = {as_text(entry.operation.get("operationId")): key for key, entry in left.items()}
    for entry in unmatched:
        name = as_text(entry.operation.get("operationId"))
        key = by_id.pop(name, None) if name else None
        pairs.append((entry, left.pop(key) if key else None))
    return pairs + [(None, entry) for entry in left.values()]


def method_and_path(entry: OperationAt) -> Key:
    """Return METHOD and path, by which the names of a package are looked up."""
    return entry.method.upper(), entry.path


def _identity(entry: OperationAt) -> Key:
    """Return what makes an operation the same as one of another document."""
    # Whatever a placeholder is called, and in any letter case: ASP.NET routes do not look at either.
    return entry.method.upper(), _PLACEHOLDER.sub("{}", entry.path).rstrip("/").lower()


def document_differences(
    old: dict[str, Any], new: dict[str, Any], *, old_names: Names, new_names: Names
) -> Iterator[Difference]:
    """Yield the differences of two documents."""
    for before, after in matched(old, new):
        if before and after:
            subject = _subject(after, new_names)
            yield from _Counterparts(before=before, after=after, old=old, new=new, subject=subject).differences()
        elif before:
            yield _difference("operation-removed", _subject(before, old_names), "is removed", breaking=True)
        elif after:
            text = f"is new: {' '.join(method_and_path(after))}"
            yield _difference("operation-added", _subject(after, new_names), text, breaking=False)


@frozen(kw_only=True, slots=True)
class _Counterparts:
    """An operation in both documents."""

    before: OperationAt
    after: OperationAt
    old: dict[str, Any]
    new: dict[str, Any]
    subject: str

    def differences(self) -> Iterator[Difference]:
        before, after = self.before, self.after
        if _identity(before) != _identity(after):
            text = f"moves from {' '.join(method_and_path(before))} to {' '.join(method_and_path(after))}"
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
        yield from self._schemas(comparison, before, after, "parameter", _label(key))

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
        ours, theirs = (mapping(entry.operation, "responses") for entry in (self.before, self.after))
        for status in sorted(ours.keys() - theirs.keys()):
            text = f"no longer documents the status {status}"
            # A caller reads what a 2xx brings; errors are raised whatever is documented about them.
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
            yield from self._schemas(comparison, before[media_type], after[media_type], direction, label)

    def _schemas(
        self, comparison: SchemaComparison, before: Mapping[str, Any], after: Mapping[str, Any], what: str, label: str
    ) -> Iterator[Difference]:
        for change in comparison.compare(before.get("schema"), after.get("schema")):
            where = f": {change.where}" if change.where else ""
            yield self._found(f"{what}-{change.rule}", f"{label}{where} {change.text}", breaking=change.breaking)

    def _found(self, rule: str, text: str, *, breaking: bool) -> Difference:
        return _difference(rule, self.subject, text, breaking=breaking)


def _parameters_of(entry: OperationAt, document: Mapping[str, Any]) -> dict[Key, Mapping[str, Any]]:
    """Return the parameters by place and name."""
    found: dict[Key, Mapping[str, Any]] = {}
    order = [part[1:-1] for part in _PLACEHOLDER.findall(entry.path)]
    # The operation's own come last: they win over those of its path.
    for node in [*members(entry.item, "parameters"), *members(entry.operation, "parameters")]:
        parameter = resolved(node, document)
        name, where = str(parameter.get("name")), str(parameter.get("in"))
        # The name of a path parameter is not sent: what counts is where in the path it stands.
        if where == "path" and name in order:
            name = f"number {order.index(name) + 1}"
        found[where, name] = parameter
    return found


def _label(key: Key) -> str:
    return f"the {key[0]} parameter {key[1]!a}"


def _subject(entry: OperationAt, names: Names) -> str:
    return names.get(method_and_path(entry), " ".join(method_and_path(entry)))


def _difference(rule: str, subject: str, text: str, *, breaking: bool) -> Difference:
    return Difference(kind=DOCUMENT, breaking=breaking, rule=rule, subject=subject, text=text)
