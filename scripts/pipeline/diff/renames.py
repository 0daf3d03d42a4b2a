"""Which operations changed their name while the thing stayed, so that the old name can go on working for two releases.

An operation is the same when the document says so (see :mod:`pipeline.diff.document`). For models see :mod:`.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.diff.difference import PYTHON, Difference, Rename, code
from pipeline.diff.document import matched, method_and_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.diff.document import Names


def operation_renames(old: dict[str, Any], new: dict[str, Any], old_names: Names, new_names: Names) -> Iterator[Rename]:
    """Yield the operations whose module (``tag.operation``) changed."""
    for before, after in matched(old, new):
        if before and after:
            ours, theirs = old_names.get(method_and_path(before)), new_names.get(method_and_path(after))
            if ours and theirs and ours != theirs:
                yield Rename(what="operations", old=ours, new=theirs)


def can_be_kept(renames: Iterable[Rename], new_names: Names) -> list[Rename]:
    """Return the renames whose old name can go on working: no other operation has it now."""
    # An alias would hide the new operation behind the old one's name.
    taken = set(new_names.values())
    return [rename for rename in renames if rename.old not in taken]


def taken_names(renames: Iterable[Rename], new_names: Names) -> Iterator[Difference]:
    """Yield the old names that call another operation now."""
    taken = set(new_names.values())
    for rename in renames:
        if rename.old in taken:
            text = f"is another operation now; what it was is {code(rename.new)}"
            yield Difference(kind=PYTHON, breaking=True, rule="name-taken", subject=rename.old, text=text)
