"""`cyara exec`: runs a program with the proxy up, so that no call of it can burn the token."""

import os
from typing import Annotated

import typer

from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.proxy.child import NOT_EXECUTABLE, NOT_FOUND, child_environment, run_child
from cyara_tools.proxy.context import ProxyContext
from cyara_tools.proxy.newman import with_globals

CommandArgument = Annotated[list[str], typer.Argument(metavar="-- COMMAND ...", help="The program and its arguments.")]


@command
def exec_(context: ProxyContext, output: CommandOutput, *, program: CommandArgument) -> None:
    """Run a program with the proxy up: it reads CYARA_BASE_URL, and gets no credential.

    The exit code is the program's own; 128+n if signal n killed it; 127 if it was not found, 126 if it cannot be
    executed; 3 to 9 if the proxy could not start.
    """
    with context.connect_for_tools() as cyara:
        # Late: the server is most of what this command loads, and the extra may be missing.
        from cyara_tools.proxy import GuardProxy

        with GuardProxy(cyara, context.settings(), port=0) as running:
            # From now on standard output is the program's.
            output.release()
            environ = child_environment(os.environ, running.base_url, context.account)
            try:
                with with_globals(program, environ) as whole:
                    output.exit_code = run_child(whole, environ)
            except FileNotFoundError:
                output.exit_code = NOT_FOUND
                typer.echo(f"{program[0]}: not found. Nothing was sent. Next: check its name and PATH", err=True)
            except OSError as error:
                output.exit_code = NOT_EXECUTABLE
                typer.echo(f"{program[0]}: cannot be started ({error.strerror}). Nothing was sent.", err=True)
