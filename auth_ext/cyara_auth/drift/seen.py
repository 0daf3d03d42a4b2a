"""One thing that an answer has and the document does not, with its correction."""

from __future__ import annotations

from typing import Any

import attrs

DocumentPath = tuple["str | int", ...]
"""Where something is in a document: keys of objects, and positions in lists."""


@attrs.frozen(kw_only=True)
class Drift:
    """One thing that was seen and is not in the document.

    Attributes:
        kind: "status", "field", "enum member", "type", "format", "missing field" or "discriminator value".
        where: Path of the containing node in the document, as keys, and positions where there is a list.
        name: The status, field, member, JSON type or value that is missing there, or the required field that the
            answer does not have.
        operation: Method and path template of the call.
        addition: What the document would say, to be added at `where`; None where nothing is to be added.
        removed: Members of the node at `where` that contradict it, to be taken away first.
        elsewhere: What else the document would say, each with its place.
    """

    kind: str
    where: DocumentPath
    name: str
    operation: str
    addition: Any = attrs.field(eq=False, hash=False)
    removed: tuple[str, ...] = attrs.field(default=(), eq=False, hash=False)
    elsewhere: tuple[tuple[DocumentPath, Any], ...] = attrs.field(default=(), eq=False, hash=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} at {'/'.join(map(str, self.where))} ({self.operation})"

    @property
    def reason(self) -> str:
        """Say in a sentence what was seen, as the reason of a correction."""
        if self.kind == "missing field":
            return f"An answer to {self.operation} came without the required field {self.name!r}."
        kind = self.kind.capitalize()
        return (
            f"{kind} {self.name!r} was seen at {'/'.join(map(str, self.where[-2:]))} in an answer to {self.operation}."
        )
