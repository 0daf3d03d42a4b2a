"""Makes a function a command: options in, one output, and an exit code at the end."""

import functools
import inspect
import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Annotated, Any, get_origin

import attrs
import typer

from cyara_auth.errors import CyaraAuthWarning
from cyara_client.errors import IncompleteListWarning, UnverifiedOperationWarning
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.exit_codes import EXPECTED
from cyara_tools.cli.repeat_options import options_by_command, options_to_repeat, with_options
from cyara_tools.output.options import OutputOptions

JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object instead of text.")]


def command(run: Callable[..., None]) -> Callable[..., None]:
    """Give a function the options of its context beside its own, and something to write its output to.

    Args:
        run: Takes `context` (a class of `cyara_tools.cli.context`) and `output` first, then its own options. One named
            `as_json` takes the place of the flag `--json`: it is None, a file, or `-` for standard output. One of
            `OutputOptions` stands for all of these, which say how an answer is written, and leaves no `--json`.
    """
    context_parameter, _, *own = inspect.signature(run).parameters.values()
    has_json = any(option.name == "as_json" for option in own)
    context_class = context_parameter.annotation
    shows = [option for option in own if option.annotation is OutputOptions]
    shared, answered = _options_of(context_class), _options_of(OutputOptions) if shows else []

    @functools.wraps(run)
    def with_context(*, typer_context: typer.Context, as_json: object = False, **options: object) -> None:
        context = _made(context_class, shared, options)
        options |= {option.name: _made(OutputOptions, answered, options) for option in shows}
        repeat_options = functools.partial(
            with_options,
            options=options_to_repeat(context.selection(), context.variables),
            # Asked for at run time: the app imports the commands, so they cannot import the app.
            commands=functools.partial(options_by_command, typer_context.find_root().command),
        )
        own_options = {**options, "as_json": as_json} if has_json else options
        with reporting(CommandOutput(as_json=as_json in {True, "-"}, repeat_options=repeat_options)) as output:
            run(context, output, **own_options)

    # typer makes its options from the signature, and `inspect` believes this attribute before it looks at the function.
    vars(with_context)["__signature__"] = inspect.Signature(
        [
            _keyword("typer_context", typer.Context),
            *(option for option in own if option not in shows),
            *answered,
            *shared,
            *([] if has_json or shows else [_keyword("as_json", JsonOption, default=False)]),
        ]
    )
    return with_context


def _made(kind: Any, taken: Iterable[inspect.Parameter], options: dict[str, object]) -> Any:
    """Return an object of a class of options; its own are taken out of those that were given."""
    return kind(**{option.name: options.pop(option.name) for option in taken})


def _options_of(kind: Any) -> list[inspect.Parameter]:
    return [
        _keyword(field.name, field.type, default=field.default)
        for field in attrs.fields(kind)
        if get_origin(field.type) is Annotated
    ]


def _keyword(name: str, annotation: object, *, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


@contextmanager
def reporting(output: CommandOutput) -> Generator[CommandOutput]:
    """Report expected errors and our own warnings in one sentence each.

    Raises:
        typer.Exit: Always at the end, with the exit code.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        for category in (CyaraAuthWarning, UnverifiedOperationWarning, IncompleteListWarning):
            warnings.simplefilter("always", category)
        try:
            yield output
        except EXPECTED as error:
            output.fail(error)
    # After the outcome, so that a result in the middle of notes is not overlooked.
    for warning in caught:
        output.note(str(warning.message))
    try:
        output.finish()
    except EXPECTED as error:
        output.lose(error)
    raise typer.Exit(output.exit_code)
