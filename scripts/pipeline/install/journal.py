"""Install a staged tree in one journalled step that any later command can finish.

Nothing of the tree is touched until the journal stands, complete, under its final name: that rename is the moment of
decision. Before it, a later command throws the staging folder away; after it, a later command carries on where the
killed one stopped, file by file, each by one rename. The lock file is renamed last and names every other file by hash,
so a half-installed tree never looks finished to ``check``.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from attrs import asdict, frozen

from pipeline.errors import HandEditError, PipelineError, listed
from pipeline.install.folder_lock import JOURNAL, empty_folder
from pipeline.install.interrupts import defer_interrupt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MAX_ATTEMPTS = 40
"""Attempts, 50 ms apart, for a file that another program holds open on Windows."""


@frozen(kw_only=True, slots=True)
class FileChange:
    """One file of the tree: its path (relative, forward slashes) and its sha256 before and after; None means absent."""

    path: str
    old: str | None
    new: str | None


def file_sha256(path: Path) -> str | None:
    """Return the sha256 of a file in hex, or None if there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def files_below(folder: Path) -> list[Path]:
    """Return every file below a folder, sorted; what the interpreter caches there does not count."""
    found = (path for path in folder.rglob("*") if "__pycache__" not in path.parts and path.is_file())
    return sorted(found, key=lambda path: path.as_posix())


def changes_between(
    root: Path, staged: Path, *, replaced: Iterable[str] = (), gone: Iterable[str] = (), last: str
) -> list[FileChange]:
    """Return what turns the tree into the staged one, the file ``last`` at the end.

    ``replaced`` names the folders (relative) of which the staged tree holds everything: files there that are not staged
    go away. Elsewhere staged files are written, the files ``gone`` (relative) go away, and all others stay.
    """
    new = {path.relative_to(staged).as_posix(): file_sha256(path) for path in files_below(staged)}
    old = [path.relative_to(root).as_posix() for folder in replaced for path in files_below(root / folder)]
    changes = [FileChange(path=name, old=file_sha256(root / name), new=sha256) for name, sha256 in new.items()]
    changes += [FileChange(path=name, old=file_sha256(root / name), new=None) for name in {*old, *gone} - new.keys()]
    return sorted(
        (change for change in changes if change.old != change.new),
        key=lambda change: (change.path == last, change.path),
    )


def install(
    root: Path,
    work: Path,
    staged: Path,
    changes: list[FileChange],
    *,
    after_step: Callable[[str], None] = lambda _: None,
) -> None:
    """Put the staged files into the tree.

    ``after_step`` is called with the name of each step when it is done; tests stop the process there.

    Raises:
        PipelineError: a file is held open by another program; the next command finishes the install.
        OSError: a folder may not be written; found before the decision, where the system says so.
    """
    if not changes:
        return
    _require_writable(root, changes)
    after_step("staged")
    with defer_interrupt():
        _decide(work, staged, changes, after_step)
        _apply(root, work, staged, changes, after_step)


def _require_writable(root: Path, changes: list[FileChange]) -> None:
    """Make sure that every folder takes its files, as far as the system says, while nothing is decided."""
    for folder in sorted({(root / change.path).parent for change in changes}):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
        if not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def _decide(work: Path, staged: Path, changes: list[FileChange], after_step: Callable[[str], None]) -> None:
    """Put the journal under its final name: from here on the install happens."""
    draft = work / (JOURNAL + ".draft")
    content = {"staged": staged.relative_to(work).as_posix(), "changes": [asdict(change) for change in changes]}
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        # On disk before the rename: after a power cut there is a whole journal under the final name, or none.
        file.flush()
        os.fsync(file.fileno())
    after_step("drafted")
    draft.replace(work / JOURNAL)
    after_step("decided")


def recover(root: Path, work: Path) -> bool:
    """Finish an install that was cut short, or remove what an unfinished build left; return whether one was finished.

    Raises:
        HandEditError: a file was edited between the two; nothing more is installed.
    """
    journal = work / JOURNAL
    finished = False
    if journal.exists():
        content = json.loads(journal.read_bytes())
        changes = [FileChange(**change) for change in content["changes"]]
        with defer_interrupt():
            _apply(root, work, work / content["staged"], changes, lambda _: None)
        finished = True
    empty_folder(work)
    return finished


def _apply(root: Path, work: Path, staged: Path, changes: list[FileChange], after_step: Callable[[str], None]) -> None:
    """Carry out the changes that are not carried out yet."""
    current = {change.path: file_sha256(root / change.path) for change in changes}
    # Neither the old file nor the new one, so somebody edited it after the kill: it is named, and kept.
    edited = [change.path for change in changes if current[change.path] not in {change.old, change.new, None}]
    if edited:
        raise HandEditError(
            f"An install was cut short and these files were edited since: {listed(edited)}. "
            "Move your versions away, delete the files, and run the command again."
        )
    # File by file: Windows renames no folder while a file in it is open, and replaces no two files at once.
    for change in changes:
        target = root / change.path
        if change.new is None:
            _patiently(target, partial(target.unlink, missing_ok=True))
            _remove_empty_parents(target, root)
        elif current[change.path] != change.new:
            target.parent.mkdir(parents=True, exist_ok=True)
            _patiently(target, partial((staged / change.path).replace, target))
        after_step(change.path)
    # Only now: as long as the journal stands, the next command does all of this again, which changes nothing twice.
    (work / JOURNAL).unlink()
    after_step("finished")
    shutil.rmtree(staged, ignore_errors=True)


def _patiently(target: Path, action: Callable[[], object]) -> None:
    for attempt in range(MAX_ATTEMPTS):
        try:
            action()
        except PermissionError as error:
            # On POSIX it is the folder that may not be written, and no wait helps.
            if os.name != "nt":
                raise
            if attempt == MAX_ATTEMPTS - 1:
                raise PipelineError(
                    f"{target} is held open by another program. "
                    "Close it and run any regenerate command: it finishes the install."
                ) from error
            time.sleep(0.05)
        else:
            return


def _remove_empty_parents(path: Path, root: Path) -> None:
    # The first folder that still holds something ends it.
    with suppress(OSError):
        for parent in path.parents:
            if parent == root:
                return
            # What the interpreter cached of modules that are gone would keep an empty package importable.
            shutil.rmtree(parent / "__pycache__", ignore_errors=True)
            parent.rmdir()
