"""The committed inputs beside the document: settings, overlays, names, allow list, aliases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline.errors import RefusedDocumentError
from pipeline.overlay import belongs
from pipeline.yaml_reader import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.document import LoadedDocument


def read_settings(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML or JSON file of ours; an absent or empty file is an empty mapping.

    Raises:
        RefusedDocumentError: the file holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    content = json.loads(text) if path.suffix == ".json" else read_yaml(text, name=path.name)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise RefusedDocumentError(f"{path} must hold a mapping.")
    return content


def allowed_operations(
    path: Path, *, received: LoadedDocument, asked: tuple[str, ...]
) -> tuple[dict[str, str], str | None]:
    """Return the accepted operations with the reason, and a sentence if the file is for another document."""
    content = read_settings(path)
    listed = content.get("operations") or {}
    reasons = dict.fromkeys(asked, "allowed on the command line")
    if not listed:
        return reasons, None
    if not belongs(content, received=received, origin=""):
        return reasons, f"{path.name} belongs to another document"
    return reasons | {str(name): str(reason) for name, reason in listed.items()}, None


def allow_list(received: LoadedDocument, operations: dict[str, str]) -> dict[str, Any]:
    """Return the content of ``openapi/allow.json`` for a document."""
    return {"x-cyara-title": received.title, "operations": dict(sorted(operations.items()))}
