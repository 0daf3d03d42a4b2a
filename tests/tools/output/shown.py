"""Catches what an answer looks like: the bytes of a pipe with an old code page, or the text of a terminal."""

import io
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest

from cyara_tools.api.results import emit
from cyara_tools.output.options import OutputFormat, OutputOptions


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def shown(
    answer: Any, form: str | None = None, *, terminal: bool = False, notes: list[str] | None = None, **options: Any
) -> str:
    """Return what `emit` writes; `model` and the options of the command go along."""
    written = io.BytesIO()
    # The page of a pipe is changed to UTF-8, that of a terminal is whatever the terminal has.
    stream = Terminal(written, encoding="utf-8") if terminal else io.TextIOWrapper(written, encoding="cp1252")
    model = options.pop("model", None)
    chosen = OutputOptions(format=None if form is None else OutputFormat(form), **options)
    remarks: list[str] = [] if notes is None else notes
    try:
        with redirect_stdout(stream):
            emit(answer, chosen, model=model, note=remarks.append)
    except BrokenListError as error:
        error.written = written.getvalue().decode()
        raise
    return written.getvalue().decode()


class BrokenListError(Exception):
    """A page that does not come."""

    written = ""


def broken_off(items: Iterable[Any], form: str) -> str:
    """Return what is written of a list that fails after these items."""

    def failing() -> Iterator[Any]:
        yield from items
        raise BrokenListError

    with pytest.raises(BrokenListError) as caught:
        shown(failing(), form)
    return caught.value.written
