"""What a release changes in the project's own texts: version, changelog, table. Pure functions from text to text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.errors import ReleaseError
from pipeline.platforms import series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.archive import Release

CHANGELOG_MARK = "<!-- releases -->"
TABLE_MARKS = ("<!-- compatibility -->", "<!-- /compatibility -->")

_VERSION = re.compile(r'(?m)^version = "([^"]+)"$')


def next_version(platform: str, known: Iterable[str]) -> str:
    """Return ``7.4.0`` for 7.4 and for 7.4.1, or the patch after the last one of such a version that is known."""
    first = series(platform)
    found = (re.fullmatch(rf"{re.escape(first)}\.([0-9]+)", version) for version in known)
    return f"{first}.{max((int(match[1]) + 1 for match in found if match), default=0)}"


def current_version(pyproject: str) -> str:
    """Return the version in the text of pyproject.toml.

    Raises:
        ReleaseError: there is none, or more than one.
    """
    found = _VERSION.findall(pyproject)
    if len(found) != 1:
        raise ReleaseError(f"pyproject.toml must have one line `version = ...`, and has {len(found)}.")
    return str(found[0])


def with_version(pyproject: str, version: str) -> str:
    """Return the text of pyproject.toml with another version."""
    # Refuses a file with no such line, or with two, of which one would belong to another table.
    current_version(pyproject)
    return _VERSION.sub(f'version = "{version}"', pyproject)


def with_entry(changelog: str, entry: str) -> str:
    """Return the changelog with an entry on top of the others.

    Raises:
        ReleaseError: the line that marks the place is missing.
    """
    if changelog.count(CHANGELOG_MARK) != 1:
        raise ReleaseError(f"CHANGELOG.md must have one line {CHANGELOG_MARK}, below which entries go.")
    return changelog.replace(CHANGELOG_MARK, f"{CHANGELOG_MARK}\n\n{entry}")


def with_table(readme: str, releases: Iterable[Release]) -> str:
    """Return README with the compatibility table of these releases.

    Raises:
        ReleaseError: the lines that enclose the table are missing.
    """
    start, end = TABLE_MARKS
    before, found, rest = readme.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ReleaseError(f"README.md must have the lines {start} and {end} around its table. Nothing was changed.")
    return f"{before}{start}\n{compatibility_table(releases)}{end}{after}"


def compatibility_table(releases: Iterable[Release]) -> str:
    """Return the table in Markdown, a row for each version, in the order given."""
    # An empty line around the table: GitHub shows none that touches the comments above and below it.
    lines = ["", "| platform | client | operations | document (sha256) | date |", "|---|---|---|---|---|"]
    rows = [
        f"| {one.label} | `{one.version}` | {one.operations} | `{one.sha256[:12]}` | {one.date} |" for one in releases
    ]
    return "\n".join([*lines, *(rows or ["| not known yet | `0.x` | | | |"]), "", ""])
