"""The results of campaigns, run by run, into one file: what `cyara export results` does."""

from __future__ import annotations

import warnings
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import attrs

from cyara_auth.workflows.calls import CallStep, call_of
from cyara_client._annotations import is_model, resolve
from cyara_client.errors import IncompleteListWarning, PageError
from cyara_tools.export.columns import Column, Kind, unique
from cyara_tools.export.errors import ExportError, TooLargeError
from cyara_tools.export.form import Form
from cyara_tools.export.journal import Plan
from cyara_tools.export.lines import Lines
from cyara_tools.export.runs import PER_PAGE, ChosenRun, Window, choose_runs
from cyara_tools.export.values import Reader
from cyara_tools.export.workbook import MOST_COLUMNS, MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cyara_auth import Cyara
    from cyara_tools.export.target import Target, Watching

_ROWS_OF_A_BATCH: Final = 500
"""So many results are written at once: what is done to a whole column costs less the longer the column is."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of an export.

    Attributes:
        runs: how many runs are in the file.
        rows: how many results.
        incomplete: of which runs the portal did not list everything, as sentences.
        notes: what else people should know, as sentences.
    """

    runs: int
    rows: int
    incomplete: Sequence[str]
    notes: Sequence[str]


class Table:
    """The columns of the file, and the reader of their values.

    Args:
        cyara: the client.
        runs: those that will be in the file.
    """

    def __init__(self, cyara: Cyara, runs: Sequence[ChosenRun]) -> None:
        self.reader = Reader(_result_class(cyara))
        first = [
            Column("campaign.id", Kind.INTEGER),
            Column("campaign.name", Kind.TEXT),
            Column("run.id", Kind.INTEGER if _are_numbers(cyara, runs) else Kind.TEXT),
            Column("run.start", Kind.MOMENT),
            Column("run.end", Kind.MOMENT),
        ]
        self.columns = unique([*first, *self.reader.columns])

    def first(self, run: ChosenRun) -> list[Any]:
        """Return the values of the columns before those of the result."""
        number = run.run if self.columns[2].kind is Kind.INTEGER else str(run.run)
        return [run.campaign, run.name, number, run.start, run.end]

    def facts(self) -> list[list[str]]:
        """Return name and kind of each column."""
        return [[column.name, column.kind.value] for column in self.columns]


def _result_class(cyara: Cyara) -> Any:
    # What the iterator says that it yields: there is a file with its columns even where there are no results.
    method: Any = getattr(cyara.campaigns, "iter_campaign_run_results", None)
    returned = str(getattr(method, "__annotations__", {}).get("return", ""))
    found = resolve(returned.partition("[")[2].removesuffix("]")) if "[" in returned else None
    if not is_model(found):
        raise ExportError(
            "This client's document does not say what a test result of a run is, so there are no columns; nothing was "
            "written. Next: build the client from your portal's own document (README.md)"
        )
    return found


def _are_numbers(cyara: Cyara, runs: Sequence[ChosenRun]) -> bool:
    if runs:
        return all(isinstance(run.run, int) for run in runs)
    method: Any = getattr(cyara.campaigns, "iter_campaign_run_results", None)
    return str(getattr(method, "__annotations__", {}).get("run_id", "")) == "int"


def check_columns(plan: Plan, table: Table) -> None:
    """Refuse to go on with a file of other columns.

    Raises:
        ExportError: the client was built anew since, from a document with other fields.
    """
    if plan.columns != table.facts():
        raise ExportError(
            "The export was begun with a client whose document has other fields of a result. Nothing was changed. "
            "Next: say --restart to begin anew"
        )


def plan_export(  # noqa: PLR0913 - what a plan has, and where its runs are found
    cyara: Cyara,
    campaigns: Iterable[int],
    window: Window,
    *,
    begun: str = "",
    options: dict[str, Any] | None = None,
    replaces: bool = False,
) -> tuple[Plan, Table]:
    """List the runs of all campaigns that are in the window, and say which columns their results have.

    Args:
        cyara: the client.
        campaigns: their numbers.
        window: when a run must have started.
        begun: moment of the plan, as ISO 8601.
        options: what was asked.
        replaces: whether a file that is there is to be replaced.

    Raises:
        ExportError: there is no such campaign, or no such list.
        ApiError: the portal refused a call.
    """
    runs: list[ChosenRun] = []
    undated = 0
    for campaign in campaigns:
        found, without = choose_runs(cyara, campaign, window)
        runs += found
        undated += without
    table, asked = Table(cyara, runs), {} if options is None else options
    plan = Plan(options=asked, begun=begun, columns=table.facts(), replaces=replaces, runs=runs, undated=undated)
    return plan, table


def check_sheet(cyara: Cyara, table: Table, runs: Iterable[ChosenRun]) -> None:
    """Refuse what does not fit into a sheet, by the totals of the pages, before any result is fetched.

    Raises:
        ExportError: there are too many columns or rows.
    """
    if len(table.columns) > MOST_COLUMNS:
        raise TooLargeError(
            f"A sheet holds {MOST_COLUMNS:,} columns, and there are {len(table.columns):,}. {_OTHER_FORM}"
        )
    rows = 0
    for run in runs:
        pages: list[Any] = []
        # One small page, for its total.
        wishes = {"page_size": 1, "prefetch": False}
        step = CallStep("campaigns", "iter_campaign_run_results", {**_of(run), "on_page": pages.append}, wishes=wishes)
        next(iter(call_of(cyara, attrs.evolve(step, arguments={**step.arguments, "limit": 1}))()), None)
        rows += (pages[0].total or 0) if pages else 0
        if rows > MOST_ROWS:
            raise _too_many(f"at least {rows:,}")


_OTHER_FORM: Final = "Next: export to .csv or .parquet, or fewer runs by --since and --until"


def _too_many(rows: str) -> TooLargeError:
    return TooLargeError(f"A sheet holds {MOST_ROWS:,} rows, and there are {rows}; no file was written. {_OTHER_FORM}")


def write_results(  # noqa: PLR0913 - each is one independent thing
    cyara: Cyara, table: Table, part: Target, *, as_json: bool, watching: Watching, most: int
) -> None:
    """Write the results of all runs of the plan that are not written yet.

    Args:
        cyara: the client.
        table: the columns.
        part: the unfinished file, with its plan.
        as_json: JSON Lines, else CSV.
        watching: is told how far it is.
        most: how many rows are allowed.

    Raises:
        ExportError: there are more rows, or the file cannot be written.
        ApiError: the portal refused a call.
    """
    assert part.plan is not None, "begun before"  # noqa: S101 - for type checkers
    runs = part.plan.runs
    lines = Lines(table.columns, as_json=as_json)
    watching.begin(len(runs), part.done.runs, part.done.rows)
    if not part.done.size:
        part.write(lines.head)
    for run in runs[part.done.runs :]:
        lines.set_first(table.first(run))
        writer = _RunWriter(table.reader, lines, part.write, watching, most - part.done.rows)
        problem = _walk(cyara, run, writer)
        part.run_is_whole(writer.rows, problem)
        watching.run_is_whole()


class _RunWriter:
    """Writes the results of one run, batch by batch."""

    def __init__(
        self, reader: Reader, lines: Lines, write: Callable[[str], None], watching: Watching, most: int
    ) -> None:
        self._reader, self._lines, self._write, self._watching = reader, lines, write, watching
        self._most = most
        self._waiting: list[Any] = []
        self.rows = 0

    def take(self, page: Any) -> None:
        self._waiting += page.items
        # Only a portal that tells no totals comes here.
        if self.rows + len(self._waiting) > self._most:
            raise _too_many("more")
        if len(self._waiting) >= _ROWS_OF_A_BATCH:
            self.write_rest()

    def write_rest(self) -> None:
        values = self._reader.read(self._waiting)
        self._waiting = []
        rows = len(values[0])
        if rows:
            self.rows += rows
            self._write(self._lines.of(values))
            self._watching.add_rows(rows)


def _walk(cyara: Cyara, run: ChosenRun, writer: _RunWriter) -> str | None:
    """Write all results of a run, and return a sentence where the portal did not list all of them."""
    arguments = {**_of(run), "on_page": writer.take}
    step = CallStep("campaigns", "iter_campaign_run_results", arguments, wishes={"page_size": PER_PAGE})
    early: PageError | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", IncompleteListWarning)
        try:
            # Pages are taken as they come; the items by themselves are of no use here.
            deque(call_of(cyara, step)(), maxlen=0)
        except PageError as error:
            early = error
    writer.write_rest()
    if early is not None:
        return f"The list of results of run {run.run} of campaign {run.campaign} ended early: {early}."
    short = [warning.message for warning in caught if isinstance(warning.message, IncompleteListWarning)]
    return f"Run {run.run} of campaign {run.campaign}: {short[0]}" if short else None


def _of(run: ChosenRun) -> dict[str, Any]:
    return {"campaign_id": run.campaign, "run_id": run.run}


def outcome_of(part: Target) -> Outcome:
    """Return what came of an export whose runs are all written."""
    assert part.plan is not None, "begun before"  # noqa: S101 - for type checkers
    notes: list[str] = []
    going_on = sum(run.end is None for run in part.plan.runs)
    if going_on:
        notes.append(f"{going_on} of the runs had no end yet; results that came later are not in the file.")
    if part.plan.undated:
        notes.append(f"{part.plan.undated} runs were left out, because the portal gives no start of theirs.")
    return Outcome(runs=part.done.runs, rows=part.done.rows, incomplete=part.problems, notes=notes)


def converter(form: Form, columns: Sequence[Column], notes: list[str]) -> Callable[[Path, Path], None] | None:
    """Return what makes the file of its JSON Lines; None where these are it."""
    if form is Form.PARQUET:
        from cyara_tools.export.parquet import write_parquet

        return lambda lines, target: write_parquet(columns, lines, target)
    if form is Form.XLSX:
        from cyara_tools.export.workbook import Workbook

        def convert(lines: Path, target: Path) -> None:
            book = Workbook(columns)
            book.convert(lines, target)
            if book.cut:
                notes.append(f"{book.cut} texts were longer than a cell of a sheet holds, and were cut off.")

        return convert
    return None
