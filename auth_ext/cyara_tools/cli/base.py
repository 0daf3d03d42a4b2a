"""Commands and groups as this program has them: loaded late, with the same options everywhere, and help in sections.

Help is plain text: it is the same in a pipe and on a terminal, and no text of a document can be markup in it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from typer.core import TyperCommand, TyperGroup, TyperOption

from cyara_tools.cli.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CONTEXT_SETTINGS: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
"""Inherited by every command below the one that has it."""

ARGUMENTS: Final = "Arguments"
OPTIONS: Final = "Options"
BODY: Final = "Body"
OUTPUT: Final = "Output"
CONNECTION: Final = "Connection"
EVERYWHERE: Final = "Everywhere"
_FIRST_SECTIONS: Final = (ARGUMENTS, OPTIONS, BODY, OUTPUT)
_LAST_SECTIONS: Final = (CONNECTION, EVERYWHERE)
"""Of the help of a command, in this order; sections of its own stand between the two."""
_WIDEST_NAME: Final = 36
_LONGEST_TEXT: Final = 60
_PLACEHOLDERS: Final = {"int": "NUMBER", "float range": "NUMBER", "str": "TEXT", "path": "FILE"}
"""What help shows for the value of an option that says no more, by the parser's name of its type."""
_SPECIAL: Final = str.maketrans("[]", "()", "\\\"'`$")


class Entry(NamedTuple):
    """A command of a group, before it is loaded.

    Attributes:
        help: one line about it.
        load: returns the command; called when somebody runs it or asks for its help.
        section: heading under which the help of its group lists it.
        shown: what that list calls it; empty for its own name.
        is_listed: whether that list has it; completion has it in any case.
    """

    help: str
    load: Callable[[], Any]
    section: str = "Commands"
    shown: str = ""
    is_listed: bool = True


def _tell_version(context: Any, _: object, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from cyara_tools.cli.version import version_line

        sys.stdout.write(version_line())
        context.exit()


def _be_verbose(context: Any, _: object, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from cyara_tools.cli.verbose import log_to_stderr

        log_to_stderr()


def _common_options() -> list[Any]:
    """Return the options of every command and group, beside `--help`."""
    shared: dict[str, Any] = {"is_flag": True, "is_eager": True, "expose_value": False, "rich_help_panel": EVERYWHERE}
    return [
        TyperOption(
            param_decls=["verbose", "--verbose"],
            callback=_be_verbose,
            help="Log each call on standard error; never a secret.",
            **shared,
        ),
        TyperOption(
            param_decls=["version", "-V", "--version"],
            callback=_tell_version,
            help="Say what this is, and end.",
            **shared,
        ),
    ]


def _write_options(command: Any, context: Any, formatter: Any) -> None:
    """Write arguments and options in sections."""
    sections: dict[str, list[tuple[str, str]]] = {section: [] for section in _FIRST_SECTIONS}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            section = ARGUMENTS
        elif "--help" in parameter.opts:
            section = EVERYWHERE
        else:
            section = getattr(parameter, "rich_help_panel", None) or OPTIONS
        name, text = record
        # Earlier releases of typer escape this for rich, whoever writes the help.
        sections.setdefault(section, []).append((name, text.replace("\\[", "[")))
    last = [(section, sections.pop(section, [])) for section in _LAST_SECTIONS]
    for section, records in [*sections.items(), *last]:
        if records:
            with formatter.section(section):
                formatter.write_dl(records)


def _write_examples(examples: Sequence[str], formatter: Any) -> None:
    if examples:
        with formatter.section("Examples"):
            # Line by line: an example that is wrapped cannot be copied.
            for line in examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def _harmless(items: list[Any]) -> list[Any]:
    """Return proposals of completion with short texts, and in these no character that a shell reads as its own."""
    # zsh evaluates what it is given, and these texts are a document's. rich, by which typer writes them, breaks them in
    # lines, each of which would be a proposal.
    for item in items:
        text = " ".join((item.help or "").split())
        item.help = (text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}...").translate(_SPECIAL)
    return items


class Command(TyperCommand):
    """A command.

    Attributes:
        examples: lines to copy, for its help.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs["rich_markup_mode"] = None
        super().__init__(*args, **kwargs)
        self.params += _common_options()
        for parameter in self.params:
            if parameter.metavar is None and parameter.param_type_name == "option":
                parameter.metavar = _PLACEHOLDERS.get(parameter.type.name)
        self.examples = examples

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return proposals for what is being typed."""
        return _harmless(super().shell_complete(ctx, incomplete))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options in sections."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is typer's
        """Write the examples."""
        _write_examples(self.examples, formatter)


class Group(TyperGroup):
    """A group of commands, each of which is loaded when it is used."""

    examples: Sequence[str] = ()

    def __init__(
        self, *, entries: Mapping[str, Entry] | None = None, examples: Sequence[str] = (), **attrs: Any
    ) -> None:
        attrs["rich_markup_mode"] = None
        attrs["no_args_is_help"] = True
        super().__init__(**attrs)
        self.params += _common_options()
        self._entries = entries or {}
        self._loaded: dict[str, Any] = {}
        if examples:
            self.examples = examples

    def entries(self) -> Mapping[str, Entry]:
        """Return the commands by name, none of which is loaded for it."""
        return self._entries

    def find(self, name: str) -> Any:
        """Return a command, loaded; None where there is none of that name."""
        if name not in self._loaded:
            entry = self.entry(name)
            if entry is None:
                return None
            self._loaded[name] = entry.load()
        return self._loaded[name]

    def entry(self, name: str) -> Entry | None:
        """Return what is known of one command."""
        return self.entries().get(name)

    def hint(self, name: str) -> str:
        """Return what somebody may have meant by a name that no command has, as sentences to append."""
        return did_you_mean(name, self.entries())

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the signature is typer's
        """Return all names, in order."""
        return list(self.entries())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the signature is typer's
        """Return what lists and completion show of a command, which is not loaded for it."""
        entry = self.entry(cmd_name)
        if entry is None:
            return None
        return TyperCommand(cmd_name, help=entry.help, short_help=entry.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that is meant, loaded, with what follows it."""
        name, *rest = args
        command = self.find(name)
        if command is None and not ctx.resilient_parsing:
            if name.startswith("-"):
                # An option that stands behind the name of a group: the parser says what is wrong with it.
                self.parse_args(ctx, args)
            where = "There is" if ctx.parent is None else f"{ctx.command_path} has"
            ctx.fail(f"{where} no command {name!r}.{self.hint(name)}")
        return name if command else None, command, rest

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Return proposals for what is being typed."""
        return _harmless(super().shell_complete(ctx, incomplete))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is typer's
        """Write the commands in sections."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries().items():
            if entry.is_listed:
                sections.setdefault(entry.section, []).append((entry.shown or name, entry.help))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows, col_max=_WIDEST_NAME)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, and the options after them, which are few."""
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the signature is typer's
        """Write the examples."""
        _write_examples(self.examples, formatter)
