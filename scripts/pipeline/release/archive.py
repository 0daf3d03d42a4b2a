"""The archive of released documents: ``openapi/releases/<platform>/``, one document and one ``release.json`` each."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from pipeline.document import dump_json
from pipeline.errors import ReleaseError, quoted
from pipeline.layout import RELEASE_RECORD, only_document

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.layout import Layout

_PLATFORM = re.compile(r"[1-9][0-9]{0,3}\.(0|[1-9][0-9]{0,2})")
"""Without leading zeros: 25.03 and 25.3 would be two platforms with one and the same version (PEP 440)."""


@frozen(kw_only=True, slots=True)
class Release:
    """What is remembered of a release."""

    platform: str
    version: str
    """The latest version for this platform."""
    date: str
    """Day of that version, ``yyyy-mm-dd``."""
    sha256: str
    """Of the document."""
    operations: int

    def dump(self) -> bytes:
        """Return the bytes of ``release.json``."""
        return dump_json(asdict(self))


def require_platform(text: str) -> str:
    """Return a platform release as written, ``25.3``.

    Raises:
        ReleaseError: it is not of this form; it becomes a folder's name, so nothing else is taken.
    """
    if not _PLATFORM.fullmatch(text):
        raise ReleaseError(
            f"{quoted(text)} is no platform release. Write it as 25.3, without leading zeros. Nothing was changed."
        )
    return text


def released(tree: Layout) -> list[Release]:
    """Return all releases, the newest platform first.

    Raises:
        ReleaseError: a record is damaged.
    """
    found: list[Release] = []
    for path in tree.releases.glob(f"*/{RELEASE_RECORD}"):
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            found.append(Release(**content))
        except (ValueError, TypeError) as error:
            raise ReleaseError(f"{path} is damaged: {quoted(error)}. Restore it. Nothing was changed.") from error
    return sorted(found, key=lambda release: platform_order(release.platform), reverse=True)


def archived_document(tree: Layout, platform: str) -> Path:
    """Return the archived document of a platform release.

    Raises:
        ReleaseError: there is none; the text names those that there are.
    """
    folder = tree.releases / require_platform(platform)
    if not folder.is_dir():
        known = ", ".join(release.platform for release in released(tree)) or "none"
        raise ReleaseError(f"Platform {platform} is not in openapi/releases; there is: {known}. Nothing was changed.")
    return only_document(folder)


def platform_order(platform: str) -> tuple[int, ...]:
    """Return what platforms are sorted by: 25.10 comes after 25.9."""
    return tuple(int(part) for part in platform.split("."))
