"""The first half of the stages: from the document as received to the one that the generator reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from pipeline.document.document import check_limits
from pipeline.document.path_items import with_path_items
from pipeline.errors import MissingOperationError
from pipeline.generate import operations
from pipeline.inspect import check_untrusted, inspect
from pipeline.normalise import NameMap, RuleSwitches, normalise
from pipeline.overlay import apply_overlays
from pipeline.upgrade import upgrade

if TYPE_CHECKING:
    from pipeline.job import Job


@frozen(kw_only=True, slots=True)
class Prepared:
    """The document in its three forms, and the names that normalisation gave."""

    received: dict[str, Any]
    """As received, only upgraded to OpenAPI 3: what operations are counted by."""
    corrected: dict[str, Any]
    """Upgraded, and corrected by overlays: what everything is judged by."""
    effective: dict[str, Any]
    """What the generator reads."""
    names: NameMap
    """Every name given so far, those of this document added."""
    overlays: list[str]
    """The files that the document is corrected by, in the order of their application."""

    def packaged(self) -> dict[str, Any]:
        """Return the corrected document as it travels with the client, which finds a new name for a further overlay."""
        return {**self.corrected, "x-cyara-overlays": self.overlays} if self.overlays else self.corrected


def prepare(job: Job) -> Prepared:
    """Run upgrade, overlay, normalise and inspect; fill the report's counts, changes and skipped inputs.

    Raises:
        RefusedDocumentError: the document cannot be built.
        OverlayError: an overlay does not fit the document that it names.
        MissingOperationError: a stage lost operations.
    """
    openapi, received, report = job.request.repository.openapi, job.received, job.report
    with job.progress.stage("upgrade"):
        # Before anything counts: every later stage begins with the operations that stand in `paths`.
        document = with_path_items(received.data)
        check_untrusted(document)
        upgraded = upgrade(document)
        report.operations_in_document = len(operations(upgraded.document))
    with job.progress.stage("overlay"):
        overlays = openapi.glob("overlays/*.overlay.yaml")
        overlaid = apply_overlays(upgraded.document, overlays, received=received, origin=received.name)
    with job.progress.stage("normalise"):
        names = _names(job)
        rules = RuleSwitches.read(openapi / "normalise.yaml")
        normalised = normalise(overlaid.document, names=names, rules=rules)
    with job.progress.stage("inspect"):
        # Again, and now for the result: rules write shared parts out, so that a small document may have grown.
        check_limits(normalised.document, name="effective.json")
        inspect(normalised.document)
    for result in (upgraded, overlaid, normalised):
        report.changes += [asdict(change) for change in result.changes]
    report.corrections = overlaid.corrections
    report.skipped += overlaid.skipped
    _require_no_loss(report.operations_in_document, normalised.document)
    return Prepared(
        received=upgraded.document,
        corrected=overlaid.document,
        effective=normalised.document,
        names=normalised.names,
        overlays=overlaid.applied,
    )


def _names(job: Job) -> NameMap:
    names = NameMap.read(job.settings_path("names.json")).for_document(job.received.data)
    if names.skipped:
        job.report.skipped.append(names.skipped)
    return names


def _require_no_loss(expected: int, effective: dict[str, Any]) -> None:
    found = len(operations(effective))
    if found != expected:
        raise MissingOperationError(
            f"The document has {expected} operations and {found} are left after normalisation. Nothing was installed."
        )
