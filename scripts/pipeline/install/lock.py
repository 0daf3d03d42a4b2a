"""``openapi/lock.json``: what the committed client was made from, with what, and every file of it by hash.

Same inputs give the same lock, byte for byte: there is no date and no path of a machine in it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from pipeline.document.document import dump_json
from pipeline.document.json_nodes import is_mapping
from pipeline.errors import OutOfDateError
from pipeline.install.journal import file_sha256, files_below
from pipeline.install.layout import Layout, relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

VERSION = 1
CODE = "scripts/pipeline"
"""Name under which the pipeline's own code is one input."""

_FIRST = frozenset(
    {
        "operations_in_document",
        "operations_generated",
        "operations_importable",
        "answers",
        "requests_valid",
        "allowed",
    }
)
"""What every lock has, also one of an earlier version."""
SUMMARY = _FIRST | {"kinds", "texts", "files", "iterators"}
"""Keys of the report that the lock keeps: the counts."""

_INPUT_FILES = ("generator.yml", "normalise.yaml", "public-operations.yaml", "aliases.json", "names.json", "allow.json")
_OWN_FILES = ("names.json", "allow.json", "aliases.json")
_INPUT_FOLDERS = ("overlays", "templates")
_DECIDING = {
    "upgrade",
    "normalise",
    "index",
    "document",
    "overlay.py",
    "inputs.py",
    "prepare.py",
    "generate.py",
    "children/generator_child.py",
    "package.py",
    "stages.py",
    "tools.py",
    "install/lock.py",
}
"""Parts of the code that decide what is written; the others (verification among them) only decide whether."""


@frozen(kw_only=True, slots=True)
class Lock:
    """The content of the lock file."""

    platform: str | None
    """Platform release, for example ``25.3``; None until one is known."""
    document: dict[str, Any]
    """``path``, ``sha256``, ``title`` of the document as received."""
    tools: dict[str, str]
    """Name and version of the generator and of ruff."""
    inputs: dict[str, str]
    """Path and sha256 of every other input."""
    summary: dict[str, Any]
    """The counts of the report."""
    outputs: dict[str, str]
    """Path and sha256 of every file that the build wrote, but this one."""

    def dump(self) -> bytes:
        """Return the bytes of the file."""
        return dump_json({"lock_version": VERSION, **asdict(self)})


def read_lock(path: Path) -> Lock | None:
    """Return the lock, or None if there is none.

    Raises:
        OutOfDateError: it is not a lock of this version.
    """
    try:
        content = json.loads(path.read_bytes())
        # The version first: what else a lock of another one holds is unknown, and no damage.
        if content.pop("lock_version") == VERSION:
            return _whole(Lock(**content))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutOfDateError(f"{path} is damaged. Run `build --discard-edits` to write it anew.") from error
    raise OutOfDateError(
        f"{path} was written by another version of the pipeline. "
        "Run `build` of that version, or `build --discard-edits`."
    )


def _whole(lock: Lock) -> Lock:
    """Return a lock with everything in it that is read from one.

    Raises:
        KeyError: something is missing, or is no mapping.
    """
    mappings = (lock.document, lock.summary, lock.tools, lock.inputs, lock.outputs)
    whole = all(map(is_mapping, mappings)) and lock.summary.keys() >= _FIRST
    if not whole or not lock.document.keys() >= {"path", "sha256", "title"}:
        raise KeyError
    return lock


def hash_inputs(repository: Layout, *trees: Layout) -> dict[str, str]:
    """Return path and sha256 of every input but the document; a missing optional file has no entry.

    Names, allow list and aliases are those of the first of ``trees`` that has them: they belong to the document that is
    built there.
    """
    files = {f"openapi/{name}": repository.openapi / name for name in _INPUT_FILES}
    # Under the same names whichever tree they lie in: a lock of `--into` is the lock that the repository would have.
    for folder in _INPUT_FOLDERS:
        files |= {relative(path, repository.root): path for path in files_below(repository.openapi / folder)}
    for tree in reversed(trees):
        files |= {f"openapi/{name}": tree.openapi / name for name in _OWN_FILES if (tree.openapi / name).exists()}
    hashes = {name: file_sha256(path) for name, path in files.items()} | {CODE: _code_sha256(repository.root / CODE)}
    return {name: sha256 for name, sha256 in sorted(hashes.items()) if sha256}


def hash_outputs(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Return path and sha256 of the files, sorted."""
    return {relative(path, root): file_sha256(path) or "" for path in sorted(files, key=lambda path: path.as_posix())}


def differences(root: Path, outputs: Mapping[str, str], replaced: Path) -> dict[str, str]:
    """Return the files that are not as locked, each with ``changed``, ``missing`` or ``added``.

    ``replaced`` is the folder in which no other file may be.
    """
    found = {name: _state(file_sha256(root / name), sha256) for name, sha256 in outputs.items()}
    found |= {name: "added" for path in files_below(replaced) if (name := relative(path, root)) not in outputs}
    return {name: state for name, state in sorted(found.items()) if state}


def _state(found: str | None, locked: str) -> str:
    if found is None:
        return "missing"
    return "" if found == locked else "changed"


def _code_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in files_below(folder):
        name = relative(path, folder)
        # With the name: a rule that moves to another file counts as a change.
        if name in _DECIDING or name.partition("/")[0] in _DECIDING:
            digest.update(f"{name}\n{file_sha256(path)}\n".encode())
    return digest.hexdigest()
