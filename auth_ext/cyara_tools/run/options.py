"""The options of `cyara run`, and what they come to."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import attrs
import typer

from cyara_tools.cli.base import Command
from cyara_tools.cli.context import PortalContext
from cyara_tools.durations import seconds_of
from cyara_tools.reports.write import Destinations
from cyara_tools.run.gate import result_of, share_of
from cyara_tools.run.option_values import campaign_number, positive, read, read_if
from cyara_tools.run.select import Selectors
from cyara_tools.run.suite import GateOptions, read_suite
from cyara_tools.run.work import Settings

_SELECTION: Final = "Selection (selectors add up)"
_RUNNING: Final = "Running"
_GATE: Final = "Gate (without it, every result has to be Success or Satisfactory)"
_REPORTS: Final = "Reports"
_SHORTEST_INTERVAL: Final = 0.01
_NUMBER_OR_RUN: Final = re.compile(r"\d+(/.*)?", re.ASCII)

CampaignsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CAMPAIGN ...]", help="Numbers of campaigns; with --resume CAMPAIGN/RUN.", show_default=False
    ),
]
JsonOption = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="[FILE]",
        help="Write a JSON report; without FILE the same object to standard output, instead of text.",
        rich_help_panel=_REPORTS,
    ),
]


class RunCommand(Command):
    """A command whose `--json` may stand without a value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `-` behind a `--json` that no file follows."""
        made: list[str] = []
        for position, argument in enumerate(args):
            if argument == "--":
                made += args[position:]
                break
            made.append(argument)
            following = args[position + 1] if position + 1 < len(args) else "-x"
            # What looks like a campaign is one: a file called 812 is written as ./812, or --json=812.
            if argument == "--json" and (_NUMBER_OR_RUN.fullmatch(following) or _is_option(following)):
                made.append("-")
        return super().parse_args(ctx, made)


def _is_option(argument: str) -> bool:
    return argument.startswith("-") and argument != "-"


@attrs.frozen(kw_only=True)
class RunContext(PortalContext):
    """The options of `cyara run`, and those of the portal."""

    name: Annotated[
        list[str] | None,
        typer.Option(
            "--name", metavar="GLOB", help="Campaigns with such a name, as in 'Nightly *'.", rich_help_panel=_SELECTION
        ),
    ] = None
    folder: Annotated[
        list[str] | None,
        typer.Option(
            "--folder",
            metavar="PATH",
            help="Campaigns of this folder or one below it; by their test cases, where the portal tells no more.",
            rich_help_panel=_SELECTION,
        ),
    ] = None
    plan_type: Annotated[
        list[str] | None,
        typer.Option(
            "--plan-type", metavar="T", help="Campaigns on plans of this type: Pulse, ...", rich_help_panel=_SELECTION
        ),
    ] = None
    suite: Annotated[
        Path | None,
        typer.Option(
            "--suite",
            metavar="FILE",
            help="Campaigns of a suite file, each with its own gate.",
            rich_help_panel=_SELECTION,
        ),
    ] = None
    parallel: Annotated[
        int | None,
        typer.Option(
            "--parallel",
            metavar="N",
            min=1,
            help="Campaigns at once; 1 by default. The default policy keeps two calls in flight, so that more than a "
            "few gain little; and what a plan has no free ports for waits.",
            rich_help_panel=_RUNNING,
        ),
    ] = None
    fail_fast: Annotated[
        bool,
        typer.Option(
            "--fail-fast",
            help="Start nothing more after the first campaign that does not pass; what runs is followed to its end.",
            rich_help_panel=_RUNNING,
        ),
    ] = False
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout",
            metavar="TIME",
            help="How long each campaign's run is followed; 1h by default. Then it goes on at the portal (exit code "
            "12), and --resume takes it up.",
            rich_help_panel=_RUNNING,
        ),
    ] = None
    interval: Annotated[
        str | None,
        typer.Option(
            "--interval",
            metavar="TIME",
            help="How long to wait between two questions; 5s by default.",
            rich_help_panel=_RUNNING,
        ),
    ] = None
    detach: Annotated[
        bool,
        typer.Option(
            "--detach",
            help="Start the campaigns, print a line CAMPAIGN/RUN for each, and end.",
            rich_help_panel=_RUNNING,
        ),
    ] = False
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Take up runs that were started before: those that are named, or the last command that was not "
            "over. Nothing is started twice.",
            rich_help_panel=_RUNNING,
        ),
    ] = False
    min_pass: Annotated[
        str | None,
        typer.Option(
            "--min-pass", metavar="95%", help="Least share of calls that pass, of all.", rich_help_panel=_GATE
        ),
    ] = None
    max_failures: Annotated[
        int | None,
        typer.Option("--max-failures", metavar="N", min=0, help="Most calls that may fail.", rich_help_panel=_GATE),
    ] = None
    max_duration: Annotated[
        str | None,
        typer.Option("--max-duration", metavar="TIME", help="Longest that a test may take.", rich_help_panel=_GATE),
    ] = None
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="RESULT", help="Count this result as passed.", rich_help_panel=_GATE),
    ] = None
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.", rich_help_panel=_REPORTS)
    ] = None
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one HTML page.", rich_help_panel=_REPORTS)
    ] = None
    summary: Annotated[
        Path | None,
        typer.Option(
            "--summary",
            metavar="FILE",
            help="Append a summary in Markdown; to the file of GITHUB_STEP_SUMMARY by default, when that is set.",
            rich_help_panel=_REPORTS,
        ),
    ] = None
    no_summary: Annotated[bool, typer.Option("--no-summary", help="Write no summary.", rich_help_panel=_REPORTS)] = (
        False
    )

    def gate_options(self) -> GateOptions:
        """Read what is said of the gate.

        Raises:
            typer.BadParameter: a value cannot be read.
        """
        allow = None if not self.allow else frozenset(read(result_of, each, "--allow") for each in self.allow)
        return GateOptions(
            min_pass=read_if(share_of, self.min_pass, "--min-pass"),
            max_failures=self.max_failures,
            max_duration=read_if(seconds_of, self.max_duration, "--max-duration"),
            allow=allow,
            timeout=positive(self.timeout, "--timeout"),
        )

    def settings(self) -> Settings:
        """Read how campaigns are run.

        Raises:
            typer.BadParameter: a value cannot be read, or two do not go together.
        """
        self._check_combinations()
        interval = positive(self.interval, "--interval")
        return Settings(
            gate=self.gate_options(),
            parallel=self.parallel,
            fail_fast=self.fail_fast,
            interval=None if interval is None else max(interval, _SHORTEST_INTERVAL),
        )

    def selectors(self, campaigns: Sequence[str]) -> Selectors:
        """Read which campaigns are wanted, and the suite file with them.

        Raises:
            typer.BadParameter: nothing is wanted, or a number is none.
            ConfigurationError: the suite file cannot be used.
        """
        suite = None if self.suite is None else read_suite(self.suite, self.gate_options())
        if suite is not None:
            suite.check_environment(os.environ)
        made = Selectors(
            ids=[campaign_number(text) for text in campaigns],
            names=self.name or (),
            folders=self.folder or (),
            plan_types=self.plan_type or (),
            entries=() if suite is None else suite.entries,
        )
        if made.is_empty:
            raise typer.BadParameter(
                "say which campaigns to run: by number, --name, --folder, --plan-type or --suite; or take up earlier "
                "ones by --resume"
            )
        return made

    def destinations(self, as_json: str | None) -> Destinations:
        """Return where reports go; `as_json` is None, a file, or `-` for standard output."""
        on_stdout = as_json == "-"
        return Destinations(
            junit=self.junit,
            # The command prints that one itself, with what every command says beside it.
            json=None if as_json is None or on_stdout else Path(as_json),
            html=self.html,
            summary=self.summary,
            no_summary=self.no_summary,
            annotations=not on_stdout,
        )

    def _check_combinations(self) -> None:
        if self.resume and (self.name or self.folder or self.plan_type or self.suite or self.detach):
            raise typer.BadParameter("--resume takes up what was selected before: it goes with CAMPAIGN/RUN only")
        if self.detach and (self.junit or self.html or self.summary):
            raise typer.BadParameter("--detach ends before there is anything to report: give reports to --resume")
        if self.summary and self.no_summary:
            raise typer.BadParameter("--summary and --no-summary do not go together")
