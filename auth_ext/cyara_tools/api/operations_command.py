"""`cyara operations [WORD]`: which operations there are, where that is known from, and which command calls each."""

import sys
from typing import Annotated

import attrs
import typer

from cyara_tools.api.details import details_of, facts_of
from cyara_tools.api.lookup import exact, search
from cyara_tools.api.results import emit
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import PortalContext
from cyara_tools.output.options import OutputFormat, OutputOptions

WordsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[WORD]...", help="Words of id, command, path, tag or summary, or one operation's id."),
]


@command
def operations(
    context: PortalContext,  # noqa: ARG001 - a command's first argument; nothing is called
    output: CommandOutput,
    options: OutputOptions,
    *,
    words: WordsArgument = None,
) -> None:
    """Find the operations of the portal's document. Nothing is sent."""
    # What costs no call is shown to its end.
    options = attrs.evolve(options, all_pages=options.limit is None)
    found = exact(words[0]) if words is not None and len(words) == 1 else None
    if found is None:
        emit([facts_of(one) for one in search(words or [])], options, note=output.note)
        return
    details = details_of(found)
    is_plain = options.format is options.query is options.fields is None or options.format is OutputFormat.TABLE
    if not (is_plain and sys.stdout.isatty()):
        emit(details, options, note=output.note)
        return
    # Lists of parameters are tables of their own, where a person reads.
    tables = {name: details.pop(name) for name in ("parameters", "fields")}
    emit({name: value for name, value in details.items() if value not in (None, [])}, options, note=output.note)
    for name, rows in tables.items():
        if rows:
            typer.echo(f"\n{name.capitalize()}:")
            emit(rows, options, note=output.note)
