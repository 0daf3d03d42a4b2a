"""Make a release: build for a platform, and install client, archive, version, changelog and table in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline.archive import Release, archived_document, released
from pipeline.build import build
from pipeline.diff.compare import compare
from pipeline.diff.difference import code
from pipeline.diff.render import as_markdown
from pipeline.document.document import dump_json, read_document
from pipeline.errors import ReleaseError
from pipeline.generate import operations
from pipeline.inputs import read_settings
from pipeline.install.layout import RELEASE_RECORD
from pipeline.job import BuildRequest
from pipeline.normalise.walk import operations as walked
from pipeline.platforms import (
    ORDER,
    dump_order,
    given_order,
    in_order,
    numbers,
    recorded_order,
    require_newest,
    require_platform,
)
from pipeline.release.aliases import KINDS, expired_aliases, next_aliases
from pipeline.release.texts import current_version, next_version, with_entry, with_table, with_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from pipeline.diff.render import Comparison
    from pipeline.install.layout import Layout
    from pipeline.progress import StageProgress
    from pipeline.report import BuildReport

TEXTS = ("pyproject.toml", "CHANGELOG.md", "README.md")


@frozen(kw_only=True, slots=True)
class ReleaseRequest:
    """What a person asks for."""

    platform: str
    today: date
    """The day that the changelog gets."""
    order: str | None = None
    """All platforms, the oldest first, as written: recorded from now on."""
    reconstruction: bool = False
    """That the document is a reconstruction, so that the release says so."""


@frozen(kw_only=True, slots=True)
class Planned:
    """A release before it is built."""

    release: Release
    entry: str
    """What CHANGELOG.md will say, heading included."""
    files: dict[str, bytes]
    """Every file that it changes beside the client."""


def plan(tree: Layout, wanted: ReleaseRequest, progress: StageProgress) -> Planned:
    """Work out a release; nothing is changed.

    It is compared with the last version for this platform, else with the last one for the next lower platform.

    Raises:
        ReleaseError: no such platform name, or it sorts before the newest one, or the document is a reconstruction and
            was not said to be one, or a text has no place for its entry.
        PipelineError: a document cannot be built.
    """
    platform = require_platform(wanted.platform)
    source = tree.upstream()
    received = read_document(source)
    if not wanted.reconstruction:
        require_own_document(received.data, platform)
    texts = {name: (tree.root / name).read_text(encoding="utf-8") for name in TEXTS}
    known = released(tree)
    # Of `known` the newest comes first.
    platforms = list(dict.fromkeys(one.platform for one in reversed(known)))
    recorded = recorded_order(tree) if wanted.order is None else given_order(wanted.order, platform, platforms)
    require_newest(platform, platforms, recorded)
    ordered = in_order([*platforms, platform], recorded)
    before = comparison_base(platform, known, ordered)
    comparison = compare(tree, archived_document(tree, before.platform), source, progress) if before else None
    # Those of the release that this one follows: `openapi/aliases.json` may be of one for another platform.
    aliases = next_aliases(
        before.aliases if before else read_settings(tree.openapi / "aliases.json"),
        comparison.renames if comparison else (),
        platform=platform,
        is_newest=bool(known) and all(ordered.index(platform) > ordered.index(one) for one in platforms),
    )
    release = Release(
        platform=platform,
        # The project's own version counts too, whether or not the archive has it.
        version=next_version(platform, [current_version(texts["pyproject.toml"]), *(one.version for one in known)]),
        date=wanted.today.isoformat(),
        sha256=received.sha256,
        operations=len(operations(received.data)),
        aliases=aliases,
        reconstruction=wanted.reconstruction,
    )
    entry = changelog_entry(release, before, comparison)
    rows = sorted([release, *known], key=lambda one: _age(one, ordered), reverse=True)
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
            **({} if wanted.order is None else {ORDER: dump_order(recorded)}),
        },
    )


def make(tree: Layout, planned: Planned, progress: StageProgress, report: BuildReport, *, verify: bool = True) -> None:
    """Build the planned release and install all of it at once.

    Raises:
        PipelineError: nothing was changed.
    """
    label = planned.release.label
    request = BuildRequest(repository=tree, target=tree, platform=label, also=planned.files, verify=verify)
    build(request, progress, report)


def require_own_document(document: dict[str, Any], platform: str) -> None:
    """Make sure that a document is one that a portal serves: none of those says what its operations are known from.

    Raises:
        ReleaseError: it is a reconstruction.
    """
    marked = sum("x-evidence" in entry.operation for entry in walked(document))
    if marked:
        raise ReleaseError(
            f"The document in openapi/upstream is a reconstruction: {marked} of its operations say in x-evidence what "
            "they are known from, which no portal's document does. Nothing was changed. Get the portal's own by "
            "`fetch --portal https://<portal>`, or release this one as what it is: "
            f"`release --platform {platform} --reconstruction`."
        )


def comparison_base(platform: str, known: Iterable[Release], ordered: Sequence[str]) -> Release | None:
    """Return the release that one for ``platform`` is compared with: the newest for this platform or an older one.

    ``ordered`` has all of the platforms, the oldest first.
    """
    older = (one for one in known if ordered.index(one.platform) <= ordered.index(platform))
    return max(older, key=lambda one: _age(one, ordered), default=None)


def _age(release: Release, ordered: Sequence[str]) -> tuple[int, tuple[int, ...]]:
    """Return what releases are sorted by, the oldest first."""
    return ordered.index(release.platform), numbers(release.version)


def changelog_entry(release: Release, before: Release | None, comparison: Comparison | None) -> str:
    """Return the changelog's entry for a release that was compared with the one ``before``."""
    facts = f"For platform {release.label}, document `{release.sha256[:12]}`, {release.operations} operations"
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
    if release.reconstruction:
        lines[2] += "\n\nThe document is a reconstruction from public sources. It is not the one that portals serve."
    return "\n".join(lines)
