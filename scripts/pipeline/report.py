"""What a build has to say, for a person and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field

from pipeline.document.document import dump_json
from pipeline.errors import file_system_error, listed, quoted
from pipeline.install.lock import SUMMARY
from pipeline.verify.security import contradicted

if TYPE_CHECKING:
    from pathlib import Path


CORRECT_SCHEMES = (
    "If the portal takes the header all the same, correct `components.securitySchemes` by an overlay in "
    "openapi/overlays, with the reason; operations without credentials belong into openapi/public-operations.yaml."
)
"""The next step where a document asks for something else than we send."""


@define(kw_only=True, slots=True)
class BuildReport:
    """The result of a build; its JSON form has these fields as keys."""

    document: dict[str, Any] = field(factory=dict[str, Any])
    """``name``, ``title``, ``sha256`` of the document; empty until it was read."""
    platform: str | None = None
    operations_in_document: int = 0
    """Counted in the document as received."""
    operations_generated: int = 0
    operations_importable: int = 0
    answers: dict[str, list[int]] = field(factory=dict[str, list[int]])
    """``full``, ``nulls``, ``unknown_enum``: how many operations with a JSON answer parse it, of how many."""
    kinds: list[int] = field(factory=list[int])
    """Of how many operations objects are read whose discriminator has a value that nobody declared, of how many."""
    texts: list[int] = field(factory=list[int])
    """Of how many operations whose answer is a text the text arrives as it was sent, of how many."""
    files: list[int] = field(factory=list[int])
    """The same of operations whose answer is a file."""
    iterators: dict[str, list[int]] = field(factory=dict[str, list[int]])
    """``full``, ``null``, ``last``: how many lists are read to their end over pages of this form, of how many."""
    requests_valid: list[int] = field(factory=list[int])
    """Of how many operations the request is valid under the document, of how many."""
    failures: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    """What verification found wrong, operation by operation."""
    security: list[int] = field(factory=list[int])
    """How many operations ask for the header Authorization, or for nothing on purpose, of how many."""
    unmet_security: dict[str, str] = field(factory=dict[str, str])
    """Operations that do not ask for the header Authorization, which the client sends, each with what they ask for."""
    allowed: list[str] = field(factory=list[str])
    """Operations whose failure ``openapi/allow.json`` accepts."""
    corrections: list[str] = field(factory=list[str])
    """What overlays corrected, each with its reason: the package is proven against the corrected document."""
    skipped: list[str] = field(factory=list[str])
    """Overlays, names and allow lists that belong to another document."""
    changes: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    """What was changed before generation: ``rule``, ``where`` (JSON pointer), ``what``."""
    warnings: list[str] = field(factory=list[str])
    seconds: dict[str, float] = field(factory=dict[str, float])
    unchanged: bool = False
    """Whether the inputs were the locked ones, so that nothing was built."""
    written: str = ""
    """Folder of the tree that now holds the client."""
    error: str | None = None
    """The sentence with which the build was refused; nothing was installed then."""
    patch: str | None = None
    """File that holds hand edits which were discarded."""

    def summary(self) -> dict[str, Any]:
        """Return the part that the lock keeps: the counts."""
        return {name: value for name, value in asdict(self).items() if name in SUMMARY}

    def take_summary(self, summary: dict[str, Any]) -> None:
        """Take the counts of the lock: the tree already holds this build."""
        for name in SUMMARY & summary.keys():
            setattr(self, name, summary[name])
        self.unchanged = True

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return asdict(self)

    def _verified(self) -> str:
        """Return what of the answers was verified; kinds that the document does not have are left out."""
        others = {"unknown kinds": self.kinds, "texts": self.texts, "files": self.files}
        asking = f"asking for our header {self.security[0]}/{self.security[1]}; " if self.security else ""
        parts = [f"{asking}answers: {_counts(self.answers)}"]
        parts += [f"{name} {count[0]}/{count[1]}" for name, count in others.items() if any(count)]
        if any(total for _, total in self.iterators.values()):
            parts.append(f"iterators: {_counts(self.iterators)}")
        return "; ".join(parts)

    def _about_security(self) -> list[str]:
        """Return which operations are not known to take the header that every call sends."""
        others = contradicted(self.unmet_security)
        named = [f"{quoted(name)} ({quoted(reason)})" for name, reason in others.items()]
        silent, total = len(self.unmet_security) - len(others), self.operations_in_document
        lines = [f"{silent} operation(s) say nothing about credentials; every call sends the header Authorization."]
        lines *= silent > 0
        if named:
            lines.append(
                f"Not proven: {len(named)} of {total} operations ask for other credentials than the header "
                f"Authorization, which every call sends: {listed(named, limit=5)}. {CORRECT_SCHEMES}"
            )
        return lines

    def lines(self) -> list[str]:
        """Return the report for a person."""
        if self.error:
            return [self.error]
        counted = f"{self.operations_generated} of {self.operations_in_document} operations generated"
        lines = [f"{self.document['name']}: {counted}, {self.operations_importable} importable."]
        if self.requests_valid:
            lines.append(f"Verified: requests {self.requests_valid[0]}/{self.requests_valid[1]}; {self._verified()}.")
        if self.corrections:
            proven = "Proven against" if self.requests_valid else "Built from"
            count = f"{len(self.corrections)} correction{'s' if len(self.corrections) > 1 else ''}"
            lines.append(f"{proven} the corrected document: {count}: {listed(self.corrections, limit=5)}.")
        if self.changes:
            rules = sorted({str(change["rule"]) for change in self.changes})
            lines.append(
                f"{len(self.changes)} changes by {len(rules)} rules before generation: {listed(rules, limit=40)}."
            )
        lines += self._about_security()
        lines += [f"Skipped: {what}." for what in self.skipped]
        lines += [f"Warning: {what}" for what in self.warnings]
        if self.patch:
            lines.append(f"Hand edits were saved in {self.patch}.")
        lines.append("Inputs unchanged; nothing to do." if self.unchanged else f"Installed in {self.written}.")
        return lines


def _counts(named: dict[str, list[int]]) -> str:
    return ", ".join(f"{name} {ok}/{total}" for name, (ok, total) in named.items())


def require_writable(path: Path) -> None:
    """Make sure, before anything is built, that the report can be written; nothing is left of the trial.

    Raises:
        FileSystemError: it cannot.
    """
    was_there = path.exists()
    try:
        # To append: an earlier report stays whole until there is a new one.
        with path.open("ab"):
            pass
        if not was_there:
            path.unlink()
    except OSError as error:
        raise file_system_error(error, "The report has no place there, so nothing was built.", path) from error


def write_report(report: BuildReport, path: Path) -> None:
    """Write the report as JSON.

    Raises:
        FileSystemError: it cannot be written any more; what became of the build has to be said before.
    """
    try:
        # The folder of --into is missing after a refusal.
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dump_json(report.to_json()))
    except OSError as error:
        raise file_system_error(error, "Only the report is missing; the rest is as said above.", path) from error
