"""`diff`: build both clients, compare documents, Python surfaces and behaviour, install nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.build import build
from pipeline.diff.apply_renames import apply_renames, new_containers
from pipeline.diff.behaviour import behaviour_differences, module_names, operation_table
from pipeline.diff.document import document_differences
from pipeline.diff.member_renames import member_renames
from pipeline.diff.models import model_renames
from pipeline.diff.renames import can_be_kept, operation_renames, taken_names
from pipeline.diff.render import Comparison
from pipeline.diff.surface import surface, surface_differences
from pipeline.document.document import read_document
from pipeline.install.layout import Layout
from pipeline.job import BuildRequest
from pipeline.progress import Silent, StageProgress
from pipeline.report import BuildReport
from pipeline.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_ALIASES = {"openapi/aliases.json": b"{}\n"}


@frozen(kw_only=True, slots=True)
class BuiltClient:
    """One side of a comparison: the document as received, as OpenAPI 3, and the package built from it."""

    label: str
    document: dict[str, Any]
    package: Path


def compare(repository: Layout, old: Path | None, new: Path, progress: StageProgress) -> Comparison:
    """Compare two documents and the clients that they make; ``old`` None is the installed client.

    Raises:
        PipelineError: one of them cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="cyara-diff-") as folder:
        # Two documents are compared without the names of earlier releases, so that only the documents count.
        with progress.stage("old"):
            before = _built(repository, old, Path(folder) / "old", also=_NO_ALIASES) if old else installed(repository)
        with progress.stage("new"):
            after = _built(repository, new, Path(folder) / "new", also=_NO_ALIASES if old else {})
        with progress.stage("compare"):
            return compare_clients(before, after)


def compare_clients(old: BuiltClient, new: BuiltClient) -> Comparison:
    """Compare two clients that are already built."""
    tables = operation_table(old.package), operation_table(new.package)
    names = module_names(tables[0]), module_names(tables[1])
    before, after = surface(old.package.parent), surface(new.package.parent)
    renamed = list(operation_renames(old.document, new.document, *names))
    renames = (*can_be_kept(renamed, names[1]), *model_renames(before, after, renamed))
    # The old surface under its new names: what then differs is more than a name.
    members = member_renames(apply_renames(before, after, renames), after)
    in_python, containers = surface_differences(members.surface, after), new_containers(after, renames)
    in_document = document_differences(old.document, new.document, old_names=names[0], new_names=names[1])
    differences = [
        *members.unexplained(in_document),
        *taken_names(renamed, names[1]),
        *members.differences(),
        *(one for one in in_python if one.rule != "name-added" or one.subject not in containers),
        *behaviour_differences(*tables, members.arguments),
    ]
    # As a set: one class in many places differs once.
    ordered = sorted(set(differences), key=lambda one: (not one.breaking, one.subject, one.text))
    return Comparison(old=old.label, new=new.label, differences=tuple(ordered), renames=renames)


def installed(repository: Layout) -> BuiltClient:
    """Return the installed client, with the document that lies in its package.

    Raises:
        PipelineError: there is none.
    """
    document = read_document(repository.package / "openapi.json")
    return BuiltClient(
        label=f"the installed client ({document.sha256[:8]})",
        document=upgraded(document.data),
        package=repository.package,
    )


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document as OpenAPI 3."""
    result: dict[str, Any] = upgrade(document).document
    return result


def _built(repository: Layout, source: Path, folder: Path, *, also: Mapping[str, bytes]) -> BuiltClient:
    target = Layout(root=folder)
    # Verification would say nothing about the difference, and takes most of a build.
    request = BuildRequest(repository=repository, target=target, source=source, also=also, verify=False)
    build(request, StageProgress(display=Silent()), BuildReport())
    document = read_document(source)
    return BuiltClient(
        label=f"{source.name} ({document.sha256[:8]})", document=upgraded(document.data), package=target.package
    )
