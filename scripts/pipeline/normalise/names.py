"""The names that a document's operations and schemas have in Python, once given and never changed.

Most ASP.NET documents carry no operation ids, so names are derived by rule; derived or not, they become public API.
``openapi/names.json`` keeps them: a document that is re-ordered, or grows so that a rule would now decide otherwise,
still yields the same names. The file belongs to one document, named by its title.

Shape of the file::

    {"title": "...",
     "operations": {"GET /v3.0/users/{userId}": {"operation_id": "GetUser", "name": "get_user"}},
     "schemas": {"Ns.Model.User": "User"}}

A key of ``schemas`` is the received name, or the place of a schema that had no name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import Factory, define

from pipeline.document.document import dump_json
from pipeline.document.json_nodes import mapping
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from pathlib import Path


@define(kw_only=True, slots=True)
class OperationName:
    """The Python name of an operation, and the id by which it is recognised after its path has changed."""

    operation_id: str | None
    name: str


@define(kw_only=True, slots=True)
class NameMap:
    """Names given so far; rules add to it and never take away."""

    title: str = ""
    operations: dict[str, OperationName] = Factory(dict[str, OperationName])
    """Method and path as received (``GET /users``) to name."""
    schemas: dict[str, str] = Factory(dict[str, str])
    skipped: str = ""
    """Why the names of the file were not used, for the report."""

    @classmethod
    def read(cls, path: Path) -> NameMap:
        """Read ``names.json``; a missing file is an empty map.

        Raises:
            PipelineError: the file is not of this shape.
        """
        try:
            return load_names(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls()
        except (OSError, ValueError) as error:
            raise PipelineError(f"{path.name} cannot be read: {error}.") from error

    def for_document(self, document: dict[str, Any]) -> NameMap:
        """Return these names where they belong to the document, else an empty map that says why."""
        title = title_of(document)
        # Names are public API of one client: a document of another title starts anew, and is not mixed into this one.
        if not self.title or self.title == title:
            return NameMap(title=title, operations=dict(self.operations), schemas=dict(self.schemas))
        return NameMap(title=title, skipped=f"names.json belongs to {self.title!a}, not to this document")

    def to_json(self) -> str:
        """Return the text of ``names.json``, sorted, so that it does not depend on the document's order."""
        return dump_json(dump_names(self)).decode()


def title_of(document: dict[str, Any]) -> str:
    """Return ``info.title``, or an empty text."""
    title = mapping(document, "info").get("title")
    return title if isinstance(title, str) else ""


def load_names(data: dict[str, Any]) -> NameMap:
    """Return the map that the parsed file describes; an empty mapping is an empty map.

    Raises:
        PipelineError: not of this shape.
    """
    try:
        return NameMap(
            title=str(data.get("title", "")),
            operations={
                str(key): OperationName(operation_id=entry.get("operation_id"), name=str(entry["name"]))
                for key, entry in mapping(data, "operations").items()
            },
            schemas={str(key): str(name) for key, name in mapping(data, "schemas").items()},
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise PipelineError(
            "names.json is not of the shape {operations: {key: {operation_id, name}}, schemas}."
        ) from error


def dump_names(names: NameMap) -> dict[str, Any]:
    """Return the file's content as plain data."""
    return {
        "title": names.title,
        "operations": {
            key: {"operation_id": entry.operation_id, "name": entry.name}
            for key, entry in sorted(names.operations.items())
        },
        "schemas": dict(sorted(names.schemas.items())),
    }
