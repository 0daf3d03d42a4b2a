"""Which models changed their name while the thing stayed: found in the surfaces of both packages.

A model is taken for another when its class is gone, the other appeared and has all of its attributes, and either

* both stand at the same position: the same argument or answer of an operation, the same attribute of a model; or
* their attributes agree to the letter, one to one, but for names of models that may be renamed too.

Models that refer to each other are judged together. What is known to be renamed counts as equal in the next round,
until a round finds nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline.diff.difference import Rename
from pipeline.diff.surface import arguments_and_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FEWEST_ATTRIBUTES = 2
"""Models with fewer are too much alike to be taken for each other, wherever they stand."""

Pairs = set[tuple[str, str]]
"""Class names, old and new."""
Attributes = dict[str, str]
"""Signature of each attribute by name; the bases by an empty name."""

_WORD = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\W\d]\w*)""")
"""A name in a signature, or a text, in which no name is looked for."""


def model_renames(old: Mapping[str, str], new: Mapping[str, str], operations: Iterable[Rename] = ()) -> list[Rename]:
    """Return the renamed model classes of two surfaces, given the renamed operations."""
    ours, theirs = _classes(old), _classes(new)
    calls = list(_calls(old, new, operations))
    known: dict[str, str] = {}
    while True:
        removed = {name: ours[name] for name in ours.keys() - theirs.keys() - known.keys()}
        added = {name: theirs[name] for name in theirs.keys() - ours.keys() - set(known.values())}
        same = {name: known.get(name, name) for name in ours if known.get(name, name) in theirs}
        members = [(ours[name], theirs[other]) for name, other in same.items()]
        one = _Round(removed=removed, added=added, known=known)
        # The position says more than the shape, so shapes are looked at only where no position is left.
        found = one.consistent(one.at_positions([*calls, *members])) or one.consistent(one.of_one_shape())
        if not found:
            return [Rename(what="models", old=name, new=known[name]) for name in sorted(known)]
        known |= found


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return a signature with the new names of what it names."""
    return _WORD.sub(lambda match: names.get(match[0], match[0]), text)


def _classes(surface: Mapping[str, str]) -> dict[str, Attributes]:
    found: dict[str, Attributes] = {}
    for path, signature in surface.items():
        if path.startswith("models.") and signature.startswith("class "):
            found[path] = {"": signature.partition("(")[2]}
    for path, signature in surface.items():
        parent, _, member = path.rpartition(".")
        if parent in found:
            found[parent][member] = signature
    return {path.rpartition(".")[2]: attributes for path, attributes in found.items()}


def _calls(
    old: Mapping[str, str], new: Mapping[str, str], operations: Iterable[Rename]
) -> Iterator[tuple[Attributes, Attributes]]:
    """Yield arguments and answer of each operation that both surfaces have."""
    new_paths = {f"api.{rename.old}.sync": f"api.{rename.new}.sync" for rename in operations}
    for path, signature in old.items():
        other = new.get(new_paths.get(path, path))
        if path.startswith("api.") and path.endswith(".sync") and other:
            yield arguments_and_answer(signature), arguments_and_answer(other)


@frozen(kw_only=True, slots=True)
class _Round:
    """What is known in one round: classes that were removed, or added, and the renames found before."""

    removed: Mapping[str, Attributes]
    added: Mapping[str, Attributes]
    known: Mapping[str, str]

    def at_positions(self, counterparts: Iterable[tuple[Attributes, Attributes]]) -> Pairs:
        """Return who stands where another stood, in what has stayed or in such a pair."""
        found: Pairs = set()
        pending = list(counterparts)
        while pending:
            before, after = pending.pop()
            for name in before.keys() & after.keys():
                for pair in _differing(renamed(before[name], self.known), after[name]) or ():
                    if pair not in found and pair[0] in self.removed and pair[1] in self.added:
                        found.add(pair)
                        # What stands inside this pair stands at the same position too.
                        pending.append((self.removed[pair[0]], self.added[pair[1]]))
        return found

    def of_one_shape(self) -> Pairs:
        """Return who agrees with one other and no more, and who then stands where another stood."""
        ours, theirs = self._by_shape(self.removed, self.known), self._by_shape(self.added, {})
        found = {
            (names[0], theirs[shape][0])
            for shape, names in ours.items()
            if len(names) == len(theirs.get(shape, ())) == 1 and len(shape) > FEWEST_ATTRIBUTES
        }
        return found | self.at_positions((self.removed[name], self.added[other]) for name, other in found)

    def consistent(self, candidates: Pairs) -> dict[str, str]:
        """Return the pairs that hold if all of them do, and of which no name is in another."""
        # Again after each that falls: it may have been what let another one pass.
        while True:
            kept = {pair for pair in candidates if self._holds(*pair, candidates)}
            if kept == candidates:
                kept = {pair for pair in candidates if _is_alone(pair, candidates)}
            if kept == candidates:
                return dict(kept)
            candidates = kept

    def _holds(self, name: str, other: str, candidates: Pairs) -> bool:
        """Return whether the new class has every attribute of the old one."""
        after = self.added[other]
        for attribute, text in self.removed[name].items():
            pairs = _differing(renamed(text, self.known), after[attribute]) if attribute in after else None
            if pairs is None or not pairs <= candidates:
                return False
        return True

    def _by_shape(self, classes: Mapping[str, Attributes], known: Mapping[str, str]) -> dict[frozenset[str], list[str]]:
        """Return the classes by their attributes, in which all names that may be renamed are one."""
        names = {**dict.fromkeys([*self.removed, *self.added], "Renamed"), **known}
        found: dict[frozenset[str], list[str]] = defaultdict(list)
        for name, attributes in classes.items():
            found[frozenset(f"{key}: {renamed(text, names)}" for key, text in attributes.items())].append(name)
        return found


def _is_alone(pair: tuple[str, str], candidates: Pairs) -> bool:
    return not any((one[0] == pair[0]) != (one[1] == pair[1]) for one in candidates)


def _differing(before: str, after: str) -> Pairs | None:
    """Return the words in which two signatures differ, in pairs; None if they differ in more than words."""
    ours, theirs = _WORD.split(before), _WORD.split(after)
    if ours[::2] != theirs[::2]:
        return None
    return {pair for pair in zip(ours[1::2], theirs[1::2], strict=True) if pair[0] != pair[1]}
