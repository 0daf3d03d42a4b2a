"""Linux: machine, boot, processes and mounts read from /proc; no library call, no privilege."""

import hashlib
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from cyara_auth._platform.questions import System
from cyara_auth.machine import Disk, FileSystem

# Tells type checkers, and a wrong import, that the rest is for Linux.
assert sys.platform == "linux"  # noqa: S101  # what type checkers read

NETWORK_TYPES: Final = frozenset(
    """
    9p afs beegfs ceph cifs coda gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs prl_fs pvfs2 smb3 smbfs
    vboxsf virtiofs vmhgfs fuse.ceph fuse.gcsfuse fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs fuse.vmhgfs-fuse
    """.split()  # noqa: SIM905 - a list would take a line for each
)
"""Types, as /proc/self/mountinfo spells them, whose files other kernels write; SQLite's shared memory ends here.

https://www.sqlite.org/wal.html says that write-ahead logging does not work over a network file system.
"""

DISK_TYPES: Final = frozenset(
    """
    bcachefs btrfs ecryptfs exfat ext2 ext3 ext4 f2fs fuse.fuse-overlayfs fuseblk hfsplus jfs nilfs2 ntfs3 overlay
    ramfs reiserfs tmpfs vfat xfs zfs
    """.split()  # noqa: SIM905 - a list would take a line for each
)
"""Types whose files this kernel alone writes: disks, memory, and layers over them."""

_STATE, _START = 0, 19  # positions in /proc/<pid>/stat after the command's closing bracket, proc_pid_stat(5)


@attrs.frozen(kw_only=True)
class LinuxSystem(System):
    """Answers from the proc file system below `root` (another one than `/` only in tests)."""

    root: Path = Path("/")

    def pid_namespace(self) -> str:
        """Hash the machine id (the host name where there is none) with the namespace's number."""
        namespace = self._link("proc/self/ns/pid")
        if not namespace:
            return ""
        # Small container images have no machine id; a host name is less certain, but there is nothing else.
        machine = self._text("etc/machine-id") or socket.gethostname()
        return hashlib.blake2b(f"{machine} {namespace}".encode(), digest_size=8).hexdigest()

    def boot(self) -> str:
        """Return the kernel's random boot id; containers of one machine share it."""
        return self._text("proc/sys/kernel/random/boot_id")

    def clock_domain(self) -> str:
        """Join boot and time namespace."""
        # A time namespace may shift the clock that `uptime` reads, time_namespaces(7).
        return f"{self.boot()} {self._link('proc/self/ns/time')}".strip()

    def uptime(self) -> float:
        """Return CLOCK_BOOTTIME."""
        # Unlike CLOCK_MONOTONIC it counts a laptop's sleep, during which a verification grows old, too.
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def started(self, pid: int) -> str:
        """Return the start time in clock ticks since boot.

        Raises:
            ProcessLookupError: no such process, or a zombie.
        """
        if pid <= 0:  # kill(2) gives these a meaning of its own: process groups
            raise ProcessLookupError(pid)
        # The kernel is asked, since the mount option hidepid hides other users' processes from /proc. Another user's
        # process, or a number that no call takes: in doubt it is alive.
        with suppress(PermissionError, OverflowError):
            os.kill(pid, 0)
        # The command in brackets may itself contain blanks and brackets.
        fields = self._text(f"proc/{pid}/stat").rpartition(")")[2].split()
        if len(fields) <= _START:
            return ""  # hidden from us (mount option hidepid), or gone this very moment
        # A zombie is dead: it can send nothing any more.
        if fields[_STATE] in {"Z", "X"}:
            raise ProcessLookupError(pid)
        return fields[_START]

    def file_system(self, folder: Path) -> FileSystem:
        """Find the type of the mount that the folder is on."""
        # By the mount id of an open descriptor, so that nested and stacked mounts cannot mislead.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            facts = self._text(f"proc/self/fdinfo/{descriptor}")
        finally:
            os.close(descriptor)
        ids = [line.split()[1] for line in facts.splitlines() if line.startswith("mnt_id:")]
        kind = ""
        for line in self._text("proc/self/mountinfo").splitlines():
            mount, _, rest = line.partition(" - ")
            if mount.split()[0] in ids:
                kind = rest.split()[0]
        if kind in NETWORK_TYPES:
            return FileSystem(kind, Disk.NETWORK)
        return FileSystem(kind, Disk.LOCAL if kind in DISK_TYPES else Disk.UNKNOWN)

    def _text(self, name: str) -> str:
        with suppress(OSError):
            return (self.root / name).read_text(encoding="utf-8", errors="replace").strip()
        return ""

    def _link(self, name: str) -> str:
        with suppress(OSError):
            return str((self.root / name).readlink())
        return ""
