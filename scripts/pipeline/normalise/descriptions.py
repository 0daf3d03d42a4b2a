"""Rule that keeps what a document says of a property beside a reference or a composition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_mapping, mapping
from pipeline.normalise.walk import mappings, schemas

if TYPE_CHECKING:
    from pipeline.normalise.work import Work

MEMBERS = "x-cyara-member-descriptions"
"""Member of a class or enumeration in the effective document: property, or name of a member, to its own description."""

_PLAIN = ("string", "integer", "number", "boolean")


def member_descriptions(work: Work) -> None:
    """Write on every object how it describes those properties of which it says more than a plain type.

    The generator takes description and all from the class that a property refers to, and later rules write other
    references in its place: what the document says of this one property would be lost.
    """
    for found in schemas(work.document):
        found.schema.pop(MEMBERS, None)
        described = {
            name: text
            for name, member in mapping(found.schema, "properties").items()
            if is_mapping(member) and (text := _own_description(member)) and not _is_plain(member)
        }
        if described:
            found.schema[MEMBERS] = described
            work.note(found.where, f"descriptions of {len(described)} properties kept")


def _is_plain(schema: dict[str, Any]) -> bool:
    return schema.get("type") in _PLAIN and "enum" not in schema


def _own_description(schema: dict[str, Any]) -> str:
    """Return a schema's description, or that of a part of its `allOf`, but not of what it refers to."""
    said = [part.get("description") for part in (schema, *mappings(schema, "allOf"))]
    return next((text for text in said if isinstance(text, str) and text.strip()), "")
