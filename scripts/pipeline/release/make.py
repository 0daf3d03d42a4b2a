"""Make a release: build for a platform, and install client, archive, version, changelog and table in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from pipeline.archive import Release, archived_document, released, require_platform, version_order
from pipeline.build import build
from pipeline.diff.compare import compare
from pipeline.diff.difference import code
from pipeline.diff.render import as_markdown
from pipeline.document.document import dump_json, read_document
from pipeline.generate import operations
from pipeline.inputs import read_settings
from pipeline.install.layout import RELEASE_RECORD
from pipeline.job import BuildRequest
from pipeline.release.aliases import KINDS, expired_aliases, next_aliases
from pipeline.release.texts import current_version, next_version, with_entry, with_table, with_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pipeline.diff.render import Comparison
    from pipeline.install.layout import Layout
    from pipeline.progress import StageProgress
    from pipeline.report import BuildReport

TEXTS = ("pyproject.toml", "CHANGELOG.md", "README.md")


@frozen(kw_only=True, slots=True)
class Planned:
    """A release before it is built."""

    release: Release
    entry: str
    """What CHANGELOG.md will say, heading included."""
    files: dict[str, bytes]
    """Every file that it changes beside the client."""


def plan(tree: Layout, platform: str, *, today: date, progress: StageProgress) -> Planned:
    """Work out a release; nothing is changed.

    It is compared with the last version for this platform, else with the last one for the next lower platform.

    Raises:
        ReleaseError: no such platform name, or a text has no place for its entry.
        PipelineError: a document cannot be built.
    """
    require_platform(platform)
    source = tree.upstream()
    received = read_document(source)
    texts = {name: (tree.root / name).read_text(encoding="utf-8") for name in TEXTS}
    known = released(tree)
    before = comparison_base(platform, known)
    comparison = compare(tree, archived_document(tree, before.platform), source, progress) if before else None
    # Those of the release that this one follows: `openapi/aliases.json` may be of one for another platform.
    aliases = next_aliases(
        before.aliases if before else read_settings(tree.openapi / "aliases.json"),
        comparison.renames if comparison else (),
        platform=platform,
        is_newest=bool(known) and version_order(platform) > version_order(known[0].platform),
    )
    release = Release(
        platform=platform,
        # The project's own version counts too, whether or not the archive has it.
        version=next_version(platform, [current_version(texts["pyproject.toml"]), *(one.version for one in known)]),
        date=today.isoformat(),
        sha256=received.sha256,
        operations=len(operations(received.data)),
        aliases=aliases,
    )
    entry = changelog_entry(release, before, comparison)
    rows = sorted([release, *known], key=lambda one: version_order(one.version), reverse=True)
    files = {
        "pyproject.toml": with_version(texts["pyproject.toml"], release.version),
        "CHANGELOG.md": with_entry(texts["CHANGELOG.md"], entry),
        "README.md": with_table(texts["README.md"], rows),
    }
    return Planned(
        release=release,
        entry=entry,
        files={
            **{name: text.encode() for name, text in files.items()},
            "openapi/aliases.json": dump_json(aliases),
            f"{release.folder}/{source.name}": received.received,
            f"{release.folder}/{RELEASE_RECORD}": release.dump(),
        },
    )


def make(tree: Layout, planned: Planned, progress: StageProgress, report: BuildReport, *, verify: bool = True) -> None:
    """Build the planned release and install all of it at once.

    Raises:
        PipelineError: nothing was changed.
    """
    platform = planned.release.platform
    request = BuildRequest(repository=tree, target=tree, platform=platform, also=planned.files, verify=verify)
    build(request, progress, report)


def comparison_base(platform: str, known: Iterable[Release]) -> Release | None:
    """Return the release that one for ``platform`` is compared with: the newest for this platform or an older one."""
    older = (one for one in known if version_order(one.platform) <= version_order(platform))
    return max(older, key=lambda one: version_order(one.version), default=None)


def changelog_entry(release: Release, before: Release | None, comparison: Comparison | None) -> str:
    """Return the changelog's entry for a release that was compared with the one ``before``."""
    facts = f"For platform {release.platform}, document `{release.sha256[:12]}`, {release.operations} operations"
    lines = [f"## {release.version} ({release.date})", ""]
    if before and comparison:
        names = {entry["old"] for kind in KINDS for entry in release.aliases[kind]}
        lines += [f"{facts}, compared with {before.version}.", "", as_markdown(comparison, names).rstrip()]
        expired = expired_aliases(before.aliases, release.aliases)
        if expired:
            lines += ["", "### Earlier names that go away", ""]
            lines += [f"* **Breaking:** {code(old)}; use {code(new)}" for old, new in expired]
    else:
        lines += [f"{facts}.", "", "There is no release for this or an older platform to compare with."]
    return "\n".join(lines)
