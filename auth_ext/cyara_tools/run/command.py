"""`cyara run`: run campaigns, judge them by a gate, report; take up what an earlier command has started."""

import asyncio

from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.exit_codes import EXPECTED
from cyara_tools.run.option_values import runs_named
from cyara_tools.run.options import CampaignsArgument, JsonOption, RunContext
from cyara_tools.run.session import Request, Session
from cyara_tools.run.signals import interruption


@command
def run(
    context: RunContext, output: CommandOutput, *, campaigns: CampaignsArgument = None, as_json: JsonOption = None
) -> None:
    """Run campaigns, follow them to their end, judge them by a gate, and report.

    Exit codes: 0 the gate passed, 10 it failed, 11 not every test could be run, 12 time-out, 13 nothing selected,
    130 Ctrl-C; 3 to 9 as for cyara auth.
    """
    words = campaigns or []
    request = Request(
        settings=context.settings(),
        selectors=None if context.resume else context.selectors(words),
        runs=runs_named(words) if context.resume else (),
        reports=context.destinations(as_json),
        detach=context.detach,
    )
    # Before anything is started: a night's run must not end in a folder that nobody can write to.
    request.reports.check()
    with interruption() as interrupted:
        session = Session(context, output, request, interrupted)
        try:
            _carry_out(session)
        except EXPECTED as error:
            if not interrupted.at_once:
                session.report_error(error)
            raise


def _carry_out(session: Session) -> None:
    try:
        asyncio.run(session.run())
    except asyncio.CancelledError:
        # That is what a signal makes of it.
        raise KeyboardInterrupt from None
