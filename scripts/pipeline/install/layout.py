"""Where everything lives, in the repository and in a folder given by ``--into``."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from pipeline.errors import RefusedDocumentError, listed

REPOSITORY = Path(__file__).resolve().parents[3]
UPSTREAM_STEM = "cyara-v3"
PACKAGE = "cyara_client"

RELEASE_RECORD = "release.json"


@frozen(kw_only=True, slots=True)
class Layout:
    """The paths of one tree: the repository, or the folder of ``--into``."""

    root: Path

    @property
    def openapi(self) -> Path:
        """Return the folder of everything that the generator reads."""
        return self.root / "openapi"

    @property
    def package(self) -> Path:
        """Return the generated package."""
        return self.root / "generated" / PACKAGE

    @property
    def lock(self) -> Path:
        """Return the lock file."""
        return self.openapi / "lock.json"

    @property
    def releases(self) -> Path:
        """Return the folder of archived documents, one folder per platform release."""
        return self.openapi / "releases"

    def upstream(self) -> Path:
        """Return the one document in ``openapi/upstream``.

        Raises:
            RefusedDocumentError: there is none, or more than one.
        """
        return only_document(self.openapi / "upstream")


def upstream_name(received: str) -> str:
    """Return the name under which a document is stored."""
    # One stem, so that one document replaces another; the ending stays, since it says how to read the bytes.
    packed = ".gz" if received.lower().endswith(".gz") else ""
    is_yaml = received.lower().removesuffix(".gz").endswith((".yaml", ".yml"))
    return f"{UPSTREAM_STEM}{'.yaml' if is_yaml else '.json'}{packed}"


def only_document(folder: Path) -> Path:
    """Return the one document in a folder that may also hold notes about it.

    Raises:
        RefusedDocumentError: there is none, or more than one.
    """
    found = sorted(path for path in folder.glob("*") if path.is_file() and not _is_note(path))
    if len(found) != 1:
        holds = f"{len(found)}: {listed([path.name for path in found])}" if found else "none"
        raise RefusedDocumentError(
            f"{folder} must hold exactly one document, and holds {holds}. "
            "Move away what is none, name one with `build --source FILE`, or fetch one with `fetch --portal URL`."
        )
    return found[0]


def _is_note(path: Path) -> bool:
    return path.suffix in {".md", ".txt"} or path.name == RELEASE_RECORD


def relative(path: Path, root: Path) -> str:
    """Return a path below ``root`` in the form of the lock: relative, with forward slashes."""
    return path.relative_to(root).as_posix()
