"""One export at a time into one file. The lock is the operating system's, so a process that was killed holds none."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so it is a byte that no file has.
    _BEYOND = 1 << 30

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, and say whether that was possible; closing it unlocks."""
        here = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, here, os.SEEK_SET)
        return True
else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, and say whether that was possible; closing it unlocks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
