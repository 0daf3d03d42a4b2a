"""All code that depends on the operating system, in one place: owners of tickets, clock, private files.

`questions` says what is asked, `linux`, `macos` and `windows` answer, `owner` and `files` say what the answers mean.
"""

from cyara_auth._platform.files import create_private
from cyara_auth._platform.owner import current_owner, is_dead, machine_clock

__all__ = ["create_private", "current_owner", "is_dead", "machine_clock"]
