"""`cyara proxy`: the guard for every tool, as a base URL on this machine."""

import os
import signal
import threading
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.verbose import log_to_stderr
from cyara_tools.proxy.context import ProxyContext
from cyara_tools.proxy.log import REQUESTS
from cyara_tools.proxy.secret import secret_from
from cyara_tools.proxy.settings import page_origin

PortOption = Annotated[int, typer.Option("--port", help="Port to listen on; 0 takes any that is free.")]
HostOption = Annotated[str, typer.Option("--host", help="Address on this machine; another one is refused.")]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help="File with the secret of the address, made if it is missing: tools keep their address.",
        show_default=False,
    ),
]
HeaderOption = Annotated[
    bool, typer.Option("--header-secret", help="Want the header Cyara-Proxy: SECRET instead of a path with it.")
]
CorsOption = Annotated[
    list[str] | None,
    typer.Option("--cors", help="Origin of a page that may call, https://HOST[:PORT]; may be repeated."),
]


@command
def proxy(  # noqa: PLR0913 - each is an option
    context: ProxyContext,
    output: CommandOutput,
    *,
    port: PortOption = 8765,
    host: HostOption = "127.0.0.1",
    token_file: TokenFileOption = None,
    header_secret: HeaderOption = False,
    cors: CorsOption = None,
) -> None:
    """Let any HTTP tool call the portal through the guard, without a credential of its own, until Ctrl-C.

    The first line printed is a base URL. A page for people is behind it; see docs/proxy.md.
    """
    origins = frozenset(map(page_origin, cors or ()))
    with context.connect_for_tools() as cyara:
        # Late: the server is most of what this command loads, and the extra may be missing.
        from cyara_tools.proxy import GuardProxy

        secret = None if token_file is None else secret_from(token_file)
        settings = context.settings(secret=secret, by_header=header_secret, cors=origins)
        log_to_stderr(REQUESTS)
        ended = threading.Event()
        # A service manager ends it by this signal; its connections are closed, and nothing is left behind.
        signal.signal(signal.SIGTERM, partial(_end, ended))
        with GuardProxy(cyara, settings, host=host, port=port) as running:
            header = {"header": f"Cyara-Proxy: {settings.secret}"} if header_secret else {}
            output.announce(
                [running.base_url, *header.values()],
                base_url=running.base_url,
                page=running.page,
                port=running.address.port,
                pid=os.getpid(),
                **header,
            )
            if not output.as_json:
                typer.echo(f"A page that says how tools use it: {running.page}\nCtrl-C ends.", err=True)
            # With a limit, since Windows does not hear Ctrl-C in a wait without one.
            while running.is_running and not ended.wait(0.5):
                pass


def _end(ended: threading.Event, _: int, __: FrameType | None) -> None:
    ended.set()
