"""What the file system refuses is one sentence with path, reason and next step, and nothing changes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pipeline.errors import FileSystemError
from pipeline.install.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="limits and modes are POSIX")
MORTAL = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, check=False, text=True, encoding="utf-8", cwd=clone)


def only_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "report it" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_into_a_file(clone: Path, kit: Any) -> None:
    (clone / "file").write_text("mine", encoding="utf-8")
    before = kit.snapshot(clone)
    said = only_sentence(run(clone, sys.executable, "scripts/regenerate.py", "build", "--into", "file"))
    assert "file" in said
    assert "Nothing was changed. " in said
    assert kit.snapshot(clone) == before


@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no folders")
def test_into_a_place_that_takes_no_folder(clone: Path) -> None:
    said = only_sentence(run(clone, sys.executable, "scripts/regenerate.py", "build", "--into", "/proc/here"))
    assert "/proc/here" in said


@pytest.mark.parametrize("report", ["missing/report.json", "openapi", "scripts/dev.py/report.json"])
def test_a_report_that_cannot_be_written_stops_the_build_before_it_begins(clone: Path, kit: Any, report: str) -> None:
    before = kit.snapshot(clone)
    done = run(clone, sys.executable, "-B", "scripts/regenerate.py", "build", "--no-verify", "--report", report)
    said = only_sentence(done)
    assert report.partition("/")[0] in said
    assert "nothing was built" in said
    assert kit.snapshot(clone) == before


def test_a_report_may_lie_in_the_folder_that_is_made(clone: Path) -> None:
    options = ["--into", "new", "--report", "new/report.json", "--no-verify"]
    done = run(clone, sys.executable, "scripts/regenerate.py", "build", *options)
    assert (done.returncode, (clone / "new" / "report.json").is_file()) == (0, True), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux")
def test_a_report_that_fails_at_last_does_not_hide_what_became_of_the_build(clone: Path) -> None:
    (clone / "bad.json").write_text("[1]", encoding="utf-8")
    for document, became in (("bad.json", "'bad.json'"), ("openapi/upstream/cyara-v3.json", "Installed in")):
        options = ["--source", document, "--report", "/dev/full", "--no-verify"]
        done = run(clone, sys.executable, "scripts/regenerate.py", "build", *options)
        assert only_sentence(done).startswith("'/dev/full' cannot be used: No space left on device. Only the report is")
        assert became in done.stdout + done.stderr


@POSIX
def test_no_room_is_not_called_our_mistake(clone: Path, kit: Any) -> None:
    before = kit.snapshot(clone)
    limited = 'ulimit -f 1; exec "$@"'  # no file of more than a block can be written, as on a full disk
    done = run(clone, "sh", "-c", limited, "sh", sys.executable, "-B", "scripts/regenerate.py", "build", "--no-verify")
    said = only_sentence(done)
    assert "Make room there and run the command again." in said
    assert kit.snapshot(clone) == before
    assert not (clone / ".regenerate").exists()


def test_something_in_the_way_is_found_before_the_install(built_tree: Layout, kit: Any, tmp_path: Path) -> None:
    target = Layout(root=tmp_path / "into")
    target.root.mkdir()
    (target.root / "generated").write_text("mine", encoding="utf-8")
    before = kit.snapshot(target.root)
    with pytest.raises(FileSystemError, match=r"generated' cannot be used: Not a directory\. Nothing was changed"):
        kit.built(built_tree, target=target)
    assert kit.snapshot(target.root) == before


@POSIX
@MORTAL
@pytest.mark.parametrize("closed", ["", "generated"])
def test_a_read_only_checkout(built_tree: Layout, kit: Any, tmp_path: Path, closed: str) -> None:
    source = kit.write_json(tmp_path / "other.json", kit.pets("Others"))
    before = kit.snapshot(built_tree.root)
    folders = [built_tree.root / closed, *(path for path in (built_tree.root / closed).rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        with pytest.raises(FileSystemError, match="Permission denied"):
            kit.built(built_tree, source=source)
    finally:
        for folder in folders:
            folder.chmod(0o700)
    assert kit.snapshot(built_tree.root) == before
