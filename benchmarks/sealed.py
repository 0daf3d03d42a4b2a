"""Run code in a process that the kernel kills at its first system call, so that "no system call" is not an opinion.

Linux filters the system calls of a process by a small program (seccomp). Ours allows writing the result and ending, and
nothing else. Reading a clock is no system call where the kernel maps it into the process; on machines where it does
not, nothing can be said here (`can_seal`).
"""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import struct
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2

_WRITE_AND_EXIT_GROUP = {"x86_64": (1, 231), "aarch64": (64, 94)}
"""Numbers of the two allowed calls, by machine."""

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000


class _Program(ctypes.Structure):
    """`struct sock_fprog` of the kernel."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def survives(work: Callable[[], object], *, times: int = 10_000) -> bool:
    """Return whether `work` runs `times` times in a child without one system call."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _sealed_child(work, times, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer == b"done"


def can_seal() -> bool:
    """Return whether this kernel can seal a process, and lets a sealed one read the clock."""
    return sys.platform == "linux" and platform.machine() in _WRITE_AND_EXIT_GROUP and survives(time.monotonic)


def _sealed_child(work: Callable[[], object], times: int, writer: int) -> None:
    gc.disable()
    for _ in range(1000):  # memory that the work needs is there, so that none has to be asked for later
        work()
    if _seal():
        for _ in range(times):
            work()
        os.write(writer, b"done")
    os._exit(0)


def _seal() -> bool:
    write, exit_group = _WRITE_AND_EXIT_GROUP[platform.machine()]
    instructions = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (_LOAD, 0, 0, 0),  # the number of the call
            (_JUMP_IF_EQUAL, 2, 0, write),
            (_JUMP_IF_EQUAL, 1, 0, exit_group),
            (_RETURN, 0, 0, _KILL_PROCESS),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
    program = _Program(5, instructions)
    control = ctypes.CDLL(None).prctl
    if control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
