"""`release` and `build --release`: one step, and everything that it changes."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.archive import archived_document, released
from pipeline.build import build
from pipeline.errors import HandEditError, ReleaseError
from pipeline.install.layout import Layout
from pipeline.release.make import make, plan
from pipeline.release.rebuild import as_released
from pipeline.release.texts import current_version
from pipeline.report import BuildReport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = date(2026, 1, 2)


@pytest.fixture
def project(built_tree: Layout) -> Layout:
    """The small tree with the texts that a release changes."""
    return with_texts(built_tree)


def with_texts(tree: Layout) -> Layout:
    texts = {
        "pyproject.toml": '[project]\nname = "x"\nversion = "0.1.0"\n',
        "CHANGELOG.md": "# Changelog\n\n<!-- releases -->\n\n## 0.1.0\n",
        "README.md": "# X\n\n<!-- compatibility -->\nold\n<!-- /compatibility -->\n\nend\n",
    }
    for name, text in texts.items():
        (tree.root / name).write_text(text, encoding="utf-8")
    return tree


def release(tree: Layout, kit: Any, platform: str) -> None:
    planned = plan(tree, platform, today=DAY, progress=kit.progress())
    make(tree, planned, kit.progress(), BuildReport(), verify=False)


def command(clone: Path, *arguments: str) -> str:
    """Run the command line of a clone and return what it printed."""
    line = [sys.executable, str(clone / "scripts" / "regenerate.py"), *arguments]
    return subprocess.run(line, capture_output=True, check=True, text=True, encoding="utf-8", cwd=clone).stdout


def version_of(tree: Layout) -> str:
    return current_version((tree.root / "pyproject.toml").read_text(encoding="utf-8"))


def retag(tree: Layout, kit: Any, tag: str) -> None:
    """Let the document have its list of pets under another tag."""
    document = kit.pets()
    document["paths"]["/pets"]["get"]["tags"] = [tag]
    kit.write_json(tree.upstream(), document)


def kept_names(tree: Layout) -> list[tuple[str, str, str, int]]:
    content = json.loads((tree.openapi / "aliases.json").read_bytes())
    return [(one["old"], one["new"], one["since"], one["releases"]) for one in content["operations"]]


def entries(tree: Layout) -> dict[str, str]:
    """Return the changelog's entries by version."""
    _, *found = (tree.root / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")
    return {entry.split()[0]: entry for entry in found}


def test_the_first_release(project: Layout, kit: Any) -> None:
    release(project, kit, "25.3")
    assert version_of(project) == "25.3.0"
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
    first = project.upstream().read_bytes()
    release(project, kit, "25.1")
    retag(project, kit, "animals")
    second = project.upstream().read_bytes()
    release(project, kit, "25.3")
    release(project, kit, "25.3")
    assert version_of(project) == "25.3.1"
    assert [one.version for one in released(project)] == ["25.3.1", "25.3.0", "25.1.0"]
    assert "compared with 25.1.0." in entries(project)["25.3.0"]
    assert entries(project)["25.3.1"].rstrip().endswith("3 operations, compared with 25.3.0.\n\nNo difference.")
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "25.3", 0)]
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert readme.index("`25.3.1`") < readme.index("`25.3.0`") < readme.index("`25.1.0`")
    retag(project, kit, "beasts")
    release(project, kit, "25.3")
    assert kept_names(project) == [
        ("animals.get_pets", "beasts.get_pets", "25.3", 0),
        ("pets.get_pets", "beasts.get_pets", "25.3", 0),
    ]
    assert "`animals.get_pets` is now `beasts.get_pets`\n" in entries(project)["25.3.2"]
    assert (project.package / "api" / "animals" / "get_pets.py").exists()
    archived = [path.read_bytes() for path in sorted(project.releases.glob("*/*/cyara-v3.json"))]
    assert archived == [first, second, second, project.upstream().read_bytes()]
    assert archived_document(project, "25.3").read_bytes() == archived[-1]


def test_a_patch_may_come_in_another_form(project: Layout, kit: Any) -> None:
    release(project, kit, "25.3")
    document = project.upstream()
    document.rename(document.with_suffix(".yaml"))
    release(project, kit, "25.3")
    assert archived_document(project, "25.3").suffix == ".yaml"


def test_a_release_for_an_older_platform(project: Layout, kit: Any) -> None:
    release(project, kit, "25.1")
    retag(project, kit, "animals")
    release(project, kit, "25.3")
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "25.3", 0)]
    retag(project, kit, "beasts")
    release(project, kit, "25.2")
    assert "compared with 25.1.0." in entries(project)["25.2.0"]
    assert kept_names(project) == [("pets.get_pets", "beasts.get_pets", "25.2", 0)]
    assert [one.version for one in released(project)] == ["25.3.0", "25.2.0", "25.1.0"]
    retag(project, kit, "animals")
    release(project, kit, "25.4")
    assert "compared with 25.3.0." in entries(project)["25.4.0"]
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "25.3", 1)]
    release(project, kit, "24.1")
    assert "no release for this or an older platform" in entries(project)["24.1.0"]
    assert version_of(project) == "24.1.0"
    release(project, kit, "25.4")
    assert "25.4.1" in entries(project)
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "25.3", 1)]


def test_a_name_that_goes_away_is_told(project: Layout, kit: Any) -> None:
    release(project, kit, "25.1")
    retag(project, kit, "animals")
    record = project.releases / "25.1" / "25.1.0" / "release.json"
    content = json.loads(record.read_bytes())
    names = {"old": "pets.all_pets", "new": "pets.get_pet", "since": "24.1"}
    content["aliases"]["operations"] = [names | {"releases": 2}, names | {"old": "pets.a_pet", "releases": 1}]
    kit.write_json(record, content)
    release(project, kit, "25.2")
    assert not (project.package / "api" / "pets" / "all_pets.py").exists()
    assert (project.package / "api" / "pets" / "a_pet.py").exists()
    told = entries(project)["25.2.0"].partition("### Earlier names that go away\n\n")[2]
    assert told.splitlines()[0] == "* **Breaking:** `pets.all_pets`; use `pets.get_pet`"
    assert "pets.a_pet" not in told


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
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "25.10", 0)]
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
    release(project, kit, "25.1")
    retag(project, kit, "animals")
    release(project, kit, "25.3")
    old, aliases = kit.snapshot(project.package), kept_names(project)
    document = kit.pets()
    document["paths"]["/pets"].pop("post")
    kit.write_json(project.upstream(), document)
    release(project, kit, "25.4")
    aside = as_released(kit.request(project, target=Layout(root=tmp_path / "old"), release="25.3"))
    report = BuildReport()
    build(aside, kit.progress(), report)
    assert (report.platform, report.operations_generated) == ("25.3", 3)
    assert kit.snapshot(aside.target.package) == old
    assert sorted(path.name for path in aside.target.root.iterdir() if path.name[0] != ".") == ["generated", "openapi"]
    assert version_of(project) == "25.4.0"

    build(as_released(kit.request(project, release="25.3")), kit.progress(), BuildReport())
    assert kit.snapshot(project.package) == old
    assert kept_names(project) == aliases
    assert version_of(project) == "25.3.0"
    again = as_released(kit.request(project, release="25.3"))
    assert again.also == {}
    report = BuildReport()
    build(again, kit.progress(), report)
    assert report.unchanged
    release(project, kit, "25.4")
    assert version_of(project) == "25.4.1"


def test_the_command_line_builds_a_release_with_its_version(clone: Path, kit: Any) -> None:
    tree = with_texts(Layout(root=clone))
    release(tree, kit, "25.3")
    retag(tree, kit, "animals")
    release(tree, kit, "25.4")
    command(clone, "build", "--release", "25.3", "--no-verify")
    assert version_of(tree) == "25.3.0"
    assert kept_names(tree) == []
    assert '__platform__: str | None = "25.3"' in (tree.package / "__init__.py").read_text(encoding="utf-8")


def test_a_dry_run_prints_the_entry_and_changes_nothing(clone: Path, kit: Any) -> None:
    tree = with_texts(Layout(root=clone))
    release(tree, kit, "25.3")
    retag(tree, kit, "animals")
    before = kit.snapshot(clone)
    printed = command(clone, "release", "--platform", "25.4", "--dry-run")
    assert printed.startswith("## 25.4.0 (")
    assert "\n* `pets.get_pets` is now `animals.get_pets`\n" in printed
    told = json.loads(command(clone, "release", "--platform", "25.4", "--dry-run", "--json"))
    assert printed.startswith(told["entry"])
    assert kit.snapshot(clone) == before
    release(tree, kit, "25.4")
    assert (
        told["entry"].partition("\n")[2] == entries(tree)["25.4.0"].partition("\n")[2].partition("\n\n## ")[0].rstrip()
    )


def test_a_refused_release_changes_nothing(project: Layout, kit: Any) -> None:
    (project.package / "mine.py").write_text("MINE = 1\n", encoding="utf-8")
    before = kit.snapshot(project.root)
    with pytest.raises(HandEditError):
        release(project, kit, "25.3")
    assert kit.snapshot(project.root) == before


def test_an_unknown_release_names_the_known_ones(project: Layout, kit: Any) -> None:
    release(project, kit, "25.3")
    with pytest.raises(ReleaseError, match=r"25\.1 is not in openapi/releases; there is: 25\.3"):
        kit.built(project, release="25.1")


@pytest.mark.parametrize("change", [{"version": "25.3.1"}, {"platform": "25.1"}, {"platform": "x"}, {"more": 1}])
def test_a_damaged_record_is_said(project: Layout, kit: Any, change: dict[str, Any]) -> None:
    release(project, kit, "25.3")
    path = project.releases / "25.3" / "25.3.0" / "release.json"
    kit.write_json(path, json.loads(path.read_bytes()) | change)
    with pytest.raises(ReleaseError):
        released(project)
