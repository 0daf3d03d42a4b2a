"""All code that depends on the operating system, in one place: owners of tickets, clock, private files.

`system` asks the questions, `linux`, `macos` and `windows` answer them, `owner` and `files` say what the answers mean.
"""

from cyara_auth._platform.files import UnknownFileSystemError, UnsafePathError, create_private, file_identity
from cyara_auth._platform.owner import current_owner, is_dead, machine_clock

__all__ = [
    "UnknownFileSystemError",
    "UnsafePathError",
    "create_private",
    "current_owner",
    "file_identity",
    "is_dead",
    "machine_clock",
]
