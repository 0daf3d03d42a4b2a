"""What a release is put together from: platform names, versions, texts, aliases."""

from __future__ import annotations

from typing import Any

import pytest
from pipeline.archive import Release, require_platform, version_order
from pipeline.diff.difference import Rename
from pipeline.diff.render import Comparison
from pipeline.errors import ReleaseError
from pipeline.release.aliases import expired_aliases, next_aliases
from pipeline.release.make import changelog_entry, comparison_base
from pipeline.release.texts import (
    compatibility_table,
    next_version,
    with_entry,
    with_table,
    with_version,
)


def record(platform: str, patch: int = 0, aliases: Any = None) -> Release:
    kept = aliases or {"operations": [], "models": []}
    version = f"{platform}.{patch}"
    return Release(platform=platform, version=version, date="2026-01-02", sha256="a" * 64, operations=29, aliases=kept)


@pytest.mark.parametrize(
    "platform", ["25", "../25.3", "25.3/..", "a.b", "25.3.1", " 25.3", "", "0.1", "25.03", "25.00"]
)
def test_names_that_are_no_platform(platform: str) -> None:
    with pytest.raises(ReleaseError, match="no platform release"):
        require_platform(platform)


@pytest.mark.parametrize("platform", ["25.0", "25.3", "25.30", "1.100"])
def test_names_of_platforms(platform: str) -> None:
    assert require_platform(platform) == platform


def test_versions() -> None:
    assert next_version("25.3", ["0.1.0"]) == "25.3.0"
    assert next_version("25.3", ["25.3.9", "25.3.10", "25.1.12"]) == "25.3.11"
    assert next_version("25.3", ["25.31.9"]) == "25.3.0"
    assert version_order("25.10") > version_order("25.9.3") > version_order("25.9")
    assert with_version('a = 1\nversion = "1"\n', "2") == 'a = 1\nversion = "2"\n'


def test_texts_without_a_place_are_refused() -> None:
    with pytest.raises(ReleaseError, match=r"pyproject\.toml"):
        with_version("name = 1", "1.0.0")
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md"):
        with_entry("# Changelog", "## 1")
    with pytest.raises(ReleaseError, match=r"README\.md"):
        with_table("# X", [])


def test_the_table_without_releases_says_so() -> None:
    assert "not known yet" in compatibility_table([])
    assert "not known" not in compatibility_table([record("25.3")])


def test_what_a_release_is_compared_with() -> None:
    known = [record("25.10"), record("25.3", 1), record("25.3"), record("25.1")]
    bases = {
        platform: comparison_base(platform, known) for platform in ("25.11", "25.10", "25.9", "25.3", "25.2", "25.0")
    }
    assert {platform: base and base.version for platform, base in bases.items()} == {
        "25.11": "25.10.0",
        "25.10": "25.10.0",
        "25.9": "25.3.1",
        "25.3": "25.3.1",
        "25.2": "25.1.0",
        "25.0": None,
    }


def test_only_a_name_that_is_kept_is_said_to_work() -> None:
    renames = (Rename(what="models", old="A", new="B"), Rename(what="models", old="C", new="D"))
    comparison = Comparison(old="a", new="b", differences=(), renames=renames)
    aliases = next_aliases({}, renames[:1], platform="25.3", is_newest=True)
    lines = changelog_entry(record("25.3", 0, aliases), record("25.1"), comparison).splitlines()
    assert "* `A` is now `B`" in lines
    assert "* **Breaking:** `C` is now `D`, and the old name does not work any more" in lines


def test_aliases_live_for_two_releases_and_follow_further_renames() -> None:
    def renamed(old: str, new: str) -> list[Rename]:
        return [Rename(what="models", old=old, new=new)]

    first = next_aliases({}, renamed("A", "B"), platform="1.0", is_newest=True)
    second = next_aliases(first, renamed("B", "C"), platform="1.1", is_newest=True)
    assert {(one["old"], one["new"]) for one in second["models"]} == {("A", "C"), ("B", "C")}
    third = next_aliases(second, [], platform="1.2", is_newest=True)
    assert {one["old"] for one in third["models"]} == {"A", "B"}
    fourth = next_aliases(third, [], platform="1.3", is_newest=True)
    assert {one["old"] for one in fourth["models"]} == {"B"}
    assert expired_aliases(third, fourth) == [("A", "C")]
    assert expired_aliases(second, third) == []
    patch = next_aliases(third, renamed("C", "D"), platform="1.2", is_newest=False)
    assert {(one["old"], one["new"], one["releases"]) for one in patch["models"]} == {
        ("A", "D", 2),
        ("B", "D", 1),
        ("C", "D", 0),
    }
    assert next_aliases(first, renamed("B", "A"), platform="1.1", is_newest=True)["models"] == [
        {"old": "B", "new": "A", "since": "1.1", "releases": 0}
    ]
