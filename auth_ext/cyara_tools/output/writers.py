"""The forms for programs, written row by row: json, jsonl, yaml, csv and tsv.

Every row is written whole. What ends early shows it by its exit code; a JSON array has no end then, too.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from cyara_client._encode import to_json
from cyara_client._json import is_array, is_object
from cyara_tools.output.options import OutputFormat
from cyara_tools.output.plain_text import one_line
from cyara_tools.output.rows import FlatRows, cell, json_text, picked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cyara_tools.output.options import OutputPlan
    from cyara_tools.output.sink import Sink


class RowWriter(Protocol):
    """Writes a list."""

    def write(self, item: Any) -> None:
        """Write one more row, or keep it until it is known how."""
        ...

    def settle(self) -> None:
        """Write what was kept: more rows will take a while."""
        ...

    def end(self) -> list[str]:
        """Write what comes last, and return what people should know of it, as sentences."""
        ...

    def abandon(self) -> None:
        """Show what came before an error, if it is not there yet."""
        ...


_FIRST: Final = 50
"""Rows that decide which columns there are, where no page ends before."""
_YAML_TEXT: Final = "tag:yaml.org,2002:str"


def yaml_text(document: Any) -> str:
    """Return JSON values as YAML, in their own order."""
    # Late: most outputs are none.
    import yaml

    text: str = yaml.dump(document, Dumper=_dumper(), allow_unicode=True, sort_keys=False, width=float("inf"))
    # The library marks the end of a document that is a single value.
    return text if is_array(document) or is_object(document) else text.removesuffix("...\n")


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes what is in two places twice: anchors are for people who write by hand."""

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is the library's
            return True

    # Within apostrophes the library writes these line ends of Unicode as they are, and reads them as blanks.
    ends = frozenset("\x85\u2028\u2029")

    def of_text(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar(_YAML_TEXT, text, style=None if ends.isdisjoint(text) else '"')

    Dumper.add_representer(str, of_text)
    return Dumper


class _Documents:
    """What json, jsonl and yaml have in common: rows as the portal's own JSON, nested as they are."""

    def __init__(self, plan: OutputPlan, sink: Sink) -> None:
        self._fields, self._sink = plan.fields, sink

    def write(self, item: Any) -> None:
        document = to_json(item)
        self.put(document if self._fields is None else picked(document, self._fields))

    def put(self, document: Any) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        """Do nothing: no row is kept."""

    def end(self) -> list[str]:
        return []

    def abandon(self) -> None:
        """Do nothing: an array without an end says that it is not whole."""


class JsonWriter(_Documents):
    """An array, each of whose elements is written when it is there."""

    _count = 0

    def put(self, document: Any) -> None:
        """Write one element."""
        text = json_text(document, indent=2).replace("\n", "\n  ")
        self._sink.write(f"{',' if self._count else '['}\n  {text}")
        self._count += 1

    def end(self) -> list[str]:
        """Close the array."""
        self._sink.write("\n]\n" if self._count else "[]\n")
        return []


class JsonLinesWriter(_Documents):
    """One value in each line."""

    def put(self, document: Any) -> None:
        """Write one line."""
        self._sink.write(json_text(document) + "\n")


class YamlWriter(_Documents):
    """A list: the texts of lists with one element each, one below the other, are one list."""

    _count = 0

    def put(self, document: Any) -> None:
        """Write one element."""
        self._sink.write(yaml_text([document]))
        self._count += 1

    def end(self) -> list[str]:
        """Write an empty list where nothing came."""
        if not self._count:
            self._sink.write("[]\n")
        return []


class _Lines:
    """What csv and tsv have in common: flat rows, whose columns are those of the first ones."""

    def __init__(self, plan: OutputPlan, sink: Sink) -> None:
        self._plan, self._sink = plan, sink
        self._first: list[Any] = []
        self._rows: FlatRows | None = None

    def write(self, item: Any) -> None:
        if self._rows is not None:
            self.line([cell(value) for value in self._rows.row(item)])
            return
        self._first.append(item)
        if len(self._first) == _FIRST:
            self.settle()

    def settle(self) -> None:
        if self._rows is not None:
            return
        self._rows = FlatRows(self._plan, self._first)
        self._first = []
        self.head(self._rows.columns)
        for cells in self._rows.first:
            self.line([cell(value) for value in cells])

    def head(self, columns: Sequence[str]) -> None:
        raise NotImplementedError

    def line(self, cells: Sequence[Any]) -> None:
        raise NotImplementedError

    def end(self) -> list[str]:
        self.settle()
        left_out = [] if self._rows is None else list(self._rows.left_out)
        if not left_out:
            return []
        names = ", ".join(map(one_line, left_out))
        return [f"no column for {names}, which the first rows lack: name them by --fields, or take --output jsonl"]

    def abandon(self) -> None:
        # Of a list of which nothing came, not even a header is there.
        if self._first:
            self.settle()


class CsvWriter(_Lines):
    """RFC 4180 with a header, but for the ends of lines, which are those of every other form."""

    def __init__(self, plan: OutputPlan, sink: Sink) -> None:
        super().__init__(plan, sink)
        # Late: the other forms do without.
        import csv

        self._text = io.StringIO(newline="")
        self._write = csv.writer(self._text).writerow

    def head(self, columns: Sequence[str]) -> None:
        """Write the header."""
        if columns:
            self.line(columns)

    def line(self, cells: Sequence[Any]) -> None:
        """Write one line."""
        self._write(cells)
        # Cut off here and not by the library's option: before Python 3.13 it would leave carriage returns unquoted.
        self._sink.write(self._text.getvalue().removesuffix("\r\n") + "\n")
        self._text.seek(0)
        self._text.truncate()


class TsvWriter(_Lines):
    r"""A line for each row and no header; `\t`, `\n`, `\r` and `\\` stand for what would break a line or a cell."""

    def head(self, columns: Sequence[str]) -> None:
        """Write nothing: who cuts columns out of lines wants no header among them."""

    def line(self, cells: Sequence[Any]) -> None:
        """Write one line."""
        self._sink.write("\t".join(str(value).translate(_ESCAPES) for value in cells) + "\n")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

WRITERS: dict[OutputFormat, Callable[[OutputPlan, Sink], RowWriter]] = {
    OutputFormat.JSON: JsonWriter,
    OutputFormat.JSONL: JsonLinesWriter,
    OutputFormat.YAML: YamlWriter,
    OutputFormat.CSV: CsvWriter,
    OutputFormat.TSV: TsvWriter,
}
