"""What one build is asked for, and what its stages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from pipeline.archive import archived_document
from pipeline.install.layout import Layout, upstream_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pipeline.document.document import LoadedDocument
    from pipeline.install.lock import Lock
    from pipeline.progress import StageProgress
    from pipeline.report import BuildReport


@frozen(kw_only=True, slots=True)
class BuildRequest:
    """What to build from, and where to."""

    repository: Layout
    target: Layout
    """The repository too, or the folder of ``--into``."""
    source: Path | None = None
    """Another document; None is the one in ``openapi/upstream``."""
    release: str | None = None
    """An archived platform release to build from."""
    platform: str | None = None
    """The platform release that the document belongs to, where it is known."""
    also: Mapping[str, bytes] = field(factory=dict[str, bytes])
    """Other files of the tree (relative path to content) that are installed in the same step."""
    discard_edits: bool = False
    verify: bool = True
    types: bool = False
    """Whether mypy judges the package too."""
    confirm: Callable[[str], bool] = lambda _: False
    """Asked before the repository's client is replaced by that of another API; gets the sentence that says so."""
    allow: tuple[str, ...] = ()
    """Operations whose failed verification is accepted from now on."""

    def document_path(self) -> Path:
        """Return the file to build from.

        Raises:
            RefusedDocumentError: there is no such document.
        """
        if self.source:
            return self.source
        if self.release:
            return archived_document(self.repository, self.release)
        return self.repository.upstream()

    @property
    def is_stored(self) -> bool:
        """Return whether the document is one that lies in ``openapi/upstream`` already, of either tree."""
        folders = (tree.openapi / "upstream" for tree in (self.target, self.repository))
        return self.document_path().parent in folders

    @property
    def origin(self) -> str:
        """Return where the document comes from, in words that are the same on every machine."""
        name = self.document_path().name
        return f"openapi/releases/{self.release}/{name}" if self.release else f"the file {name}"

    @property
    def named_platform(self) -> str | None:
        """Return the platform release that the request names, or None."""
        return self.platform or self.release


@frozen(kw_only=True, slots=True)
class Job:
    """A build under way."""

    request: BuildRequest
    received: LoadedDocument
    lock: Lock | None
    """What is installed now; None if nothing is, or if it cannot be read."""
    folder: Path
    """The tree's own folder for journal and work, on the same file system."""
    progress: StageProgress
    report: BuildReport

    @property
    def work(self) -> Path:
        """Return the folder of everything that is not installed yet."""
        return self.folder / "build"

    @property
    def stored_name(self) -> str:
        """Return the document's name in ``openapi/upstream``: the one that it has there, else one of ours."""
        return self.request.document_path().name if self.request.is_stored else upstream_name(self.received.name)

    @property
    def staged(self) -> Layout:
        """Return the tree under construction."""
        return Layout(root=self.work / "tree")

    def settings_path(self, name: str) -> Path:
        """Return the file in ``openapi/`` that counts: the staged one, else the target's own, else the repository's."""
        # A release stages aliases of its own, and a folder of `--into` may have names for another document.
        trees = (self.staged, self.request.target, self.request.repository)
        paths = [tree.openapi / name for tree in trees]
        return next((path for path in paths if path.exists()), paths[-1])

    @property
    def platform(self) -> str | None:
        """Return the platform release: as asked for, else the installed one if its document is the same."""
        # Of another document nobody has said which platform it belongs to.
        same = self.lock is not None and self.lock.document["sha256"] == self.received.sha256
        return self.request.named_platform or (self.lock.platform if self.lock and same else None)
