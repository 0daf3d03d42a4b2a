"""``openapi/aliases.json``: old names that go on working for two releases after the one that renamed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.diff.difference import Rename

ALIAS_RELEASES = 2
"""Releases after the renaming one in which the old name still works."""
KINDS = ("operations", "models")


def next_aliases(
    aliases: Mapping[str, Any], renames: Iterable[Rename], *, platform: str, is_newest: bool
) -> dict[str, Any]:
    """Return the aliases of a new release: the new renames, and the others, a release older for the newest platform."""
    new = list(renames)
    following = {(rename.what, rename.old): rename.new for rename in new}
    result: dict[str, Any] = {}
    for kind in KINDS:
        entries: list[dict[str, Any]] = aliases.get(kind, [])
        # A patch, or a release for an older platform, ages nothing: who goes from platform to platform skips it.
        if is_newest:
            entries = [
                {**entry, "releases": entry["releases"] + 1} for entry in entries if entry["releases"] < ALIAS_RELEASES
            ]
        # Renamed again: the first name leads straight to the newest one.
        kept = [{**entry, "new": following.get((kind, entry["new"]), entry["new"])} for entry in entries]
        renamed = {rename.old: rename.new for rename in new if rename.what == kind}
        kept = [entry for entry in kept if entry["old"] not in renamed and entry["old"] != entry["new"]]
        added = [{"old": old, "new": name, "since": platform, "releases": 0} for old, name in renamed.items()]
        result[kind] = sorted(kept + added, key=lambda entry: str(entry["old"]))
    return result


def expired_aliases(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the old names that worked before and do not any more, each with the name to use."""
    kept = {(kind, entry[key]) for kind in KINDS for entry in after.get(kind, []) for key in ("old", "new")}
    return [
        (entry["old"], entry["new"])
        for kind in KINDS
        for entry in before.get(kind, [])
        if (kind, entry["old"]) not in kept
    ]
