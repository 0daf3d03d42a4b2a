"""The committed inputs beside the document: settings, overlays, names, allow list, aliases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline.errors import RefusedDocumentError, quoted
from pipeline.overlay import belongs
from pipeline.plain import is_mapping, mapping
from pipeline.yaml_reader import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.document import LoadedDocument
    from pipeline.job import Job


def read_settings(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML or JSON file of ours; an absent or empty file is an empty mapping.

    Raises:
        RefusedDocumentError: the file holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text) if path.suffix == ".json" else read_yaml(text, name=path.name)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise RefusedDocumentError(
            f"{path} cannot be read: {quoted(error)}. Nothing was changed. Put it right, or restore it."
        ) from error
    if content is None:
        return {}
    if not is_mapping(content):
        raise RefusedDocumentError(f"{path} must hold a mapping.")
    return content


def settings_for(path: Path, job: Job) -> dict[str, Any]:
    """Return the settings of a file that names its document; for another document none, and the report says so.

    Raises:
        RefusedDocumentError: the file holds something else.
    """
    content = read_settings(path)
    if content.get("operations") and not belongs(content, received=job.received, origin=job.received.name):
        job.report.skipped.append(f"{path.name} belongs to another document")
        return {}
    return content


def allowed_operations(job: Job) -> dict[str, str]:
    """Return the operations whose failure is accepted for the document, each with the reason."""
    listed = mapping(settings_for(job.settings_path("allow.json"), job), "operations")
    reasons = dict.fromkeys(job.request.allow, "allowed on the command line")
    return reasons | {name: str(reason) for name, reason in listed.items()}


def allow_list(received: LoadedDocument, operations: dict[str, str]) -> dict[str, Any]:
    """Return the content of ``openapi/allow.json`` for a document."""
    return {"x-cyara-title": received.title, "operations": dict(sorted(operations.items()))}
