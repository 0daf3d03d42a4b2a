"""A comparison as text for a terminal, as Markdown for a changelog, and as JSON for programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from pipeline.diff.difference import BEHAVIOUR, DOCUMENT, PYTHON, Difference, Rename, code, printable

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

_HEADINGS = {DOCUMENT: "API", PYTHON: "Python names and types", BEHAVIOUR: "Behaviour"}
_MARKS = re.compile(r"[\\`*<>\[\]&~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown and HTML act on in a line; an underscore within a word is none of it."""


@frozen(kw_only=True, slots=True)
class Comparison:
    """Everything that differs between two clients."""

    old: str
    """What the old one was built from, for people."""
    new: str
    differences: tuple[Difference, ...]
    renames: tuple[Rename, ...]

    @property
    def breaking(self) -> list[Difference]:
        """Return what can break a program that uses the old client."""
        return [difference for difference in self.differences if difference.breaking]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON data."""
        return {
            "old": self.old,
            "new": self.new,
            "breaking": len(self.breaking),
            "differences": [asdict(difference) for difference in self.differences],
            "renames": [asdict(rename) for rename in self.renames],
        }


def as_text(comparison: Comparison) -> str:
    """Return lines for a terminal: ``!`` marks what can break a program."""
    lines = [f"From {comparison.old} to {comparison.new}: {_counted(comparison)}."]
    for kind, heading in _HEADINGS.items():
        found = [difference for difference in comparison.differences if difference.kind == kind]
        if found:
            lines += ["", heading]
            lines += [f"  {'!' if one.breaking else ' '} {printable(f'{one.subject} {one.text}')}" for one in found]
    if comparison.renames:
        lines += ["", "Renamed (`release` lets the old names work for two more releases, with a DeprecationWarning)"]
        lines += [f"    {old} -> {new}{_how_many(count)}" for old, new, count, _ in _told(comparison.renames, None)]
    return "\n".join(lines) + "\n"


def as_markdown(comparison: Comparison, earlier_names: Container[str] | None = None) -> str:
    """Return a changelog's section body: what breaks first, then the rest, by kind.

    Args:
        comparison: what to show.
        earlier_names: those that a release keeps; None where there is no release yet.
    """
    return "\n".join(_markdown(comparison, earlier_names)).strip() + "\n"


def _markdown(comparison: Comparison, earlier_names: Container[str] | None) -> Iterator[str]:
    yield f"{_counted(comparison)}."
    for kind, heading in _HEADINGS.items():
        found = [difference for difference in comparison.differences if difference.kind == kind]
        if found:
            yield from ("", f"### {heading}", "")
            for one in found:
                yield f"* {'**Breaking:** ' if one.breaking else ''}{code(one.subject)} {_escaped(one.text)}"
    if comparison.renames:
        subject = "`release` lets the old names" if earlier_names is None else "The old names"
        yield from ("", "### Renamed", "", f"{subject} work for two more releases, with a `DeprecationWarning`.", "")
        for old, new, count, lost in _told(comparison.renames, earlier_names):
            note = ", and the old name does not work any more" if lost else ""
            yield f"* {'**Breaking:** ' if lost else ''}{code(old)} is now {code(new)}{_how_many(count)}{note}"


def _told(renames: Iterable[Rename], earlier_names: Container[str] | None) -> list[tuple[str, str, int, bool]]:
    """Return old and new name of each line, of how many operations it is, and whether the old name is lost.

    A renamed tag is one line, whatever number of operations it has.
    """
    together: dict[tuple[str, str, bool], list[Rename]] = {}
    for rename in renames:
        # What the release keeps decides, not what was found to be renamed.
        lost = earlier_names is not None and rename.old not in earlier_names
        (tag, _, name), (other_tag, _, other_name) = rename.old.partition("."), rename.new.partition(".")
        is_of_tag = rename.what == "operations" and name == other_name
        key = (f"{tag}.*", f"{other_tag}.*", lost) if is_of_tag else (rename.old, rename.new, lost)
        together.setdefault(key, []).append(rename)
    return [
        (one[0].old, one[0].new, 1, lost) if len(one) == 1 else (old, new, len(one), lost)
        for (old, new, lost), one in together.items()
    ]


def _how_many(operations: int) -> str:
    return f", for {operations} operations" if operations > 1 else ""


def _counted(comparison: Comparison) -> str:
    total, breaking = len(comparison.differences), len(comparison.breaking)
    if not total and not comparison.renames:
        return "No difference"
    return f"{total} difference{'s' if total != 1 else ''}, {breaking} of them breaking"


def _escaped(text: str) -> str:
    """Return untrusted text as Markdown that shows it; what lies between two backticks is code and stays as it is."""
    parts = printable(text).split("`")
    # An odd backtick belongs to a name: then nothing is code.
    if len(parts) % 2 == 0:
        return _MARKS.sub(r"\\\g<0>", printable(text))
    return "".join(code(part) if position % 2 else _MARKS.sub(r"\\\g<0>", part) for position, part in enumerate(parts))
