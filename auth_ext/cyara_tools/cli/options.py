"""The options that commands share, each described once."""

from pathlib import Path
from typing import Annotated

import typer

BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", help="Base URL of the portal's API; CYARA_BASE_URL by default.", show_default=False),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="Name of a stored credential; CYARA_PROFILE by default.", show_default=False),
]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", help="URL of the strike store; CYARA_STRIKE_STORE by default.", show_default=False),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", help="Account number; CYARA_ACCOUNT_ID by default.", show_default=False),
]
OperationOption = Annotated[
    str | None,
    typer.Option("--operation", help="Operation to call: a GET that needs no more than the account."),
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", help="File or folder with the certificates of a private authority.", show_default=False),
]
UnusualShapeOption = Annotated[
    bool,
    typer.Option("--allow-unusual-shape", help="Accept key and token that do not look as usual."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object instead of text.")]
