"""Run code in a process that the kernel kills at its first system call, so that "no system call" is not an opinion.

Linux filters the system calls of a process by a small program (seccomp). Ours allows writing the result and ending, and
nothing else.
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


def runs_without_system_calls(work: Callable[[], object], *, times: int = 10_000) -> bool:
    """Return whether `work` runs `times` times in a child without one system call."""
    reader, writer = os.pipe()
    # A child, because a filter cannot be taken off again.
    child = os.fork()
    if child == 0:
        _filtered_child(work, times, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer == b"done"


def can_forbid_system_calls() -> bool:
    """Return whether this kernel can filter system calls, and a filtered process can read the clock."""
    # Reading a clock is no system call where the kernel maps it into the process. Where it does not, every call of the
    # guard would be killed, and nothing can be said.
    return (
        sys.platform == "linux"
        and platform.machine() in _WRITE_AND_EXIT_GROUP
        and runs_without_system_calls(time.monotonic)
    )


def _filtered_child(work: Callable[[], object], times: int, writer: int) -> None:
    gc.disable()
    # The memory that the work needs is there after this, so that none has to be requested later.
    for _ in range(1000):
        work()
    if _forbid_system_calls():
        for _ in range(times):
            work()
        os.write(writer, b"done")
    # Not `sys.exit`: the interpreter's own end makes system calls, and the parent's exit handlers are no business here.
    os._exit(0)


def _forbid_system_calls() -> bool:
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
    # The kernel takes a filter from a process without privileges only if it can never gain any.
    if control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
