"""What `--output`, `--query`, `--fields`, `--limit` and `--all` say, and what that means for one operation."""

from enum import StrEnum
from typing import Annotated, Any, Final

import attrs
import typer

from cyara_tools.output.errors import UsageError
from cyara_tools.output.fields import in_document, split_names
from cyara_tools.output.query import Query

DEFAULT_LIMIT: Final = 100
"""Rows of a list when nobody says how many: a first look must not read a hundred pages."""


class OutputFormat(StrEnum):
    """Forms of an output."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    YAML = "yaml"
    TSV = "tsv"


@attrs.frozen(kw_only=True)
class OutputOptions:
    """The options of a command that shows what a call answered; every field is one.

    Attributes:
        format: form of the output; None for the one that fits who reads.
        query: JMESPath expression; None for all of the answer.
        fields: names with commas between, in Python's or the document's spelling; None for all of them.
        limit: rows of a list at most; None for `DEFAULT_LIMIT`.
        all_pages: whether a list is read to its end.
    """

    format: Annotated[
        OutputFormat | None,
        typer.Option(
            "--output",
            help="Form of the output. On a terminal: table. In a pipe or file: tsv for lists and single values, json "
            "for objects.",
            show_default=False,
        ),
    ] = None
    query: Annotated[
        str | None,
        typer.Option(
            "--query",
            metavar="JMESPATH",
            help="What to take of the answer, as JMESPath, by the document's names; of a list it gets all rows.",
            show_default=False,
        ),
    ] = None
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields",
            metavar="A,B",
            help="Only these fields, in this order; those of inner objects with dots between.",
            show_default=False,
        ),
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=0, metavar="N", help=f"Rows of a list at most. Default: {DEFAULT_LIMIT}.", show_default=False
        ),
    ] = None
    all_pages: Annotated[bool, typer.Option("--all", help="Read a list to its end, page by page.")] = False

    @property
    def most(self) -> int | None:
        """How many rows of a list are wanted; None for all."""
        return None if self.all_pages else DEFAULT_LIMIT if self.limit is None else self.limit

    def plan(self, model: Any = None) -> "OutputPlan":
        """Check the options, which costs no call.

        Args:
            model: class of the answer or, of a list, of its rows; None where it is not known.

        Raises:
            UsageError: one of them is wrong; the text says which and what would be right.
        """
        if self.all_pages and self.limit is not None:
            raise UsageError(
                "--all reads a list to its end, and --limit does not. Nothing was sent. Next: give one of the two"
            )
        names = None if self.fields is None else split_names(self.fields)
        # What a query leaves has other fields than the model, so that only the answer can tell.
        if names is not None and model is not None and self.query is None:
            names = tuple(in_document(model, name) for name in names)
        query = None if self.query is None else Query(self.query)
        return OutputPlan(format=self.format, query=query, fields=names, model=None if query else model)


@attrs.frozen(kw_only=True)
class OutputPlan:
    """Checked options: what is done with each row.

    Attributes:
        format: form of the output; None for the one that fits who reads.
        query: what the answer is asked; None for nothing.
        fields: fields of the output, in the document's spelling where that is known; None for all.
        model: class of the rows; None where it is not known.
    """

    format: OutputFormat | None = None
    query: Query | None = None
    fields: tuple[str, ...] | None = None
    model: Any = None

    def form_of(self, *, is_object: bool, is_terminal: bool) -> OutputFormat:
        """Return the form of the output: the one that was asked for, or the one that fits who reads."""
        if self.format is not None:
            return self.format
        if is_terminal:
            return OutputFormat.TABLE
        return OutputFormat.JSON if is_object else OutputFormat.TSV
