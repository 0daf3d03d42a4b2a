"""Stores a credential where the chain will find it again: in the keyring, or in a private file, never in both."""

import os
from enum import StrEnum
from pathlib import Path

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ConfigurationError, CredentialSourceError, MissingExtraError
from cyara_auth.providers.keyring_entry import KeyringProvider
from cyara_auth.providers.private_file import write_private
from cyara_auth.providers.profile import CONFIG_DIR, ProfileProvider, check_profile_name, profile_folder
from cyara_auth.providers.stored import write_stored
from cyara_auth.providers.variables import Variables


class Place(StrEnum):
    """Where credentials are stored."""

    KEYRING = "keyring"
    FILE = "file"


def check_place(place: Place | None, variables: Variables) -> None:
    """Refuse a file where there is no folder for it, before anybody pastes a secret.

    Raises:
        ConfigurationError: No home directory is known, and no other folder is named.
    """
    if place is Place.FILE and profile_folder(variables) is None:
        raise _no_folder()


def save_credential(  # noqa: PLR0913  # a credential, and everything that is kept beside it
    credential: ApiCredential,
    name: str,
    *,
    base_url: str | None,
    place: Place | None,
    unusual_shape: bool,
    variables: Variables,
) -> str:
    """Store the credential under a profile's name, and return where it is now, in words.

    Args:
        credential: The pair.
        name: The profile.
        base_url: Base URL of the portal that it is bound to.
        place: Keyring or file; `None` takes the keyring where there is one that keeps things.
        unusual_shape: Whether to accept its shape when it is read again.
        variables: Where `CYARA_CONFIG_DIR` is looked up.

    Raises:
        ConfigurationError: The name is unusable, there is no keyring although it was asked for, or the file cannot be
            written.
        CredentialPermissionsError: The folder is not ours alone.
        CredentialSourceError: The keyring is locked or fails.
    """
    keyring = KeyringProvider(entry=check_profile_name(name))
    folder = profile_folder(variables)
    file = None if folder is None else ProfileProvider(path=folder / f"{name}.json")

    # Not a variable: a traceback that prints locals must not find the text here.
    def text() -> str:
        return write_stored(credential, base_url=base_url, unusual_shape=unusual_shape)

    if place is not Place.FILE:
        try:
            kept = keyring.write(text())
        except (MissingExtraError, CredentialSourceError):
            # Nobody asked for the keyring, so a file will do as well.
            if place is Place.KEYRING:
                raise
            kept = False
        if place is Place.KEYRING and not kept:
            raise ConfigurationError("There is no keyring that keeps entries here. Next: use --place file")
        if kept:
            # An old token in the file would be found again on the day on which the keyring is gone.
            if file is not None:
                _forget(file.path)
            return keyring.describe()
    if file is None:
        raise _no_folder()
    # First, and with its errors: an old entry outranks the file and would go on serving the token that was replaced.
    keyring.delete()
    try:
        write_private(file.path, text())
    except OSError as error:
        raise ConfigurationError(
            f"The file {file.path} cannot be written: {error.strerror}. Nothing was stored. Next: set {CONFIG_DIR} to "
            "a folder of your own that can be written"
        ) from None
    return file.describe()


def _forget(path: Path) -> None:
    # Below what this user cannot enter, or on a disk where nothing can be written, no file is left that is read.
    if os.path.lexists(path):
        path.unlink(missing_ok=True)


def _no_folder() -> ConfigurationError:
    return ConfigurationError(
        "No home directory is known here, so there is no folder for a profile. Nothing was stored. Next: set "
        f"{CONFIG_DIR} to a folder of your own"
    )
