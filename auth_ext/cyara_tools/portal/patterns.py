"""One text that matches a pattern of the document.

Made from Python's own parse of the pattern. Whatever it cannot make a text for (look-arounds, conditionals, .NET's
dialect) gives None, and the caller falls back to a plain word.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


Node: TypeAlias = Any  # a piece of the parse tree, whose types are private

# The parse tree of a pattern has no public home and no stubs.
_PARSER: Any = import_module("re._parser")
_CODES: Any = import_module("re._constants")
_LONGEST: Final = 4_000
_CANDIDATES: Final = "a1A0 -_.:/+=@" + "".join(map(chr, range(33, 127)))


def matching_text(pattern: str, repeats: int = 1) -> str | None:
    """Return a short text that the pattern finds itself in, or None.

    What may be repeated is repeated so many times, as far as the pattern allows.
    """
    try:
        made = _sequence(_PARSER.parse(pattern), _Making(repeats=repeats))
    except (re.error, _CannotMakeError, RecursionError, OverflowError):
        return None
    return made if len(made) <= _LONGEST and re.search(pattern, made) else None


@attrs.frozen(kw_only=True)
class _Making:
    """What the pieces of one text share."""

    repeats: int
    groups: dict[int, str] = attrs.field(factory=dict[int, str])


class _CannotMakeError(Exception):
    """The pattern uses something that no text is made for."""


def _sequence(tree: Iterable[tuple[Node, Node]], making: _Making) -> str:
    return "".join(_piece(code, value, making) for code, value in tree)


def _piece(code: Node, value: Node, making: _Making) -> str:
    maker = _MAKERS.get(str(code))
    if maker is None:
        raise _CannotMakeError
    return maker(value, making)


def _group(value: Node, making: _Making) -> str:
    making.groups[value[0]] = _sequence(value[-1], making)
    return making.groups[value[0]]


def _repeated(value: Node, making: _Making) -> str:
    low, high, inner = value
    if low > _LONGEST:
        raise _CannotMakeError
    # One where none is needed makes texts that look like something; the caller checks that they match.
    piece = _sequence(inner, making)
    wanted = making.repeats if len(piece) * making.repeats <= _LONGEST else 1
    return piece * max(int(low), min(int(high), wanted))


def _one_of(members: Node) -> str:
    negated = bool(members) and members[0][0] is _CODES.NEGATE
    fitting = [char for char in _CANDIDATES if any(_has(member, char) for member in members) != negated]
    if fitting:
        return fitting[0]
    code, value = members[0]
    if str(code) == "LITERAL":
        return chr(value)
    if str(code) == "RANGE":
        return chr(value[0])
    raise _CannotMakeError


def _has(member: tuple[Node, Node], char: str) -> bool:
    code, value = member
    match str(code):
        case "LITERAL":
            return bool(ord(char) == value)
        case "RANGE":
            return bool(value[0] <= ord(char) <= value[1])
        case "CATEGORY":
            name = str(value)
            positive = name.replace("_NOT_", "_")
            inside = {"CATEGORY_DIGIT": char.isdigit(), "CATEGORY_SPACE": char.isspace()}.get(
                positive, char.isalnum() or char == "_"
            )
            return inside != (name != positive)
        case _:
            return False


_MAKERS: Final[Mapping[str, Callable[[Node, _Making], str]]] = {
    "LITERAL": lambda value, _: chr(value),
    "NOT_LITERAL": lambda value, _: next(char for char in _CANDIDATES if ord(char) != value),
    "ANY": lambda _value, _: "a",
    "AT": lambda _value, _: "",
    "IN": lambda value, _: _one_of(value),
    "BRANCH": lambda value, making: _sequence(value[1][0], making),
    "SUBPATTERN": _group,
    "GROUPREF": lambda value, making: making.groups.get(value, ""),
    **dict.fromkeys(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"), _repeated),
}
