"""One text that matches a pattern of the document.

Made from Python's own parse of the pattern. Look-arounds, conditionals and .NET's dialect give None, and the
caller falls back to another text.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


# A part of the parse tree, whose types are private.
Node: TypeAlias = Any

# The parse tree of a pattern has no public home and no stubs.
_PARSER: Any = import_module("re._parser")
_CODES: Any = import_module("re._constants")
_TEXT_LIMIT: Final = 4_000
# Letters and digits first, so that a text looks like a word wherever the pattern lets it.
_CANDIDATES: Final = "a1A0 -_.:/+=@" + "".join(map(chr, range(33, 127)))


def matching_text(pattern: str, repeats: int = 1) -> str | None:
    """Return a short text that the pattern finds itself in, or None.

    What may be repeated is repeated so many times, as far as the pattern allows.
    """
    try:
        made = _sequence(_PARSER.parse(pattern), _Context(repeats=repeats))
    except (re.error, _UnsupportedPatternError, RecursionError, OverflowError):
        return None
    # Anchors and word boundaries are skipped while a text is made, so whether it matches has to be asked.
    return made if len(made) <= _TEXT_LIMIT and re.search(pattern, made) else None


@attrs.frozen(kw_only=True)
class _Context:
    """What the parts of one text share."""

    repeats: int
    groups: dict[int, str] = attrs.field(factory=dict[int, str])


class _UnsupportedPatternError(Exception):
    """The pattern uses something that no text is made for."""


def _sequence(tree: Iterable[tuple[Node, Node]], context: _Context) -> str:
    return "".join(_part(code, value, context) for code, value in tree)


def _part(code: Node, value: Node, context: _Context) -> str:
    maker = _MAKERS.get(str(code))
    if maker is None:
        raise _UnsupportedPatternError
    return maker(value, context)


def _group(value: Node, context: _Context) -> str:
    context.groups[value[0]] = _sequence(value[-1], context)
    return context.groups[value[0]]


def _repeated(value: Node, context: _Context) -> str:
    low, high, inner = value
    if low > _TEXT_LIMIT:
        raise _UnsupportedPatternError
    # One where none is needed makes texts that look like something; the caller checks that they match.
    part = _sequence(inner, context)
    wanted = context.repeats if len(part) * context.repeats <= _TEXT_LIMIT else 1
    return part * max(int(low), min(int(high), wanted))


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
    raise _UnsupportedPatternError


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


_MAKERS: Final[Mapping[str, Callable[[Node, _Context], str]]] = {
    "LITERAL": lambda value, _: chr(value),
    "NOT_LITERAL": lambda value, _: next(char for char in _CANDIDATES if ord(char) != value),
    "ANY": lambda _value, _: "a",
    "AT": lambda _value, _: "",
    "IN": lambda value, _: _one_of(value),
    "BRANCH": lambda value, context: _sequence(value[1][0], context),
    "SUBPATTERN": _group,
    "GROUPREF": lambda value, context: context.groups.get(value, ""),
    **dict.fromkeys(("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"), _repeated),
}
