"""Whether a document describes another API than the installed client: asked before the one replaces the other.

The rule: of the operations of the smaller document, fewer than a quarter are in the other one too, by method and path
or by id. A new version of an API keeps most of its operations; two APIs have none in common, or a `GET /users`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.diff.document import matched
from pipeline.document.document import read_document
from pipeline.document.path_items import with_path_items
from pipeline.errors import PipelineError, quoted

if TYPE_CHECKING:
    from pipeline.document.document import LoadedDocument
    from pipeline.job import BuildRequest

SHARE = 4
"""One in so many operations of the smaller document has to be in the other."""


def require_wanted(request: BuildRequest, received: LoadedDocument) -> None:
    """Make sure that nobody replaces the repository's client by that of another API without wanting to.

    Raises:
        PipelineError: the document is of another API, and nobody said that this is meant.
    """
    # A folder of `--into` is the user's own; what lies in openapi/upstream or in the archive was put there on purpose.
    if request.source is None or request.target.root != request.repository.root:
        return
    found = other_api(request, received)
    if found and not request.confirm(found):
        raise PipelineError(
            f"{found} Nothing was changed. Build it elsewhere with `--into DIR`, or say `--yes` to replace the client."
        )


def other_api(request: BuildRequest, received: LoadedDocument) -> str | None:
    """Return the sentence that says how two APIs differ; None where they are one, or nothing is installed."""
    try:
        installed = read_document(request.repository.package / "openapi.json")
        old, new = with_path_items(installed.data), with_path_items(received.data)
    except PipelineError:
        return None
    pairs = matched(old, new)
    before, after = (sum(1 for pair in pairs if pair[side]) for side in (0, 1))
    shared = sum(1 for pair in pairs if all(pair))
    if shared * SHARE >= min(before, after):
        return None
    return (
        f"The document {quoted(received.name)} ({quoted(received.title)}, {_counted(after)}) describes another API "
        f"than the installed client ({quoted(installed.title)}, {_counted(before)}): they share {shared}."
    )


def _counted(operations: int) -> str:
    return f"{operations} operation{'s' if operations != 1 else ''}"
