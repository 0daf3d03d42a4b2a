"""``openapi/aliases.json``: old names that go on working for two releases after the one that renamed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.diff.change import Rename

LIFE = 2
"""Releases after the renaming one in which the old name still works."""
KINDS = ("operations", "models")


def next_aliases(aliases: Mapping[str, Any], renames: Iterable[Rename], *, platform: str) -> dict[str, Any]:
    """Return the aliases of a new release: older by one, the outlived dropped, the new renames added.

    An alias that leads to a name that is renamed again leads to the newest one.
    """
    new = list(renames)
    following = {(rename.what, rename.old): rename.new for rename in new}
    result: dict[str, Any] = {}
    for kind in KINDS:
        kept = [
            {**entry, "new": following.get((kind, entry["new"]), entry["new"]), "releases": entry["releases"] + 1}
            for entry in aliases.get(kind, [])
            if entry["releases"] < LIFE
        ]
        renamed = {rename.old: rename.new for rename in new if rename.what == kind}
        kept = [entry for entry in kept if entry["old"] not in renamed and entry["old"] != entry["new"]]
        added = [{"old": old, "new": name, "since": platform, "releases": 0} for old, name in renamed.items()]
        result[kind] = sorted(kept + added, key=lambda entry: str(entry["old"]))
    return result
