"""`cyara auth remote-sync-key`: the only command that shows the secret, because a form of the vendor's wants it typed.

The field is RemoteSyncAPIKey, by which Cyara Virtual Agent is synchronised with campaigns.
"""

import sys
from typing import Annotated

import typer

from cyara_auth.errors import (
    ConfigurationError,
    CredentialRejectedError,
    CredentialSupersededError,
    CredentialSuspectError,
    RotationInProgressError,
)
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import StoreContext

ForceOption = Annotated[bool, typer.Option("--force", help="Print it although the output is not a terminal.")]


@command
def remote_sync_key(context: StoreContext, output: CommandOutput, *, force: ForceOption = False) -> None:
    """Print key:token for the field RemoteSyncAPIKey, to a terminal only, unless --force is given."""
    if not (force or sys.stdout.isatty()):
        raise ConfigurationError(
            "The output is not a terminal, so the secret would end in a file or a log. Nothing was printed. "
            "Next: run it on a terminal, or add --force"
        )
    credential = context.source().current()
    refused = context.key_report(credential.key_fingerprint, context.base()).refusal(credential)
    # Typed into the form, a dead pair would make calls that nobody here counts. Any other refusal may pass.
    dead = isinstance(refused, CredentialRejectedError | CredentialSupersededError | RotationInProgressError)
    if refused is not None and dead and not isinstance(refused, CredentialSuspectError):
        raise refused
    # The field takes the bare `key:token`, not the header (vendor's help centre, article on authentication).
    output.put(remote_sync_key=credential.pair_text(), fingerprint=credential.fingerprint)
    if not output.as_json:
        # Past `say`: no table width and no repeated option may touch the bytes of the secret.
        sys.stdout.write(credential.pair_text() + "\n")
