"""What a call answered, on standard output: whatever it is, in the form that the options ask for.

For every command that shows an answer. `OutputOptions.plan(model)` checks the options before the call, and `emit` or
`emit_list` write what it brought. Both raise `typer.Exit(141)` when nobody reads the output any more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol, get_args, get_origin

import typer

from cyara_client._annotations import fields, is_model, members, resolve
from cyara_client._json import is_array
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.output.answer import AnswerWriter
from cyara_tools.output.errors import OutputClosedError
from cyara_tools.output.options import DEFAULT_LIMIT, OutputOptions
from cyara_tools.output.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cyara_client._endpoint import Endpoint
    from cyara_client._paginator import Page
    from cyara_tools.output.options import OutputPlan


class Walk(Protocol):
    """Reads a list, page by page: an `iter_...` method with all its other arguments given."""

    def __call__(self, *, limit: int | None, on_page: Callable[[Page], None]) -> Iterator[Any]:
        """Begin."""
        ...


def row_model(endpoint: Endpoint[Any]) -> Any:
    """Return the class of what an operation answers or, of a list, of its rows; None where it is no single model."""
    if not endpoint.successes:
        return None
    model = _single_model(endpoint.successes[0].python_type)
    shape = endpoint.operation.page
    for name in () if shape is None else filter(None, (shape.nested, shape.items)):
        annotations = {} if model is None else {wire: annotation for _, wire, annotation, _ in fields(model)}
        model = _single_model(annotations[name]) if name in annotations else None
    return model


def _single_model(annotation: str) -> Any:
    parts = members(resolve(annotation))
    if len(parts) == 1 and get_origin(parts[0]) is list:
        parts = members(get_args(parts[0])[0])
    return parts[0] if len(parts) == 1 and is_model(parts[0]) else None


def note_on_stderr(text: str) -> None:
    """Tell people what is not the result."""
    sys.stderr.write(f"Note: {text}\n")


def emit_list(
    walk: Walk, options: OutputOptions, *, model: Any = None, note: Callable[[str], None] = note_on_stderr
) -> None:
    """Read a list as far as the options say, and write its rows as they come.

    Args:
        walk: reads the list.
        options: what is wanted of it.
        model: class of its rows, by `row_model`; None where it is not known.
        note: tells people what is not the result.

    Raises:
        UsageError: an option is wrong; nothing was sent, unless the text says so.
        typer.Exit: nobody reads the output any more.
    """
    plan = options.plan(model)
    with _output(plan, note) as writer:
        # Rows on the same terminal show by themselves how far it is.
        progress = Progress(is_wanted=options.all_pages and writer.draws_at_the_end)
        with closing(progress):
            items = walk(limit=options.most, on_page=progress)
            count = writer.rows(items, waits_at=progress.ends_at, when_read=progress.close)
        if options.limit is None and not options.all_pages and count == DEFAULT_LIMIT != progress.total:
            _note_more(note, count, progress.total)


def emit(
    answer: Any, options: OutputOptions, *, model: Any = None, note: Callable[[str], None] = note_on_stderr
) -> None:
    """Write what a call answered.

    Args:
        answer: a model, a page of a list, a list or an iterator of anything, JSON values, bytes, text, or None.
        options: what is wanted of it. A list is cut at its limit; of an iterator one item more is asked for, to know
            whether there are more: `emit_list` knows that without.
        model: class of the rows or of the object, where it is known.
        note: tells people what is not the result.

    Raises:
        UsageError: an option is wrong, or does not fit what came.
        typer.Exit: nobody reads the output any more.
    """
    plan = options.plan(model)
    with _output(plan, note) as writer:
        if isinstance(answer, bytes):
            writer.content(answer)
        elif is_array(answer) or isinstance(answer, Iterator):
            items = _iterator(answer)
            count = writer.rows(islice(items, options.most))
            if options.limit is None and count == options.most and next(items, _NOTHING) is not _NOTHING:
                _note_more(note, count, None)
        else:
            writer.single(answer)


@contextmanager
def _output(plan: OutputPlan, note: Callable[[str], None]) -> Generator[AnswerWriter]:
    try:
        writer = AnswerWriter(plan, note)
        try:
            yield writer
        finally:
            # What came before an error is there before the error is told.
            writer.flush()
    except OutputClosedError:
        raise typer.Exit(ExitCode.PIPE_CLOSED) from None


def _iterator(answer: Any) -> Iterator[Any]:
    return iter(answer)


_NOTHING: Final = object()


def _note_more(note: Callable[[str], None], count: int, total: int | None) -> None:
    which = "there may be more" if total is None else f"there are {total:,}"
    note(f"these are the first {count} rows; {which}. All of them: --all; another number: --limit")
