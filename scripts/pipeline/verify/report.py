"""What verification has to say, operation by operation and in numbers."""

from __future__ import annotations

from typing import Any

import attrs

FORMS = ("full", "nulls", "unknown_enum")


@attrs.frozen(kw_only=True)
class Failure:
    """One thing that is wrong with one operation."""

    operation: str
    """Operation id, or method and path where the document has none."""
    what: str
    """`import`, `arguments`, `request`, `header`, `timeout`, `unauthorized`; `answer` or `iterator` with its form."""
    why: str


@attrs.define(kw_only=True)
class VerifyReport:
    """What was verified, and what fails."""

    operations: int = 0
    operations_importable: int = 0
    answers: dict[str, list[int]] = attrs.field(factory=dict[str, list[int]])
    """By form: how many operations with a JSON answer parse it, sync and async alike, of how many."""
    kinds: list[int] = attrs.field(factory=lambda: [0, 0])
    """How many operations parse objects whose discriminator has a value that nobody declared, of how many."""
    texts: list[int] = attrs.field(factory=lambda: [0, 0])
    """How many operations with a text for an answer hand it over as it came, of how many."""
    files: list[int] = attrs.field(factory=lambda: [0, 0])
    """The same of operations whose answer is a file."""
    iterators: dict[str, list[int]] = attrs.field(factory=dict[str, list[int]])
    """By form of its pages: how many lists are read to their end, sync and async alike, of how many."""
    requests_valid: list[int] = attrs.field(factory=lambda: [0, 0])
    """How many operations make a valid request, of how many."""
    failing: list[Failure] = attrs.field(factory=list[Failure])
    allowed: list[Failure] = attrs.field(factory=list[Failure])
    """Failures of operations that are accepted by name."""
    calls: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing fails that is not accepted."""
        return not self.failing

    def as_report(self) -> dict[str, Any]:
        """Return the keys that go into the build's report."""
        return {
            "operations_importable": self.operations_importable,
            "answers": self.answers,
            "kinds": self.kinds,
            "texts": self.texts,
            "files": self.files,
            "iterators": self.iterators,
            "requests_valid": self.requests_valid,
            "failing": [_failure_json(failure) for failure in self.failing],
            "allowed": sorted({failure.operation for failure in self.allowed}),
        }


def _failure_json(failure: Failure) -> dict[str, str]:
    return {"operation": failure.operation, "what": failure.what, "why": failure.why}
