"""The committed inputs beside the document: settings, overlays, names, allow list, aliases."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pipeline.document.json_nodes import is_mapping, mapping
from pipeline.document.yaml_reader import read_yaml
from pipeline.errors import RefusedDocumentError, listed, quoted
from pipeline.index.table import operations_by_id
from pipeline.overlay import belongs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline.document.document import LoadedDocument
    from pipeline.job import Job


def read_settings(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML or JSON file of ours; an absent or empty file is an empty mapping.

    Raises:
        RefusedDocumentError: the file holds something else.
    """
    try:
        # Editors on Windows put a byte order mark at the beginning, which neither reader takes.
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
    # An empty list says nothing about any document, and is not worth a line of the report.
    if content.get("operations") and not belongs(content, received=job.received, origin=job.received.name):
        said = f"{path.name} belongs to another document"
        # More than one stage asks.
        job.report.skipped += [said] if said not in job.report.skipped else []
        return {}
    return content


def allowed_operations(job: Job) -> dict[str, str]:
    """Return the operations whose failure is accepted for the document, each with the reason."""
    accepted = mapping(settings_for(job.settings_path("allow.json"), job), "operations")
    # What the file says wins: a person wrote the reason there.
    reasons = dict.fromkeys(job.request.allow, "allowed on the command line")
    return reasons | {name: str(reason) for name, reason in accepted.items()}


def require_known(names: Iterable[str], document: Mapping[str, Any]) -> None:
    """Make sure that every name is an operation's id in the effective document.

    Raises:
        RefusedDocumentError: one is not; the text has the nearest that there are.
    """
    known = operations_by_id(document).keys()
    unknown = [name for name in names if name not in known]
    if unknown:
        near = [name for wrong in unknown for name in get_close_matches(wrong, sorted(known), n=2)]
        hint = f" Near it: {listed(near)}." if near else ""
        raise RefusedDocumentError(
            f"The document has no operation {listed([quoted(name) for name in unknown])}. Nothing was changed.{hint} "
            "Give `--allow` the name that the failure was reported with."
        )


def allow_list(received: LoadedDocument, operations: dict[str, str]) -> dict[str, Any]:
    """Return the content of ``openapi/allow.json`` for a document."""
    return {"x-cyara-title": received.title, "operations": dict(sorted(operations.items()))}
