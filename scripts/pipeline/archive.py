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
from pipeline.platforms import in_order, numbers, recorded_order, require_platform, series

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.install.layout import Layout


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
    reconstruction: bool = False
    """Whether the document is a reconstruction, and not the one that a portal serves."""

    def dump(self) -> bytes:
        """Return the bytes of ``release.json``."""
        return dump_json(asdict(self))

    @property
    def label(self) -> str:
        """Return the platform as users are told it: `7.4`, or `7.4 (reconstruction)`."""
        return f"{self.platform} (reconstruction)" if self.reconstruction else self.platform

    @property
    def folder(self) -> str:
        """Return the folder of the release, relative to the tree."""
        return f"openapi/releases/{self.platform}/{self.version}"


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
    order = in_order((release.platform for release in found), recorded_order(tree))
    return sorted(found, key=lambda one: (order.index(one.platform), numbers(one.version)), reverse=True)


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


def _is_version(version: str, platform: str) -> bool:
    return re.fullmatch(rf"{re.escape(series(platform))}\.(0|[1-9][0-9]*)", version) is not None
