"""`build`: what it writes, what it leaves alone, and that nothing changes when it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.check import check
from pipeline.errors import (
    BusyError,
    MissingOperationError,
    PipelineError,
    RefusedDocumentError,
    ToolVersionError,
    UnexpectedError,
    VerificationError,
)
from pipeline.install.folder_lock import work_folder
from pipeline.install.journal import file_sha256
from pipeline.install.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

REPORT_KEYS = {
    "operations_in_document",
    "operations_generated",
    "operations_importable",
    "answers",
    "requests_valid",
    "skipped",
    "changes",
    "warnings",
    "seconds",
}


def test_builds_in_place(tree: Layout, kit: Any) -> None:
    report = kit.built(tree)
    assert report.to_json().keys() >= REPORT_KEYS
    counts = (report.operations_in_document, report.operations_generated, report.operations_importable)
    assert counts == (3, 3, 3)
    assert (tree.package / "api" / "pets" / "get_pets.py").is_file()
    lock = json.loads(tree.lock.read_bytes())
    written = {f"generated/cyara_client/{name}" for name in kit.snapshot(tree.package)}
    assert lock["outputs"].keys() == written | {"openapi/effective.json"}
    assert str(tree.root) not in tree.lock.read_text(encoding="utf-8")
    assert not (tree.root / ".regenerate").exists()


def test_every_python_file_says_that_it_is_generated(built_tree: Layout) -> None:
    for path in built_tree.package.rglob("*.py"):
        assert path.read_text(encoding="utf-8").startswith("# Generated"), path
        assert b"\r" not in path.read_bytes()


def test_into_touches_nothing_else(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    source = kit.write_json(tmp_path / "other.json", kit.pets("Others"))
    before = kit.snapshot(built_tree.root)
    target = Layout(root=tmp_path / "into")
    kit.built(built_tree, target=target, source=source)
    assert kit.snapshot(built_tree.root) == before
    assert {path.name for path in target.root.iterdir()} == {"generated", "openapi"}
    assert target.upstream().read_bytes() == source.read_bytes()


def test_another_source_becomes_the_upstream_byte_for_byte(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    document = kit.pets("Others")
    del document["paths"]["/pets"]["post"]
    source = kit.write_json(tmp_path / "other.json", document)
    report = kit.built(built_tree, source=source)
    assert report.operations_in_document == 2
    assert built_tree.upstream().read_bytes() == source.read_bytes()
    assert not (built_tree.package / "api" / "pets" / "add_pet.py").exists(), "no orphans"


def test_another_source_says_where_it_comes_from_and_deletes_nothing_else(
    built_tree: Layout, kit: Any, tmp_path: Path
) -> None:
    upstream = built_tree.openapi / "upstream"
    (upstream / "mine.txt").write_text("mine", encoding="utf-8")
    (upstream / "PROVENANCE.md").write_text("about the document before", encoding="utf-8")
    source = kit.write_json(tmp_path / "other.json", kit.pets("Others"))
    kit.built(built_tree, source=source)
    assert {path.name for path in upstream.iterdir()} == {"PROVENANCE.md", "cyara-v3.json", "mine.txt"}
    note = (upstream / "PROVENANCE.md").read_text(encoding="utf-8")
    assert all(fact in note for fact in ("other.json", "Others", file_sha256(source), "regenerate.py build"))
    assert str(tmp_path) not in note


def test_into_keeps_what_lies_there_and_the_note_about_the_document(
    built_tree: Layout, kit: Any, tmp_path: Path
) -> None:
    (built_tree.openapi / "upstream" / "PROVENANCE.md").write_text("from the vendor", encoding="utf-8")
    upstream = tmp_path / "into" / "openapi" / "upstream"
    upstream.mkdir(parents=True)
    (upstream / "mine.txt").write_text("mine", encoding="utf-8")
    kit.built(built_tree, target=Layout(root=tmp_path / "into"))
    assert (upstream / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (upstream / "PROVENANCE.md").read_text(encoding="utf-8") == "from the vendor"


@pytest.mark.parametrize(
    "place", ["generated/cyara_client", "generated/cyara_client/x", "openapi/templates", "scripts"]
)
def test_into_the_repository_s_own_parts_is_refused(built_tree: Layout, kit: Any, place: str) -> None:
    before = kit.snapshot(built_tree.root)
    with pytest.raises(PipelineError, match=r"lies in .*Nothing was changed.*--into"):
        kit.built(built_tree, target=Layout(root=built_tree.root / place))
    assert kit.snapshot(built_tree.root) == before


def test_a_note_about_the_same_bytes_stays(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    note = built_tree.openapi / "upstream" / "PROVENANCE.md"
    note.write_text("fetched on Monday", encoding="utf-8")
    template = next(iter((built_tree.openapi / "templates").rglob("*.jinja")))
    template.write_text(template.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not kit.built(built_tree, source=kit.write_json(tmp_path / "same.json", kit.pets())).unchanged
    assert note.read_text(encoding="utf-8") == "fetched on Monday"


def test_a_document_put_there_under_its_own_name_is_the_locked_one(built_tree: Layout, kit: Any) -> None:
    mine = kit.write_json(built_tree.openapi / "upstream" / "portal.json", kit.pets("Portal"))
    with pytest.raises(RefusedDocumentError, match=r"holds 2: cyara-v3\.json, portal\.json"):
        kit.built(built_tree)
    kit.built(built_tree, source=mine)
    assert built_tree.upstream() == mine
    kit.pretend_verified(built_tree)
    assert check(built_tree, kit.progress()).document["title"] == "Portal"
    kit.built(built_tree, source=kit.write_json(built_tree.root / "next.json", kit.pets("Next")))
    assert built_tree.upstream().name == "cyara-v3.json"


def test_a_document_that_is_gone_comes_back(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    stored = built_tree.upstream()
    stored.unlink()
    kit.built(built_tree, source=kit.write_json(tmp_path / "same.json", kit.pets()))
    assert stored.is_file()


def test_yaml_replaces_json(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    source = tmp_path / "other.yaml"
    source.write_text("# a comment\n" + json.dumps(kit.pets("Others"), indent=1), encoding="utf-8")
    kit.built(built_tree, source=source)
    assert built_tree.upstream().name == "cyara-v3.yaml"


def test_unchanged_inputs_build_nothing(built_tree: Layout, kit: Any) -> None:
    before = {path: path.stat().st_mtime_ns for path in built_tree.root.rglob("*")}
    start = time.monotonic()
    report = kit.built(built_tree)
    assert time.monotonic() - start < 1
    assert report.unchanged
    assert report.operations_generated == 3
    assert before == {path: path.stat().st_mtime_ns for path in built_tree.root.rglob("*")}


def test_an_unchanged_build_says_again_what_was_changed_and_skipped(tree: Layout, kit: Any) -> None:
    why = {"x-reason": "planted", "x-remove-when": "never"}
    actions = [{"target": "$.info", "update": {"description": "better"}, **why}]
    for name, title in (("a", "Pets"), ("b", "Cats")):
        overlay = {"overlay": "1.0.0", "x-cyara-title": title, "actions": actions}
        kit.write_json(tree.openapi / "overlays" / f"{name}.overlay.yaml", overlay)
    kit.write_json(tree.openapi / "allow.json", {"x-cyara-title": "Cats", "operations": {"GetCats": "planted"}})
    kit.write_json(
        tree.openapi / "public-operations.yaml", {"x-cyara-title": "Cats", "operations": {"GetCats": "planted"}}
    )
    first, second = kit.built(tree), kit.built(tree)
    assert (first.unchanged, second.unchanged) == (False, True)
    assert second.changes == first.changes
    assert any(change["rule"] == "overlay" for change in second.changes)
    assert second.skipped == first.skipped
    assert len(second.skipped) == 3


def test_a_changed_template_builds_again(built_tree: Layout, kit: Any) -> None:
    template = next(iter((built_tree.openapi / "templates").rglob("*.jinja")))
    template.write_text(template.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not kit.built(built_tree).unchanged


@pytest.mark.parametrize("content", ["{}", "[1]", '{"openapi": "3.0.3", "paths": {"/a": {"$ref": "/etc/passwd"}}}'])
def test_a_refused_document_changes_nothing(built_tree: Layout, kit: Any, tmp_path: Path, content: str) -> None:
    source = tmp_path / "bad.json"
    source.write_text(content, encoding="utf-8")
    before = kit.snapshot(built_tree.root)
    with pytest.raises(PipelineError):
        kit.built(built_tree, source=source)
    assert kit.snapshot(built_tree.root) == before
    assert not (built_tree.root / ".regenerate").exists()


def test_no_document_or_two_is_refused(tree: Layout, kit: Any) -> None:
    kit.write_json(tree.openapi / "upstream" / "second.json", kit.pets())
    with pytest.raises(RefusedDocumentError, match="exactly one document, and holds 2"):
        kit.built(tree)


def test_lost_operations_stop_the_build(tree: Layout, kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = {
        "overlay": "1.0.0",
        "x-cyara-title": "Pets",
        "actions": [
            {"target": "$.paths['/pets'].post", "remove": True, "x-reason": "planted", "x-remove-when": "never"}
        ],
    }
    kit.write_json(tree.openapi / "overlays" / "lost.overlay.yaml", overlay)
    with pytest.raises(MissingOperationError, match="3 operations and 2 are left"):
        kit.built(tree)
    assert not tree.package.exists()


def test_another_version_of_a_tool_is_refused(tree: Layout, kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("pipeline.tools").tools.PINNED, "ruff", "0.0.1")
    with pytest.raises(ToolVersionError, match=r"ruff 0\.0\.1 is needed"):
        kit.built(tree)


def test_two_builds_of_one_tree_do_not_meet(tree: Layout, kit: Any) -> None:
    with work_folder(tree.root), pytest.raises(BusyError), work_folder(tree.root, wait=0.1):
        pass
    assert not (tree.root / ".regenerate").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the planted ruff is a shell script")
def test_twice_is_byte_identical_whatever_lies_around(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    fake = hostile / "bin" / "ruff"
    fake.parent.mkdir(parents=True)
    fake.write_text(f"#!/bin/sh\ntouch {hostile}/fake-ruff-ran\nexit 0\n", encoding="utf-8")
    fake.chmod(0o755)
    settings = "line-length = 40\n[format]\nquote-style = 'single'\nline-ending = 'cr-lf'\n"
    (hostile / "ruff.toml").write_text(settings, encoding="utf-8")
    (hostile / "pyproject.toml").write_text("[tool.ruff]\nline-length = 30\n", encoding="utf-8")
    source = kit.write_json(tmp_path / "pets.json", kit.pets())
    environ = {
        "PATH": str(fake.parent),
        "PYTHONPATH": "",
        "RUFF_LINE_LENGTH": "20",
        "PYTHONHASHSEED": "7",
        "LC_ALL": "C",
    }
    script = kit.repository / "scripts" / "regenerate.py"
    outputs = []
    for number in (1, 2):
        target = hostile / f"out{number}"
        done = subprocess.run(
            [sys.executable, str(script), "build", "--source", str(source), "--into", str(target), "--no-verify"],
            env=environ | {"PYTHONHASHSEED": str(number)},
            cwd=hostile,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        outputs.append(kit.snapshot(target))
    clean = Layout(root=tmp_path / "clean")
    kit.built(Layout(root=kit.repository), target=clean, source=source)
    assert outputs[0] == outputs[1] == kit.snapshot(clean.root)
    assert not (hostile / "fake-ruff-ran").exists()


def test_a_mistake_of_a_stage_is_one_sentence_and_changes_nothing(
    built_tree: Layout, kit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("pipeline.package.write_index", fails)
    before = kit.snapshot(built_tree.root)
    with pytest.raises(UnexpectedError, match=r"stage index failed unexpectedly .*planted.*Nothing was installed"):
        kit.built(built_tree, source=kit.write_json(tmp_path / "other.json", kit.pets("Others")))
    assert kit.snapshot(built_tree.root) == before


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_types_are_judged_on_request(tree: Layout, kit: Any) -> None:
    kit.built(tree, types=True)
    before = kit.snapshot(tree.package)
    template = tree.openapi / "templates" / "str_enum.py.jinja"
    template.write_text(template.read_text("utf-8") + "\n    wrong: int = 'text'\n", encoding="utf-8")
    with pytest.raises(VerificationError, match=r"mypy found .*Nothing was installed.*without --types"):
        kit.built(tree, types=True)
    assert kit.snapshot(tree.package) == before
    kit.built(tree)
