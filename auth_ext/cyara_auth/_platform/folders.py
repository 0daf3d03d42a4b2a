"""Where this user keeps state and configuration: nowhere, for a service or a container's user without a name."""

from enum import Enum
from pathlib import Path


class Folder(Enum):
    """What a folder of the user is for, as platformdirs names it."""

    CONFIG = "user_config_path"
    STATE = "user_state_path"


def has_home() -> bool:
    """Return whether a home directory is known; it may not exist."""
    try:
        Path.home()
    except (RuntimeError, LookupError):
        return False
    return True


def user_folder(kind: Folder) -> Path | None:
    """Return our folder below the user's own; None where no home directory is known. Nothing is created."""
    # Only where no other place is named, so the import waits until then.
    import platformdirs

    try:
        found: Path = getattr(platformdirs, kind.value)("cyara", appauthor=False)
    # RuntimeError: neither HOME nor an entry for the user. The others are Windows without its variables or registry.
    except (RuntimeError, OSError, ValueError, LookupError):
        return None
    # Older releases leave a tilde there. A relative path would be another place for each folder that one works in.
    return found if found.is_absolute() else None
