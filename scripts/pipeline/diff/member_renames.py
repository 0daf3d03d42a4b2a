"""Which arguments and attributes changed their name while the thing stayed, so that each is told once.

A renamed path parameter changes the signature of every operation below it, a renamed property the answer of every
operation that has it: two dozen lines for one rename. No old name is kept for these, so each such line is breaking.

One is taken for the other when one is gone, the other is new, both have the same type and default, and either they
stand at the same place and are the only ones there that changed, or one name has the other's words in it. What stands
in a path is known by its place alone: its name is never sent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline.diff.difference import DOCUMENT, PYTHON, Difference, code
from pipeline.diff.surface import arguments_and_answer
from pipeline.errors import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ARGUMENT, ATTRIBUTE = "argument", "attribute"
Members = Mapping[str, str]
"""Type and default of each argument or attribute by name, in order."""

_GONE = re.compile(r"(?P<place>.*(?:: |\.))(?P<name>[^.:]+) is removed")
_NEW = re.compile(r"(?P<place>.*(?:: |\.))(?P<name>[^.:]+) is added(?:, and required)?")
_PARAMETER_GONE = re.compile(r"(?P<place>the \w+ parameter) '(?P<name>.*)' is removed")
_PARAMETER_NEW = re.compile(r"gets (?P<place>the \w+ parameter) '(?P<name>.*)', (?:required|optional)")


@frozen(kw_only=True, slots=True)
class MemberRenames:
    """What was renamed, and the old surface in which those have their new names."""

    found: Mapping[tuple[str, str, str], list[str]]
    """Operations or models by kind, old and new name."""
    arguments: Mapping[str, Mapping[str, str]]
    """Of each operation old and new name of what was renamed."""
    surface: dict[str, str]

    def differences(self) -> Iterator[Difference]:
        """Yield one difference for each rename."""
        for (kind, name, other), places in self.found.items():
            shown = listed([code(place) for place in sorted(places)], limit=5)
            text = f"is now {code(other)}, an {kind} of {shown}"
            yield Difference(kind=PYTHON, breaking=True, rule=f"{kind}-renamed", subject=name, text=text)

    def unexplained(self, differences: Iterable[Difference]) -> Iterator[Difference]:
        """Yield the differences of the document that are more than one of these renames."""
        told = list(differences)
        pairs = {(_letters(name), _letters(other)) for _, name, other in self.found}
        explained = set(_explained(told, pairs, _GONE, _NEW))
        explained |= set(_explained(told, pairs, _PARAMETER_GONE, _PARAMETER_NEW))
        yield from (one for one in told if one not in explained)


def member_renames(old: Mapping[str, str], new: Mapping[str, str]) -> MemberRenames:
    """Return what was renamed within the functions and classes that both surfaces have."""
    places: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    moved: dict[str, str] = {}
    operations: dict[str, dict[str, str]] = {}
    for path in old.keys() & new.keys():
        if path.startswith("api.") and path.endswith(".sync"):
            operation = path.removeprefix("api.").removesuffix(".sync")
            operations[operation] = _pairs(*(_arguments(side[path]) for side in (old, new)))
            for name, other in operations[operation].items():
                places[ARGUMENT, name, other].append(operation)
        elif path.startswith("models.") and old[path].startswith("class "):
            for name, other in _pairs(_attributes(old, path), _attributes(new, path)).items():
                places[ATTRIBUTE, name, other].append(path.rpartition(".")[2])
                moved[f"{path}.{name}"] = f"{path}.{other}"
    surface = {moved.get(path, path): _with_arguments(text, _names_of(path, operations)) for path, text in old.items()}
    return MemberRenames(found=dict(sorted(places.items())), arguments=operations, surface=surface)


def _names_of(path: str, operations: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """Return the renamed arguments of an endpoint function, or of a method of a resource, its iterator too."""
    part, _, rest = path.partition(".")
    tag, _, method = rest.partition(".")
    if part == "api":
        return operations.get(f"{tag}.{method.partition('.')[0]}", {})
    name = method.rpartition(".")[2]
    if part != "resources" or not name.startswith("iter_"):
        return operations.get(f"{tag}.{name}", {}) if part == "resources" else {}
    # `get_runs`, `list_runs` and `runs` are all walked by `iter_runs`.
    stem = name.removeprefix("iter_")
    walked = (
        one
        for one in operations
        if one == f"{tag}.{stem}" or re.fullmatch(rf"{re.escape(tag)}\.[a-z]+_{re.escape(stem)}", one)
    )
    return {old: new for one in walked for old, new in operations[one].items()}


def _pairs(old: Members, new: Members) -> dict[str, str]:
    """Return who has which name now."""
    before, after = list(old), list(new)
    gone, added = ([name for name in one if name not in other] for one, other in ((old, new), (new, old)))
    found: dict[str, str] = {}
    for name in gone:
        same_type = [other for other in added if old[name] == new[other]]
        # Before `client` stands what is put into the path; else the only two that changed are each other's.
        by_place = len(gone) == len(added) == 1 or before.index(name) < (
            before.index("client") if "client" in old else 0
        )
        here = [other for other in same_type if by_place and after.index(other) == before.index(name)]
        fitting = here or [other for other in same_type if _is_like(name, other)]
        if len(fitting) == 1 and fitting[0] not in found.values():
            found[name] = fitting[0]
    return found


def _is_like(name: str, other: str) -> bool:
    ours, theirs = set(name.split("_")), set(other.split("_"))
    return ours < theirs or theirs < ours or _letters(name) == _letters(other)


def _letters(name: str) -> str:
    """Return a name whatever its spelling: `campaignId` and `campaign_id` are one."""
    return re.sub(r"[\W_]", "", name).lower()


def _arguments(signature: str) -> Members:
    return {name: text for name, text in arguments_and_answer(signature).items() if name != "return"}


def _attributes(surface: Mapping[str, str], path: str) -> Members:
    prefix = f"{path}."
    inside = ((key.removeprefix(prefix), text) for key, text in surface.items() if key.startswith(prefix))
    return {name: text for name, text in inside if "." not in name and not text.startswith(("(", "class "))}


def _with_arguments(signature: str, names: Mapping[str, str]) -> str:
    """Return a signature with the new names of its arguments; a text that is none stays as it is."""
    if not signature.startswith("("):
        return signature
    # In one pass: two arguments may have swapped their names with others.
    return re.sub(r"(?<=[(, ])(\w+)(?=: )", lambda match: names.get(match[1], match[1]), signature)


def _explained(
    differences: Iterable[Difference], pairs: set[tuple[str, str]], gone: re.Pattern[str], new: re.Pattern[str]
) -> Iterator[Difference]:
    """Yield what is gone, and what is new in its place, where that is one of the renames."""
    found: dict[tuple[str, str], dict[str, dict[str, Difference]]] = defaultdict(lambda: {"gone": {}, "new": {}})
    for one in differences:
        for side, pattern in (("gone", gone), ("new", new)):
            match = pattern.fullmatch(one.text) if one.kind == DOCUMENT else None
            if match:
                found[one.subject, match["place"]][side][_letters(match["name"])] = one
    for sides in found.values():
        for name, other in pairs:
            if name in sides["gone"] and other in sides["new"]:
                yield from (sides["gone"][name], sides["new"][other])
