"""From a request's path to the operation of the document that serves it.

Like ASP.NET's own routing: literals win over parameters, parameters over catch-alls, and case does not matter unless
two routes differ in nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote

import attrs

from cyara_auth.testing.document import ServedOperation, template_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@attrs.frozen(kw_only=True)
class Match:
    """What a path leads to: the operations by method, and the still percent-encoded values of the template's names."""

    operations: Mapping[str, ServedOperation]
    values: Mapping[str, str]


@attrs.frozen(eq=False)
class _Route:
    exact: re.Pattern[str]
    loose: re.Pattern[str]
    names: tuple[str, ...]
    rank: tuple[int, ...]
    operations: dict[str, ServedOperation] = attrs.field(factory=dict[str, ServedOperation])


class Router:
    """All routes of a document, looked up by the number of segments first."""

    def __init__(self, operations: Iterable[ServedOperation]) -> None:
        routes: dict[str, _Route] = {}
        for operation in operations:
            path = operation.path.partition("?")[0]
            route = routes.get(path) or routes.setdefault(path, _compile(path))
            route.operations.setdefault(operation.method, operation)
        self._by_length: dict[int, list[_Route]] = defaultdict(list)
        self._catch_all: list[_Route] = []
        for path, route in routes.items():
            (self._catch_all if _CATCH_ALL in route.rank else self._by_length[path.count("/")]).append(route)
        for group in (*self._by_length.values(), self._catch_all):
            group.sort(key=lambda route: route.rank)

    def match(self, path: str) -> Match | None:
        """Find the operations of a raw (percent-encoded) path, or None."""
        found: list[tuple[tuple[bool, tuple[int, ...]], _Route, re.Match[str]]] = []
        for route in (*self._by_length[path.count("/")], *self._catch_all):
            hit = route.loose.fullmatch(path)
            if hit:
                found.append(((route.exact.fullmatch(path) is None, route.rank), route, hit))
        if not found:
            return None
        found.sort(key=lambda entry: entry[0])
        best = found[0]
        operations: dict[str, ServedOperation] = {}
        # Paths that differ in a parameter's name only are one route to a server; their methods are joined.
        for order, route, _ in found:
            if order == best[0]:
                operations = {**route.operations, **operations}
        return Match(operations=operations, values=dict(zip(best[1].names, best[2].groups(), strict=True)))

    def candidates(self, path: str, method: str) -> Iterator[tuple[ServedOperation, dict[str, str]]]:
        """Yield every operation with this method whose template fits the path, best first.

        Templates such as `/items/{id}` and `/items/{name}` fit the same paths; only the types of their parameters
        tell them apart.
        """
        fitting = [
            ((route.exact.fullmatch(path) is None, route.rank), number, route, hit)
            for number, route in enumerate((*self._by_length[path.count("/")], *self._catch_all))
            if method in route.operations and (hit := route.loose.fullmatch(path))
        ]
        for _, _, route, hit in sorted(fitting, key=lambda entry: entry[:2]):
            yield route.operations[method], dict(zip(route.names, hit.groups(), strict=True))


_LITERAL, _MIXED, _PARAMETER, _CATCH_ALL = range(4)


def _compile(path: str) -> _Route:
    names: list[str] = []
    rank: list[int] = []
    pattern = ""
    for segment in path.removeprefix("/").split("/"):
        pattern += "/"
        kind = _LITERAL
        for piece in template_pieces(segment):
            if isinstance(piece, str):
                pattern += _either_spelling(piece)
                kind = _MIXED if kind == _PARAMETER else kind
            else:
                name, catch_all = piece
                names.append(name)
                pattern += "(.+)" if catch_all else "([^/]+?)"
                whole = len(template_pieces(segment)) == 1
                kind = _CATCH_ALL if catch_all else (_PARAMETER if whole else _MIXED)
        rank.append(kind)
    return _Route(re.compile(pattern), re.compile(pattern, re.IGNORECASE), tuple(names), tuple(rank))


def _either_spelling(literal: str) -> str:
    """Match a literal as written or percent-encoded, as clients differ in what they encode."""
    return "".join(
        re.escape(char)
        if char.isalnum() or char in "-._~"
        else f"(?:{re.escape(char)}|{''.join(f'%{byte:02X}' for byte in char.encode())})"
        for char in unquote(literal)
    )
