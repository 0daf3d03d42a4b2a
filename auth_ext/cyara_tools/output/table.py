"""Tables for people: as many columns as the terminal has room for, and a word about the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cyara_tools.output.plain_text import one_line
from cyara_tools.output.rows import FlatRows, cell
from cyara_tools.reports.ci_commands import no_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyara_tools.output.options import OutputPlan
    from cyara_tools.output.sink import Sink

_PIPE_COLUMNS: Final = 1_000_000
_WIDEST: Final = 40
"""Characters of a cell where columns have to share a terminal."""
_NARROWEST: Final = 8
_BETWEEN: Final = 2
"""Characters between two columns."""


class TableWriter:
    """A table of rows; it is drawn at the end, when it is known how wide its columns are."""

    def __init__(self, plan: OutputPlan, sink: Sink) -> None:
        self._plan, self._sink = plan, sink
        self._items: list[Any] = []

    def write(self, item: Any) -> None:
        """Take one more row."""
        self._items.append(item)

    def settle(self) -> None:
        """Do nothing: a table needs all rows."""

    def end(self) -> list[str]:
        """Draw the table, and return which columns it does not show."""
        rows = FlatRows(self._plan, self._items)
        texts = [[_text(value) for value in cells] for cells in rows.first]
        console, wanted = _console(self._sink), self._plan.fields is not None
        layout = _fit(rows.columns, texts, console.width, keep_all=wanted)
        if not texts:
            return ["there are no rows"]
        table = Table(box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), header_style="bold")
        for column, width in layout.items():
            values = [row[column] for row in rows.first]
            table.add_column(
                Text(_text(rows.columns[column])),
                justify="right" if _are_numbers(values) else "left",
                no_wrap=True,
                overflow="ellipsis",
                max_width=width,
            )
        for cells in texts:
            table.add_row(*(Text(cells[column]) for column in layout))
        self._sink.draw(console, table)
        return _hidden([name for column, name in enumerate(rows.columns) if column not in layout])

    def abandon(self) -> None:
        """Draw what came before an error."""
        if self._items:
            self.end()


def _console(sink: Sink) -> Console:
    console = Console(markup=False, highlight=False, emoji=False)
    if not sink.is_terminal:
        # So wide that no row is ever cut: grep has to find what it looks for.
        console.width = _PIPE_COLUMNS
    return console


def show_object(item: Any, plan: OutputPlan, sink: Sink) -> None:
    """Draw one object, a field in each row."""
    rows = FlatRows(plan, [item])
    console = _console(sink)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, _BETWEEN, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in zip(rows.columns, rows.first[0], strict=True):
        table.add_row(Text(_text(name)), Text(_text(value)))
    sink.draw(console, table)


def _text(value: Any) -> str:
    return no_command(one_line(str(cell(value))))


def _are_numbers(values: Sequence[Any]) -> bool:
    there = [cell(value) for value in values if value is not None]
    return bool(there) and all(isinstance(value, (int, float)) for value in there)


def _fit(columns: Sequence[str], texts: Sequence[Sequence[str]], room: int, *, keep_all: bool) -> dict[int, int]:
    """Return which columns are shown, by their place, and how wide each is at most.

    First long texts are cut, then columns go that are empty in every row, then those at the end.
    """
    full = [max([cell_len(name), *(cell_len(row[place]) for row in texts)]) for place, name in enumerate(columns)]
    shown = list(range(len(columns)))
    for widest in (room, _WIDEST):
        if _width(full, shown, widest) <= room:
            return dict.fromkeys(shown, widest)
    if not keep_all:
        shown = [place for place in shown if any(row[place] for row in texts)] or shown
        while len(shown) > 1 and _width(full, shown, _WIDEST) > room:
            shown.pop()
    widest = _WIDEST
    while widest > _NARROWEST and _width(full, shown, widest) > room:
        widest -= 1
    return dict.fromkeys(shown, widest)


def _width(full: Sequence[int], shown: Sequence[int], widest: int) -> int:
    return sum(min(full[place], widest) + _BETWEEN for place in shown)


def _hidden(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    listed = ", ".join(one_line(name) for name in names)
    return [
        (
            f"columns without room, or empty, are not shown: {listed}; name the ones you want by --fields, or see all "
            "by --output json"
        )
    ]
