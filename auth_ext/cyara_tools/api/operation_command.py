"""The command of one operation: its options and its help, from the document alone."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperArgument, TyperOption

from cyara_tools.api.parameters import call_of
from cyara_tools.api.texts import description_of, plain
from cyara_tools.cli.base import BODY, OUTPUT, Command
from cyara_tools.cli.command import reporting
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import PortalContext
from cyara_tools.cli.repeat_options import options_by_command, options_to_repeat, with_options
from cyara_tools.cli.shared_options import made, parameters_of
from cyara_tools.output.options import OutputOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyara_tools.api.names import Named
    from cyara_tools.api.parameters import BodyShape, Call, Parameter

_OWN: Final = frozenset(
    {
        "--help",
        "--verbose",
        "--version",
        "--json",
        "--body",
        "--field",
        "--to",
        "--yes",
        "--include",
        "--param",
        "--header",
    }
)
"""Options of ours beside those of the classes; those of `cyara call` too, so that a name means one thing."""
_WORD: Final = re.compile(r"[\w.+@/-]+")
_READ_ONLY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@cache
def reserved() -> frozenset[str]:
    """Return every option that no parameter of a document can have."""
    shared = {option for parameter in parameters_of(PortalContext, OutputOptions) for option in parameter.opts}
    return _OWN | shared


def make_command(name: str, named: Named) -> OperationCommand:
    """Return the command of an operation."""
    call = call_of(named.operation, reserved())
    made_from: dict[str, Parameter] = {}
    params: list[Any] = []
    body = call.body
    fields = () if body is None else body.fields
    is_list = named.operation.page is not None or call.answer.startswith("list[")
    # Arguments stand before options, in help as on the line: of the path first, then the file.
    arguments = [*call.parameters, *([body.file] if body is not None and body.file is not None else [])]
    for number, parameter in enumerate([*arguments, *fields]):
        # Names of the parser's own, since a parameter may be called as anything of ours.
        key = f"p{number}"
        made_from[key] = parameter
        params.append(_made(key, parameter))
    params.sort(key=lambda one: one.param_type_name != "argument")
    params += _own_options(call)
    shared = parameters_of(PortalContext, OutputOptions)
    for parameter in shared:
        parameter.rich_help_panel = parameter.rich_help_panel or OUTPUT
        # Taken by every command, so that a script may give them to any, and shown where they matter.
        parameter.hidden = parameter.name in {"limit", "all_pages"} and not is_list
    return OperationCommand(
        name,
        call=call,
        keys=made_from,
        params=params + shared,
        help=_help(call, [*call.parameters, *fields]),
        short_help=plain(named.operation.summary),
        examples=_examples(named, call),
        deprecated=named.operation.deprecated,
    )


class OperationCommand(Command):
    """The command of one operation."""

    def __init__(self, name: str, *, call: Call, keys: Mapping[str, Parameter], **attrs: Any) -> None:
        super().__init__(name, **attrs)
        self._call, self._keys = call, keys

    def invoke(self, ctx: Any) -> None:
        """Call the operation with what the parser read."""
        from cyara_tools.api.invoke import Typed, invoke

        values = dict(ctx.params)
        given = {
            parameter: value
            for key, parameter in self._keys.items()
            if (value := values.pop(key)) not in (None, (), [])
        }
        context: PortalContext = made(PortalContext, values)
        options: OutputOptions = made(OutputOptions, values)
        repeat_options = partial(
            with_options,
            options=options_to_repeat(context.selection(), context.variables),
            commands=partial(options_by_command, ctx.find_root().command),
        )
        with reporting(CommandOutput(as_json=False, repeat_options=repeat_options)) as output:
            typed = Typed(values=given, fields=values.pop("field", None) or (), **values)
            invoke(self._call, typed, context, options, output)


def _made(key: str, parameter: Parameter) -> Any:
    """Return a parameter as the parser takes it: a text, which is read when everything is there."""
    kind = parameter.kind
    is_content = parameter.place == "body" and parameter.wire == "body" and parameter.is_positional
    if parameter.is_positional:
        return TyperArgument(
            param_decls=[key],
            type=str,
            # What is sent as it is may come by `--body` as well.
            required=parameter.required and not is_content,
            metavar=parameter.word,
            help=_said(parameter),
            show_default=False,
            autocompletion=_completion(kind.choices),
        )
    is_body = parameter.place == "body"
    shared: dict[str, Any] = {
        "help": _said(parameter),
        "rich_help_panel": BODY if is_body else None,
        # Fields of a body may come by `--body` as well.
        "required": parameter.required and not is_body,
        "show_default": False,
        "default": None,
    }
    if kind.is_flag:
        return TyperOption(
            param_decls=[key, f"{parameter.word}/--no-{parameter.word[2:]}"], type=bool, is_flag=True, **shared
        )
    return TyperOption(
        param_decls=[key, parameter.word],
        type=str,
        metavar=kind.metavar,
        multiple=kind.is_list,
        autocompletion=_completion(kind.choices),
        **shared,
    )


def _completion(choices: Sequence[str]) -> Any:
    # A shell reads what it is offered, and these texts are a document's.
    safe = [choice for choice in choices if _WORD.fullmatch(choice)]
    if not safe:
        return None

    def matching(ctx: Any, args: Any, incomplete: str) -> list[str]:  # noqa: ARG001 - typer calls it so
        return [choice for choice in safe if choice.startswith(incomplete)]

    return matching


def _said(parameter: Parameter) -> str:
    """Return the line of help about one parameter."""
    parts = [parameter.text]
    choices = parameter.kind.choices
    if choices and (parameter.is_positional or "..." in parameter.kind.metavar):
        parts.append(f"One of: {', '.join(map(plain, choices))}.")
    if not parameter.kind.is_flat:
        parts.append("JSON, @FILE, or - for standard input.")
    if parameter.is_positional and parameter.kind.is_file:
        parts.append("A file; - is standard input.")
    if parameter.kind.is_list and not parameter.is_positional:
        parts.append("Repeatable.")
    if parameter.is_renamed:
        parts.append(f"`{plain(parameter.wire)}` in the document.")
    if parameter.place == "body" and parameter.required and not parameter.is_positional:
        parts.append("[required, here or in --body]")
    return " ".join(part for part in parts if part)


def _own_options(call: Call) -> list[Any]:
    options: list[Any] = []
    body = call.body
    if body is not None and body.takes_text:
        options.append(
            TyperOption(
                param_decls=["body", "--body"],
                type=str,
                metavar="JSON|@FILE|-" if body.form != "content" else "TEXT|@FILE|-",
                help=_about_body(body),
                rich_help_panel=BODY,
                show_default=False,
            )
        )
    if body is not None and body.takes_text and body.form != "content":
        options.append(
            TyperOption(
                param_decls=["field", "-f", "--field"],
                type=str,
                metavar="KEY=VALUE",
                multiple=True,
                help="A field by the document's name, put over --body. A dot in KEY leads into an inner object; @FILE "
                "in place of VALUE takes what is in a file; a VALUE that is JSON is taken as such where the document "
                "says no type. Repeatable.",
                rich_help_panel=BODY,
                show_default=False,
            )
        )
    if call.is_download:
        options.append(
            TyperOption(
                param_decls=["to", "--to"],
                type=str,
                metavar="FILE",
                help="Where the file goes, in one step and only when all of it is there; else to standard output.",
                rich_help_panel=OUTPUT,
                show_default=False,
            )
        )
    if call.operation.method == "DELETE":
        options.append(
            TyperOption(
                param_decls=["yes", "--yes"],
                is_flag=True,
                help="Delete without asking; needed where nobody can be asked.",
            )
        )
    return options


def _about_body(body: BodyShape) -> str:
    what = "The whole body" if body.form == "content" else "The whole body as JSON"
    return (
        f"{what}, from a file (@FILE) or standard input (-). {'Options replace fields of it.' if body.fields else ''}"
    )


def _help(call: Call, parameters: Sequence[Parameter]) -> str:
    operation = call.operation
    paragraphs = description_of(call.docstring) or [plain(operation.summary)]
    paragraphs.append(f"{operation.operation_id}: {operation.method} {operation.path}")
    if operation.evidence == "inferred":
        way = "" if operation.method in _READ_ONLY else " It needs --allow-inferred, except at a local portal."
        paragraphs.append(f"Inferred: nobody has seen the portal accept it as it stands here.{way}")
    renamed = [one.word for one in parameters if one.is_renamed]
    if renamed:
        paragraphs.append(
            f"Called otherwise than in the document, whose name is an option of ours: {', '.join(renamed)}."
        )
    return "\n\n".join(map(plain, paragraphs))


def _examples(named: Named, call: Call) -> tuple[str, ...]:
    """Return lines to copy, with words in place of values."""
    words = [one.word for one in call.parameters if one.is_positional]
    words += [f"{one.word} {one.kind.metavar}" for one in call.parameters if one.required and not one.is_positional]
    start = " ".join(["cyara", named.group, named.best, *words])
    body = call.body
    if body is None:
        more = ["--yes"] if call.operation.method == "DELETE" else []
        if call.is_download:
            more = ["--to FILE"]
        elif call.operation.page is not None:
            more = ["--all --output csv"]
        return (start, *(f"{start} {extra}" for extra in more))
    ways: list[str] = []
    if body.file is not None:
        ways.append(f"{start} {body.file.word}")
    wanted = [f"{one.word} {one.kind.metavar}" for one in body.fields if one.required and one.kind.is_flat]
    if wanted and body.file is None:
        ways.append(" ".join([start, *wanted]))
    return (*ways, f"{start} --body @FILE") if body.form != "files" else tuple(ways) or (start,)
