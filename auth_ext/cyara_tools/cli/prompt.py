"""Takes a credential from the person or program at the other end: hidden on a terminal, as it is from a pipe."""

import getpass
import io
import sys
import warnings
from typing import Annotated

import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.credential_text import MAX_LENGTH
from cyara_auth.errors import ConfigurationError

UnusualShapeOption = Annotated[
    bool, typer.Option("--allow-unusual-shape", help="Accept key and token that do not look as usual.")
]


def read_credential(prompt: str, *, allow_unusual_shape: bool) -> ApiCredential:
    """Read one credential in any form that the portal shows.

    Args:
        prompt: What to ask on a terminal. It is written to the terminal itself, never to a redirected output.
        allow_unusual_shape: As for `ApiCredential.parse`.

    Raises:
        CredentialFormatError: It is none.
        ConfigurationError: The terminal cannot hide what is typed, or nothing can be read at all.
    """
    # None where the standard input is closed, as under a service.
    if not isinstance(sys.stdin, io.TextIOBase):
        raise ConfigurationError("There is no standard input to read from. Nothing was read. Next: pipe the text in")
    source = "the terminal" if sys.stdin.isatty() else "standard input"
    return ApiCredential.parse(_text(prompt), source=source, allow_unusual_shape=allow_unusual_shape)


def _text(prompt: str) -> str:
    if not sys.stdin.isatty():
        # One more than is allowed: enough to refuse what is too long, without reading an endless pipe.
        return sys.stdin.read(MAX_LENGTH + 1)
    with warnings.catch_warnings():
        # `getpass` only warns when it cannot turn the echo off, and then shows the secret on the screen.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except getpass.GetPassWarning:
            raise ConfigurationError(
                "This terminal cannot hide what is typed. Nothing was read. Next: pipe the text in"
            ) from None
