"""What the strike protocol has to know of an operating system, as one class that each system's module fills in.

Every question has an answer for "cannot be told" (the empty string), and the callers treat it as the careful case: an
owner that cannot be identified counts as alive, a clock that cannot be placed is not compared with another process's.
"""

import time
from pathlib import Path

from cyara_auth.machine import Disk, FileSystem


class System:
    """The questions asked of an operating system, with the answers of one that nothing is known about.

    There no owner is ever found dead, and only `orphan_ttl` ends their tickets. No question raises, but where its
    docstring says so.
    """

    def pid_namespace(self) -> str:
        """Where a process id means something: machine and pid namespace. Empty when that cannot be told."""
        return ""

    def boot(self) -> str:
        """Name of the current boot of the machine, the same for all its processes. Empty when that cannot be told."""
        return ""

    def clock_domain(self) -> str:
        """Name of the time line of `uptime`. Two readings compare only when their domains are equal."""
        return "monotonic"

    def uptime(self) -> float:
        """Seconds on a clock that nobody sets, that goes on during suspend, shared by all processes of one boot."""
        return time.monotonic()

    def started(self, pid: int) -> str:  # noqa: ARG002 - cannot be told
        """When process `pid` started, as text that is only compared; empty when that cannot be told.

        Raises:
            ProcessLookupError: there is certainly no such process any more.
        """
        return ""

    def file_system(self, folder: Path) -> FileSystem:  # noqa: ARG002 - cannot be told
        """Tell what an existing folder is on."""
        return FileSystem("", Disk.UNKNOWN)
