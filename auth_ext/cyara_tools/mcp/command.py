"""`cyara mcp`: tools for an assistant, by the Model Context Protocol."""

import asyncio
import os
import signal
import threading
import warnings
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cyara_auth.client.cyara import Cyara
from cyara_client.errors import UnverifiedOperationWarning
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.verbose import log_to_stderr
from cyara_tools.mcp.context import AssistantContext
from cyara_tools.output.errors import UsageError

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

HttpOption = Annotated[
    bool, typer.Option("--http", help="Serve over HTTP on this machine instead of stdin and stdout.")
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port", help="Port to listen on with --http, 8766 by default; 0 takes any that is free.", show_default=False
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="File with the secret that callers show with --http, made if it is missing.",
        show_default=False,
    ),
]


@command
def mcp(
    context: AssistantContext,
    output: CommandOutput,
    *,
    http: HttpOption = False,
    port: PortOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Give an assistant tools that read campaigns, test cases and results, until its end or Ctrl-C.

    It speaks the Model Context Protocol on stdin and stdout, and an assistant starts it by itself; see
    docs/assistants.md.
    """
    if not http and (port is not None or token_file is not None):
        raise UsageError("--port and --token-file are for --http. Nothing was started. Next: cyara mcp --http")
    with context.connect_for_assistants() as cyara:
        # Late: the SDK is most of what this command loads, and the extra may be missing.
        from cyara_tools.mcp.server import CALLS, make_server
        from cyara_tools.mcp.toolbox import Permissions, Toolbox

        permissions = Permissions(
            writes=context.allow_writes, deletes=context.allow_deletes, all_operations=context.all_operations
        )
        # The tools' descriptions say it, and what a command notes is shown at its end, which may be days away.
        warnings.simplefilter("ignore", UnverifiedOperationWarning)
        server = make_server(cyara, Toolbox(cyara, permissions))
        log_to_stderr(CALLS)
        if http:
            _serve_http(server, cyara, output, port=port, token_file=token_file)
        else:
            # Standard output belongs to the protocol from here on.
            output.release()
            asyncio.run(_serve_stdio(server, cyara))


async def _serve_stdio(server: "Server[Any]", cyara: Cyara) -> None:
    from mcp.server.stdio import stdio_server

    async with cyara, stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _serve_http(
    server: "Server[Any]", cyara: Cyara, output: CommandOutput, *, port: int | None, token_file: Path | None
) -> None:
    from cyara_tools.mcp.http_server import DEFAULT_PORT, AssistantServer
    from cyara_tools.proxy.secret import new_secret, secret_from

    secret = new_secret() if token_file is None else secret_from(token_file)
    ended = threading.Event()
    # A service manager ends it by this signal; its connections are closed, and nothing is left behind.
    signal.signal(signal.SIGTERM, partial(_end, ended))
    with AssistantServer(server, cyara, secret=secret, port=DEFAULT_PORT if port is None else port) as running:
        header = f"Authorization: Bearer {secret}"
        output.announce(
            [running.url, header], url=running.url, header=header, port=running.address.port, pid=os.getpid()
        )
        # With a limit, since Windows does not hear Ctrl-C in a wait without one.
        while running.is_running and not ended.wait(0.5):
            pass


def _end(ended: threading.Event, _: int, __: FrameType | None) -> None:
    ended.set()
