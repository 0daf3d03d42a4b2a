"""Profile files: one small private file for each portal, written by `cyara auth login`.

A profile has a name. The name of a portal's default profile is made from its address, so that each portal has its
own; any other name is the user's choice and is taken only when it is named (`connect(profile=...)`, `--profile`,
`CYARA_PROFILE`).
"""

import re
from pathlib import Path

import attrs

from cyara_auth._platform.folders import Folder, user_folder
from cyara_auth.errors import ConfigurationError
from cyara_auth.origin import Origin
from cyara_auth.providers.private_file import file_version, read_private
from cyara_auth.providers.renewal import LoginSource
from cyara_auth.providers.stored import MAX_BYTES, StoredProvider
from cyara_auth.providers.variables import Variables

CONFIG_DIR = "CYARA_CONFIG_DIR"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_HTTPS_PORT = 443


def profile_folder(variables: Variables) -> Path | None:
    """Return the folder of the profiles: below `CYARA_CONFIG_DIR`, else below the user's configuration folder.

    None where neither is known, as for a user of a container who has no home directory.
    """
    chosen = variables.get(CONFIG_DIR)
    folder = Path(chosen) if chosen else user_folder(Folder.CONFIG)
    return None if folder is None else folder / "profiles"


def default_profile(origin: Origin) -> str:
    """Return the name of a portal's default profile: its host, and its port when that is not 443."""
    # An IPv6 address has colons, which Windows does not allow in a file's name.
    host = origin.host.replace(":", "-")
    name = host if origin.port == _HTTPS_PORT else f"{host}_{origin.port}"
    # ::1 begins with what is a dash by now, and a profile's name begins with a letter or digit.
    return name if name[0].isalnum() else f"ip{name}"


def check_profile_name(name: str) -> str:
    """Return the name if it can be a file's name on every system, and stays within the folder.

    Raises:
        ConfigurationError: It cannot.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "A profile's name has letters, digits, dots, dashes and underscores only, and begins with a letter or digit"
        )
    return name


@attrs.frozen(kw_only=True)
class ProfileProvider(StoredProvider):
    """Reads one profile file; the credential is absent when there is no file.

    A file that is not private is a CredentialPermissionsError.

    Attributes:
        path: The file.
    """

    path: Path

    def _read(self) -> bytes | None:
        return read_private(self.path, max_bytes=MAX_BYTES)

    def version(self) -> object:
        """Return what changes when the file is replaced."""
        return file_version(self.path)

    def describe(self) -> LoginSource:
        """Name the source."""
        return LoginSource(f"profile file {self.path}")
