"""`cyara auth fingerprint`: eight digits that name the key and disclose nothing, for the name of a cache in CI."""

from typing import Annotated

import typer

from cyara_auth.errors import SHOWN_HEX_DIGITS
from cyara_tools.cli.command import command
from cyara_tools.cli.command_output import CommandOutput
from cyara_tools.cli.context import CommandContext

PairOption = Annotated[bool, typer.Option("--pair", help="Print the pair's instead, which changes with the token.")]


@command
def fingerprint(context: CommandContext, output: CommandOutput, *, pair: PairOption = False) -> None:
    """Print the first 8 hex digits of the key's fingerprint. Nothing is sent."""
    credential = context.source().current()
    output.put(key_fingerprint=credential.key_fingerprint, fingerprint=credential.fingerprint)
    output.say((credential.fingerprint if pair else credential.key_fingerprint)[:SHOWN_HEX_DIGITS])
