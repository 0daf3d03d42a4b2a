"""The proxy's own secret: new for each start, or kept in a private file so that tools keep their address."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from cyara_auth.errors import ConfigurationError
from cyara_auth.providers.private_file import file_version, read_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

_BYTES: Final = 24
_MAX_BYTES: Final = 4096
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{22,128}")
"""At least 128 bits of base64, and nothing that a path or a header would have to escape."""


def new_secret() -> str:
    """Return a secret that nobody guesses, fit for a path."""
    return secrets.token_urlsafe(_BYTES)


def secret_from(path: Path) -> str:
    """Return the secret that a file holds; a file that is not there is made, for its owner alone.

    Raises:
        CredentialError: The file or its folder is not private, or it cannot be read.
        ConfigurationError: It holds no secret.
        OSError: It cannot be made.
    """
    if file_version(path) is None:
        write_private(path, new_secret() + "\n")
    # Read back also after it was made: of two proxies that start at once, one has replaced the other's.
    text = (read_private(path, max_bytes=_MAX_BYTES) or b"").decode("ascii", "replace").strip()
    if not _FORM.fullmatch(text):
        raise ConfigurationError(
            f"{path} holds no secret of a proxy: that is 22 to 128 letters, digits, - and _ in one line. Nothing was "
            f"started. Next: remove the file, and the proxy makes a new one"
        )
    return text
