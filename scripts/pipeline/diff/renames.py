"""Which names changed while the thing stayed, so that the old name can go on working for two releases.

An operation is the same when the document says so (see :mod:`pipeline.diff.document`). For models see
:mod:`.models`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.diff.change import Difference, Rename
from pipeline.diff.document import matched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def operation_renames(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    old_names: Mapping[tuple[str, str], str],
    new_names: Mapping[tuple[str, str], str],
) -> Iterator[Rename]:
    """Yield the operations whose module (``tag.operation``) changed."""
    for before, after in matched(old, new):
        if before and after:
            ours, theirs = old_names.get((before.method, before.path)), new_names.get((after.method, after.path))
            if ours and theirs and ours != theirs:
                yield Rename(what="operations", old=ours, new=theirs)


def renamed_types(surface: Mapping[str, str], renames: Iterable[Rename]) -> dict[str, str]:
    """Return a surface with the new names of models in its signatures, so that a rename shows once."""
    new_names = {rename.old: rename.new for rename in renames if rename.what == "models"}
    if not new_names:
        return dict(surface)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, new_names))})\b")
    return {name: pattern.sub(lambda match: new_names[match[1]], text) for name, text in surface.items()}


def without_renamed(differences: Iterable[Difference], renames: Iterable[Rename]) -> Iterator[Difference]:
    """Yield the differences but those that a rename explains: the old name goes on working."""
    explained = {name for rename in renames for name in _names_of(rename)}
    for difference in differences:
        if difference.rule not in {"name-removed", "name-added"} or _short(difference.subject) not in explained:
            yield difference


def _names_of(rename: Rename) -> Iterator[str]:
    for name in (rename.old, rename.new):
        if rename.what == "operations":
            yield name
        else:
            yield f"models.{name.lower()}"


def _short(subject: str) -> str:
    """Return the operation (``tag.name``) or model that a dotted name of the surface stands for."""
    part, *others = subject.split(".")
    if part == "models":
        return f"models.{others[-1].replace('_', '').lower()}"
    if part == "resources" and others:
        return f"{others[0]}.{others[-1]}"
    return ".".join(others[:2])
