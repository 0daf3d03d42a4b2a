"""What a command puts into ``openapi/upstream``: the document, byte for byte, and a note that says where it comes from.

Whatever else lies in the folder belongs to somebody else and stays.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError, quoted
from pipeline.install.layout import UPSTREAM_STEM
from pipeline.install.lock import read_lock

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pipeline.document.document import LoadedDocument
    from pipeline.install.layout import Layout

FOLDER = "openapi/upstream"
NOTE = "PROVENANCE.md"
_SUFFIXES = (".json", ".yaml", ".json.gz", ".yaml.gz")


def provenance(document: LoadedDocument, name: str, *, origin: str, command: str, now: datetime | None = None) -> bytes:
    """Return the note that lies beside the document: where from, when, which bytes.

    ``now`` is the moment at which it was fetched; a build gives none, for the same inputs must write the same bytes.
    """
    when = f"* when: {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n" if now else ""
    text = (
        f"# Where `{name}` comes from\n\n"
        f"* from: {origin}\n"
        f"{when}"
        f"* sha256: `{document.sha256}`, {len(document.received)} bytes, exactly as received\n"
        f"* title: {quoted(document.title)}\n\n"
        f"`python scripts/regenerate.py {command}` wrote this file and the document; do not edit either.\n"
    )
    return text.encode()


def replaced_documents(tree: Layout, name: str, locked: str | None) -> list[str]:
    """Return the paths (relative) of the documents that one called ``name`` takes the place of.

    They are the one that the lock names, ``locked``, and those under the names that these commands give.
    """
    # Nothing else: whatever lies there under another name belongs to somebody else, and stays.
    ours = {f"{FOLDER}/{UPSTREAM_STEM}{suffix}" for suffix in _SUFFIXES}
    if locked and locked.rpartition("/")[0] == FOLDER:
        ours.add(locked)
    return sorted(path for path in ours - {f"{FOLDER}/{name}"} if (tree.root / path).is_file())


def locked_document(tree: Layout) -> str | None:
    """Return the path (relative) of the document that the tree's client was built from, where a lock says it."""
    try:
        lock = read_lock(tree.lock)
    except PipelineError:
        return None
    return lock.document["path"] if lock else None


def note_beside(document: Path) -> bytes | None:
    """Return the note that lies beside a document, or None if there is none."""
    note = document.with_name(NOTE)
    return note.read_bytes() if note.is_file() else None
