"""`cyara export results`: the results of campaigns as a file for spreadsheets, pandas and polars."""

import importlib.util
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cyara_auth.errors import MissingExtraError
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import PortalContext
from cyara_tools.cli.exit_codes import ExitCode
from cyara_tools.export.errors import ExportError, TooLargeError
from cyara_tools.export.form import Form
from cyara_tools.export.journal import journal_of
from cyara_tools.export.window import moment_of

if TYPE_CHECKING:
    from cyara_auth import Cyara
    from cyara_tools.export.runs import Window

_NO_LIMIT: Final = sys.maxsize
_STANDARD_OUTPUT: Final = Path("-")
_NEEDS: Final = {Form.XLSX: "xlsxwriter", Form.PARQUET: "polars"}

CampaignOption = Annotated[
    list[int], typer.Option("--campaign", help="Number of a campaign; may be repeated.", show_default=False)
]
ToOption = Annotated[
    Path,
    typer.Option("--to", help="File: its ending, .csv, .jsonl, .xlsx or .parquet, is its form; - is standard output."),
]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="Only runs that started then or later: 30d, 2026-01-31, or an ISO 8601 time."),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Only runs that started before then.")]
FormOption = Annotated[
    Form | None, typer.Option("--output", help="Form of the file, where its name does not say it.", show_default=False)
]
RestartOption = Annotated[
    bool, typer.Option("--restart", help="Begin anew, and replace a file that is there.", show_default=False)
]


@command
def results(  # noqa: PLR0913 - one parameter for each option
    context: PortalContext,
    output: CommandOutput,
    *,
    campaign: CampaignOption,
    to: ToOption,
    since: SinceOption = None,
    until: UntilOption = None,
    form: FormOption = None,
    restart: RestartOption = False,
) -> None:
    """Write the results of campaigns to a file, run by run, oldest first.

    An export that was stopped goes on where it was when the same command is given again.
    """
    now = datetime.now(UTC)
    chosen = _form_of(to, form)
    window = _window(since, until, now)
    asked = {"campaigns": campaign, "since": since, "until": until, "form": chosen.value}
    if to == _STANDARD_OUTPUT:
        _check_stream(chosen, output)
    _check_extra(chosen)
    with context.connect_for_jobs() as cyara:
        if to == _STANDARD_OUTPUT:
            _to_stream(cyara, campaign, window, chosen, output)
            return
        options = {**asked, "portal": cyara.base_url, "account": cyara.account_id}
        try:
            _to_file(cyara, to, window, options, output, restart=restart)
        except (KeyboardInterrupt, Exception) as error:
            # An error of the export says by itself what stays.
            if not isinstance(error, ExportError) and journal_of(to).exists():
                output.note(f"the runs that are whole stay beside {to}; the same command goes on from there")
            raise


def _form_of(to: Path, form: Form | None) -> Form:
    if form is not None:
        return form
    if to == _STANDARD_OUTPUT:
        return Form.CSV
    with suppress(ValueError):
        return Form(to.suffix.lower().removeprefix("."))
    raise typer.BadParameter(
        f"the name {to.name!r} does not say which form the file has. End it with .csv, .jsonl, .xlsx or .parquet, or "
        "say --output",
        param_hint="--to",
    )


def _window(since: str | None, until: str | None, now: datetime) -> "Window":
    from cyara_tools.export.runs import Window

    ends: dict[str, Any] = {}
    for name, text in (("since", since), ("until", until)):
        try:
            ends[name] = None if text is None else moment_of(text, now)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint=f"--{name}") from None
    if ends["since"] and ends["until"] and ends["since"] >= ends["until"]:
        raise typer.BadParameter("no run can have started since then: --until is not later", param_hint="--since")
    return Window(**ends)


def _check_stream(form: Form, output: CommandOutput) -> None:
    from cyara_tools.output.standard_output import standard_output

    if form in _NEEDS:
        raise typer.BadParameter(
            f"{form.value} is made in a file; standard output takes csv and jsonl", param_hint="--to"
        )
    standard_output()
    if output.as_json:
        raise typer.BadParameter("--json writes to standard output, too; give --to a file", param_hint="--to")


def _check_extra(form: Form) -> None:
    if form in _NEEDS and importlib.util.find_spec(_NEEDS[form]) is None:
        raise MissingExtraError(
            f"A file .{form.value} needs an extra, and nothing was fetched. Run: pip install 'cyara-client[export]'; "
            "or export to .csv or .jsonl"
        )


def _to_file(  # noqa: PLR0913 - what the command was told
    cyara: "Cyara", to: Path, window: "Window", options: dict[str, Any], output: CommandOutput, *, restart: bool
) -> None:
    from cyara_tools.export import results as exporting
    from cyara_tools.export.part_file import PartFile
    from cyara_tools.export.progress import Progress
    from cyara_tools.export.workbook import MOST_ROWS

    form = Form(options["form"])
    with PartFile(to, options, restart=restart) as part, Progress() as progress:
        if part.plan is None:
            begun = datetime.now(UTC).isoformat()
            plan, table = exporting.plan_export(
                cyara, options["campaigns"], window, begun=begun, options=options, replaces=to.exists()
            )
            if form is Form.XLSX:
                exporting.check_sheet(cyara, table, plan.runs)
            part.begin(plan)
        else:
            table = exporting.Table(cyara, part.plan.runs)
            exporting.check_columns(part.plan, table)
            output.note(
                f"this goes on with the export that began {part.plan.begun[:19]} UTC; times are counted from then"
            )
        most = MOST_ROWS if form is Form.XLSX else _NO_LIMIT
        try:
            exporting.write_results(cyara, table, part, as_json=form is not Form.CSV, watching=progress, most=most)
        except TooLargeError:
            part.forget()
            raise
        notes: list[str] = []
        part.finish(exporting.converter(form, table.columns, notes))
        outcome = exporting.outcome_of(part)
    _tell(outcome, notes, str(to), output)


def _to_stream(cyara: "Cyara", campaigns: list[int], window: "Window", form: Form, output: CommandOutput) -> None:
    from cyara_tools.export import results as exporting
    from cyara_tools.export.progress import Progress
    from cyara_tools.export.stream import Stream
    from cyara_tools.output.standard_output import standard_output

    plan, table = exporting.plan_export(cyara, campaigns, window)
    stream = Stream(plan, standard_output())
    with Progress() as progress:
        exporting.write_results(cyara, table, stream, as_json=form is Form.JSONL, watching=progress, most=_NO_LIMIT)
    _tell(exporting.outcome_of(stream), [], None, output)


def _tell(outcome: Any, notes: list[str], to: str | None, output: CommandOutput) -> None:
    output.put(runs=outcome.runs, results=outcome.rows, file=to, incomplete=list(outcome.incomplete))
    if to is not None:
        results_of = f"{outcome.rows:,} result{'' if outcome.rows == 1 else 's'} of {outcome.runs:,}"
        output.say(f"Wrote {results_of} run{'' if outcome.runs == 1 else 's'} to {to}")
    if not outcome.runs:
        output.note("no run started in that time")
    for note in (*outcome.notes, *notes, *outcome.incomplete):
        output.note(note)
    if outcome.incomplete:
        # The file has all that the portal lists, but whoever reads the exit code must not take it for all there is.
        output.exit_code = ExitCode.INCONCLUSIVE
        output.note("the portal did not list all results; the file has those that it listed")
