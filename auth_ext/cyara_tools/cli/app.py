"""The program: its own commands and one for each operation of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cyara_tools.cli.base import CONTEXT_SETTINGS, Entry, Group
from cyara_tools.cli.own_commands import own_entries

if TYPE_CHECKING:
    from collections.abc import Mapping


class Root(Group):
    """`cyara` itself."""

    _examples = (
        "cyara auth login",
        "cyara operations",
        "cyara campaigns list",
        "cyara campaigns get 812 --output yaml",
        "cyara testcases import tests.xml",
        "cyara users create --body @new.json",
    )

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self._own = own_entries()

    def entries(self) -> Mapping[str, Entry]:
        """Return our own commands first, then the groups of operations that are not called as one of ours."""
        # Late: who runs one of our own commands needs no operation.
        from cyara_tools.api.tree import api_entry, group_entries

        ours = {**self._own, "api": api_entry()}
        return {**ours, **{name: entry for name, entry in group_entries().items() if name not in ours}}

    def entry(self, name: str) -> Entry | None:
        """Return what is known of one command; ours win."""
        if name in self._own:
            return self._own[name]
        from cyara_tools.api.tree import api_entry, group_entries

        return api_entry() if name == "api" else group_entries().get(name)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write those of the examples that the installed document has a command for."""
        self.examples = [line for line in self._examples if self._has(*line.split()[1:])]
        super().format_epilog(ctx, formatter)

    def _has(self, name: str, *words: str) -> bool:
        # Our own commands are always there, and are not loaded for it.
        return name in self._own or ((group := self.find(name)) is not None and words[0] in group.entries())

    def hint(self, name: str) -> str:
        """Return what may have been meant: a command, a group, or an operation by its id."""
        from cyara_tools.api.tree import command_of

        named = command_of(name)
        return f" Did you mean: cyara {named}?" if named else super().hint(name)


app = typer.Typer(
    cls=Root,
    # Its tracebacks print local variables, and the secret may be in one.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=CONTEXT_SETTINGS,
)


# Having a callback keeps it a group, though typer sees no command.
@app.callback()
def _group() -> None:
    """Call the Cyara API, and look after its credential."""
