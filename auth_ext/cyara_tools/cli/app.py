"""The commands, put together."""

import platform
from typing import Annotated, Final

import typer

from cyara_auth.client.cyara import built_from
from cyara_tools.cli import rotate
from cyara_tools.cli.doctor import doctor
from cyara_tools.cli.fingerprint import fingerprint
from cyara_tools.cli.login import login
from cyara_tools.cli.remote_sync_key import remote_sync_key
from cyara_tools.cli.reset import reset
from cyara_tools.cli.status import status
from cyara_tools.cli.verify import verify
from cyara_tools.export.command import app as export

# How much of the document's SHA-256 people see.
_SHOWN_DIGITS: Final = 8

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Its tracebacks print local variables, and the secret may be in one.
    pretty_exceptions_enable=False,
)
auth = typer.Typer(no_args_is_help=True, help="Store, verify, rotate and examine the credential.")
app.add_typer(auth, name="auth")
app.add_typer(export, name="export")
auth.command()(login)
auth.command()(status)
auth.command()(fingerprint)
auth.command()(verify)
auth.add_typer(rotate.app, name="rotate")
auth.command()(reset)
auth.command()(doctor)
auth.command(name="remote-sync-key")(remote_sync_key)


def _print_version(wanted: bool) -> None:
    if wanted:
        version, release, document = built_from()
        typer.echo(
            f"cyara-client {version}, platform release {release or 'not known'}, document {document[:_SHOWN_DIGITS]}, "
            f"Python {platform.python_version()}"
        )
        raise typer.Exit


# Having a callback keeps `auth` a group, whatever else is added beside it.
@app.callback()
def _group(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say what this is, and end.")
    ] = False,
) -> None:
    """Tools for the Cyara API client."""
