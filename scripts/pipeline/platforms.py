"""Platform releases: their names, the version of the client for each, and which of two is the newer one.

The vendor numbers both ways: 6.4, 7.3 and 7.4, and then 2020.2. Two or more numbers are taken, and the client's version
has the first two, so that the third is free for its own patches. By number 2020.2 comes after 7.4; where that is not
the order in which they appeared, ``openapi/releases/order.json`` says which it is.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pipeline.document.document import dump_json
from pipeline.document.json_nodes import members
from pipeline.errors import ReleaseError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.install.layout import Layout

ORDER = "openapi/releases/order.json"
"""``{"platforms": [...]}``, the oldest first."""

_PLATFORM = re.compile(r"[1-9][0-9]{0,3}(?:\.(?:0|[1-9][0-9]{0,8})){1,3}")
"""Without leading zeros: 7.04 and 7.4 would be two platforms with one and the same version (PEP 440)."""


def require_platform(text: str) -> str:
    """Return a platform release as written, ``7.4``.

    Raises:
        ReleaseError: it is not of this form; it becomes a folder's name, so nothing else is taken.
    """
    if not _PLATFORM.fullmatch(text):
        raise ReleaseError(
            f"{quoted(text)} is no platform release. Nothing was changed. "
            "Write it as 7.4, 7.4.1 or 2020.2: two to four numbers without leading zeros."
        )
    return text


def series(platform: str) -> str:
    """Return the part of a platform release that the client's version begins with: 7.4 for 7.4.1."""
    return ".".join(platform.split(".")[:2])


def numbers(text: str) -> tuple[int, ...]:
    """Return what platforms and versions are sorted by where nothing else is said: 7.10 comes after 7.9."""
    return tuple(int(part) for part in text.split("."))


def in_order(platforms: Iterable[str], recorded: Sequence[str] = ()) -> list[str]:
    """Return platforms and those of the recorded order, the oldest first.

    What is recorded keeps its order; each other one comes after the one that is next below it by number.
    """
    ordered = list(recorded)
    for platform in sorted(set(platforms) - set(recorded), key=numbers):
        below = [one for one in ordered if numbers(one) < numbers(platform)]
        place = ordered.index(max(below, key=numbers)) + 1 if below else 0
        ordered.insert(place, platform)
    return ordered


def recorded_order(tree: Layout) -> list[str]:
    """Return the order that a release recorded; empty where none did.

    Raises:
        ReleaseError: the file is damaged.
    """
    path = tree.root / ORDER
    if not path.exists():
        return []
    try:
        platforms = members(json.loads(path.read_bytes()), "platforms")
        return _each_once([require_platform(str(one)) for one in platforms])
    except (ValueError, ReleaseError) as error:
        raise ReleaseError(f"{path} is damaged. Nothing was changed. Restore it from git.") from error


def given_order(text: str, platform: str, known: Iterable[str]) -> list[str]:
    """Return the order that a person gave, ``7.4,2020.2``, for a release of ``platform`` beside the ``known`` ones.

    Raises:
        ReleaseError: it has something that is no platform, or one twice, or lacks one.
    """
    order = _each_once([require_platform(one) for one in re.split(r"[\s,]+", text.strip())])
    missing = set(known) | {platform}
    missing -= set(order)
    if missing:
        raise ReleaseError(
            f"--platform-order lacks {', '.join(sorted(missing, key=numbers))}. Nothing was changed. "
            "Name every released platform and the new one, the oldest first."
        )
    return order


def require_newest(platform: str, known: Sequence[str], recorded: Sequence[str]) -> None:
    """Make sure that nobody takes a new platform for an older or a newer one than it is.

    Args:
        platform: the one to release.
        known: those with a release, the oldest first.
        recorded: the order that was recorded.

    Raises:
        ReleaseError: it sorts before the newest one, and no order says whether that is right.
    """
    if not known or platform in {*known, *recorded}:
        return
    ordered = [one for one in in_order([*known, platform], recorded) if one in {*known, platform}]
    if ordered[-1] == platform:
        return
    older, newest = ",".join(in_order([*known, platform], recorded)), ",".join([*in_order(known, recorded), platform])
    raise ReleaseError(
        f"Platform {platform} sorts before {known[-1]}, the newest one that was released. Nothing was changed. "
        f"Say the order, the oldest first: `--platform-order {older}` if it is an older platform, or "
        f"`--platform-order {newest}` if it is the newest. {ORDER} keeps it."
    )


def dump_order(order: Sequence[str]) -> bytes:
    """Return the bytes of the file that keeps an order."""
    return dump_json({"platforms": list(order)})


def _each_once(platforms: list[str]) -> list[str]:
    twice = next((one for one in platforms if platforms.count(one) > 1), None)
    if twice:
        raise ReleaseError(f"The order of the platforms has {twice} twice. Nothing was changed. Name each once.")
    return platforms
