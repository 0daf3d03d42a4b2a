"""`check`: each planted fault turns it red, and it is quick."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.check import check
from pipeline.errors import HandEditError, OutOfDateError, PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.install.layout import Layout


def change_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def module(tree: Layout) -> Path:
    return tree.package / "api" / "pets" / "get_pet.py"


def add_overlay(tree: Layout) -> None:
    (tree.openapi / "overlays").mkdir()
    (tree.openapi / "overlays" / "a.overlay.yaml").touch()


def drop_verification(tree: Layout) -> None:
    lock = json.loads(tree.lock.read_bytes())
    lock["summary"]["requests_valid"] = []
    tree.lock.write_text(json.dumps(lock), encoding="utf-8")


def other_tools(tree: Layout) -> None:
    lock = json.loads(tree.lock.read_bytes())
    lock["tools"]["ruff"] = "0.0.1"
    tree.lock.write_text(json.dumps(lock), encoding="utf-8")


FAULTS: dict[str, tuple[Callable[[Layout], object], type[PipelineError], str]] = {
    "a byte of a module": (lambda tree: change_byte(module(tree)), HandEditError, r"get_pet\.py \(changed\)"),
    "a module gone": (lambda tree: module(tree).unlink(), HandEditError, r"get_pet\.py \(missing\)"),
    "a module too many": (lambda tree: (tree.package / "x.py").touch(), HandEditError, r"x\.py \(added\)"),
    "a byte of effective.json": (
        lambda tree: change_byte(tree.openapi / "effective.json"),
        HandEditError,
        r"effective\.json \(changed\)",
    ),
    "the document": (lambda tree: change_byte(tree.upstream()), OutOfDateError, r"upstream/cyara-v3\.json"),
    "the document gone": (lambda tree: tree.upstream().unlink(), OutOfDateError, r"upstream/cyara-v3\.json"),
    "the settings": (lambda tree: change_byte(tree.openapi / "generator.yml"), OutOfDateError, r"generator\.yml"),
    "a new overlay": (add_overlay, OutOfDateError, r"a\.overlay\.yaml"),
    "the lock gone": (lambda tree: tree.lock.unlink(), OutOfDateError, r"lock\.json is missing"),
    "the lock damaged": (lambda tree: tree.lock.write_text("{"), OutOfDateError, r"lock\.json is damaged"),
    "another lock format": (
        lambda tree: tree.lock.write_text('{"lock_version": 99}'),
        OutOfDateError,
        "another version of the pipeline",
    ),
    "other tools": (other_tools, OutOfDateError, "pinned tools"),
    "no verification": (drop_verification, OutOfDateError, "without verification"),
}


def test_a_fresh_build_passes_and_nothing_is_written(built_tree: Layout, kit: Any) -> None:
    kit.pretend_verified(built_tree)
    before = kit.snapshot(built_tree.root)
    assert check(built_tree, kit.progress()).document["title"] == "Pets"
    assert kit.snapshot(built_tree.root) == before
    assert not (built_tree.root / ".regenerate").exists()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_found(built_tree: Layout, kit: Any, fault: str) -> None:
    plant, error, said = FAULTS[fault]
    kit.pretend_verified(built_tree)
    plant(built_tree)
    with pytest.raises(error, match=said):
        check(built_tree, kit.progress())


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.startswith("the document")])
def test_the_command_that_is_named_mends_it(built_tree: Layout, kit: Any, fault: str) -> None:
    plant, error, _ = FAULTS[fault]
    kit.pretend_verified(built_tree)
    plant(built_tree)
    if fault == "a new overlay":
        shutil.rmtree(built_tree.openapi / "overlays")  # it was empty, which is refused
        built_tree.openapi.joinpath("allow.json").write_text("{}", encoding="utf-8")
    with pytest.raises(error) as caught:
        check(built_tree, kit.progress())
    kit.built(built_tree, discard_edits="--discard-edits" in str(caught.value))
    kit.pretend_verified(built_tree)
    check(built_tree, kit.progress())


def test_a_file_that_is_only_missing_needs_a_plain_build(built_tree: Layout, kit: Any) -> None:
    kit.pretend_verified(built_tree)
    module(built_tree).unlink()
    with pytest.raises(HandEditError, match=r"Run `python3 scripts/dev\.py regenerate build`\."):
        check(built_tree, kit.progress())


@pytest.mark.parametrize("key", ["requests_valid", "answers", "operations_generated"])
def test_a_lock_that_lacks_something_is_damaged(built_tree: Layout, kit: Any, key: str) -> None:
    lock = json.loads(built_tree.lock.read_bytes())
    del lock["summary"][key]
    built_tree.lock.write_text(json.dumps(lock), encoding="utf-8")
    for command in (lambda: check(built_tree, kit.progress()), lambda: kit.built(built_tree)):
        with pytest.raises(OutOfDateError, match=r"lock\.json is damaged.*--discard-edits"):
            command()


def test_discarding_edits_builds_even_where_nothing_seems_to_differ(built_tree: Layout, kit: Any) -> None:
    assert kit.built(built_tree).unchanged
    assert not kit.built(built_tree, discard_edits=True).unchanged


def test_the_committed_client_is_checked_within_a_second(kit: Any) -> None:
    script = kit.repository / "scripts" / "regenerate.py"
    seconds = []
    for _ in range(3):
        start = time.monotonic()
        done = subprocess.run([sys.executable, str(script), "check"], capture_output=True, check=False)
        seconds.append(time.monotonic() - start)
    assert done.returncode == 0, done.stderr.decode()
    assert min(seconds) < 1, seconds
