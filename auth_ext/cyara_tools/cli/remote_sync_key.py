"""`cyara auth remote-sync-key`: the only command that shows the secret, because a form of the vendor's wants it typed.

RemoteSyncAPIKey, by which Cyara Virtual Agent is synchronised with campaigns, takes the bare `key:token` (vendor's help
centre, article on authentication).
"""

import sys
from typing import Annotated

import typer

from cyara_auth.errors import ConfigurationError
from cyara_tools.cli.context import Setting
from cyara_tools.cli.options import BaseUrlOption, JsonOption, ProfileOption
from cyara_tools.cli.report import reporting

ForceOption = Annotated[bool, typer.Option("--force", help="Print it although the output is not a terminal.")]


def remote_sync_key(
    *,
    base_url: BaseUrlOption = None,
    profile: ProfileOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print key:token for the field RemoteSyncAPIKey, to a terminal only."""
    with reporting(as_json=as_json) as report:
        if not (force or sys.stdout.isatty()):
            raise ConfigurationError(
                "The output is not a terminal, so the secret would end in a file or a log. Nothing was printed. "
                "Next: run it on a terminal, or add --force"
            )
        setting = Setting(base_url=base_url, profile=profile)
        report.again = setting.again()
        credential = setting.source().current()
        report.put(remote_sync_key=credential.pair_text(), fingerprint=credential.fingerprint)
        if not as_json:
            sys.stdout.write(credential.pair_text() + "\n")
