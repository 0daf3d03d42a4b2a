"""What a release is put together from: platform names, versions, texts, aliases."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from pipeline.archive import Release
from pipeline.diff.difference import Rename
from pipeline.diff.render import Comparison
from pipeline.errors import ReleaseError
from pipeline.platforms import given_order, in_order, numbers, require_newest, require_platform
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
    version = f"{'.'.join(platform.split('.')[:2])}.{patch}"
    return Release(platform=platform, version=version, date="2026-01-02", sha256="a" * 64, operations=29, aliases=kept)


@pytest.mark.parametrize(
    "platform",
    [
        "25",
        "../7.3",
        "7.3/..",
        "a.b",
        " 7.3",
        "7.3 (reconstruction)",
        "",
        "0.1",
        "7.03",
        "7.00",
        "7.4.01",
        "7.4.",
        "7.4.1.2.3",
    ],
)
def test_names_that_are_no_platform(platform: str) -> None:
    with pytest.raises(ReleaseError, match="no platform release"):
        require_platform(platform)


@pytest.mark.parametrize("platform", ["7.0", "7.3", "7.30", "1.100", "2020.2", "7.4.0", "7.4.1", "7.4.1.20190131"])
def test_names_of_platforms(platform: str) -> None:
    assert require_platform(platform) == platform


def test_versions() -> None:
    assert next_version("7.3", ["0.1.0"]) == "7.3.0"
    assert next_version("7.3", ["7.3.9", "7.3.10", "7.1.12"]) == "7.3.11"
    assert next_version("7.3", ["7.31.9"]) == "7.3.0"
    assert next_version("7.4.1", []) == "7.4.0"
    assert next_version("7.4.1", ["7.4.0", "7.41.5", "7.4.2"]) == "7.4.3"
    assert numbers("7.10") > numbers("7.9.3") > numbers("7.9")
    assert with_version('a = 1\nversion = "1"\n', "2") == 'a = 1\nversion = "2"\n'


def test_the_order_of_platforms() -> None:
    assert in_order(["2020.2", "7.4", "7.10", "6.4", "7.4.1"]) == ["6.4", "7.4", "7.4.1", "7.10", "2020.2"]
    # Recorded: 7.4 came after 2020.2. What has no place in it stands after the one that is next below it by number.
    recorded = ["2020.2", "7.4"]
    assert in_order(["7.4.1", "2020.3", "6.4"], recorded) == ["6.4", "2020.2", "2020.3", "7.4", "7.4.1"]
    assert in_order([], recorded) == recorded


def test_a_platform_that_sorts_before_the_newest_is_refused_until_an_order_says_where() -> None:
    for platform, known, recorded in [
        ("7.4", [], []),
        ("2020.2", ["7.4"], []),
        ("7.4.1", ["7.4"], []),
        ("7.4", ["7.4", "2020.2"], []),
        ("7.4", ["2020.2"], ["2020.2", "7.4"]),
        ("7.4", ["2020.2"], ["7.4", "2020.2"]),
        ("7.5", ["2020.2", "7.4"], ["2020.2", "7.4"]),
    ]:
        require_newest(platform, known, recorded)
    with pytest.raises(ReleaseError, match=r"7\.4 sorts before 2020\.2.*--platform-order 7\.4,2020\.2.*2020\.2,7\.4`"):
        require_newest("7.4", ["2020.2"], [])
    with pytest.raises(ReleaseError, match=r"sorts before 7\.4,.* 2020\.2,2020\.3,7\.4`.* 2020\.2,7\.4,2020\.3`"):
        require_newest("2020.3", ["2020.2", "7.4"], ["2020.2", "7.4"])


def test_an_order_names_every_platform_once() -> None:
    assert given_order(" 2020.2, 7.4 ", "7.4", ["2020.2"]) == ["2020.2", "7.4"]
    for text, said in {
        "7.4": r"lacks 2020\.2\.",
        "2020.2": r"lacks 7\.4\.",
        "7.4,2020.2,7.4": r"7\.4 twice",
        "7.4,x": "'x' is no platform",
        "": "'' is no platform",
    }.items():
        with pytest.raises(ReleaseError, match=said):
            given_order(text, "7.4", ["2020.2"])


def test_texts_without_a_place_are_refused() -> None:
    with pytest.raises(ReleaseError, match=r"pyproject\.toml"):
        with_version("name = 1", "1.0.0")
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md"):
        with_entry("# Changelog", "## 1")
    with pytest.raises(ReleaseError, match=r"README\.md"):
        with_table("# X", [])


def test_the_table_without_releases_says_so() -> None:
    assert "not known yet" in compatibility_table([])
    assert "not known" not in compatibility_table([record("7.3")])
    assert "| 7.4 (reconstruction) | `7.4.0` |" in compatibility_table([evolve(record("7.4"), reconstruction=True)])


def test_what_a_release_is_compared_with() -> None:
    known = [record("7.10"), record("7.3", 1), record("7.3"), record("7.1")]
    bases = {
        platform: comparison_base(platform, known, in_order([platform, *(one.platform for one in known)]))
        for platform in ("7.11", "7.10", "7.9", "7.3", "7.2", "7.0")
    }
    assert {platform: base and base.version for platform, base in bases.items()} == {
        "7.11": "7.10.0",
        "7.10": "7.10.0",
        "7.9": "7.3.1",
        "7.3": "7.3.1",
        "7.2": "7.1.0",
        "7.0": None,
    }


def test_only_a_name_that_is_kept_is_said_to_work() -> None:
    renames = (Rename(what="models", old="A", new="B"), Rename(what="models", old="C", new="D"))
    comparison = Comparison(old="a", new="b", differences=(), renames=renames)
    aliases = next_aliases({}, renames[:1], platform="7.3", is_newest=True)
    lines = changelog_entry(record("7.3", 0, aliases), record("7.1"), comparison).splitlines()
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
