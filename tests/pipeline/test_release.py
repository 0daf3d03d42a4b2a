"""`release` and `build --release`: one step, and everything that it changes."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.diff.change import Rename
from pipeline.errors import HandEditError, ReleaseError
from pipeline.layout import Layout
from pipeline.release.aliases import next_aliases
from pipeline.release.archive import Release, archived_document, platform_order, released, require_platform
from pipeline.release.make import make, plan
from pipeline.release.texts import (
    compatibility_table,
    current_version,
    next_version,
    with_entry,
    with_table,
    with_version,
)
from pipeline.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = date(2026, 1, 2)


@pytest.fixture
def project(built_tree: Layout) -> Layout:
    """The small tree with the texts that a release changes."""
    texts = {
        "pyproject.toml": '[project]\nname = "x"\nversion = "0.1.0"\n',
        "CHANGELOG.md": "# Changelog\n\n<!-- releases -->\n\n## 0.1.0\n",
        "README.md": "# X\n\n<!-- compatibility -->\nold\n<!-- /compatibility -->\n\nend\n",
    }
    for name, text in texts.items():
        (built_tree.root / name).write_text(text, encoding="utf-8")
    return built_tree


def release(tree: Layout, kit: Any, platform: str) -> None:
    planned = plan(tree, platform, today=DAY, progress=kit.progress())
    make(tree, planned, kit.progress(), Report(), verify=False)


def test_the_first_release(project: Layout, kit: Any) -> None:
    release(project, kit, "25.3")
    assert current_version((project.root / "pyproject.toml").read_text(encoding="utf-8")) == "25.3.0"
    changelog = (project.root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.index("## 25.3.0 (2026-01-02)") < changelog.index("## 0.1.0")
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert "| 25.3 | `25.3.0` | 3 |" in readme
    assert readme.endswith("end\n")
    assert archived_document(project, "25.3").read_bytes() == project.upstream().read_bytes()
    assert json.loads(project.lock.read_bytes())["platform"] == "25.3"
    assert '__platform__: str | None = "25.3"' in (project.package / "__init__.py").read_text(encoding="utf-8")
    assert not (project.root / ".regenerate").exists()


def test_the_same_platform_again_is_a_patch(project: Layout, kit: Any) -> None:
    release(project, kit, "25.3")
    release(project, kit, "25.3")
    assert current_version((project.root / "pyproject.toml").read_text(encoding="utf-8")) == "25.3.1"
    assert [one.version for one in released(project)] == ["25.3.1"]


def test_the_next_release_tells_the_difference_and_keeps_old_names(project: Layout, kit: Any) -> None:
    first = project.upstream().read_bytes()
    release(project, kit, "25.3")
    document = kit.pets()
    document["paths"]["/pets"]["get"]["tags"] = ["animals"]
    kit.write_json(project.upstream(), document)
    release(project, kit, "25.10")
    changelog = (project.root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "`pets.get_pets` is now `animals.get_pets`" in changelog
    assert changelog.index("25.10.0") < changelog.index("25.3.0")
    aliases = json.loads((project.openapi / "aliases.json").read_bytes())
    assert [(one["old"], one["new"], one["since"]) for one in aliases["operations"]] == [
        ("pets.get_pets", "animals.get_pets", "25.10")
    ]
    assert "DeprecationWarning" in (project.package / "api" / "pets" / "get_pets.py").read_text(encoding="utf-8")
    assert archived_document(project, "25.3").read_bytes() == first
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert readme.index("| 25.10 |") < readme.index("| 25.3 |")


def test_each_use_of_an_earlier_name_of_a_model_warns_its_own_line(
    project: Layout, kit: Any, run_with: Callable[[Path, str], str]
) -> None:
    alias = {"old": "Beast", "new": "Pet", "since": "25.3", "releases": 0}
    kit.write_json(project.openapi / "aliases.json", {"operations": [], "models": [alias]})
    kit.built(project)
    code = """
        import warnings

        def use(line, file):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("default")
                exec(compile(line, file, "exec"), {"__name__": file})
            print(file, *((one.filename, one.category.__name__) for one in caught))

        use("from cyara_client.models import Beast", "first")
        use("from cyara_client.models import Beast", "second")
        use("import cyara_client.models as m; m.Beast; m.Pet; m.Pet", "third")
        use("from cyara_client.models.beast import Beast", "direct")
        use("from cyara_client.models import Pet", "new")
        from cyara_client import models
        assert models.Beast is models.Pet and "Pet" in vars(models) and "Beast" not in vars(models)
    """
    assert run_with(project.root / "generated", code).splitlines() == [
        *(f"{name} ('{name}', 'DeprecationWarning')" for name in ("first", "second", "third", "direct")),
        "new",
    ]


def test_an_older_portal_s_client_is_built_again(project: Layout, kit: Any, tmp_path: Path) -> None:
    release(project, kit, "25.3")
    old = kit.snapshot(project.package)
    document = kit.pets()
    document["paths"]["/pets"].pop("post")
    kit.write_json(project.upstream(), document)
    release(project, kit, "25.4")
    target = Layout(root=tmp_path / "old")
    report = kit.built(project, target=target, release="25.3")
    assert (report.platform, report.operations_generated) == ("25.3", 3)
    assert kit.snapshot(target.package) == old


def test_a_refused_release_changes_nothing(project: Layout, kit: Any) -> None:
    (project.package / "mine.py").write_text("MINE = 1\n", encoding="utf-8")
    before = kit.snapshot(project.root)
    with pytest.raises(HandEditError):
        release(project, kit, "25.3")
    assert kit.snapshot(project.root) == before


@pytest.mark.parametrize(
    "platform", ["25", "../25.3", "25.3/..", "a.b", "25.3.1", " 25.3", "", "0.1", "25.03", "25.00"]
)
def test_names_that_are_no_platform(platform: str) -> None:
    with pytest.raises(ReleaseError, match="no platform release"):
        require_platform(platform)


@pytest.mark.parametrize("platform", ["25.0", "25.3", "25.30", "1.100"])
def test_names_of_platforms(platform: str) -> None:
    assert require_platform(platform) == platform


def test_an_unknown_release_names_the_known_ones(project: Layout, kit: Any) -> None:
    release(project, kit, "25.3")
    with pytest.raises(ReleaseError, match=r"25\.1 is not in openapi/releases; there is: 25\.3"):
        kit.built(project, release="25.1")


def test_versions() -> None:
    assert next_version("25.3", "0.1.0") == "25.3.0"
    assert next_version("25.3", "25.3.9") == "25.3.10"
    assert next_version("25.3", "25.31.9") == "25.3.0"
    assert platform_order("25.10") > platform_order("25.9")
    assert with_version('a = 1\nversion = "1"\n', "2") == 'a = 1\nversion = "2"\n'


def test_texts_without_a_place_are_refused() -> None:
    with pytest.raises(ReleaseError, match=r"pyproject\.toml"):
        with_version("name = 1", "1.0.0")
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md"):
        with_entry("# Changelog", version="1", date="d", body="b")
    with pytest.raises(ReleaseError, match=r"README\.md"):
        with_table("# X", [])


def test_the_table_without_releases_says_so() -> None:
    assert "not known yet" in compatibility_table([])
    one = Release(platform="25.3", version="25.3.0", date="2026-01-02", sha256="a" * 64, operations=29)
    assert "not known" not in compatibility_table([one])


def test_aliases_live_for_two_releases_and_follow_further_renames() -> None:
    def renamed(old: str, new: str) -> list[Rename]:
        return [Rename(what="models", old=old, new=new)]

    first = next_aliases({}, renamed("A", "B"), platform="1.0")
    second = next_aliases(first, renamed("B", "C"), platform="1.1")
    assert {(one["old"], one["new"]) for one in second["models"]} == {("A", "C"), ("B", "C")}
    third = next_aliases(second, [], platform="1.2")
    assert {one["old"] for one in third["models"]} == {"A", "B"}
    fourth = next_aliases(third, [], platform="1.3")
    assert {one["old"] for one in fourth["models"]} == {"B"}
    assert next_aliases(first, renamed("B", "A"), platform="1.1")["models"] == [
        {"old": "B", "new": "A", "since": "1.1", "releases": 0}
    ]
