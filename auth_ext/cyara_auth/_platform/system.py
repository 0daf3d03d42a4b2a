"""What the strike protocol has to know of an operating system, as one Protocol, and the choice of the right one.

Every question has an answer for "cannot be told" (the empty string), and the callers treat it as the careful case: an
owner that cannot be identified counts as alive, a clock that cannot be placed is not compared with another process's.
"""

import functools
import sys
import time
from pathlib import Path
from typing import Protocol

from cyara_auth.machine import Disk, FileSystem


class System(Protocol):
    """The questions asked of an operating system. None of them raises, but where its docstring says so."""

    def pid_namespace(self) -> str:
        """Where a process id means something: machine and pid namespace. Empty when that cannot be told."""
        ...

    def boot(self) -> str:
        """Name of the current boot of the machine, the same for all its processes. Empty when that cannot be told."""
        ...

    def clock_domain(self) -> str:
        """Name of the time line of `uptime`. Two readings compare only when their domains are equal."""
        ...

    def uptime(self) -> float:
        """Seconds on a clock that nobody sets, that goes on during suspend, shared by all processes of one boot."""
        ...

    def started(self, pid: int) -> str:
        """When process `pid` started, as text that is only compared; empty when that cannot be told.

        Raises:
            ProcessLookupError: there is certainly no such process any more.
        """
        ...

    def file_system(self, folder: Path) -> FileSystem:
        """Tell what an existing folder is on."""
        ...


class UnknownSystem:
    """A system that nothing is known about: no owner is ever found dead, only `orphan_ttl` ends their tickets."""

    def pid_namespace(self) -> str:
        """Cannot be told."""
        return ""

    def boot(self) -> str:
        """Cannot be told."""
        return ""

    def clock_domain(self) -> str:
        """Say that boots cannot be told apart."""
        return "monotonic"

    def uptime(self) -> float:
        """Return the monotonic clock, whatever it does during suspend."""
        return time.monotonic()

    def started(self, pid: int) -> str:
        """Cannot be told."""
        del pid
        return ""

    def file_system(self, folder: Path) -> FileSystem:
        """Cannot be told."""
        del folder
        return FileSystem("", Disk.UNKNOWN)


@functools.cache
def this_system() -> System:
    """Return the answers of the system that this interpreter runs on."""
    # The other systems' modules need libraries that are not here, so they must not even be imported.
    if sys.platform == "linux":
        from cyara_auth._platform.linux import LinuxSystem as Answers
    elif sys.platform == "darwin":
        from cyara_auth._platform.macos import MacSystem as Answers
    elif sys.platform == "win32":
        from cyara_auth._platform.windows import WindowsSystem as Answers
    else:
        Answers = UnknownSystem  # noqa: N806 - a class
    return Answers()
