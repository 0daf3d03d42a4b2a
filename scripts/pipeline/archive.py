"""The archive of releases: ``openapi/releases/<platform>/<version>/``, never written twice.

Each holds the document and ``release.json``, which has the aliases of the client that was built from it too: those of
``openapi/aliases.json`` are of the release that was made last, and that may be one for an older platform.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from pipeline.document.document import dump_json
from pipeline.errors import ReleaseError, quoted
from pipeline.install.layout import RELEASE_RECORD, only_document

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.install.layout import Layout

_PLATFORM = re.compile(r"[1-9][0-9]{0,3}\.(0|[1-9][0-9]{0,2})")
"""Without leading zeros: 25.03 and 25.3 would be two platforms with one and the same version (PEP 440)."""


@frozen(kw_only=True, slots=True)
class Release:
    """What is remembered of a release."""

    platform: str
    version: str
    date: str
    """``yyyy-mm-dd``."""
    sha256: str
    """Of the document."""
    operations: int
    aliases: dict[str, Any]
    """The content of ``openapi/aliases.json``."""

    def dump(self) -> bytes:
        """Return the bytes of ``release.json``."""
        return dump_json(asdict(self))

    @property
    def folder(self) -> str:
        """Return the folder of the release, relative to the tree."""
        return f"openapi/releases/{self.platform}/{self.version}"


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
    """Return all releases, the newest platform first, and of one platform the newest version.

    Raises:
        ReleaseError: a record is damaged, or lies in another place than it says.
    """
    found: list[Release] = []
    for path in tree.releases.glob(f"*/*/{RELEASE_RECORD}"):
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            release = Release(**content)
        except (ValueError, TypeError) as error:
            raise ReleaseError(f"{path} is damaged: {quoted(error)}. Restore it. Nothing was changed.") from error
        # A record names its own folder; a copied or edited one would give a platform somebody else's version.
        if path.parent != tree.root / release.folder or not _is_version(
            release.version, require_platform(release.platform)
        ):
            raise ReleaseError(f"{path} is of another version than its folder. Restore it. Nothing was changed.")
        found.append(release)
    return sorted(found, key=lambda release: version_order(release.version), reverse=True)


def latest(tree: Layout, platform: str) -> Release:
    """Return the newest release for a platform.

    Raises:
        ReleaseError: there is none; the text names those that there are.
    """
    require_platform(platform)
    known = released(tree)
    for release in known:
        if release.platform == platform:
            return release
    named = ", ".join(dict.fromkeys(release.platform for release in known)) or "none"
    raise ReleaseError(f"Platform {platform} is not in openapi/releases; there is: {named}. Nothing was changed.")


def archived_document(tree: Layout, platform: str) -> Path:
    """Return the document of the newest release for a platform.

    Raises:
        ReleaseError: there is no such release.
    """
    return only_document(tree.root / latest(tree, platform).folder)


def version_order(text: str) -> tuple[int, ...]:
    """Return what platforms and versions are sorted by: 25.10 comes after 25.9."""
    return tuple(int(part) for part in text.split("."))


def _is_version(version: str, platform: str) -> bool:
    return re.fullmatch(rf"{re.escape(platform)}\.(0|[1-9][0-9]*)", version) is not None
