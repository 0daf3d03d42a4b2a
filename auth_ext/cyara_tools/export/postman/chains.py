"""Which request goes before which, and which ids of answers the later ones take, so that none deletes what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cyara_auth.client.account import ACCOUNT
from cyara_tools.portal.spelling import template_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cyara_tools.export.postman.examples import Examples
    from cyara_tools.portal.document import ServedOperation

_RANKS: Final = {"GET": 0, "HEAD": 0, "OPTIONS": 0, "POST": 1, "DELETE": 3}
_CHANGES: Final = 2


def ordered(operations: Iterable[ServedOperation]) -> list[ServedOperation]:
    """Return the operations of a folder: what reads, makes, changes, and then deletes; inner things before outer."""
    return sorted(operations, key=_rank)


def _rank(operation: ServedOperation) -> tuple[int, int]:
    rank, depth = _RANKS.get(operation.method, _CHANGES), operation.path.count("/")
    return rank, depth if rank != _RANKS["DELETE"] else -depth


def shared_values(examples: Examples, operations: Sequence[ServedOperation]) -> dict[str, str]:
    """Return the path parameters that have one value wherever they stand, and that value."""
    found: dict[str, set[str]] = {}
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.location == "path" and not ACCOUNT.fullmatch(parameter.name):
                found.setdefault(parameter.name, set()).add(examples.parameter(operation, parameter))
    # `id` is another thing in each path, whatever its example.
    return {name: values.pop() for name, values in found.items() if len(values) == 1 and name.lower() != "id"}


def chains(
    examples: Examples, operations: Sequence[ServedOperation]
) -> tuple[dict[tuple[str, str], str], dict[str, dict[str, str]]]:
    """Return which variables deletions take their ids from, and which answers fill variables.

    Returns:
        Names of variables by operation id and path parameter; and by operation id, fields of its answer by variable.
    """
    posts = {operation.path: operation for operation in operations if operation.method == "POST"}
    takes: dict[tuple[str, str], str] = {}
    fills: dict[str, dict[str, str]] = {}
    for operation in operations:
        names = template_names(operation.path)
        if operation.method != "DELETE" or not names or operation.path in posts:
            # What a POST at the same path gives, such as the access of a user, a DELETE takes away again.
            continue
        name = names[-1]
        # Where no request makes one, the variable has no value, and the request is not sent until it gets one.
        takes[operation.operation_id, name] = variable = f"created{name[:1].upper()}{name[1:]}"
        maker = posts.get(operation.path.rpartition("/")[0])
        if maker is not None and name in examples.answer_fields(maker):
            fills.setdefault(maker.operation_id, {})[variable] = name
    read = {template_names(each.path)[-1] for each in operations if each.method == "GET" and template_names(each.path)}
    for post in posts.values():
        for field in examples.answer_fields(post) & read - set(template_names(post.path)):
            # A ticket, by which the result is asked for.
            if not any(name == field for _, name in takes):
                fills.setdefault(post.operation_id, {})[field] = field
    return takes, fills
