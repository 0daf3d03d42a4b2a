"""Groups and commands of the document's operations, made when they are asked for."""

from __future__ import annotations

from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from cyara_client.operations import OPERATIONS
from cyara_tools.api.names import Named, by_name, named_operations
from cyara_tools.cli.base import Entry, Group
from cyara_tools.cli.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTION: Final = "Operations of the portal"


@cache
def _groups() -> dict[str, list[Named]]:
    return named_operations(OPERATIONS.values())


@cache
def group_entries() -> Mapping[str, Entry]:
    """Return the groups of operations for the list of all commands."""
    return {
        group: Entry(_about(named), partial(_load_group, group), section=SECTION) for group, named in _groups().items()
    }


@cache
def api_entry() -> Entry:
    """Return the group under which every operation is found, whatever our own commands are called."""
    return Entry("Every operation by its group, also where a command of ours has its name.", _load_api)


def command_of(operation_id: str) -> str | None:
    """Return the command of an operation, without the program's name; None where there is no such operation."""
    wanted = operation_id.casefold()
    for named in (one for group in _groups().values() for one in group):
        if named.operation.operation_id.casefold() == wanted:
            return f"{named.group} {named.best}"
    return None


def _about(named: list[Named]) -> str:
    from cyara_tools.api.texts import plain

    names = ", ".join(one.best for one in sorted(named, key=lambda one: one.short is None)[:4])
    return plain(f"{named[0].operation.tag}: {names}{', ...' if len(named) > 4 else ''}")  # noqa: PLR2004 - as above


class _OperationGroup(Group):
    """The operations of one resource."""

    def __init__(self, group: str) -> None:
        self._named = by_name(_groups()[group])
        example = self._named.get("list", next(iter(self._named.values())))
        super().__init__(
            name=group,
            help=f"Operations of {group}.",
            examples=(f"cyara {group} {example.best} --help",),
        )
        self._all = {name: _entry(name, named) for name, named in self._named.items()}

    def entries(self) -> Mapping[str, Entry]:
        return self._all

    def hint(self, name: str) -> str:
        # Somebody may have meant the method of another resource, or type the operation's id.
        wanted = name.replace("-", "").replace("_", "")
        elsewhere = command_of(wanted) or _by_method(name)
        return did_you_mean(name, self._all) or (f" Did you mean: cyara {elsewhere}?" if elsewhere else "")


def _by_method(name: str) -> str | None:
    for named in (one for group in _groups().values() for one in group):
        if named.name == name:
            return f"{named.group} {named.best}"
    return None


def _entry(name: str, named: Named) -> Entry:
    from cyara_tools.api.texts import plain

    mark = " [inferred]" if named.operation.evidence == "inferred" else ""
    mark += " [deprecated]" if named.operation.deprecated else ""
    both = f"{named.short}, {named.name}" if named.short else ""
    help_line = plain(named.operation.summary or f"{named.operation.method} {named.operation.path}")
    # One line for both names; each is a command of its own for the parser and for completion.
    is_listed = named.short in {None, name}
    return Entry(
        f"{help_line}{mark}", partial(_load, name, named), section="Operations", shown=both, is_listed=is_listed
    )


def _load_group(group: str) -> Any:
    return _OperationGroup(group)


def _load_api() -> Any:
    # One is enough; a document without operations has none.
    first = [f"cyara api {group} {operations[0].name} --help" for group, operations in islice(_groups().items(), 1)]
    return Group(
        name="api",
        help="Every operation of the document, by its group.",
        entries=group_entries(),
        examples=first,
    )


def _load(name: str, named: Named) -> Any:
    from cyara_tools.api.operation_command import make_command

    return make_command(name, named)
