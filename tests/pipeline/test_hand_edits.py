"""Hand edits in generated files are named, kept, and saved before they are discarded."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.errors import HandEditError

if TYPE_CHECKING:
    from pipeline.install.layout import Layout

EDIT = "\nHAND = 'edited'\n"


def edit(tree: Layout) -> Path:
    path = tree.package / "api" / "pets" / "get_pets.py"
    path.write_text(path.read_text(encoding="utf-8") + EDIT, encoding="utf-8")
    return path


def test_an_edited_file_is_named_and_kept(built_tree: Layout, kit: Any) -> None:
    path = edit(built_tree)
    before = kit.snapshot(built_tree.root)
    with pytest.raises(HandEditError, match=r"api/pets/get_pets\.py.*--discard-edits"):
        kit.built(built_tree)
    assert kit.snapshot(built_tree.root) == before
    assert path.read_text(encoding="utf-8").endswith(EDIT)


def test_an_added_file_is_an_edit(built_tree: Layout, kit: Any) -> None:
    (built_tree.package / "mine.py").write_text("MINE = 1\n", encoding="utf-8")
    with pytest.raises(HandEditError, match=r"mine\.py"):
        kit.built(built_tree)


def test_discarded_edits_are_saved_as_a_patch_that_applies(built_tree: Layout, kit: Any) -> None:
    before = kit.snapshot(built_tree.root)
    path = edit(built_tree)
    (built_tree.package / "mine.py").write_text("MINE = 1", encoding="utf-8")
    edited = kit.snapshot(built_tree.package)
    report = kit.built(built_tree, discard_edits=True)
    patch = Path(report.patch)
    assert patch.parent == built_tree.root
    after = kit.snapshot(built_tree.root)
    assert after.pop(patch.name)
    assert after == before
    assert EDIT not in path.read_text(encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=built_tree.root, check=True)
    subprocess.run(["git", "apply", patch.name], cwd=built_tree.root, check=True)
    assert kit.snapshot(built_tree.package) == edited


def test_the_patch_is_against_the_locked_file_where_git_has_it(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=built_tree.root, check=True)
    subprocess.run([*git, "add", "."], cwd=built_tree.root, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "built"], cwd=built_tree.root, check=True)
    edit(built_tree)
    document = kit.pets()
    document["paths"]["/pets"]["get"]["summary"] = "All of them"
    report = kit.built(built_tree, source=kit.write_json(tmp_path / "new.json", document), discard_edits=True)
    lines = Path(report.patch).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("-") and not line.startswith("---")] == []
    assert "+HAND = 'edited'" in lines


def test_deleted_files_come_back(built_tree: Layout, kit: Any) -> None:
    before = kit.snapshot(built_tree.root)
    (built_tree.package / "api" / "pets" / "get_pets.py").unlink()
    report = kit.built(built_tree)
    assert not report.unchanged
    assert kit.snapshot(built_tree.root) == before


def test_files_without_a_lock_are_not_overwritten(built_tree: Layout, kit: Any) -> None:
    built_tree.lock.unlink()
    with pytest.raises(HandEditError, match=r"no openapi/lock\.json says that they are generated"):
        kit.built(built_tree)
