"""Hand edits in generated files: found by the lock's hashes, named, and never overwritten unasked.

Files that are merely gone are no loss: a build brings them back.
"""

from __future__ import annotations

import difflib
import hashlib
import subprocess
from typing import TYPE_CHECKING

from pipeline.errors import HandEditError, listed
from pipeline.install.journal import files_below
from pipeline.install.layout import relative
from pipeline.install.lock import differences

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.install.layout import Layout
    from pipeline.install.lock import Lock


def edited_files(tree: Layout, lock: Lock | None) -> list[str]:
    """Return the generated files (relative, sorted) that are not as locked; without a lock, all of them."""
    if lock is None:
        return [relative(path, tree.root) for path in files_below(tree.package)]
    return [name for name, state in differences(tree.root, lock.outputs, tree.package).items() if state != "missing"]


def require_no_edits(tree: Layout, lock: Lock | None) -> None:
    """Make sure that a build overwrites nothing but generated files.

    Raises:
        HandEditError: it would; the text names the files.
    """
    edited = edited_files(tree, lock)
    if not edited:
        return
    found = (
        "differ from openapi/lock.json" if lock else "are there, and no openapi/lock.json says that they are generated"
    )
    raise HandEditError(
        f"{len(edited)} generated file(s) {found}: {listed(edited)}. Nothing was changed. "
        "Run `build --discard-edits` to save them as a patch and build; lasting corrections belong into "
        "openapi/overlays or openapi/templates."
    )


def save_edits(tree: Layout, staged: Layout, lock: Lock | None) -> Path | None:
    """Write the hand edits as a patch into the tree's root, and return its path; None if there are none."""
    parts: list[str] = []
    for name in edited_files(tree, lock):
        # Against the file as it was generated, where git still has it: the patch then holds the edits and nothing else.
        old = _committed(tree.root, name, lock.outputs.get(name) if lock else None) or _text(staged.root / name)
        new = _text(tree.root / name)
        old_label = f"a/{name}" if old else "/dev/null"
        before, after = (text.splitlines(keepends=True) for text in (old, new))
        lines = difflib.unified_diff(before, after, old_label, f"b/{name}")
        parts += [line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines]
    if not parts:
        return None
    content = "".join(parts).encode("utf-8", "surrogateescape")
    # Named by its content: two patches never overwrite each other, and the same edits make one file.
    path = tree.root / f"generated-edits-{hashlib.sha256(content).hexdigest()[:8]}.patch"
    path.write_bytes(content)
    return path


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else ""


def _committed(root: Path, name: str, sha256: str | None) -> str | None:
    """Return the locked text of a file from the last commit, if git and that commit have it."""
    try:
        done = subprocess.run(  # noqa: S603 - a relative path from our own lock
            ["git", "-C", str(root), "show", f"HEAD:./{name}"],  # noqa: S607 - the user's own git
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    # Only what the lock knows: the last commit may hold the edits themselves.
    matches = done.returncode == 0 and hashlib.sha256(done.stdout).hexdigest() == sha256
    return done.stdout.decode("utf-8", "surrogateescape") if matches else None
