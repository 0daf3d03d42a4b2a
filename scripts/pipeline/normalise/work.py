"""The document while the rules work on it: rules change it in place and say what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from pipeline.document.change import Change
from pipeline.document.json_nodes import is_list, is_mapping
from pipeline.errors import RefusedDocumentError

if TYPE_CHECKING:
    from pipeline.document.json_nodes import Data
    from pipeline.normalise.names import NameMap

GROWTH_LIMIT = 3_000_000
"""Nodes that rules may add by copying. Real documents need a few thousand; a hostile one would fill the memory."""


@define(kw_only=True, slots=True)
class Work:
    """A private copy of the document, the names given so far, and the changes."""

    document: dict[str, Any]
    names: NameMap
    changes: list[Change] = Factory(list[Change])
    rule: str = ""
    grown: int = 0
    subtypes: dict[str, list[str]] = Factory(dict[str, list[str]])
    """Base schema with a discriminator to the schemas derived from it."""
    wire_names: dict[str, str] = Factory(dict[str, str])
    """Alias to the name on the wire, for names that Python cannot tell apart."""

    def note(self, where: str, what: str) -> None:
        """Record a change by the current rule."""
        self.changes.append(Change(rule=self.rule, where=where, what=what))

    @property
    def schemas(self) -> dict[str, Any]:
        """Return ``components.schemas``, created where it is missing."""
        components: dict[str, Any] = self.document.setdefault("components", {})
        schemas: dict[str, Any] = components.setdefault("schemas", {})
        return schemas

    def copied(self, node: Data) -> Data:
        """Return a deep copy of plain data.

        Raises:
            RefusedDocumentError: the copies together have grown beyond the limit.
        """
        # Counted node by node, across all copies: references to shared parts multiply, and may do so by powers.
        self.grown += 1
        if self.grown > GROWTH_LIMIT:
            raise RefusedDocumentError(
                f"The document grows beyond {GROWTH_LIMIT} nodes when its shared parts are written out. "
                "Nothing was changed."
            )
        if is_mapping(node):
            return {key: self.copied(value) for key, value in node.items()}
        if is_list(node):
            return [self.copied(value) for value in node]
        return node


Rule = Callable[[Work], None]
"""A rule changes ``work.document`` in place; its name in ``openapi/normalise.yaml`` is its function's, with hyphens."""
