"""Takes a credential from the person or program at the other end: hidden on a terminal, as it is from a pipe."""

import getpass
import io
import sys
import warnings
from datetime import UTC, datetime
from typing import Annotated

import typer

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ConfigurationError, CredentialExpiredError
from cyara_auth.origin import BaseUrl
from cyara_auth.providers.stored import MAX_BYTES, check_origin, read_given

UnusualShapeOption = Annotated[
    bool, typer.Option("--allow-unusual-shape", help="Accept key and token that do not look as usual.")
]


def read_credential(prompt: str, base: BaseUrl | None, *, allow_unusual_shape: bool) -> ApiCredential:
    """Read one credential, in any form that the portal shows or in the JSON form of a stored one.

    Args:
        prompt: What to ask on a terminal. It is written to the terminal itself, never to a redirected output.
        base: The portal that it is for, if known.
        allow_unusual_shape: As for `ApiCredential.parse`.

    Raises:
        CredentialFormatError: It is none.
        CredentialSourceError: The JSON form is damaged. CredentialOriginError: It belongs to another portal.
        CredentialExpiredError: Its `expires_at` has passed.
        ConfigurationError: The terminal cannot hide what is typed, or nothing can be read at all.
    """
    # None where the standard input is closed, as under a service.
    if not isinstance(sys.stdin, io.TextIOBase):
        raise ConfigurationError("There is no standard input to read from. Nothing was read. Next: pipe the text in")
    source = "the terminal" if sys.stdin.isatty() else "standard input"
    stored = read_given(_text(prompt), source=source, allow_unusual_shape=allow_unusual_shape)
    check_origin(stored, None if base is None else base.origin, source=f"text from {source}")
    expires_at = stored.credential.expires_at
    # Here and not at the first call, which would find it stored already.
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise CredentialExpiredError(
            f"The credential {stored.credential.fingerprint.short} from {source} expired at "
            f"{expires_at:%Y-%m-%d %H:%M:%S %Z}. Nothing was stored. Next: if there is no newer token, generate one in "
            "the portal (Settings > API); then run this again with it"
        )
    return stored.credential


def _text(prompt: str) -> str:
    if not sys.stdin.isatty():
        # One more than is allowed: enough to refuse what is too long, without reading an endless pipe.
        return sys.stdin.read(MAX_BYTES + 1)
    with warnings.catch_warnings():
        # `getpass` only warns when it cannot turn the echo off, and then shows the secret on the screen.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except getpass.GetPassWarning:
            raise ConfigurationError(
                "This terminal cannot hide what is typed. Nothing was read. Next: pipe the text in"
            ) from None
