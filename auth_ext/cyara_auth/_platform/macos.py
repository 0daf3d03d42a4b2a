"""macOS: the same answers from libSystem (sysctl, libproc, statfs), which every process has loaded."""

import ctypes
import ctypes.util
import hashlib
import os
import struct
import sys
import time
from pathlib import Path
from typing import Final

from cyara_auth._platform.questions import System
from cyara_auth.machine import Disk, FileSystem

# Tells type checkers, and a wrong import, that the rest is for macOS.
assert sys.platform == "darwin"  # noqa: S101  # what type checkers read

_PROC_PIDTBSDINFO: Final = 3  # sys/proc_info.h
_AND_ZOMBIES: Final = ctypes.c_uint64(1)
_BSDINFO_SIZE: Final = 136
_BSDINFO_STATUS: Final = 4  # uint32 pbi_status
_BSDINFO_START: Final = 120  # uint64 pbi_start_tvsec, uint64 pbi_start_tvusec
_ZOMBIE: Final = 5  # SZOMB, sys/proc.h
_MNT_LOCAL: Final = 0x1000  # sys/mount.h
_STATFS_SIZE: Final = 2168  # struct statfs with 64-bit inodes
_STATFS_FLAGS: Final = 64
_STATFS_NAME: Final = slice(72, 88)

DISK_TYPES: Final = frozenset({"apfs", "exfat", "hfs", "msdos"})
"""Names that statfs gives to Apple's own drivers of local disks."""

_library = ctypes.CDLL(ctypes.util.find_library("System"), use_errno=True)


class MacSystem(System):
    """Answers from the running kernel."""

    def pid_namespace(self) -> str:
        """Hash the host's UUID; macOS has no pid namespaces."""
        return _digest(_host_uuid())

    def boot(self) -> str:
        """Return the UUID of the boot session."""
        return _sysctl("kern.bootsessionuuid")

    def clock_domain(self) -> str:
        """One time line per boot."""
        return self.boot()

    def uptime(self) -> float:
        """Return CLOCK_MONOTONIC."""
        # On macOS it goes on during sleep; `time.monotonic`, which reads another clock there, does not.
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def started(self, pid: int) -> str:
        """Return the start time in microseconds since 1970 as the kernel recorded it.

        Raises:
            ProcessLookupError: no such process, or a zombie.
        """
        if pid <= 0:
            raise ProcessLookupError(pid)
        # Raises ProcessLookupError by itself; another user's process exists, and proc_pidinfo would not tell of it.
        try:
            os.kill(pid, 0)
        except PermissionError:
            return ""
        facts = ctypes.create_string_buffer(_BSDINFO_SIZE)
        if _library.proc_pidinfo(pid, _PROC_PIDTBSDINFO, _AND_ZOMBIES, facts, _BSDINFO_SIZE) != _BSDINFO_SIZE:
            return ""
        if struct.unpack_from("=I", facts, _BSDINFO_STATUS) == (_ZOMBIE,):
            raise ProcessLookupError(pid)
        seconds, micros = struct.unpack_from("=QQ", facts, _BSDINFO_START)
        return f"{seconds}.{micros:06}"

    def file_system(self, folder: Path) -> FileSystem:
        """Ask statfs for the volume's type, and whether it is local."""
        facts = ctypes.create_string_buffer(_STATFS_SIZE)
        # On x86-64 the plain name is the historic structure with 32-bit inodes.
        statfs = getattr(_library, "statfs$INODE64", None) or _library.statfs
        if statfs(os.fsencode(folder), facts) != 0:
            return FileSystem("", Disk.UNKNOWN)
        kind = facts.raw[_STATFS_NAME].split(b"\0")[0].decode("ascii", "replace")
        if not int.from_bytes(facts.raw[_STATFS_FLAGS : _STATFS_FLAGS + 4], sys.byteorder) & _MNT_LOCAL:
            return FileSystem(kind, Disk.NETWORK)
        # A file system in user space may call itself local, whatever lies behind it.
        return FileSystem(kind, Disk.LOCAL if kind in DISK_TYPES else Disk.UNKNOWN)


def _sysctl(name: str) -> str:
    size = ctypes.c_size_t(128)
    text = ctypes.create_string_buffer(size.value)
    if _library.sysctlbyname(name.encode(), text, ctypes.byref(size), None, ctypes.c_size_t(0)) != 0:
        return ""
    return text.value.decode("ascii", "replace")


def _host_uuid() -> str:
    # A struct timespec: seconds and nanoseconds to wait at most.
    uuid, wait = ctypes.create_string_buffer(16), (ctypes.c_long * 2)(1, 0)
    return uuid.raw.hex() if _library.gethostuuid(uuid, ctypes.byref(wait)) == 0 else ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest() if text else ""
