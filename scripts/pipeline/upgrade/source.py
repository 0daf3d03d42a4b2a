"""The Swagger 2.0 document while it is being upgraded: lookups that every part needs, and the list of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import Factory, frozen

from pipeline.document.change import Change
from pipeline.document.json_nodes import is_list, is_mapping
from pipeline.document.json_pointer import unescaped

if TYPE_CHECKING:
    from pipeline.document.json_nodes import Data

JSON = "application/json"


def media_types(value: object) -> list[str]:
    """Return ``consumes`` or ``produces`` as a list of media types in lower case."""
    # Some generators write one text with commas in place of the list.
    if isinstance(value, str):
        value = value.split(",")
    if not is_list(value):
        return []
    found = (entry.strip(" ;").lower() for entry in value if isinstance(entry, str))
    return list(dict.fromkeys(entry for entry in found if "/" in entry))


@frozen(kw_only=True, slots=True)
class Source:
    """The received document, read only."""

    document: dict[str, Any]
    changes: list[Change] = Factory(list[Change])

    def note(self, where: str, what: str) -> None:
        """Record a change by this stage."""
        self.changes.append(Change(rule="upgrade", where=where, what=what))

    def resolve(self, node: Data, section: str) -> dict[str, Any]:
        """Follow references into a shared section (``parameters`` or ``responses``).

        A reference that leads nowhere, or in a circle, yields the node itself, which ``normalise`` then deals with.
        """
        # In place, unlike the references to schemas: the media types of what is shared depend on the operation.
        seen: set[str] = set()
        current = node
        while is_mapping(current) and isinstance(current.get("$ref"), str):
            reference = current["$ref"]
            shared = self.document.get(section)
            name = unescaped(reference.removeprefix(f"#/{section}/"))
            if reference in seen or not is_mapping(shared) or name not in shared:
                return node if is_mapping(node) else {}
            seen.add(reference)
            current = shared[name]
        return current if is_mapping(current) else {}

    def consumes(self, operation: dict[str, Any]) -> list[str]:
        """Return the media types of an operation's body."""
        # Not `or` between the two: an operation's own empty list overrides the document's (Swagger 2.0 specification).
        return media_types(operation.get("consumes", self.document.get("consumes"))) or [JSON]

    def produces(self, operation: dict[str, Any]) -> list[str]:
        """Return the media types of an operation's answers."""
        return media_types(operation.get("produces", self.document.get("produces"))) or [JSON]
