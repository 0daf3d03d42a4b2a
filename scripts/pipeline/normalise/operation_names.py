"""Rule that names operations and their tags."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from pipeline.normalise.identifiers import numbered, pascal, reserved_apart, shortened, snake, words
from pipeline.normalise.names import OperationName
from pipeline.normalise.tag_prefixes import without_tag
from pipeline.normalise.walk import OperationAt, operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.normalise.work import Work

_VERSION = re.compile(r"v?[0-9]+(\.[0-9]+)*", re.IGNORECASE)
_PREFIXES = frozenset({"api", "rest", "odata"})
_PLAIN = re.compile(r"[\w.\- ]+")
"""An id that can be written anywhere; others may hold quotes, line ends or marks that reverse the text."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def operation_names(work: Work) -> None:
    """Give every operation a Python name that is unique in its tag, and one id that is unique in the document.

    The name is, in this order: the one in ``openapi/names.json``; the received ``operationId`` in snake_case, without
    its controller where that is the tag (``Assets_GetAssets`` is ``assets.get_assets``); derived from method and path.
    Derived means: the method, the literal words of the path without ``api``, ``rest``, ``odata`` and version numbers,
    and ``by_`` with the placeholders that end the path: ``GET /api/v1/Book/{id}`` is ``get_book_by_id``. Where that
    name is taken in the tag, the controller stays, then the method is added (received ids), then every segment is
    written out, then a number. The generator would overwrite one module by the other, silently (failure mode 9), and
    derive nothing that fits a public API (failure mode 24). ``tags`` becomes the one folder name.
    """
    naming = _Naming(work)
    by_id = {entry.operation_id: entry for entry in work.names.operations.values() if entry.operation_id}
    waiting: list[OperationAt] = []
    # By their paths, not as the document lists them: re-ordering it changes no name.
    for entry in sorted(operations(work.document), key=lambda entry: (received_path(entry), entry.method)):
        received = entry.operation.get("operationId")
        # By method and path, else by id: a path may change, and so may an id, hardly ever both at once.
        known = work.names.operations.get(key_of(entry)) or (by_id.get(received) if received in naming.single else None)
        if known is not None and naming.free(entry, known.name):
            naming.give(entry, known.name)
        else:
            waiting.append(entry)
    # New operations come last: none may take the name that was given to another one earlier.
    for entry in waiting:
        naming.give(entry, next(name for name in _candidates(entry) if naming.free(entry, name)))


def received_path(entry: OperationAt) -> str:
    """Return the path as the document had it."""
    path = entry.operation.get("x-cyara-path", entry.path)
    return path if isinstance(path, str) else entry.path


def key_of(entry: OperationAt) -> str:
    """Return the key of an operation in ``names.json``."""
    return f"{entry.method.upper()} {received_path(entry)}"


class _Naming:
    """The names and ids given so far."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._taken: dict[str, set[str]] = {}
        received = Counter(str(entry.operation.get("operationId", "")) for entry in operations(work.document))
        self.single = {operation_id for operation_id, count in received.items() if operation_id and count == 1}
        self._ids = {operation_id for operation_id in self.single if _PLAIN.fullmatch(operation_id)}

    def free(self, entry: OperationAt, name: str) -> bool:
        """Return whether the name is still free in the folder of the operation."""
        return name not in self._taken.setdefault(_folder(entry), set())

    def give(self, entry: OperationAt, name: str) -> None:
        """Write name, id and folder into the operation, and the name into the map."""
        operation, folder = entry.operation, _folder(entry)
        self._taken.setdefault(folder, set()).add(name)
        received = operation.get("operationId")
        if isinstance(received, str):
            operation["x-cyara-operation-id-received"] = received
        usable = isinstance(received, str) and received in self._ids and received in self.single
        operation_id = str(received) if usable else _fresh_id(entry, self._ids, is_single=received in self.single)
        self._ids.add(operation_id)
        operation["x-cyara-operation-id"] = operation_id
        operation["x-cyara-tag"] = (operation.get("tags") or ["default"])[0]
        operation["tags"] = [folder]
        operation["operationId"] = name
        given = OperationName(operation_id=received if isinstance(received, str) else None, name=name)
        self._work.names.operations[key_of(entry)] = given
        if received != name:
            self._work.note(entry.where, f"named {name} in {folder}")


def _folder(entry: OperationAt) -> str:
    tags = entry.operation.get("tags") or ["default"]
    return snake(str(tags[0]), otherwise="tag")


def _candidates(entry: OperationAt) -> Iterator[str]:
    """Yield names, best first, without end."""
    received = entry.operation.get("operationId")
    if isinstance(received, str) and words(received):
        name = snake(received, otherwise="operation")
        action = without_tag(received, str((entry.operation.get("tags") or ["default"])[0]))
        yield snake(action, otherwise="operation")
        yield name
        yield reserved_apart(shortened(f"{name.rstrip('_')}_{entry.method}", "_"))
    else:
        yield _derived(entry, short=True)
    # The number may make it too long; a name without one is short enough already.
    yield from (shortened(name, "_") for name in numbered(_derived(entry, short=False)))


def _derived(entry: OperationAt, *, short: bool) -> str:
    parts = [part for part in received_path(entry).partition("?")[0].split("/") if part]
    spoken: list[str] = [entry.method]
    trailing: list[str] = []
    for part in parts:
        literal = _PLACEHOLDER.sub(" ", part).strip()
        names = [" ".join(words(found.strip("{}").partition(":")[0])) for found in _PLACEHOLDER.findall(part)]
        by = [f"by {name}" for name in names if name]
        if literal and not (short and (literal.lower() in _PREFIXES or _VERSION.fullmatch(literal))):
            spoken.append(literal)
            trailing = []
        trailing += by
        if not short:
            spoken += by
    if short:
        spoken += trailing if len(trailing) <= 1 else [trailing[0], *(f"and {name[3:]}" for name in trailing[1:])]
    # Only placeholders and prefixes: `GET /api/{id}` would be `get_by_id` of anything, or just `get`.
    if len(spoken) == 1:
        spoken.append(_folder(entry))
    return snake(" ".join(spoken), otherwise=entry.method)


def _fresh_id(entry: OperationAt, ids: set[str], *, is_single: bool) -> str:
    received = entry.operation.get("x-cyara-operation-id-received")
    base = pascal(_derived(entry, short=True), otherwise="Operation")
    longer = pascal(_derived(entry, short=False), otherwise="Operation")
    spoken = (
        pascal(received, otherwise="Operation") if is_single and isinstance(received, str) and words(received) else base
    )
    return next(name for name in chain((spoken, base), numbered(longer, "")) if name not in ids)
