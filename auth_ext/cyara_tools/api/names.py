"""What the operations of a document are called on the command line.

A group is the resource without underscores, a command the Python method with hyphens. Where a method is a verb and its
resource's own noun, the verb alone is a second, short name: `get_campaigns` of `campaigns` is `list` as well.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, count
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cyara_client.operations import Operation

VERBS: Final = frozenset({"get", "list", "create", "update", "delete", "import", "export", "execute"})
"""Short names."""


@attrs.frozen(kw_only=True)
class Named:
    """One operation with its names.

    Attributes:
        group: name of its group.
        name: the Python method with hyphens.
        short: the verb alone; None where that is not clear.
        operation: row of the document's table.
    """

    group: str
    name: str
    short: str | None
    operation: Operation

    @property
    def best(self) -> str:
        """The name that people type."""
        return self.short or self.name


def resource_of(operation: Operation) -> str:
    """Return the module of an operation's resource, such as `test_cases`."""
    return operation.module.partition(".")[0]


def named_operations(operations: Iterable[Operation]) -> dict[str, list[Named]]:
    """Return all operations by group, both in the order of their names."""
    by_resource: dict[str, list[Operation]] = {}
    for operation in operations:
        by_resource.setdefault(resource_of(operation), []).append(operation)
    groups = _spelled(by_resource, "")
    return {
        groups[resource]: _named(groups[resource], resource, by_resource[resource])
        for resource in sorted(by_resource, key=groups.__getitem__)
    }


def _spelled(names: Iterable[str], separator: str) -> dict[str, str]:
    """Return Python names as words of a command line, each another.

    Where two would be one word, they keep their underscores as hyphens, and get a number where even that is one.
    """
    plain = {name: name.strip("_").replace("_", separator) or name for name in names}
    times = Counter(plain.values())
    words = {name: word for name, word in plain.items() if times[word] == 1}
    for name in sorted(plain.keys() - words.keys()):
        hyphened = name.replace("_", "-").lstrip("-")
        spellings = chain([hyphened], (f"{hyphened}-{number}" for number in count(2)))
        words[name] = next(word for word in spellings if word not in words.values())
    return words


def _named(group: str, resource: str, operations: list[Operation]) -> list[Named]:
    names = _spelled((operation.name for operation in operations), "-")
    shorts = {operation.name: short_name(resource, operation) for operation in operations}
    times = Counter(shorts.values())
    # The long name of one operation is never the short name of another.
    taken = set(names.values())
    return sorted(
        (
            Named(
                group=group,
                name=names[operation.name],
                short=short if times[short] == 1 and short not in taken else None,
                operation=operation,
            )
            for operation in operations
            for short in (shorts[operation.name],)
        ),
        key=lambda named: named.name,
    )


def short_name(resource: str, operation: Operation) -> str | None:
    """Return the verb of an operation whose method is that verb and the noun of its resource; None for any other."""
    verb, _, noun = operation.name.strip("_").partition("_")
    if verb not in VERBS or not _forms(noun) & _forms(resource.strip("_")):
        return None
    if verb not in {"get", "list"}:
        return verb
    is_list = operation.method == "GET" and operation.page is not None
    return "list" if is_list else None if verb == "list" else "get"


def _forms(noun: str) -> set[str]:
    """Return a noun with what may be its singular."""
    forms = {noun} - {""}
    if noun.endswith("ies"):
        forms.add(f"{noun[:-3]}y")
    if noun.endswith("es"):
        forms.add(noun[:-2])
    if noun.endswith("s") and not noun.endswith("ss"):
        forms.add(noun[:-1])
    return forms


def by_name(named: Iterable[Named]) -> Mapping[str, Named]:
    """Return operations by each of their names, the short ones first."""
    found = {one.short: one for one in named if one.short is not None}
    return {**found, **{one.name: one for one in named}}
