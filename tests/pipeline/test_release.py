"""`release` and `build --release`: one step, and everything that it changes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.archive import archived_document, released
from pipeline.build import build
from pipeline.document.document import read_document
from pipeline.errors import HandEditError, ReleaseError
from pipeline.install.layout import Layout
from pipeline.release.make import ReleaseRequest, make, plan, require_own_document
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


def release(tree: Layout, kit: Any, platform: str, **options: Any) -> None:
    planned = plan(tree, ReleaseRequest(platform=platform, today=DAY, **options), kit.progress())
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
    release(project, kit, "7.3")
    assert version_of(project) == "7.3.0"
    changelog = (project.root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.index("## 7.3.0 (2026-01-02)") < changelog.index("## 0.1.0")
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert "| 7.3 | `7.3.0` | 3 |" in readme
    assert readme.endswith("end\n")
    assert archived_document(project, "7.3").read_bytes() == project.upstream().read_bytes()
    assert json.loads(project.lock.read_bytes())["platform"] == "7.3"
    assert '__platform__: str | None = "7.3"' in (project.package / "__init__.py").read_text(encoding="utf-8")
    assert not (project.root / ".regenerate").exists()


def test_the_same_platform_again_is_a_patch(project: Layout, kit: Any) -> None:
    first = project.upstream().read_bytes()
    release(project, kit, "7.1")
    retag(project, kit, "animals")
    second = project.upstream().read_bytes()
    release(project, kit, "7.3")
    release(project, kit, "7.3")
    assert version_of(project) == "7.3.1"
    assert [one.version for one in released(project)] == ["7.3.1", "7.3.0", "7.1.0"]
    assert "compared with 7.1.0." in entries(project)["7.3.0"]
    assert entries(project)["7.3.1"].rstrip().endswith("3 operations, compared with 7.3.0.\n\nNo difference.")
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "7.3", 0)]
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert readme.index("`7.3.1`") < readme.index("`7.3.0`") < readme.index("`7.1.0`")
    retag(project, kit, "beasts")
    release(project, kit, "7.3")
    assert kept_names(project) == [
        ("animals.get_pets", "beasts.get_pets", "7.3", 0),
        ("pets.get_pets", "beasts.get_pets", "7.3", 0),
    ]
    assert "`animals.get_pets` is now `beasts.get_pets`\n" in entries(project)["7.3.2"]
    assert (project.package / "api" / "animals" / "get_pets.py").exists()
    archived = [path.read_bytes() for path in sorted(project.releases.glob("*/*/cyara-v3.json"))]
    assert archived == [first, second, second, project.upstream().read_bytes()]
    assert archived_document(project, "7.3").read_bytes() == archived[-1]


def test_a_version_has_two_parts_of_its_platform_and_the_package_all(project: Layout, kit: Any) -> None:
    release(project, kit, "7.4")
    release(project, kit, "7.4.1")
    assert version_of(project) == "7.4.1"
    assert '__platform__: str | None = "7.4.1"' in (project.package / "__init__.py").read_text(encoding="utf-8")
    assert json.loads(project.lock.read_bytes())["platform"] == "7.4.1"
    assert [(one.platform, one.version) for one in released(project)] == [("7.4.1", "7.4.1"), ("7.4", "7.4.0")]
    assert "compared with 7.4.0." in entries(project)["7.4.1"]
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert readme.index("| 7.4.1 | `7.4.1` |") < readme.index("| 7.4 | `7.4.0` |")
    release(project, kit, "7.4.1")
    assert version_of(project) == "7.4.2"
    assert "compared with 7.4.1." in entries(project)["7.4.2"]
    build(as_released(kit.request(project, release="7.4")), kit.progress(), BuildReport())
    assert version_of(project) == "7.4.0"


def test_an_order_against_the_numbers_is_recorded_and_honoured(clone: Path, kit: Any) -> None:
    tree = with_texts(Layout(root=clone))
    release(tree, kit, "2020.2")
    before = kit.snapshot(clone)
    refused = subprocess.run(
        [sys.executable, str(clone / "scripts" / "regenerate.py"), "release", "--platform", "7.4"],
        capture_output=True, check=False, text=True, encoding="utf-8", cwd=clone,
    )  # fmt: skip
    assert refused.returncode == 1
    assert kit.snapshot(clone) == before
    # Both of the steps that the refusal names, each as it stands there.
    steps = re.findall(r"`(--platform-order [0-9.,]+)`", refused.stderr)
    assert steps == ["--platform-order 7.4,2020.2", "--platform-order 2020.2,7.4"]
    asked = ["release", "--platform", "7.4", "--dry-run"]
    assert "no release for this or an older platform" in command(clone, *asked, *steps[0].split())
    assert "compared with 2020.2.0." in command(clone, *asked, *steps[1].split())
    assert kit.snapshot(clone) == before

    release(tree, kit, "7.4", order="2020.2,7.4")
    assert json.loads((tree.releases / "order.json").read_bytes()) == {"platforms": ["2020.2", "7.4"]}
    assert [one.platform for one in released(tree)] == ["7.4", "2020.2"]
    readme = (clone / "README.md").read_text(encoding="utf-8")
    assert readme.index("| 7.4 |") < readme.index("| 2020.2 |")
    release(tree, kit, "7.5")
    assert "compared with 7.4.0." in entries(tree)["7.5.0"]
    with pytest.raises(ReleaseError, match=r"2020\.3 sorts before 7\.5"):
        release(tree, kit, "2020.3")
    (tree.releases / "order.json").write_text('{"platforms": ["7"]}', encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"order\.json is damaged"):
        released(tree)


def test_a_reconstruction_is_released_only_as_what_it_is(project: Layout, kit: Any) -> None:
    document = kit.pets()
    document["paths"]["/pets"]["get"]["x-evidence"] = "inferred"
    kit.write_json(project.upstream(), document)
    kit.built(project)
    before = kit.snapshot(project.root)
    told = r"is a reconstruction: 1 of .*fetch --portal.*`release --platform 7\.4 --reconstruction`"
    with pytest.raises(ReleaseError, match=told):
        release(project, kit, "7.4")
    assert kit.snapshot(project.root) == before
    release(project, kit, "7.4", reconstruction=True)
    label = '__platform__: str | None = "7.4 (reconstruction)"'
    assert version_of(project) == "7.4.0"
    assert label in (project.package / "__init__.py").read_text(encoding="utf-8")
    assert "| 7.4 (reconstruction) | `7.4.0` |" in (project.root / "README.md").read_text(encoding="utf-8")
    assert "For platform 7.4 (reconstruction), document" in entries(project)["7.4.0"]
    assert "It is not the one that portals serve." in entries(project)["7.4.0"]
    kept = kit.snapshot(project.package)

    # The portal's own document, once it is there, needs no option and says no such thing.
    kit.write_json(project.upstream(), kit.pets())
    release(project, kit, "7.4")
    assert '__platform__: str | None = "7.4"\n' in (project.package / "__init__.py").read_text(encoding="utf-8")
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert readme.index("| 7.4 | `7.4.1` |") < readme.index("| 7.4 (reconstruction) | `7.4.0` |")
    assert "compared with 7.4.0" in entries(project)["7.4.1"]
    assert "reconstruction" not in entries(project)["7.4.1"]

    # An archived one stays what it was.
    record = project.releases / "7.4" / "7.4.1"
    record.rename(project.root / "aside")
    build(as_released(kit.request(project, release="7.4")), kit.progress(), BuildReport())
    assert kit.snapshot(project.package) == kept


def test_the_bundled_document_is_known_for_a_reconstruction(kit: Any) -> None:
    document = read_document(kit.repository / "openapi" / "upstream" / "cyara-v3.json")
    with pytest.raises(ReleaseError, match="is a reconstruction"):
        require_own_document(document.data, "7.4")


def test_a_patch_may_come_in_another_form(project: Layout, kit: Any) -> None:
    release(project, kit, "7.3")
    document = project.upstream()
    document.rename(document.with_suffix(".yaml"))
    release(project, kit, "7.3")
    assert archived_document(project, "7.3").suffix == ".yaml"


def test_a_release_for_an_older_platform(project: Layout, kit: Any) -> None:
    release(project, kit, "7.1")
    retag(project, kit, "animals")
    release(project, kit, "7.3")
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "7.3", 0)]
    retag(project, kit, "beasts")
    with pytest.raises(ReleaseError, match=r"7\.2 sorts before 7\.3.*--platform-order 7\.1,7\.2,7\.3`"):
        release(project, kit, "7.2")
    release(project, kit, "7.2", order="7.1,7.2,7.3")
    assert "compared with 7.1.0." in entries(project)["7.2.0"]
    assert kept_names(project) == [("pets.get_pets", "beasts.get_pets", "7.2", 0)]
    assert [one.version for one in released(project)] == ["7.3.0", "7.2.0", "7.1.0"]
    retag(project, kit, "animals")
    release(project, kit, "7.4")
    assert "compared with 7.3.0." in entries(project)["7.4.0"]
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "7.3", 1)]
    release(project, kit, "6.1", order="6.1,7.1,7.2,7.3,7.4")
    assert "no release for this or an older platform" in entries(project)["6.1.0"]
    assert version_of(project) == "6.1.0"
    release(project, kit, "7.4")
    assert "7.4.1" in entries(project)
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "7.3", 1)]


def test_a_name_that_goes_away_is_told(project: Layout, kit: Any) -> None:
    release(project, kit, "7.1")
    retag(project, kit, "animals")
    record = project.releases / "7.1" / "7.1.0" / "release.json"
    content = json.loads(record.read_bytes())
    names = {"old": "pets.all_pets", "new": "pets.get_pet", "since": "6.1"}
    content["aliases"]["operations"] = [names | {"releases": 2}, names | {"old": "pets.a_pet", "releases": 1}]
    kit.write_json(record, content)
    release(project, kit, "7.2")
    assert not (project.package / "api" / "pets" / "all_pets.py").exists()
    assert (project.package / "api" / "pets" / "a_pet.py").exists()
    told = entries(project)["7.2.0"].partition("### Earlier names that go away\n\n")[2]
    assert told.splitlines()[0] == "* **Breaking:** `pets.all_pets`; use `pets.get_pet`"
    assert "pets.a_pet" not in told


def test_the_next_release_tells_the_difference_and_keeps_old_names(project: Layout, kit: Any) -> None:
    first = project.upstream().read_bytes()
    release(project, kit, "7.3")
    document = kit.pets()
    document["paths"]["/pets"]["get"]["tags"] = ["animals"]
    kit.write_json(project.upstream(), document)
    release(project, kit, "7.10")
    changelog = (project.root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "`pets.get_pets` is now `animals.get_pets`" in changelog
    assert changelog.index("7.10.0") < changelog.index("7.3.0")
    assert kept_names(project) == [("pets.get_pets", "animals.get_pets", "7.10", 0)]
    assert "DeprecationWarning" in (project.package / "api" / "pets" / "get_pets.py").read_text(encoding="utf-8")
    assert archived_document(project, "7.3").read_bytes() == first
    readme = (project.root / "README.md").read_text(encoding="utf-8")
    assert readme.index("| 7.10 |") < readme.index("| 7.3 |")


def test_each_use_of_an_earlier_name_of_a_model_warns_its_own_line(
    project: Layout, kit: Any, run_with: Callable[[Path, str], str]
) -> None:
    alias = {"old": "Beast", "new": "Pet", "since": "7.3", "releases": 0}
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
    release(project, kit, "7.1")
    retag(project, kit, "animals")
    release(project, kit, "7.3")
    old, aliases = kit.snapshot(project.package), kept_names(project)
    document = kit.pets()
    document["paths"]["/pets"].pop("post")
    kit.write_json(project.upstream(), document)
    release(project, kit, "7.4")
    aside = as_released(kit.request(project, target=Layout(root=tmp_path / "old"), release="7.3"))
    report = BuildReport()
    build(aside, kit.progress(), report)
    assert (report.platform, report.operations_generated) == ("7.3", 3)
    assert kit.snapshot(aside.target.package) == old
    assert sorted(path.name for path in aside.target.root.iterdir() if path.name[0] != ".") == ["generated", "openapi"]
    assert version_of(project) == "7.4.0"

    build(as_released(kit.request(project, release="7.3")), kit.progress(), BuildReport())
    assert kit.snapshot(project.package) == old
    assert kept_names(project) == aliases
    assert version_of(project) == "7.3.0"
    again = as_released(kit.request(project, release="7.3"))
    assert again.also == {}
    report = BuildReport()
    build(again, kit.progress(), report)
    assert report.unchanged
    release(project, kit, "7.4")
    assert version_of(project) == "7.4.1"


def test_the_command_line_builds_a_release_with_its_version(clone: Path, kit: Any) -> None:
    tree = with_texts(Layout(root=clone))
    release(tree, kit, "7.3")
    retag(tree, kit, "animals")
    release(tree, kit, "7.4")
    command(clone, "build", "--release", "7.3", "--no-verify")
    assert version_of(tree) == "7.3.0"
    assert kept_names(tree) == []
    assert '__platform__: str | None = "7.3"' in (tree.package / "__init__.py").read_text(encoding="utf-8")


def test_a_dry_run_prints_the_entry_and_changes_nothing(clone: Path, kit: Any) -> None:
    tree = with_texts(Layout(root=clone))
    release(tree, kit, "7.3")
    retag(tree, kit, "animals")
    before = kit.snapshot(clone)
    printed = command(clone, "release", "--platform", "7.4", "--dry-run")
    assert printed.startswith("## 7.4.0 (")
    assert "\n* `pets.get_pets` is now `animals.get_pets`\n" in printed
    told = json.loads(command(clone, "release", "--platform", "7.4", "--dry-run", "--json"))
    assert printed.startswith(told["entry"])
    assert kit.snapshot(clone) == before
    release(tree, kit, "7.4")
    assert (
        told["entry"].partition("\n")[2] == entries(tree)["7.4.0"].partition("\n")[2].partition("\n\n## ")[0].rstrip()
    )


def test_a_refused_release_changes_nothing(project: Layout, kit: Any) -> None:
    (project.package / "mine.py").write_text("MINE = 1\n", encoding="utf-8")
    before = kit.snapshot(project.root)
    with pytest.raises(HandEditError):
        release(project, kit, "7.3")
    assert kit.snapshot(project.root) == before


def test_an_unknown_release_names_the_known_ones(project: Layout, kit: Any) -> None:
    release(project, kit, "7.3")
    with pytest.raises(ReleaseError, match=r"7\.1 is not in openapi/releases; there is: 7\.3"):
        kit.built(project, release="7.1")


@pytest.mark.parametrize("change", [{"version": "7.3.1"}, {"platform": "7.1"}, {"platform": "x"}, {"more": 1}])
def test_a_damaged_record_is_said(project: Layout, kit: Any, change: dict[str, Any]) -> None:
    release(project, kit, "7.3")
    path = project.releases / "7.3" / "7.3.0" / "release.json"
    kit.write_json(path, json.loads(path.read_bytes()) | change)
    with pytest.raises(ReleaseError):
        released(project)
