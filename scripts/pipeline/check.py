"""`check`: does the committed client belong to the committed inputs? Hashes first; `--full` builds it again.

It writes nothing, but for finishing an install that was cut short.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.build import build
from pipeline.errors import HandEditError, OutOfDateError, listed
from pipeline.install.folder_lock import WORK_FOLDER, work_folder
from pipeline.install.hand_edits import edited_files
from pipeline.install.journal import file_sha256, recover
from pipeline.install.layout import Layout
from pipeline.install.lock import Lock, differences, hash_inputs, read_lock
from pipeline.job import BuildRequest
from pipeline.tools import PINNED

if TYPE_CHECKING:
    from pipeline.progress import StageProgress
    from pipeline.report import BuildReport

_BUILD = "python3 scripts/dev.py regenerate build"
_REBUILD = f"Run `{_BUILD} --discard-edits`, which saves edited files as a patch and builds all anew."


def check(repository: Layout, progress: StageProgress) -> Lock:
    """Compare every input and every output with the lock, by hash.

    Raises:
        OutOfDateError: an input changed, or there is no lock.
        HandEditError: an output changed.
    """
    # The folder is there while a build runs, or after one was killed: without it nothing is locked or written here.
    if (repository.root / WORK_FOLDER).exists():
        with work_folder(repository.root) as work:
            if recover(repository.root, work):
                progress.note("An install that had been cut short was completed first.")
    lock = read_lock(repository.lock)
    if lock is None:
        raise OutOfDateError(f"{repository.lock} is missing. {_next_command(repository, lock)}")
    changed = _changed_inputs(repository, lock)
    if changed:
        raise OutOfDateError(
            f"Inputs changed since the last build: {listed(changed)}. {_next_command(repository, lock)}"
        )
    edited = differences(repository.root, lock.outputs, repository.package)
    if edited:
        named = [f"{name} ({state})" for name, state in edited.items()]
        raise HandEditError(f"Generated files are not as built: {listed(named)}. {_next_command(repository, lock)}")
    if not lock.summary["requests_valid"]:
        raise OutOfDateError(f"The client was built without verification. {_next_command(repository, lock)}")
    return lock


def check_full(repository: Layout, progress: StageProgress, report: BuildReport) -> None:
    """Build again into a temporary folder and compare byte by byte, the lock included.

    Raises:
        OutOfDateError: the rebuilt client differs; the text names the files.
        PipelineError: the build failed.
    """
    lock = check(repository, progress)
    with tempfile.TemporaryDirectory(prefix="cyara-check-") as folder:
        rebuilt = Layout(root=Path(folder))
        # Names, aliases and allow list come from the repository, since the new folder has none of its own.
        build(BuildRequest(repository=repository, target=rebuilt, platform=lock.platform), progress, report)
        other = read_lock(rebuilt.lock)
        if other != lock:
            raise OutOfDateError(f"A rebuild differs: {listed(_different(lock, other))}. {_REBUILD}")


def _next_command(repository: Layout, lock: Lock | None) -> str:
    """Return what to run: a build refuses to overwrite edited files unless it is told to."""
    return _REBUILD if edited_files(repository, lock) else f"Run `{_BUILD}`."


def _changed_inputs(repository: Layout, lock: Lock) -> list[str]:
    inputs = hash_inputs(repository, repository)
    changed = [name for name in sorted(inputs.keys() | lock.inputs.keys()) if inputs.get(name) != lock.inputs.get(name)]
    if file_sha256(repository.root / lock.document["path"]) != lock.document["sha256"]:
        # The document first: what else differs mostly follows from it.
        changed.insert(0, lock.document["path"])
    return changed if lock.tools == PINNED else [*changed, "the pinned tools"]


def _different(lock: Lock, other: Lock | None) -> list[str]:
    outputs = other.outputs if other else {}
    files = [
        name for name in sorted(lock.outputs.keys() | outputs.keys()) if lock.outputs.get(name) != outputs.get(name)
    ]
    # Every file is as locked, so that the difference is in the lock's own facts: counts, tools, inputs.
    return files or ["openapi/lock.json"]
