"""Operations by what people type: an id, a Python name, a word of the path or of the document's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyara_client.operations import OPERATIONS
from cyara_tools.api.names import resource_of
from cyara_tools.api.texts import plain
from cyara_tools.api.tree import command_of
from cyara_tools.cli.words import did_you_mean
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_client.operations import Operation


def exact(name: str) -> Operation | None:
    """Return the operation of an id, in any case, or of a Python method; None where there is none, or are several."""
    if name in OPERATIONS:
        return OPERATIONS[name]
    folded = name.replace("-", "_").casefold()
    found = [one for one in OPERATIONS.values() if folded in _names(one)]
    return found[0] if len(found) == 1 else None


def _names(operation: Operation) -> set[str]:
    dotted = f"{resource_of(operation)}.{operation.name}".casefold()
    return {operation.operation_id.replace("-", "_").casefold(), operation.name.casefold(), dotted}


def named(name: str) -> Operation:
    """Return the operation that is meant.

    Raises:
        UsageError: there is none of that name; the text says what may have been meant.
    """
    found = exact(name)
    if found is None:
        raise UsageError(
            f"There is no operation {plain(name)!r}. Nothing was sent.{did_you_mean(name, _all_names())} Next: find it "
            "by cyara operations WORD"
        )
    return found


def search(words: Sequence[str]) -> list[Operation]:
    """Return the operations that have every word in id, command, method, path, tag or summary, in the table's order.

    Raises:
        UsageError: there is none; the text says what may have been meant.
    """
    folded = [word.casefold() for word in words]
    found = [one for one in OPERATIONS.values() if all(word in _text(one) for word in folded)]
    if not found and words:
        raise UsageError(
            f"No operation has {' and '.join(repr(plain(word)) for word in words)} in its id, command, path, tag or "
            f"summary. Nothing was sent.{did_you_mean(words[0], _all_names())} Next: list them all by cyara operations"
        )
    return found


def _text(operation: Operation) -> str:
    command = command_of(operation.operation_id) or ""
    parts = (operation.operation_id, command, operation.method, operation.path, operation.tag, operation.summary)
    return "\n".join((*parts, operation.name)).casefold()


def _all_names() -> list[str]:
    return [*OPERATIONS, *{resource_of(one) for one in OPERATIONS.values()}]
