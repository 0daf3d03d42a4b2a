"""Stores a credential where the chain will find it again: in the keyring, or in a private file, never in both."""

from enum import StrEnum

from cyara_auth.credential import ApiCredential
from cyara_auth.errors import ConfigurationError, CredentialSourceError, MissingExtraError
from cyara_auth.providers.keyring_entry import KeyringProvider
from cyara_auth.providers.private_file import write_private
from cyara_auth.providers.profile import ProfileProvider, check_profile_name, profile_folder
from cyara_auth.providers.stored import write_stored
from cyara_auth.providers.variables import Variables


class Place(StrEnum):
    """Where credentials are stored."""

    KEYRING = "keyring"
    FILE = "file"


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
        ConfigurationError: The name is unusable, or there is no keyring although it was asked for.
        CredentialPermissionsError: The folder is not ours alone.
        CredentialSourceError: The keyring is locked or fails.
    """
    keyring = KeyringProvider(entry=check_profile_name(name))
    file = ProfileProvider(path=profile_folder(variables) / f"{name}.json")

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
            file.path.unlink(missing_ok=True)
            return keyring.describe()
    # First, and with its errors: an old entry outranks the file and would go on serving the token that was replaced.
    keyring.delete()
    write_private(file.path, text())
    return file.describe()
