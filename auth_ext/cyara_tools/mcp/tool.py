"""A tool: what an assistant is told of it, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from cyara_client.operations import Operation

Progress = Callable[[float, float | None, str], Coroutine[Any, Any, None]]
"""Told how far a call has come: seconds so far, seconds at most, a sentence."""
Answer = dict[str, Any]
"""JSON values; what the portal wrote stands below `portal_data` only."""
Run = Callable[[Mapping[str, Any], Progress], Awaitable[Answer]]

READ_ONLY: Final = frozenset({"GET", "HEAD", "OPTIONS"})

CAMPAIGN: Final = {"type": "integer", "minimum": 1, "description": "Number of the campaign, as list_campaigns has it."}
RUN: Final = {
    "type": ["integer", "string"],
    "description": "Number of the run, as get_campaign has it; without it, the newest one.",
}
LIMIT: Final = {"type": "integer", "minimum": 1, "maximum": 50, "default": 20, "description": "Entries at most."}
CURSOR: Final = {
    "type": "string",
    "maxLength": 200,
    "description": "next_cursor of the page before; the other arguments stay as they were.",
}


@attrs.frozen(kw_only=True)
class Tool:
    """One tool.

    Attributes:
        name: Its name.
        title: Its name for people.
        description: What it does, for the assistant.
        operations: Ids of the operations it calls; where the document lacks one, the tool is not there.
        properties: JSON schemas of its arguments.
        required: Those that must be given.
        run: Does it.
    """

    name: str
    title: str
    description: str
    operations: tuple[str, ...]
    run: Run
    properties: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    required: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of its arguments."""
        schema: dict[str, Any] = {"type": "object", "properties": dict(self.properties), "additionalProperties": False}
        return {**schema, "required": list(self.required)} if self.required else schema

    def methods(self, operations: Mapping[str, Operation]) -> frozenset[str]:
        """Return the HTTP methods of its operations."""
        return frozenset(operations[name].method for name in self.operations)

    def evidence(self, operations: Mapping[str, Operation]) -> str:
        """Say how well each of its operations is known."""
        if not self.operations:
            return "Sends nothing."
        words = [f"{name} is {operations[name].evidence or 'of the document'}" for name in self.operations]
        text = f"Evidence: {', '.join(words)}."
        if any(operations[name].evidence == "inferred" for name in self.operations):
            text += " Inferred: nobody has seen the portal accept it as it stands here."
        return text
