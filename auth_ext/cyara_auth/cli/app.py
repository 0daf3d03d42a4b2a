"""The commands, put together."""

import typer

from cyara_auth.cli import rotate
from cyara_auth.cli.doctor import doctor
from cyara_auth.cli.login import login
from cyara_auth.cli.remote_sync import remote_sync_key
from cyara_auth.cli.reset import reset
from cyara_auth.cli.status import status
from cyara_auth.cli.verify import verify

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks print local variables
    help="Tools for the Cyara API client.",
)
auth = typer.Typer(no_args_is_help=True, help="Store, prove, rotate and examine the credential.")
app.add_typer(auth, name="auth")
auth.command()(login)
auth.command()(status)
auth.command()(verify)
auth.add_typer(rotate.app, name="rotate")
auth.command()(reset)
auth.command()(doctor)
auth.command(name="remote-sync-key")(remote_sync_key)


@app.callback()
def _group() -> None:
    """Keep `auth` a group, whatever else is added beside it."""
