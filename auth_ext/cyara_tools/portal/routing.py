"""From a request's path to the operation of the document that serves it, as ASP.NET's own routing finds it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote

import attrs

from cyara_tools.portal.document import ServedOperation
from cyara_tools.portal.spelling import placeholders, split_template, template_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@attrs.frozen(eq=False)
class _Route:
    # Case does not matter to ASP.NET, so the exact pattern only decides between routes that differ in nothing else.
    exact: re.Pattern[str]
    loose: re.Pattern[str]
    names: tuple[str, ...]
    rank: tuple[int, ...]
    query: tuple[tuple[str, str], ...]
    """Pairs of a query that belongs to the route; a value may be a name in braces."""
    operations: dict[str, ServedOperation] = attrs.field(factory=dict[str, ServedOperation])

    def values(self, path: str, sent: Mapping[str, str]) -> dict[str, str] | None:
        """Return the still percent-encoded values of the template's names, or None where the route does not fit."""
        hit = self.loose.fullmatch(path)
        if hit is None:
            return None
        found = dict(zip(self.names, hit.groups(), strict=True))
        for name, value in self.query:
            if name not in sent or (value[:1] != "{" and sent[name] != value):
                return None
            found |= dict.fromkeys(template_names(value), sent[name])
        return found


class Router:
    """All routes of a document, looked up by the number of segments first."""

    def __init__(self, operations: Iterable[ServedOperation]) -> None:
        routes: dict[str, _Route] = {}
        for operation in operations:
            route = routes.get(operation.path) or routes.setdefault(operation.path, _compile(operation.path))
            route.operations.setdefault(operation.method, operation)
        self._by_length: dict[int, list[_Route]] = defaultdict(list)
        self._catch_all: list[_Route] = []
        for route in routes.values():
            (self._catch_all if _CATCH_ALL in route.rank else self._by_length[len(route.rank)]).append(route)
        for group in (*self._by_length.values(), self._catch_all):
            group.sort(key=lambda route: (route.rank, -len(route.query)))

    def allowed_methods(self, path: str) -> list[str]:
        """Return the methods that a raw (percent-encoded) path takes, none where no operation has the path."""
        fitting = self._fitting(path)
        # Paths that differ in a parameter's name only are one route to a server; their methods are joined.
        return sorted({method for order, route in fitting if order == fitting[0][0] for method in route.operations})

    def candidates(self, path: str, query: str, method: str) -> Iterator[tuple[ServedOperation, dict[str, str]]]:
        """Yield every operation with this method whose template fits the path and query, best first.

        Templates such as `/items/{id}` and `/items/{name}` fit the same paths; only the types of their parameters
        tell them apart.
        """
        pairs = {name: value for name, _, value in (pair.partition("=") for pair in query.split("&"))}
        for _, route in self._fitting(path):
            if method in route.operations and (values := route.values(path, pairs)) is not None:
                yield route.operations[method], values

    def is_named(self, path: str, method: str) -> bool:
        """Whether a path is spelled out in the document, so that an operation with this method has it as it stands."""
        best = self._fitting(path)[:1]
        return any(method in route.operations and set(route.rank) == {_LITERAL} for _, route in best)

    def _fitting(self, path: str) -> list[tuple[tuple[bool, tuple[int, ...]], _Route]]:
        """Return the routes that fit a path, best first; the first member of each pair is what they are ranked by."""
        # A catch-all takes any number of segments, so it can be found by none.
        routes = (*self._by_length[path.count("/")], *self._catch_all)
        found = [
            ((route.exact.fullmatch(path) is None, route.rank), route)
            for route in routes
            if route.loose.fullmatch(path)
        ]
        return sorted(found, key=lambda entry: entry[0])


# In the order of ASP.NET: literals win over parameters, parameters over catch-alls.
_LITERAL, _MIXED, _PARAMETER, _CATCH_ALL = range(4)


def _compile(template: str) -> _Route:
    path, query = split_template(template)
    found = placeholders(path)
    pattern, masked, end = "", "", 0
    for placeholder in found:
        literal, end = path[end : placeholder.start], placeholder.end
        pattern += _either_spelling(literal) + ("(.+)" if placeholder.catch_all else "([^/]+?)")
        # One character for each placeholder, since a constraint may hold slashes of its own.
        masked += literal + ("\1" if placeholder.catch_all else "\0")
    pattern, masked = pattern + _either_spelling(path[end:]), masked + path[end:]
    rank = tuple(_kind(segment) for segment in masked.removeprefix("/").split("/"))
    names = tuple(placeholder.name for placeholder in found)
    return _Route(re.compile(pattern), re.compile(pattern, re.IGNORECASE), names, rank, query)


def _kind(segment: str) -> int:
    """Return what a segment is, given with one character in place of each placeholder."""
    if "\1" in segment:
        return _CATCH_ALL
    return _PARAMETER if segment == "\0" else _MIXED if "\0" in segment else _LITERAL


def _either_spelling(literal: str) -> str:
    """Match a literal as written or percent-encoded, as clients differ in what they encode."""
    return "/".join("".join(map(_either_char, unquote(part))) for part in literal.split("/"))


def _either_char(char: str) -> str:
    if (char.isascii() and char.isalnum()) or char in "-._~":
        return re.escape(char)
    return f"(?:{re.escape(char)}|{''.join(f'%{byte:02X}' for byte in char.encode(errors='replace'))})"
