"""Make a release: build for a platform, and install client, archive, version, changelog and table in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from pipeline.build import build
from pipeline.diff.compare import compare
from pipeline.diff.render import Comparison, as_markdown
from pipeline.document import dump_json, read_document
from pipeline.generate import operations
from pipeline.inputs import read_settings
from pipeline.job import BuildRequest
from pipeline.layout import RELEASE_RECORD
from pipeline.release.aliases import next_aliases
from pipeline.release.archive import Release, archived_document, platform_order, released, require_platform
from pipeline.release.texts import current_version, next_version, with_entry, with_table, with_version

if TYPE_CHECKING:
    from datetime import date

    from pipeline.layout import Layout
    from pipeline.progress import Progress
    from pipeline.report import Report

TEXTS = ("pyproject.toml", "CHANGELOG.md", "README.md")


@frozen(kw_only=True, slots=True)
class Planned:
    """A release before it is built: every file that it changes beside the client."""

    release: Release
    files: dict[str, bytes]
    comparison: Comparison | None
    """With the release before; None if there is none."""


def plan(tree: Layout, platform: str, *, today: date, progress: Progress) -> Planned:
    """Work out a release; nothing is changed.

    Raises:
        ReleaseError: no such platform name, or a text has no place for its entry.
        PipelineError: a document cannot be built.
    """
    require_platform(platform)
    source = tree.upstream()
    received = read_document(source)
    texts = {name: (tree.root / name).read_text(encoding="utf-8") for name in TEXTS}
    version = next_version(platform, current_version(texts["pyproject.toml"]))
    release = Release(
        platform=platform,
        version=version,
        date=today.isoformat(),
        sha256=received.sha256,
        operations=len(operations(received.data)),
    )
    earlier = [one for one in released(tree) if one.platform != platform]
    comparison = _comparison(tree, earlier[0].platform if earlier else None, progress)
    body = f"For platform {platform}, document `{received.sha256[:12]}`, {release.operations} operations.\n\n"
    body += as_markdown(comparison) if comparison else "The first release for a known platform.\n"
    folder = f"openapi/releases/{platform}"
    files = {
        "pyproject.toml": with_version(texts["pyproject.toml"], version).encode(),
        "CHANGELOG.md": with_entry(texts["CHANGELOG.md"], version=version, date=release.date, body=body).encode(),
        "README.md": with_table(texts["README.md"], _sorted([release, *earlier])).encode(),
        f"{folder}/{source.name}": received.received,
        f"{folder}/{RELEASE_RECORD}": release.dump(),
    }
    if comparison and platform not in {one.platform for one in released(tree)}:
        aliases = next_aliases(read_settings(tree.openapi / "aliases.json"), comparison.renames, platform=platform)
        files["openapi/aliases.json"] = dump_json(aliases)
    return Planned(release=release, files=files, comparison=comparison)


def make(tree: Layout, planned: Planned, progress: Progress, report: Report, *, verify: bool = True) -> None:
    """Build the planned release and install all of it at once.

    Raises:
        PipelineError: nothing was changed.
    """
    platform = planned.release.platform
    request = BuildRequest(repository=tree, target=tree, platform=platform, also=planned.files, verify=verify)
    build(request, progress, report)


def _comparison(tree: Layout, earlier: str | None, progress: Progress) -> Comparison | None:
    if earlier is None:
        return None
    return compare(tree, archived_document(tree, earlier), tree.upstream(), progress)


def _sorted(releases: list[Release]) -> list[Release]:
    return sorted(releases, key=lambda release: platform_order(release.platform), reverse=True)
